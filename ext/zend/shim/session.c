/* session_start() whose wait for the session's lock was ended by an exception: the files handler goes on without the lock,
 * and would write over what others have written since. */
#include "highper.h"

static zif_handler hp_plain_start;
static zend_function *hp_abort;

static ZEND_FUNCTION(highper_session_start)
{
	hp_plain_start(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	if (UNEXPECTED(EG(exception)) && hp_abort && !zend_is_unwind_exit(EG(exception))) {
		zend_object *thrown = EG(exception);
		zval done;
		EG(exception) = NULL;
		zend_call_known_function(hp_abort, NULL, NULL, &done, 0, NULL, NULL);
		zval_ptr_dtor(&done);
		if (EG(exception)) {
			zend_exception_set_previous(EG(exception), thrown);
		} else {
			EG(exception) = thrown;
		}
	}
}

/* At MINIT: before code is compiled that knows the handler. */
void hp_session_install(void)
{
	zend_function *start = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("session_start"));
	hp_abort = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("session_abort"));
	if (start && start->type == ZEND_INTERNAL_FUNCTION) {
		hp_plain_start = start->internal_function.handler;
		start->internal_function.handler = ZEND_FN(highper_session_start);
	}
}
