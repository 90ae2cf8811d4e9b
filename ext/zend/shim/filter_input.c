/* filter_input() and its relatives read arrays of their own module, which nobody outside can reach: where a request has
 * superglobals of its own they read what that request brought, through filter_var(). */
#include "highper.h"
#include "php_variables.h"
#include "vm.h"

static zif_handler hp_plain_input, hp_plain_input_array, hp_plain_has;

/* INPUT_POST … INPUT_SERVER. */
static zval *hp_inputs_of(zend_long type)
{
	static const int tracked[] = { TRACK_VARS_POST, TRACK_VARS_GET, TRACK_VARS_COOKIE, -1, TRACK_VARS_ENV, TRACK_VARS_SERVER };
	if (type < 0 || type >= (zend_long) (sizeof(tracked) / sizeof(*tracked)) || tracked[type] < 0) {
		return NULL;
	}
	zval *array = hp_set_inputs(tracked[type]);
	return array && Z_TYPE_P(array) == IS_ARRAY ? array : NULL;
}

/* The type that the running function was given, if it is one of these and the request has it. */
static zval *hp_given_inputs(zend_execute_data *execute_data)
{
	zval *type = ZEND_NUM_ARGS() ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	return type && Z_TYPE_P(type) == IS_LONG ? hp_inputs_of(Z_LVAL_P(type)) : NULL;
}

/* Calls the function of this name with `first` and the running one's arguments from `from` on. */
static void hp_pass_on(INTERNAL_FUNCTION_PARAMETERS, const char *name, zval *first, uint32_t from)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, strlen(name));
	zval arguments[3];
	uint32_t count = 0;
	if (!function) {
		return;
	}
	ZVAL_COPY_VALUE(&arguments[count++], first);
	for (uint32_t i = from; i <= ZEND_NUM_ARGS() && count < 3; i++) {
		ZVAL_COPY_VALUE(&arguments[count++], ZEND_CALL_ARG(execute_data, i));
	}
	zend_call_known_function(function, NULL, NULL, return_value, count, arguments, NULL);
}

static ZEND_FUNCTION(highper_filter_input)
{
	zval *all = hp_given_inputs(execute_data);
	zval *name = ZEND_NUM_ARGS() > 1 ? ZEND_CALL_ARG(execute_data, 2) : NULL;
	zval *found = all && name && Z_TYPE_P(name) == IS_STRING ? zend_symtable_find(Z_ARRVAL_P(all), Z_STR_P(name)) : NULL;
	if (!found || (ZEND_CALL_INFO(execute_data) & ZEND_CALL_HAS_EXTRA_NAMED_PARAMS) || ZEND_NUM_ARGS() > 4) {
		/* What is not there, and what is wrong, is the same in both. */
		hp_plain_input(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	ZVAL_DEREF(found);
	hp_pass_on(INTERNAL_FUNCTION_PARAM_PASSTHRU, "filter_var", found, 3);
}

static ZEND_FUNCTION(highper_filter_input_array)
{
	zval *all = hp_given_inputs(execute_data);
	if (!all || !zend_hash_num_elements(Z_ARRVAL_P(all)) || ZEND_NUM_ARGS() > 3) {
		hp_plain_input_array(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	hp_pass_on(INTERNAL_FUNCTION_PARAM_PASSTHRU, "filter_var_array", all, 2);
}

static ZEND_FUNCTION(highper_filter_has_var)
{
	zval *all = hp_given_inputs(execute_data);
	zval *name = ZEND_NUM_ARGS() == 2 ? ZEND_CALL_ARG(execute_data, 2) : NULL;
	if (!all || !name || Z_TYPE_P(name) != IS_STRING) {
		hp_plain_has(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	RETURN_BOOL(zend_symtable_exists(Z_ARRVAL_P(all), Z_STR_P(name)));
}

static void hp_replace(const char *name, zif_handler handler, zif_handler *plain)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, strlen(name));
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		*plain = function->internal_function.handler;
		function->internal_function.handler = handler;
	}
}

/* At MINIT: before code is compiled that knows the handlers. */
void hp_filter_install(void)
{
	hp_replace("filter_input", ZEND_FN(highper_filter_input), &hp_plain_input);
	hp_replace("filter_input_array", ZEND_FN(highper_filter_input_array), &hp_plain_input_array);
	hp_replace("filter_has_var", ZEND_FN(highper_filter_has_var), &hp_plain_has);
}
