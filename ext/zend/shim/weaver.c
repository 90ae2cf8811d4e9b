/* Calls of methods with aspects: what runs around them, and which call is which. */
#include "weave.h"

typedef struct {
	zend_object *object;
	zend_function *around;
} hp_link;

/* The aspects of a method, outermost first. */
typedef struct hp_plan {
	const zend_op *opcodes; /* copies of a method, in traits and closures, share them */
	const zend_class_entry *scope;
	uint32_t count;
	hp_link links[];
} hp_plan;

#define HP_FEW 4

/* The state of a Highper\Invocation: one aspect's view of a call. */
typedef struct {
	hp_plan *plan; /* NULL for an object that was not made here */
	zend_function *func;
	zend_function *target; /* the same, or the method that has its body */
	zend_object *this;
	zend_class_entry *called;
	HashTable *named; /* for a variadic parameter */
	zval *args;
	uint32_t count;
	uint32_t level; /* whose view it is */
	zval few[HP_FEW];
} hp_invocation;

static hp_weave_ask hp_ask;
static zend_class_entry *hp_invocation_ce;
static zend_string *hp_proceed_name;
static size_t hp_invocation_bytes;

/* By (opcodes, scope); a power of two in size, half full at most. */
static hp_plan **hp_plans;
static uint32_t hp_plans_size, hp_plans_count;

static zend_always_inline uint32_t hp_plan_hash(const zend_op *opcodes, const zend_class_entry *scope)
{
	uint64_t hash = ((uintptr_t) opcodes >> 5) * 0x9e3779b97f4a7c15u ^ ((uintptr_t) scope >> 4);
	return (uint32_t) (hash >> 29 ^ hash);
}

static zend_always_inline hp_plan *hp_plan_find(const zend_function *func)
{
	const zend_op *opcodes = func->op_array.opcodes;
	const zend_class_entry *scope = func->common.scope;
	if (UNEXPECTED(!hp_plans)) {
		return NULL;
	}
	uint32_t mask = hp_plans_size - 1;
	for (uint32_t at = hp_plan_hash(opcodes, scope) & mask;; at = (at + 1) & mask) {
		hp_plan *plan = hp_plans[at];
		if (!plan || EXPECTED(plan->opcodes == opcodes && plan->scope == scope)) {
			return plan;
		}
	}
}

static void hp_plan_put(hp_plan *plan)
{
	uint32_t mask = hp_plans_size - 1, at = hp_plan_hash(plan->opcodes, plan->scope) & mask;
	while (hp_plans[at]) {
		at = (at + 1) & mask;
	}
	hp_plans[at] = plan;
}

/* Keeps the aspects of a method, of which each gets a reference; those that are there stay. */
void hp_weave_store(zend_function *func, zval *aspects, uint32_t count)
{
	if (hp_plan_find(func)) {
		return;
	}
	if (hp_plans_count * 2 >= hp_plans_size) {
		uint32_t old = hp_plans_size;
		hp_plan **plans = hp_plans;
		hp_plans_size = old ? old * 2 : 64;
		hp_plans = pecalloc(hp_plans_size, sizeof(hp_plan *), 1);
		for (uint32_t i = 0; i < old; i++) {
			if (plans[i]) {
				hp_plan_put(plans[i]);
			}
		}
		pefree(plans, 1);
	}
	hp_plan *plan = pemalloc(sizeof(hp_plan) + count * sizeof(hp_link), 1);
	plan->opcodes = func->op_array.opcodes;
	plan->scope = func->common.scope;
	plan->count = count;
	for (uint32_t i = 0; i < count; i++) {
		plan->links[i].object = Z_OBJ(aspects[i]);
		plan->links[i].around = zend_hash_str_find_ptr(&Z_OBJCE(aspects[i])->function_table, ZEND_STRL("around"));
		GC_ADDREF(plan->links[i].object);
	}
	hp_plans_count++;
	hp_plan_put(plan);
}

/* At RSHUTDOWN. */
void hp_weave_forget(void)
{
	hp_plan **plans = hp_plans;
	uint32_t size = hp_plans_size;
	hp_plans = NULL;
	hp_plans_size = hp_plans_count = 0;
	for (uint32_t i = 0; i < size; i++) {
		if (plans[i]) {
			for (uint32_t k = 0; k < plans[i]->count; k++) {
				OBJ_RELEASE(plans[i]->links[k].object);
			}
			pefree(plans[i], 1);
		}
	}
	if (plans) {
		pefree(plans, 1);
	}
}

/* ---- one call ------------------------------------------------------------- */

static zend_always_inline hp_invocation *hp_invocation_of(zend_object *object)
{
	return (hp_invocation *) ((char *) object - hp_invocation_bytes);
}

void hp_invocation_free(hp_invocation *inv)
{
	if (!inv->plan) {
		return;
	}
	for (uint32_t i = 0; i < inv->count; i++) {
		zval_ptr_dtor(&inv->args[i]);
	}
	if (inv->args != inv->few) {
		efree(inv->args);
	}
	if (inv->named) {
		zend_array_release(inv->named);
	}
	if (inv->func->common.fn_flags & ZEND_ACC_CLOSURE) {
		OBJ_RELEASE(ZEND_CLOSURE_OBJECT(inv->func));
	}
	if (inv->this) {
		OBJ_RELEASE(inv->this);
	}
	inv->plan = NULL;
}

void hp_invocation_trace(hp_invocation *inv, zend_get_gc_buffer *buffer)
{
	if (!inv->plan) {
		return;
	}
	for (uint32_t i = 0; i < inv->count; i++) {
		zend_get_gc_buffer_add_zval(buffer, &inv->args[i]);
	}
	if (inv->this) {
		zend_get_gc_buffer_add_obj(buffer, inv->this);
	}
	if (inv->func->common.fn_flags & ZEND_ACC_CLOSURE) {
		zend_get_gc_buffer_add_obj(buffer, ZEND_CLOSURE_OBJECT(inv->func));
	}
}

static zend_always_inline hp_invocation *hp_invocation_new(zend_object **object, hp_plan *plan, zend_function *func,
	zend_object *this, zend_class_entry *called, uint32_t room, uint32_t level)
{
	*object = hp_invocation_ce->create_object(hp_invocation_ce);
	hp_invocation *inv = hp_invocation_of(*object);
	inv->args = room > HP_FEW ? safe_emalloc(room, sizeof(zval), 0) : inv->few;
	inv->func = inv->target = func;
	inv->this = this;
	inv->called = called;
	inv->named = NULL;
	inv->count = 0;
	inv->level = level;
	inv->plan = plan;
	if (this) {
		GC_ADDREF(this);
	}
	if (UNEXPECTED(func->common.fn_flags & ZEND_ACC_CLOSURE)) {
		GC_ADDREF(ZEND_CLOSURE_OBJECT(func));
	}
	return inv;
}

/* Calls the aspect whose view it is; lets go of the view. */
static zend_always_inline void hp_around(zend_object *view, zval *return_value)
{
	hp_invocation *inv = hp_invocation_of(view);
	hp_link *link = &inv->plan->links[inv->level];
	zval arg;
	ZVAL_OBJ(&arg, view);
	zend_call_known_function(link->around, link->object, link->object->ce, return_value, 1, &arg, NULL);
	OBJ_RELEASE(view);
}

static zend_always_inline void hp_ended(zval *return_value)
{
	if (Z_TYPE_P(return_value) == IS_UNDEF) {
		ZVAL_NULL(return_value);
	}
}

/* Invocation::proceed() */
static ZEND_NAMED_FUNCTION(hp_proceed)
{
	hp_invocation *inv = hp_invocation_of(Z_OBJ(EX(This)));
	/* What it is called with does not matter: as a callback it may be handed something. */
	if (UNEXPECTED(!inv->plan)) {
		zend_throw_error(NULL, "this invocation belongs to no call");
		return;
	}
	if (inv->level + 1 == inv->plan->count) {
		/* entered() knows it by this frame. */
		zend_call_known_function(inv->target, inv->this, inv->called, return_value, inv->count, inv->args, inv->named);
	} else {
		zend_object *view;
		hp_invocation *next =
			hp_invocation_new(&view, inv->plan, inv->func, inv->this, inv->called, inv->count, inv->level + 1);
		next->target = inv->target;
		for (uint32_t i = 0; i < inv->count; i++) {
			ZVAL_COPY(&next->args[i], &inv->args[i]);
		}
		next->count = inv->count;
		if (inv->named) {
			next->named = inv->named;
			GC_TRY_ADDREF(next->named);
		}
		hp_around(view, return_value);
	}
	if (Z_ISREF_P(return_value)) {
		zend_unwrap_reference(return_value);
	}
	hp_ended(return_value);
}

/* Is the method called from outside, so that its aspects come first? */
static ZEND_FUNCTION(highper_weaver_entered)
{
	zend_execute_data *caller = EX(prev_execute_data), *before = caller ? caller->prev_execute_data : NULL;
	/* Not by its handler: a closure of it has another one. */
	if (before && before->func && before->func->common.scope == hp_invocation_ce
			&& before->func->common.function_name == hp_proceed_name && hp_proceed_name) {
		hp_invocation *inv = hp_invocation_of(Z_OBJ(before->This));
		if (EXPECTED(inv->plan && inv->level + 1 == inv->plan->count
				&& inv->func->op_array.opcodes == caller->func->op_array.opcodes)) {
			RETURN_FALSE;
		}
	}
	RETURN_TRUE;
}

/* The class's record, once there is something to weave. */
static bool hp_invocation_find(void)
{
	zend_class_entry *ce = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("highper\\invocation"));
	zend_function *proceed = ce ? zend_hash_str_find_ptr(&ce->function_table, ZEND_STRL("proceed")) : NULL;
	if (!proceed || proceed->type != ZEND_INTERNAL_FUNCTION) {
		return false;
	}
	/* No guard, no conversion: it is on the way of each call. */
	proceed->internal_function.handler = hp_proceed;
	hp_proceed_name = proceed->common.function_name;
	hp_invocation_ce = ce;
	hp_invocation_bytes = (sizeof(hp_invocation) + 15) & ~(size_t) 15;
	return true;
}

static zend_never_inline hp_plan *hp_plan_make(zend_function *func)
{
	if (!hp_invocation_ce && !hp_invocation_find()) {
		zend_throw_error(NULL, "the class Highper\\Invocation is missing");
		return NULL;
	}
	if (hp_ask(func) == HZ_BAILOUT) {
		zend_bailout();
	}
	if (EG(exception)) {
		return NULL;
	}
	hp_plan *plan = hp_plan_find(func);
	if (!plan) {
		zend_throw_error(NULL, "%s::%s() was called when its aspects were gone", func->common.scope
			? ZSTR_VAL(func->common.scope->name) : "", ZSTR_VAL(func->common.function_name));
	}
	return plan;
}

static zend_always_inline void hp_take_rest(hp_invocation *inv, zval *rest)
{
	zend_string *name;
	zval *value;
	ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL_P(rest), name, value) {
		if (!name) {
			ZVAL_COPY(&inv->args[inv->count], value);
			inv->count++;
			continue;
		}
		if (!inv->named) {
			inv->named = zend_new_array(0);
		}
		Z_TRY_ADDREF_P(value);
		zend_hash_add(inv->named, name, value);
	} ZEND_HASH_FOREACH_END();
}

static zend_always_inline void hp_weave(INTERNAL_FUNCTION_PARAMETERS)
{
	zend_execute_data *caller = EX(prev_execute_data);
	zend_function *func = caller->func;
	zval *how = ZEND_CALL_ARG(execute_data, 1), *args = how + 1;
	uint32_t count = ZEND_NUM_ARGS() - 1, passed = ZEND_CALL_NUM_ARGS(caller), declared = func->common.num_args;
	bool is_variadic = (func->common.fn_flags & ZEND_ACC_VARIADIC) != 0;
	hp_plan *plan = hp_plan_find(func);
	if (UNEXPECTED(!plan)) {
		plan = hp_plan_make(func);
		if (!plan) {
			return;
		}
	}
	zend_object *this = Z_TYPE(caller->This) == IS_OBJECT ? Z_OBJ(caller->This) : NULL;
	zend_class_entry *called = this ? this->ce : Z_CE(caller->This);
	zend_function *target = func;
	if (UNEXPECTED(Z_TYPE_P(how) == IS_STRING)) {
		zend_string *lower = zend_string_tolower(Z_STR_P(how));
		target = zend_hash_find_ptr(&func->common.scope->function_table, lower);
		zend_string_release(lower);
		if (!target) {
			zend_throw_error(NULL, "the body of %s() is missing", ZSTR_VAL(func->common.function_name));
			return;
		}
	}
	uint32_t room = count;
	uint32_t more = !is_variadic && passed > declared ? passed - declared : 0;
	if (is_variadic) {
		room = declared + zend_hash_num_elements(Z_ARRVAL(args[declared]));
		count = declared;
	} else if (UNEXPECTED(Z_TYPE_P(how) == IS_LONG && Z_LVAL_P(how) == HP_WEAVE_COUNTED && passed < count)) {
		count = passed;
	}
	zend_object *view;
	hp_invocation *inv = hp_invocation_new(&view, plan, func, this, called, room + more, 0);
	inv->target = target;
	for (uint32_t i = 0; i < count; i++) {
		if (UNEXPECTED(ARG_SHOULD_BE_SENT_BY_REF(func, i + 1))) {
			zval *slot = zend_hash_index_find(Z_ARRVAL(args[i]), 0);
			ZVAL_COPY(&inv->args[i], slot);
		} else {
			ZVAL_COPY_DEREF(&inv->args[i], &args[i]);
		}
		inv->count++;
	}
	if (UNEXPECTED(is_variadic)) {
		hp_take_rest(inv, &args[declared]);
	}
	if (UNEXPECTED(more)) {
		zval *extra = ZEND_CALL_VAR_NUM(caller, func->op_array.last_var + func->op_array.T);
		for (uint32_t i = 0; i < more; i++) {
			ZVAL_COPY_DEREF(&inv->args[inv->count], &extra[i]);
			inv->count++;
		}
	}
	hp_around(view, return_value);
	hp_ended(return_value);
}

static ZEND_FUNCTION(highper_weaver_weave)
{
	hp_weave(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	if (Z_ISREF_P(return_value)) {
		zend_unwrap_reference(return_value);
	}
}

static ZEND_FUNCTION(highper_weaver_weave_reference)
{
	hp_weave(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	ZVAL_MAKE_REF(return_value);
}

/* ---- what an aspect asks of its view --------------------------------------- */

zend_function *hp_invocation_function(hp_invocation *inv)
{
	return inv->plan ? inv->func : NULL;
}

zend_object *hp_invocation_this(hp_invocation *inv)
{
	return inv->plan ? inv->this : NULL;
}

zend_class_entry *hp_invocation_called(hp_invocation *inv)
{
	return inv->plan ? inv->called : NULL;
}

/* An argument, or NULL past the last. */
zval *hp_invocation_arg(hp_invocation *inv, uint32_t number)
{
	return inv->plan && number < inv->count ? &inv->args[number] : NULL;
}

HashTable *hp_invocation_named(hp_invocation *inv)
{
	return inv->plan ? inv->named : NULL;
}

size_t hp_invocation_size(void)
{
	return sizeof(hp_invocation);
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_highper_entered, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_highper_weave, 0, 0, 1)
	ZEND_ARG_INFO(0, how)
	ZEND_ARG_VARIADIC_INFO(0, arguments)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_highper_weave_reference, 0, 1, 1)
	ZEND_ARG_INFO(0, how)
	ZEND_ARG_VARIADIC_INFO(0, arguments)
ZEND_END_ARG_INFO()

static const zend_function_entry hp_weaver_functions[] = {
	ZEND_NS_NAMED_FE(HP_WEAVE_SPACE, entered, ZEND_FN(highper_weaver_entered), arginfo_highper_entered)
	ZEND_NS_NAMED_FE(HP_WEAVE_SPACE, weave, ZEND_FN(highper_weaver_weave), arginfo_highper_weave)
	ZEND_NS_NAMED_FE(HP_WEAVE_SPACE, weave_reference, ZEND_FN(highper_weaver_weave_reference), arginfo_highper_weave_reference)
	ZEND_FE_END
};

void hp_weaver_install(hp_weave_ask ask)
{
	hp_ask = ask;
	zend_register_functions(NULL, hp_weaver_functions, NULL, MODULE_PERSISTENT);
}
