/* Reading classes, functions and attributes straight from Zend's structures. */
#include "highper.h"

HashTable *hz_class_attributes(const zend_class_entry *ce)
{
	return ce->attributes;
}

HashTable *hz_function_attributes(const zend_function *func)
{
	return func->common.attributes;
}

/* Steps through attributes; those of a parameter have offset number + 1. */
zend_attribute *hz_attribute_step(HashTable *attributes, uint32_t *position, uint32_t offset)
{
	if (attributes) {
		while (*position < attributes->nNumUsed) {
			uint32_t at = (*position)++;
			zval *slot = HT_IS_PACKED(attributes) ? attributes->arPacked + at : &attributes->arData[at].val;
			if (Z_TYPE_P(slot) == IS_PTR && ((zend_attribute *) Z_PTR_P(slot))->offset == offset) {
				return Z_PTR_P(slot);
			}
		}
	}
	return NULL;
}

zend_string *hz_attribute_name(const zend_attribute *attribute, uint32_t *argc)
{
	*argc = attribute->argc;
	return attribute->name;
}

/* One argument, evaluated; *name is NULL for positional ones. */
int hz_attribute_arg(zend_attribute *attribute, uint32_t i, zend_class_entry *scope, zval *out, zend_string **name)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(out);
	HZ_TRY {
		*name = attribute->args[i].name;
		if (zend_get_attribute_value(out, attribute, i, scope) == FAILURE) {
			/* It has released the value already. */
			ZVAL_UNDEF(out);
			rc = HZ_EXCEPTION;
		} else if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		ZVAL_UNDEF(out);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

typedef struct {
	const char *name;
	size_t name_len;
	zend_class_entry *scope;
	uint32_t flags;
	uint32_t num_params; /* the variadic one included */
	uint32_t required;
	uint32_t line;
	zend_string *file;
	zend_string *doc;
	const zend_type *returns;
} hz_function_info;

void hz_function_info_of(const zend_function *func, hz_function_info *out)
{
	memset(out, 0, sizeof(*out));
	if (func->common.function_name) {
		out->name = ZSTR_VAL(func->common.function_name);
		out->name_len = ZSTR_LEN(func->common.function_name);
	}
	out->scope = func->common.scope;
	out->flags = func->common.fn_flags;
	out->num_params = func->common.num_args + ((func->common.fn_flags & ZEND_ACC_VARIADIC) ? 1 : 0);
	out->required = func->common.required_num_args;
	if (func->type == ZEND_USER_FUNCTION) {
		out->line = func->op_array.line_start;
		out->file = func->op_array.filename;
		out->doc = func->op_array.doc_comment;
	}
	if ((func->common.fn_flags & ZEND_ACC_HAS_RETURN_TYPE) && func->common.arg_info) {
		out->returns = &func->common.arg_info[-1].type;
	}
}

zend_function *hz_method_step(zend_class_entry *ce, uint32_t *position)
{
	HashTable *table = &ce->function_table;
	while (*position < table->nNumUsed) {
		zval *slot = &table->arData[(*position)++].val;
		if (Z_TYPE_P(slot) == IS_PTR) {
			return Z_PTR_P(slot);
		}
	}
	return NULL;
}

zend_function *hz_method_find(zend_class_entry *ce, const char *lower, size_t len)
{
	return zend_hash_str_find_ptr(&ce->function_table, lower, len);
}

zend_function *hz_constructor(zend_class_entry *ce)
{
	return ce->constructor;
}

enum { HZ_BY_REF = 1, HZ_VARIADIC = 2, HZ_OPTIONAL = 4, HZ_PROMOTED = 8, HZ_TYPED = 16 };

typedef struct {
	const char *name;
	size_t name_len;
	uint32_t flags;
	const zend_type *type;
} hz_param_info;

void hz_param_info_of(const zend_function *func, uint32_t i, hz_param_info *out)
{
	const zend_arg_info *info = &func->common.arg_info[i];
	bool variadic = i == func->common.num_args;
#if PHP_VERSION_ID < 80600
	if (func->type == ZEND_INTERNAL_FUNCTION && !(func->common.fn_flags & ZEND_ACC_USER_ARG_INFO)) {
		out->name = ((const zend_internal_arg_info *) info)->name;
		out->name_len = strlen(out->name);
	} else
#endif
	{
		out->name = ZSTR_VAL(info->name);
		out->name_len = ZSTR_LEN(info->name);
	}
	out->type = &info->type;
	out->flags = (ZEND_ARG_SEND_MODE(info) ? HZ_BY_REF : 0) | (variadic ? HZ_VARIADIC : 0)
		| (variadic || i >= func->common.required_num_args ? HZ_OPTIONAL : 0)
		| (ZEND_ARG_IS_PROMOTED(info) ? HZ_PROMOTED : 0) | (ZEND_TYPE_IS_SET(info->type) ? HZ_TYPED : 0);
}

/* The default of a parameter; UNDEF when it has none. */
int hz_param_default(zend_function *func, uint32_t i, zval *out)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(out);
	HZ_TRY {
		if (func->type == ZEND_INTERNAL_FUNCTION) {
#if PHP_VERSION_ID < 80600
			zend_internal_arg_info *info = (zend_internal_arg_info *) &func->common.arg_info[i];
#else
			zend_arg_info *info = &func->common.arg_info[i];
#endif
			if (info->default_value && !(func->common.fn_flags & ZEND_ACC_USER_ARG_INFO)) {
				zend_get_default_from_internal_arg_info(out, info);
			}
		} else {
			zend_op *op = func->op_array.opcodes, *end = op + func->op_array.last;
			for (; op < end; op++) {
				if ((op->opcode == ZEND_RECV || op->opcode == ZEND_RECV_INIT || op->opcode == ZEND_RECV_VARIADIC)
					&& op->op1.num == i + 1) {
					if (op->opcode == ZEND_RECV_INIT) {
						ZVAL_COPY(out, RT_CONSTANT(op, op->op2));
					}
					break;
				}
			}
		}
		if (Z_TYPE_P(out) == IS_CONSTANT_AST) {
			zval_update_constant_ex(out, func->common.scope);
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

/* Builtin types as a mask of MAY_BE_*. *kind: 0 none or builtin or union of
 * names, 1 intersection or mixed lists. */
uint32_t hz_type_mask(const zend_type *type, int *kind)
{
	*kind = 0;
	if (ZEND_TYPE_HAS_LIST(*type)) {
		if (ZEND_TYPE_IS_INTERSECTION(*type)) {
			*kind = 1;
		} else {
			const zend_type *one;
			ZEND_TYPE_LIST_FOREACH(ZEND_TYPE_LIST(*type), one) {
				if (ZEND_TYPE_HAS_LIST(*one)) {
					*kind = 1;
				}
			} ZEND_TYPE_LIST_FOREACH_END();
		}
	}
	return ZEND_TYPE_PURE_MASK(*type);
}

/* The i-th class name of a type, `self` and `parent` resolved; NULL at the end. */
zend_string *hz_type_class(const zend_type *type, uint32_t i, const zend_class_entry *scope)
{
	zend_string *name = NULL;
	if (ZEND_TYPE_HAS_LIST(*type)) {
		if (i < ZEND_TYPE_LIST(*type)->num_types) {
			zend_type one = ZEND_TYPE_LIST(*type)->types[i];
			name = ZEND_TYPE_HAS_NAME(one) ? ZEND_TYPE_NAME(one) : NULL;
		}
	} else if (i == 0 && ZEND_TYPE_HAS_NAME(*type)) {
		name = ZEND_TYPE_NAME(*type);
	}
	if (name && scope) {
		if (zend_string_equals_literal_ci(name, "self")) {
			return scope->name;
		}
		if (zend_string_equals_literal_ci(name, "parent") && scope->parent && (scope->ce_flags & ZEND_ACC_LINKED)) {
			return scope->parent->name;
		}
	}
	return name;
}

zend_string *hz_type_text(const zend_type *type)
{
	zend_string *text = zend_type_to_string(*type);
	return text ? text : ZSTR_EMPTY_ALLOC();
}

typedef struct {
	zend_string *name;
	zend_class_entry *scope;
	uint32_t flags;
	const zend_type *type;
	HashTable *attributes;
} hz_property_info;

int hz_property_step(zend_class_entry *ce, uint32_t *position, hz_property_info *out)
{
	HashTable *table = &ce->properties_info;
	while (*position < table->nNumUsed) {
		Bucket *bucket = &table->arData[(*position)++];
		if (Z_TYPE(bucket->val) == IS_PTR) {
			zend_property_info *info = Z_PTR(bucket->val);
			out->name = bucket->key;
			out->scope = info->ce;
			out->flags = info->flags;
			out->type = &info->type;
			out->attributes = info->attributes;
			return 1;
		}
	}
	return 0;
}

/* A property of hooks alone has no place in the object. */
#ifdef ZEND_VIRTUAL_PROPERTY_OFFSET
# define HZ_IS_VIRTUAL(info) ((info)->offset == ZEND_VIRTUAL_PROPERTY_OFFSET)
#else
# define HZ_IS_VIRTUAL(info) false
#endif

/* The default of an instance property; UNDEF when it has none. */
int hz_property_default(zend_class_entry *ce, zend_string *name, zval *out)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(out);
	HZ_TRY {
		zend_property_info *info = zend_hash_find_ptr(&ce->properties_info, name);
		if (info && !(info->flags & ZEND_ACC_STATIC) && !HZ_IS_VIRTUAL(info)) {
			if (!(ce->ce_flags & ZEND_ACC_CONSTANTS_UPDATED)) {
				zend_update_class_constants(ce);
			}
			zval *table = CE_DEFAULT_PROPERTIES_TABLE(ce);
			if (!EG(exception) && table) {
				ZVAL_COPY_DEREF(out, &table[OBJ_PROP_TO_NUM(info->offset)]);
			}
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		ZVAL_UNDEF(out);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

typedef struct {
	uint32_t flags;
	uint32_t user;
	uint32_t line;
	zend_string *file;
	zend_string *doc;
	zend_class_entry *parent;
	uint32_t interfaces;
} hz_class_info;

void hz_class_info_of(const zend_class_entry *ce, hz_class_info *out)
{
	memset(out, 0, sizeof(*out));
	/* 1 interface, 2 abstract, 4 trait, 8 enum, 16 final, 32 readonly */
	out->flags = (ce->ce_flags & ZEND_ACC_INTERFACE ? 1 : 0)
		| (ce->ce_flags & (ZEND_ACC_EXPLICIT_ABSTRACT_CLASS | ZEND_ACC_IMPLICIT_ABSTRACT_CLASS) ? 2 : 0)
		| (ce->ce_flags & ZEND_ACC_TRAIT ? 4 : 0) | (ce->ce_flags & ZEND_ACC_ENUM ? 8 : 0)
		| (ce->ce_flags & ZEND_ACC_FINAL ? 16 : 0) | (ce->ce_flags & ZEND_ACC_READONLY_CLASS ? 32 : 0);
	if (ce->type == ZEND_USER_CLASS) {
		out->user = 1;
		out->line = ce->info.user.line_start;
		out->file = ce->info.user.filename;
#if PHP_VERSION_ID >= 80400
		out->doc = ce->doc_comment;
#else
		out->doc = ce->info.user.doc_comment;
#endif
	}
	out->parent = (ce->ce_flags & ZEND_ACC_RESOLVED_PARENT) || ce->type == ZEND_INTERNAL_CLASS ? ce->parent : NULL;
	out->interfaces = (ce->ce_flags & ZEND_ACC_LINKED) ? ce->num_interfaces : 0;
}

zend_class_entry *hz_class_interface(const zend_class_entry *ce, uint32_t i)
{
	return ce->interfaces[i];
}

/* The classes that are known now, in order: for finding those of a file. */
zend_class_entry *hz_class_step(uint32_t *position)
{
	HashTable *table = EG(class_table);
	while (*position < table->nNumUsed) {
		zval *slot = &table->arData[(*position)++].val;
		if (Z_TYPE_P(slot) == IS_PTR) {
			return Z_PTR_P(slot);
		}
	}
	return NULL;
}

/* The case or backing value of an enum: Enum::from() without calling PHP by name. */
int hz_enum_case(zend_class_entry *ce, const char *name, size_t len, zval *out)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(out);
	HZ_TRY {
		zend_string *str = zend_string_init(name, len, 0);
		zend_class_constant *constant = zend_hash_find_ptr(CE_CONSTANTS_TABLE(ce), str);
		zend_string_release(str);
		if (constant && (ZEND_CLASS_CONST_FLAGS(constant) & ZEND_CLASS_CONST_IS_CASE)) {
			if (Z_TYPE(constant->value) == IS_CONSTANT_AST) {
				zval_update_constant_ex(&constant->value, constant->ce);
			}
			if (!EG(exception)) {
				ZVAL_COPY(out, &constant->value);
			}
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		ZVAL_UNDEF(out);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}
