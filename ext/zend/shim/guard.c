/* Guarded entry: bailouts end here, exceptions are taken out. */
#include "highper.h"

void hz_mark_reset(const hz_mark *mark)
{
	EG(bailout) = mark->bailout;
	EG(current_execute_data) = mark->frame;
	/* The frames above ours are lost; so are the pages that they opened. */
	while (EG(vm_stack) != mark->stack && EG(vm_stack) && EG(vm_stack)->prev) {
		zend_vm_stack page = EG(vm_stack);
		EG(vm_stack) = page->prev;
		efree(page);
	}
	EG(vm_stack_top) = mark->top;
	EG(vm_stack_end) = mark->end;
	gc_protect(mark->collector);
	EG(jit_trace_num) = mark->trace;
}

/* Moves the pending exception to *out. HZ_OK when there is none. */
int hz_take_exception(zval *out)
{
	zend_object *exception;
#ifdef ZEND_HAS_OOM
	/* Some builds of PHP unwind from the memory limit as from exit(), and run
	 * nothing more until the state is taken back. It is a fatal error. */
	if (ZEND_HAS_OOM()) {
		if (EG(delayed_oom).state == ZEND_OOM_STATE_PENDING) {
			zend_handle_delayed_oom();
		}
		zend_clear_exception();
		EG(delayed_oom).state = ZEND_OOM_STATE_NONE;
		return HZ_BAILOUT;
	}
#endif
	exception = EG(exception);
	if (!exception) {
		return HZ_OK;
	}
	if (zend_is_unwind_exit(exception)) {
		zend_clear_exception();
		return HZ_EXIT;
	}
	GC_ADDREF(exception);
	zend_clear_exception();
	ZVAL_OBJ(out, exception);
	return HZ_EXCEPTION;
}

int hz_pending(void)
{
	return EG(exception) != NULL;
}

void hz_throw_exit(void)
{
	if (!EG(exception)) {
		zend_throw_unwind_exit();
	}
}

int hz_exit_status(void)
{
	return EG(exit_status);
}

void hz_set_exit_status(int status)
{
	EG(exit_status) = status;
}

ZEND_COLD void hz_bailout(void)
{
	zend_bailout();
}

/* Throws `message` as an object of `ce` (Error when NULL). */
ZEND_COLD int hz_throw(zend_class_entry *ce, const char *message, size_t len, zend_long code)
{
	volatile int rc = HZ_EXCEPTION;
	HZ_TRY {
		if (!ce) {
			ce = zend_ce_error;
		}
		zend_string *text = zend_string_init(message, len, 0);
		zend_object *old = EG(exception);
		if (old && (zend_is_unwind_exit(old) || zend_is_graceful_exit(old))) {
			zend_string_release(text);
		} else {
			zval ex, tmp;
			object_init_ex(&ex, ce);
			ZVAL_STR(&tmp, text);
			zend_update_property_ex(instanceof_function(ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error,
				Z_OBJ(ex), ZSTR_KNOWN(ZEND_STR_MESSAGE), &tmp);
			zend_string_release(text);
			if (code) {
				ZVAL_LONG(&tmp, code);
				zend_update_property_ex(instanceof_function(ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error,
					Z_OBJ(ex), ZSTR_KNOWN(ZEND_STR_CODE), &tmp);
			}
			zend_throw_exception_internal(Z_OBJ(ex));
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Throws an exception object; takes over the reference. */
ZEND_COLD int hz_throw_object(zval *exception)
{
	volatile int rc = HZ_EXCEPTION;
	HZ_TRY {
		if (Z_TYPE_P(exception) != IS_OBJECT || !instanceof_function(Z_OBJCE_P(exception), zend_ce_throwable)) {
			zval_ptr_dtor(exception);
			zend_throw_error(NULL, "Can only throw objects that implement Throwable");
		} else {
			zend_throw_exception_internal(Z_OBJ_P(exception));
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* "f(): Argument #n ($name) message", as zend_argument_error has it. */
ZEND_COLD int hz_throw_argument(zend_class_entry *ce, uint32_t num, const char *message, size_t len)
{
	volatile int rc = HZ_EXCEPTION;
	HZ_TRY {
		zend_argument_error(ce, num, "%.*s", (int) len, message);
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

zend_class_entry *hz_known_class(int which)
{
	switch (which) {
		case 0: return zend_ce_error;
		case 1: return zend_ce_type_error;
		case 2: return zend_ce_value_error;
		case 3: return zend_ce_exception;
		case 4: return zend_ce_throwable;
		case 5: return zend_ce_traversable;
		case 6: return zend_ce_closure;
		case 7: return zend_ce_argument_count_error;
		case 8: return zend_ce_countable;
		case 9: return zend_ce_generator;
		case 10: return zend_ce_error_exception;
		default: return NULL;
	}
}
