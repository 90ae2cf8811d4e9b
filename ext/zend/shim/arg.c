/* Arguments: coercion and errors exactly as zend_parse_arg_* has them. The
 * usual types are read in Rust; what comes here needs conversion or fails. */
#include "highper.h"

enum { HZ_NULL = -1 };

ZEND_COLD void hz_wrong_count(zend_execute_data *call)
{
	zend_function *func = call->func;
	uint32_t max = (func->common.fn_flags & ZEND_ACC_VARIADIC) ? (uint32_t) -1 : func->common.num_args;
	if (func->common.num_args == 0 && max == 0) {
		zend_wrong_parameters_none_error();
	} else {
		zend_wrong_parameters_count_error(func->common.required_num_args, max);
	}
}

#define HZ_ARG(type_, parse, expected)                                   \
	volatile int rc = HZ_OK;                                             \
	bool null = 0;                                                       \
	HZ_TRY {                                                             \
		ZVAL_DEREF(arg);                                                 \
		if (!(parse)) {                                                  \
			zend_wrong_parameter_type_error(num, expected, arg);         \
			rc = HZ_EXCEPTION;                                           \
		} else if (EG(exception)) {                                      \
			rc = HZ_EXCEPTION;                                           \
		} else if (null) {                                               \
			rc = HZ_NULL;                                                \
		}                                                                \
	} HZ_CATCH {                                                         \
		rc = HZ_BAILOUT;                                                 \
	} HZ_END                                                             \
	return rc

int hz_arg_long(zval *arg, uint32_t num, int nullable, zend_long *out)
{
	HZ_ARG(long, zend_parse_arg_long(arg, out, &null, nullable, num),
		nullable ? Z_EXPECTED_LONG_OR_NULL : Z_EXPECTED_LONG);
}

int hz_arg_double(zval *arg, uint32_t num, int nullable, double *out)
{
	HZ_ARG(double, zend_parse_arg_double(arg, out, &null, nullable, num),
		nullable ? Z_EXPECTED_DOUBLE_OR_NULL : Z_EXPECTED_DOUBLE);
}

int hz_arg_bool(zval *arg, uint32_t num, int nullable, bool *out)
{
	HZ_ARG(bool, zend_parse_arg_bool(arg, out, &null, nullable, num),
		nullable ? Z_EXPECTED_BOOL_OR_NULL : Z_EXPECTED_BOOL);
}

/* The string stays in the argument's slot, which the frame owns. */
int hz_arg_str(zval *arg, uint32_t num, int nullable, zend_string **out)
{
	*out = NULL;
	HZ_ARG(str, zend_parse_arg_str(arg, out, nullable, num) && (*out || ((null = 1))),
		nullable ? Z_EXPECTED_STRING_OR_NULL : Z_EXPECTED_STRING);
}

int hz_arg_number(zval *arg, uint32_t num, int nullable, zval **out)
{
	*out = NULL;
	HZ_ARG(number, zend_parse_arg_number(arg, out, nullable, num) && (*out || ((null = 1))),
		nullable ? Z_EXPECTED_NUMBER_OR_NULL : Z_EXPECTED_NUMBER);
}

int hz_arg_array(zval *arg, uint32_t num, int nullable, zval **out)
{
	*out = NULL;
	HZ_ARG(array, zend_parse_arg_array(arg, out, nullable, false) && (*out || ((null = 1))),
		nullable ? Z_EXPECTED_ARRAY_OR_NULL : Z_EXPECTED_ARRAY);
}

int hz_arg_iterable(zval *arg, uint32_t num, int nullable, zval **out)
{
	*out = NULL;
	HZ_ARG(iterable, zend_parse_arg_iterable(arg, out, nullable) && (*out || ((null = 1))),
		nullable ? Z_EXPECTED_ITERABLE_OR_NULL : Z_EXPECTED_ITERABLE);
}

int hz_arg_object(zval *arg, uint32_t num, int nullable, zend_class_entry *ce, zval **out)
{
	volatile int rc = HZ_OK;
	*out = NULL;
	HZ_TRY {
		ZVAL_DEREF(arg);
		if (!zend_parse_arg_object(arg, out, ce, nullable)) {
			rc = HZ_EXCEPTION;
			if (ce) {
				if (nullable) {
					zend_wrong_parameter_class_or_null_error(num, ZSTR_VAL(ce->name), arg);
				} else {
					zend_wrong_parameter_class_error(num, ZSTR_VAL(ce->name), arg);
				}
			} else {
				zend_wrong_parameter_type_error(num, nullable ? Z_EXPECTED_OBJECT_OR_NULL : Z_EXPECTED_OBJECT, arg);
			}
		} else if (!*out) {
			rc = HZ_NULL;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Assigns to a by-reference argument, honouring a typed reference. */
int hz_arg_assign(zval *arg, zval *value)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		if (Z_ISREF_P(arg)) {
			ZEND_TRY_ASSIGN_REF_TMP(arg, value);
		} else {
			zval_ptr_dtor(arg);
			ZVAL_COPY_VALUE(arg, value);
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

HashTable *hz_named_args(zend_execute_data *call)
{
	return (ZEND_CALL_INFO(call) & ZEND_CALL_HAS_EXTRA_NAMED_PARAMS) ? call->extra_named_params : NULL;
}

/* The late static binding class of a call. */
zend_class_entry *hz_called_class(zend_execute_data *call)
{
	return zend_get_called_scope(call);
}
