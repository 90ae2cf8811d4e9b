/* Diagnostics: warnings as php_error_docref gives them, where PHP is, and
 * backtraces. */
#include "highper.h"

int hz_error(int level, const char *message, size_t len)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		if (EG(current_execute_data) && EG(current_execute_data)->func) {
			php_error_docref(NULL, level, "%.*s", (int) len, message);
		} else {
			zend_error(level, "%.*s", (int) len, message);
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* zend_error without the "function(): " in front. */
int hz_error_plain(int level, const char *message, size_t len)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		zend_error(level, "%.*s", (int) len, message);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Is a line of PHP's error log being written? PHP drops what others want to log meanwhile. */
bool hz_is_logging(void)
{
	return PG(in_error_log);
}

/* Where the PHP code is that runs now: borrowed file name and line. */
int hz_location(const char **file, size_t *len, uint32_t *line)
{
	zend_string *name = EG(current_execute_data) ? zend_get_executed_filename_ex() : NULL;
	if (!name) {
		return 0;
	}
	*file = ZSTR_VAL(name);
	*len = ZSTR_LEN(name);
	*line = zend_get_executed_lineno();
	return 1;
}

/* debug_backtrace() of the running code, or of a suspended frame. */
int hz_backtrace(zend_execute_data *frame, zend_long options, zend_long limit, zval *out)
{
	volatile int rc = HZ_OK;
	zend_execute_data *current = EG(current_execute_data);
	ZVAL_UNDEF(out);
	HZ_TRY {
		if (frame) {
			EG(current_execute_data) = frame;
		}
		zend_fetch_debug_backtrace(out, 0, options, limit);
		EG(current_execute_data) = current;
		if (Z_TYPE_P(out) != IS_ARRAY) {
			array_init(out);
		}
	} HZ_CATCH {
		ZVAL_UNDEF(out);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_backtrace_string(zend_execute_data *frame, zend_long options, zend_long limit, zval *out)
{
	zval trace;
	volatile int rc = hz_backtrace(frame, options, limit, &trace);
	ZVAL_UNDEF(out);
	if (rc == HZ_OK) {
		HZ_TRY {
			ZVAL_STR(out, zend_trace_to_string(Z_ARRVAL(trace), false));
			zval_ptr_dtor(&trace);
		} HZ_CATCH {
			rc = HZ_BAILOUT;
		} HZ_END
	}
	return rc;
}

/* The function that runs now, as "Class::name" parts; borrowed. */
int hz_active_function(zend_string **class_name, zend_string **function)
{
	zend_execute_data *call = EG(current_execute_data);
	if (!call || !call->func || !call->func->common.function_name) {
		return 0;
	}
	*class_name = call->func->common.scope ? call->func->common.scope->name : NULL;
	*function = call->func->common.function_name;
	return 1;
}

/* The function that called the one that runs now, as hz_active_function; borrowed. */
int hz_calling_function(zend_string **class_name, zend_string **function)
{
	zend_execute_data *call = EG(current_execute_data);
	call = call ? call->prev_execute_data : NULL;
	if (!call || !call->func || !call->func->common.function_name) {
		return 0;
	}
	*class_name = call->func->common.scope ? call->func->common.scope->name : NULL;
	*function = call->func->common.function_name;
	return 1;
}
