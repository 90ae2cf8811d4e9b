/* Functions, classes and constants made from descriptions that Rust parsed;
 * objects that carry Rust state; lazy properties. */
#include "highper.h"

typedef struct {
	const char *name;
	const char *classes;       /* "A|B" or NULL */
	const char *default_value; /* PHP expression or NULL */
	uint32_t mask;
	uint8_t by_ref;
	uint8_t variadic;
	uint8_t tentative;
	uint8_t iterable;
} hz_param;

typedef struct {
	const char *name;
	zif_handler handler;
	const hz_param *params; /* [0] is the return type */
	uint32_t count;         /* parameters, without the return type */
	uint32_t required;
	uint32_t flags;
	uint32_t reserved;
	const char *doc;        /* used from PHP 8.4 on */
} hz_function;

typedef struct {
	size_t state; /* bytes, a multiple of 8 */
	void (*init)(void *state);
	void (*drop)(void *state);
	void (*trace)(const void *state, void *buffer);
	void (*fill)(const void *state, uint32_t slot, zval *out);
	void (*clone)(const void *from, void *to);
	const void *type; /* Rust's description of the state */
	const uint32_t *lazy;
	uint32_t lazy_count;
	uint8_t own_objects; /* our create_object and handlers */
	uint8_t deny_create;
	uint8_t deny_clone;
	uint8_t deny_unset;
} hz_behaviour;

typedef struct hz_class {
	zend_object_handlers handlers; /* first: an object's handlers pointer is its hz_class */
	zend_class_entry *ce;
	hz_behaviour behaviour;
	uint32_t base; /* index of the first property slot that the class itself declares */
	uint32_t slots;
	uint32_t lazy_count;
	uint32_t *lazy_slots;   /* absolute slots */
	zend_string **lazy_names;
	const struct hz_class *lazy_owner;
	zval *fresh; /* the slots of a new object of exactly this class, or NULL when they must be counted */
} hz_class;

_Static_assert(MAY_BE_NULL == 2 && MAY_BE_FALSE == 4 && MAY_BE_TRUE == 8 && MAY_BE_LONG == 16 && MAY_BE_DOUBLE == 32
	&& MAY_BE_STRING == 64 && MAY_BE_ARRAY == 128 && MAY_BE_OBJECT == 256 && MAY_BE_ANY == 0x3fe
	&& MAY_BE_CALLABLE == 1 << 12 && MAY_BE_VOID == 1 << 14 && MAY_BE_STATIC == 1 << 15 && MAY_BE_NEVER == 1 << 17,
	"type mask has changed");
_Static_assert(ZEND_ACC_PUBLIC == 1 && ZEND_ACC_PROTECTED == 2 && ZEND_ACC_PRIVATE == 4 && ZEND_ACC_STATIC == 16
	&& ZEND_ACC_FINAL == 32 && ZEND_ACC_ABSTRACT == 64 && ZEND_ACC_READONLY == 128, "access flags have changed");

static zend_type hz_type(const hz_param *param)
{
	uint32_t mask = param->mask | _ZEND_ARG_INFO_FLAGS(param->by_ref, param->variadic, param->tentative);
	if (param->iterable) {
		zend_type type = ZEND_TYPE_INIT_CLASS_CONST_MASK("Traversable", mask | MAY_BE_ARRAY | _ZEND_TYPE_ITERABLE_BIT);
		return type;
	}
	if (param->classes) {
		zend_type type = ZEND_TYPE_INIT_CLASS_CONST_MASK(param->classes, mask);
		return type;
	}
	zend_type type = ZEND_TYPE_INIT_MASK(mask);
	return type;
}

/* One block: a pointer to the class record, then the entries, then their
 * arguments. Lives as long as the process. */
static zend_function_entry *hz_entries(const hz_function *functions, uint32_t count, hz_class *record)
{
	size_t args = 0;
	for (uint32_t i = 0; i < count; i++) {
		args += functions[i].count + 1;
	}
	char *block = pecalloc(1, sizeof(void *) + sizeof(zend_function_entry) * (count + 1) + sizeof(zend_internal_arg_info) * args, 1);
	*(hz_class **) block = record;
	zend_function_entry *entries = (zend_function_entry *) (block + sizeof(void *));
	zend_internal_arg_info *info = (zend_internal_arg_info *) (entries + count + 1);
	for (uint32_t i = 0; i < count; i++) {
		const hz_function *function = &functions[i];
		entries[i].fname = function->name;
		entries[i].handler = function->handler;
		entries[i].arg_info = info;
		entries[i].num_args = function->count;
		entries[i].flags = function->flags;
#if PHP_VERSION_ID >= 80400
		entries[i].doc_comment = function->doc;
#endif
		info[0].name = (const char *) (uintptr_t) function->required;
		info[0].type = hz_type(&function->params[0]);
		info[0].default_value = NULL;
		for (uint32_t k = 1; k <= function->count; k++) {
			info[k].name = function->params[k].name;
			info[k].type = hz_type(&function->params[k]);
			info[k].default_value = function->params[k].default_value;
		}
		info += function->count + 1;
	}
	return entries;
}

/* Registers global functions for the module whose MINIT runs. Returns the
 * table, for hz_functions_unregister. */
const void *hz_functions_register(const hz_function *functions, uint32_t count)
{
	zend_function_entry *entries = hz_entries(functions, count, NULL);
	if (zend_register_functions(NULL, entries, NULL, MODULE_PERSISTENT) == FAILURE) {
		return NULL;
	}
	return entries;
}

void hz_functions_unregister(const void *entries)
{
	zend_unregister_functions(entries, -1, NULL);
}

int hz_function_exists(const char *lower, size_t len)
{
	return zend_hash_str_exists(CG(function_table), lower, len);
}

zend_class_entry *hz_class_find(const char *lower, size_t len)
{
	return zend_hash_str_find_ptr(CG(class_table), lower, len);
}

/* ---- objects ------------------------------------------------------------ */

static void hz_free_obj(zend_object *object);

static zend_always_inline hz_class *hz_class_of(const zend_object *object)
{
	return (hz_class *) object->handlers;
}

static zend_always_inline void *hz_state(zend_object *object, const hz_class *class)
{
	return (char *) object - class->behaviour.state;
}

static hz_class *hz_class_for(zend_class_entry *ce)
{
	while (ce->type != ZEND_INTERNAL_CLASS) {
		ce = ce->parent;
	}
	return *((hz_class **) ((char *) ce->info.internal.builtin_functions - sizeof(void *)));
}

/* The modules that registered classes here. */
static const struct _zend_module_entry *hz_modules[4];

static bool hz_is_ours(const zend_class_entry *ce)
{
	for (size_t i = 0; i < sizeof(hz_modules) / sizeof(hz_modules[0]) && hz_modules[i]; i++) {
		if (ce->info.internal.module == hz_modules[i]) {
			return true;
		}
	}
	return false;
}

static zend_object *hz_allocate(zend_class_entry *ce, hz_class *class)
{
	size_t state = class->behaviour.state;
	char *memory = emalloc(state + sizeof(zend_object) + zend_object_properties_size(ce));
	zend_object *object = (zend_object *) (memory + state);
	zend_object_std_init(object, ce);
	object->handlers = &class->handlers;
	return object;
}

static void hz_mark_lazy(zend_object *object, hz_class *class)
{
	for (uint32_t i = 0; i < class->lazy_count; i++) {
		zval *slot = object->properties_table + class->lazy_slots[i];
		zval_ptr_dtor(slot);
		ZVAL_UNDEF(slot);
		Z_PROP_FLAG_P(slot) = IS_PROP_UNINIT;
	}
}

static zend_object *hz_create(zend_class_entry *ce)
{
	hz_class *class = hz_class_for(ce);
	zend_object *object = hz_allocate(ce, class);
	if (class->behaviour.init) {
		class->behaviour.init((char *) object - class->behaviour.state);
	}
	if (EXPECTED(class->fresh && ce == class->ce)) {
		memcpy(object->properties_table, class->fresh, sizeof(zval) * ce->default_properties_count);
		return object;
	}
	object_properties_init(object, ce);
	hz_mark_lazy(object, class);
	return object;
}

/* The slots of new objects, made once where no default needs counting or evaluating. */
static void hz_prepare_fresh(hz_class *class)
{
	zend_class_entry *ce = class->ce;
	if (!ce->default_properties_count || !(ce->ce_flags & ZEND_ACC_CONSTANTS_UPDATED)) {
		return;
	}
	for (int i = 0; i < ce->default_properties_count; i++) {
		zval *value = &ce->default_properties_table[i];
		if (Z_REFCOUNTED_P(value) || Z_TYPE_P(value) == IS_CONSTANT_AST) {
			return;
		}
	}
	class->fresh = pemalloc(sizeof(zval) * ce->default_properties_count, 1);
	memcpy(class->fresh, ce->default_properties_table, sizeof(zval) * ce->default_properties_count);
	for (uint32_t i = 0; i < class->lazy_count; i++) {
		zval *slot = class->fresh + class->lazy_slots[i];
		ZVAL_UNDEF(slot);
		Z_PROP_FLAG_P(slot) = IS_PROP_UNINIT;
	}
}

/* Does an array hold nothing but scalars, strings and constant arrays? Objects and references may be known elsewhere,
 * or run a destructor. */
static zend_always_inline bool hz_is_flat(const HashTable *table)
{
	/* From IS_OBJECT on, types have this bit; of the rest only arrays can be part of a cycle. */
	const uint32_t deep = IS_OBJECT | (IS_TYPE_COLLECTABLE << Z_TYPE_FLAGS_SHIFT);
	uint32_t any = 0;
	if (HT_IS_PACKED(table)) {
		for (const zval *value = table->arPacked, *end = value + table->nNumUsed; value != end; value++) {
			any |= Z_TYPE_INFO_P(value);
		}
	} else {
		for (const Bucket *bucket = table->arData, *end = bucket + table->nNumUsed; bucket != end; bucket++) {
			any |= Z_TYPE_INFO(bucket->val);
		}
	}
	return (any & deep) == 0;
}
_Static_assert(IS_OBJECT == 8 && IS_ARRAY == 7 && IS_INDIRECT < 16, "the order of types");

/* Makes an object's properties as good as new when nobody else knows it, so that it can serve again
 * (the caller renews its state). False when it can't be: then it has to be released. */
int hz_object_renew(zend_object *object)
{
	hz_class *class = hz_class_of(object);
	uint32_t count = object->ce->default_properties_count;
	if (UNEXPECTED(GC_REFCOUNT(object) != 1 || object->ce != class->ce || !class->fresh || object->properties
			|| (GC_FLAGS(object) & (IS_OBJ_WEAKLY_REFERENCED | IS_OBJ_DESTRUCTOR_CALLED | IS_OBJ_FREE_CALLED)))) {
		return 0;
	}
	for (zval *slot = object->properties_table, *end = slot + count; slot != end; slot++) {
		if (!Z_REFCOUNTED_P(slot)) {
			continue;
		}
		if (Z_TYPE_P(slot) != IS_STRING && UNEXPECTED(Z_TYPE_P(slot) != IS_ARRAY || !hz_is_flat(Z_ARRVAL_P(slot)))) {
			return 0;
		}
		zend_refcounted *counted = Z_COUNTED_P(slot);
		ZVAL_UNDEF(slot);
		if (GC_DELREF(counted) == 0) {
			rc_dtor_func(counted);
		} else {
			gc_check_possible_root(counted);
		}
	}
	/* It may stand in the cycle collector's buffer: a live object may, and stays there cheaply. */
	memcpy(object->properties_table, class->fresh, sizeof(zval) * count);
	return 1;
}

static zend_object *hz_create_denied(zend_class_entry *ce)
{
	zend_object *object = hz_create(ce);
	zend_throw_error(NULL, "The object of %s can not be created for security reasons", ZSTR_VAL(ce->name));
	return object;
}

static void hz_free_obj(zend_object *object)
{
	hz_class *class = hz_class_of(object);
	if (class->behaviour.drop) {
		class->behaviour.drop(hz_state(object, class));
	}
	zend_object_std_dtor(object);
}

void hz_trace_value(void *buffer, zval *value)
{
	zend_get_gc_buffer_add_zval(buffer, value);
}

static HashTable *hz_get_gc(zend_object *object, zval **table, int *count)
{
	hz_class *class = hz_class_of(object);
	zend_get_gc_buffer *buffer = zend_get_gc_buffer_create();
	if (class->behaviour.trace) {
		class->behaviour.trace(hz_state(object, class), buffer);
	}
	if (object->properties) {
		zend_get_gc_buffer_use(buffer, table, count);
		if (GC_REFCOUNT(object->properties) > 1) {
			if (!(GC_FLAGS(object->properties) & GC_IMMUTABLE)) {
				GC_DELREF(object->properties);
			}
			object->properties = zend_array_dup(object->properties);
		}
		return object->properties;
	}
	for (int i = 0; i < object->ce->default_properties_count; i++) {
		zend_get_gc_buffer_add_zval(buffer, object->properties_table + i);
	}
	zend_get_gc_buffer_use(buffer, table, count);
	return NULL;
}

/* ---- lazy properties ---------------------------------------------------- */

static zend_always_inline bool hz_is_unfilled(const zval *slot)
{
	return Z_TYPE_P(slot) == IS_UNDEF && (Z_PROP_FLAG_P(slot) & IS_PROP_UNINIT);
}

static void hz_fill(zend_object *object, hz_class *class, uint32_t i)
{
	zval *slot = object->properties_table + class->lazy_slots[i];
	if (hz_is_unfilled(slot)) {
		zval value;
		ZVAL_NULL(&value);
		class->behaviour.fill(hz_state(object, class), class->lazy_slots[i] - class->base, &value);
		if (hz_is_unfilled(slot)) {
			ZVAL_COPY_VALUE(slot, &value);
			Z_PROP_FLAG_P(slot) = 0;
		} else {
			zval_ptr_dtor(&value);
		}
	}
}

static void hz_fill_all(zend_object *object)
{
	hz_class *class = hz_class_of(object);
	for (uint32_t i = 0; i < class->lazy_count; i++) {
		hz_fill(object, class, i);
	}
}

/* Fills the slot that `name` means, if it is a lazy one. */
static zend_always_inline void hz_touch(zend_object *object, zend_string *name, void **cache)
{
	hz_class *class = hz_class_of(object);
	if (cache && CACHED_PTR_EX(cache) == object->ce) {
		uintptr_t offset = (uintptr_t) CACHED_PTR_EX(cache + 1);
		if (IS_VALID_PROPERTY_OFFSET(offset) && !hz_is_unfilled(OBJ_PROP(object, offset))) {
			return;
		}
	}
	for (uint32_t i = 0; i < class->lazy_count; i++) {
		if (zend_string_equals(name, class->lazy_names[i])) {
			hz_fill(object, class, i);
			return;
		}
	}
}

static zval *hz_read_property(zend_object *object, zend_string *name, int type, void **cache, zval *rv)
{
	/* The running code has found the slot before: no need to look for its name again. */
	if (EXPECTED(cache && CACHED_PTR_EX(cache) == object->ce)) {
		uintptr_t offset = (uintptr_t) CACHED_PTR_EX(cache + 1);
		if (EXPECTED(IS_VALID_PROPERTY_OFFSET(offset))) {
			zval *slot = OBJ_PROP(object, offset);
			if (hz_is_unfilled(slot)) {
				hz_class *class = hz_class_of(object);
				uint32_t number = OBJ_PROP_TO_NUM(offset);
				/* Most classes declare their lazy properties one after the other. */
				uint32_t i = class->lazy_count ? number - class->lazy_slots[0] : 0;
				if (UNEXPECTED(i >= class->lazy_count || class->lazy_slots[i] != number)) {
					for (i = 0; i < class->lazy_count && class->lazy_slots[i] != number; i++);
				}
				if (EXPECTED(i < class->lazy_count)) {
					hz_fill(object, class, i);
					if (type == BP_VAR_R && Z_TYPE_P(slot) != IS_UNDEF) {
						return slot;
					}
				}
			}
		}
	} else {
		hz_touch(object, name, cache);
	}
	return zend_std_read_property(object, name, type, cache, rv);
}

static int hz_has_property(zend_object *object, zend_string *name, int mode, void **cache)
{
	hz_touch(object, name, cache);
	return zend_std_has_property(object, name, mode, cache);
}

static zval *hz_property_ptr(zend_object *object, zend_string *name, int type, void **cache)
{
	hz_touch(object, name, cache);
	return zend_std_get_property_ptr_ptr(object, name, type, cache);
}

static HashTable *hz_get_properties(zend_object *object)
{
	hz_fill_all(object);
	return zend_std_get_properties(object);
}

static int hz_compare(zval *a, zval *b)
{
	if (Z_TYPE_P(a) == IS_OBJECT && Z_TYPE_P(b) == IS_OBJECT) {
		if (Z_OBJ_P(a) != Z_OBJ_P(b)) {
			if (Z_OBJ_HT_P(a)->free_obj == hz_free_obj) {
				hz_fill_all(Z_OBJ_P(a));
			}
			if (Z_OBJ_HT_P(b)->free_obj == hz_free_obj) {
				hz_fill_all(Z_OBJ_P(b));
			}
		}
	}
	return zend_std_compare_objects(a, b);
}

static void hz_unset_property(zend_object *object, zend_string *name, void **cache)
{
	hz_class *class = hz_class_of(object);
	if (class->behaviour.deny_unset) {
		zend_class_entry *ce = object->ce;
		while (ce->type != ZEND_INTERNAL_CLASS) {
			ce = ce->parent;
		}
		if (zend_hash_exists(&ce->properties_info, name)) {
			zend_throw_error(NULL, "Property %s of class %s cannot be unset", ZSTR_VAL(name), ZSTR_VAL(ce->name));
			return;
		}
	}
	if (class->lazy_count) {
		hz_touch(object, name, cache);
	}
	zend_std_unset_property(object, name, cache);
}

static zend_object *hz_clone(zend_object *old)
{
	hz_class *class = hz_class_of(old);
	zend_object *object;
	if (class->lazy_count) {
		hz_fill_all(old);
	}
	object = hz_allocate(old->ce, class);
	if (class->behaviour.clone) {
		class->behaviour.clone(hz_state(old, class), hz_state(object, class));
	}
	for (int i = 0; i < object->ce->default_properties_count; i++) {
		ZVAL_UNDEF(object->properties_table + i);
		Z_PROP_FLAG_P(object->properties_table + i) = 0;
	}
	zend_objects_clone_members(object, old);
	return object;
}

/* ---- registration ------------------------------------------------------- */

typedef struct {
	const char *name;
	size_t name_len;
	zend_class_entry *parent;
	const hz_function *methods;
	uint32_t count;
	uint32_t flags;
	uint32_t attribute; /* targets, when it is an attribute class; else 0 */
	uint8_t interface;
} hz_class_spec;

/* Our flags, as class.rs numbers them, in the values of this PHP. */
static uint32_t hz_class_flags(uint32_t flags)
{
	return (flags & 1 ? ZEND_ACC_FINAL : 0) | (flags & 2 ? ZEND_ACC_EXPLICIT_ABSTRACT_CLASS : 0)
		| (flags & 4 ? ZEND_ACC_NO_DYNAMIC_PROPERTIES : 0) | (flags & 8 ? ZEND_ACC_ALLOW_DYNAMIC_PROPERTIES : 0)
		| (flags & 16 ? ZEND_ACC_NOT_SERIALIZABLE : 0);
}

hz_class *hz_class_register(const hz_class_spec *spec, const hz_behaviour *behaviour)
{
	zend_class_entry ce, *registered;
	hz_class *class = pecalloc(1, sizeof(hz_class), 1);
	zend_function_entry *entries = hz_entries(spec->methods, spec->count, class);
	INIT_CLASS_ENTRY_EX(ce, spec->name, spec->name_len, entries);
	if (spec->interface) {
		registered = zend_register_internal_interface(&ce);
	} else {
		registered = zend_register_internal_class_ex(&ce, spec->parent);
	}
	registered->ce_flags |= hz_class_flags(spec->flags);
	if (!hz_is_ours(registered)) {
		for (size_t i = 0; i < sizeof(hz_modules) / sizeof(hz_modules[0]); i++) {
			if (!hz_modules[i]) {
				hz_modules[i] = registered->info.internal.module;
				break;
			}
		}
	}
	class->ce = registered;
	class->behaviour = *behaviour;
	if (spec->attribute) {
		/* Ours is 64; PHP's has moved when constants became a target (8.5). */
		uint32_t targets = spec->attribute & 63;
		if (spec->attribute & 64) {
			targets |= ZEND_ATTRIBUTE_IS_REPEATABLE;
		}
		zend_internal_attribute_register(registered, targets);
	}
	return class;
}

int hz_class_implement(hz_class *class, zend_class_entry *interface)
{
	zend_class_implements(class->ce, 1, interface);
	return 1;
}

/* Second step, after the properties are declared. `parent` is the record of
 * our own parent class, if it has one. */
void hz_class_finish(hz_class *class, const hz_class *parent)
{
	zend_class_entry *ce = class->ce;
	zend_object_handlers *handlers = &class->handlers;
	hz_behaviour *behaviour = &class->behaviour;
	uint32_t own = 0;

	class->base = ce->parent ? ce->parent->default_properties_count : 0;
	class->slots = ce->default_properties_count - class->base;
	if (parent && class->slots == 0) {
		/* Nothing of its own: the numbers mean the parent's slots, as the parent's methods use them. */
		class->base = parent->base;
		class->slots = parent->slots;
	}
	if (!behaviour->own_objects) {
		return;
	}
	memcpy(handlers, &std_object_handlers, sizeof(*handlers));
	if (parent && parent->behaviour.own_objects && parent->lazy_count) {
		/* Slots of the parent keep their places; they are filled by its state. */
		class->base = behaviour->lazy_count ? class->base : parent->base;
	}
	own = behaviour->lazy_count;
	if (parent && parent->lazy_count && !own) {
		class->lazy_count = parent->lazy_count;
		class->lazy_slots = parent->lazy_slots;
		class->lazy_names = parent->lazy_names;
		behaviour->fill = parent->behaviour.fill;
	} else if (own) {
		class->lazy_count = own;
		class->lazy_slots = pemalloc(sizeof(uint32_t) * own, 1);
		class->lazy_names = pemalloc(sizeof(zend_string *) * own, 1);
		for (uint32_t i = 0; i < own; i++) {
			zend_property_info *info;
			uint32_t slot = class->base + behaviour->lazy[i];
			class->lazy_slots[i] = slot;
			class->lazy_names[i] = NULL;
			ZEND_HASH_FOREACH_PTR(&ce->properties_info, info) {
				if (!(info->flags & ZEND_ACC_STATIC) && OBJ_PROP_TO_NUM(info->offset) == slot) {
					const char *class_name, *name;
					size_t len;
					zend_unmangle_property_name_ex(info->name, &class_name, &name, &len);
					class->lazy_names[i] = zend_string_init_interned(name, len, 1);
				}
			} ZEND_HASH_FOREACH_END();
		}
	}
	handlers->offset = behaviour->state;
	handlers->free_obj = hz_free_obj;
	handlers->clone_obj = behaviour->deny_clone ? NULL : hz_clone;
	if (behaviour->trace || class->lazy_count) {
		handlers->get_gc = hz_get_gc;
	}
	if (class->lazy_count) {
		handlers->read_property = hz_read_property;
		handlers->has_property = hz_has_property;
		handlers->get_property_ptr_ptr = hz_property_ptr;
		handlers->get_properties = hz_get_properties;
		handlers->compare = hz_compare;
	}
	if (class->lazy_count || behaviour->deny_unset) {
		handlers->unset_property = hz_unset_property;
	}
	ce->create_object = behaviour->deny_create ? hz_create_denied : hz_create;
	hz_prepare_fresh(class);
#if PHP_VERSION_ID >= 80300
	ce->default_object_handlers = handlers;
#endif
}

zend_class_entry *hz_class_entry(const hz_class *class)
{
	return class->ce;
}

/* 1 when the class runs an older class's create_object that is not ours, such
 * as Exception's. */
int hz_class_has_foreign_objects(const zend_class_entry *ce)
{
	return ce->create_object && ce->create_object != hz_create && ce->create_object != hz_create_denied;
}

void hz_class_alias(hz_class *class, const char *name, size_t len)
{
	zend_register_class_alias_ex(name, len, class->ce, 1);
}

/* Literals of properties and constants: a zval as it lives in a class that
 * is never freed. kind: the type number; strings become permanent. */
static void hz_literal(zval *out, int kind, zend_long number, double real, const char *text, size_t len)
{
	switch (kind) {
		case IS_FALSE: ZVAL_FALSE(out); break;
		case IS_TRUE: ZVAL_TRUE(out); break;
		case IS_LONG: ZVAL_LONG(out, number); break;
		case IS_DOUBLE: ZVAL_DOUBLE(out, real); break;
		case IS_STRING: ZVAL_INTERNED_STR(out, zend_string_init_interned(text, len, 1)); break;
		case IS_ARRAY: ZVAL_EMPTY_ARRAY(out); break;
		case IS_UNDEF: ZVAL_UNDEF(out); break;
		default: ZVAL_NULL(out); break;
	}
}

/* The classes of a property type, as zend_declare_typed_property wants them. */
static zend_type hz_property_type(const hz_param *param)
{
	zend_type type = ZEND_TYPE_INIT_MASK(param->mask);
	if (param->classes) {
		uint32_t count = 1;
		for (const char *p = param->classes; *p; p++) {
			count += *p == '|';
		}
		if (count == 1) {
			zend_string *name = zend_string_init_interned(param->classes, strlen(param->classes), 1);
			zend_type single = ZEND_TYPE_INIT_CLASS(name, 0, param->mask);
			return single;
		}
		zend_type_list *list = pemalloc(ZEND_TYPE_LIST_SIZE(count), 1);
		const char *start = param->classes;
		list->num_types = count;
		for (uint32_t i = 0; i < count; i++) {
			const char *end = strchr(start, '|');
			size_t len = end ? (size_t) (end - start) : strlen(start);
			zend_type one = ZEND_TYPE_INIT_CLASS(zend_string_init_interned(start, len, 1), 0, 0);
			list->types[i] = one;
			start = end ? end + 1 : start;
		}
		ZEND_TYPE_SET_LIST(type, list);
#if PHP_VERSION_ID >= 80200
		ZEND_TYPE_FULL_MASK(type) |= _ZEND_TYPE_UNION_BIT;
#endif
	}
	return type;
}

void hz_class_property(hz_class *class, const char *name, size_t name_len, uint32_t flags, int typed, const hz_param *type,
	int kind, zend_long number, double real, const char *text, size_t len)
{
	zval value;
	zend_string *key = zend_string_init_interned(name, name_len, 1);
	hz_literal(&value, kind, number, real, text, len);
	if (typed) {
		zend_declare_typed_property(class->ce, key, &value, flags, NULL, hz_property_type(type));
	} else {
		zend_type none = ZEND_TYPE_INIT_NONE(0);
		if (kind == IS_UNDEF) {
			ZVAL_NULL(&value);
		}
		zend_declare_typed_property(class->ce, key, &value, flags, NULL, none);
	}
}

void hz_class_constant_add(hz_class *class, const char *name, size_t name_len, int kind, zend_long number, double real,
	const char *text, size_t len)
{
	zval value;
	zend_string *key = zend_string_init_interned(name, name_len, 1);
	hz_literal(&value, kind, number, real, text, len);
	zend_declare_class_constant_ex(class->ce, key, &value, ZEND_ACC_PUBLIC, NULL);
}

void hz_constant_add(const char *name, size_t name_len, int kind, zend_long number, double real, const char *text, size_t len,
	int module_number)
{
	zend_constant constant;
	hz_literal(&constant.value, kind, number, real, text, len);
	ZEND_CONSTANT_SET_FLAGS(&constant, CONST_CS | CONST_PERSISTENT, module_number);
	constant.name = zend_string_init_interned(name, name_len, 1);
#if PHP_VERSION_ID >= 80500
	constant.filename = NULL;
	constant.attributes = NULL;
#endif
	zend_register_constant(&constant);
}

/* ---- access from Rust ----------------------------------------------------- */

/* The state of an object if it is one of ours and its state's type is `type`. */
void *hz_object_state(zend_object *object, const void **type)
{
	hz_class *class;
	if (object->handlers->free_obj != hz_free_obj) {
		return NULL;
	}
	class = hz_class_of(object);
	*type = class->behaviour.type;
	return hz_state(object, class);
}

int hz_instantiate(zend_class_entry *ce, zval *out)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		if (ce->create_object == hz_create_denied) {
			/* Denied to PHP, not to us. */
			if (!(ce->ce_flags & ZEND_ACC_CONSTANTS_UPDATED)) {
				zend_update_class_constants(ce);
			}
			ZVAL_OBJ(out, hz_create(ce));
		} else {
			object_init_ex(out, ce);
		}
		if (EG(exception)) {
			zval_ptr_dtor(out);
			ZVAL_UNDEF(out);
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		ZVAL_UNDEF(out);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* A declared slot of the innermost class of ours, NULL when out of range or
 * when the object is not of a class of ours. */
zval *hz_object_slot(zend_object *object, uint32_t index)
{
	const hz_class *class;
	if (object->handlers->free_obj == hz_free_obj) {
		class = hz_class_of(object);
	} else {
		zend_class_entry *ce = object->ce;
		while (ce->type != ZEND_INTERNAL_CLASS) {
			ce = ce->parent;
			if (!ce) {
				return NULL;
			}
		}
		if (!hz_is_ours(ce)) {
			return NULL;
		}
		class = hz_class_for(ce);
	}
	if (index >= (uint32_t) object->ce->default_properties_count - class->base) {
		return NULL;
	}
	return object->properties_table + class->base + index;
}

/* Puts a value into a slot as property initialisation does: no type check, no
 * __set. Takes over the reference. */
void hz_slot_set(zval *slot, zval *value)
{
	zval old;
	if (Z_ISREF_P(slot)) {
		slot = Z_REFVAL_P(slot);
	}
	ZVAL_COPY_VALUE(&old, slot);
	ZVAL_COPY_VALUE(slot, value);
	Z_PROP_FLAG_P(slot) = 0;
	zval_ptr_dtor(&old);
}
