/* A SoapServer ends the script after it has answered with a fault, by the way of a fatal error. In a coroutine that is an
 * exit(). What its calls keep in globals is modules.c's, which puts itself around these. */
#include "highper.h"
#include "php_globals.h"
#include "vm.h"

static zif_handler hp_server_handle, hp_server_fault;

/* Has PHP's own state suffered, by an error that was noted after `before`? Other errors are those for which the server
 * answers with a fault: it raises them itself, as E_ERROR, and by user's code as E_USER_ERROR. */
static bool hp_was_fatal(const zend_string *before)
{
	const zend_string *now = PG(last_error_message);
	if (!now || now == before) {
		return false;
	}
	if (PG(last_error_type) & (E_CORE_ERROR | E_COMPILE_ERROR | E_PARSE)) {
		return true;
	}
	return (PG(last_error_type) & E_ERROR) && (zend_string_starts_with_literal(now, "Allowed memory size")
		|| zend_string_starts_with_literal(now, "Out of memory") || zend_string_starts_with_literal(now, "Maximum "));
}

static void hp_soap_serve(zif_handler plain, INTERNAL_FUNCTION_PARAMETERS)
{
	/* fault() in a function that handle() calls: that one ends. */
	if (!hp_exit_is_caught() || !hp_modules_serves()) {
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	volatile int ended = 0;
	/* Held, so that a later one has another address. */
	zend_string *last = PG(last_error_message) ? zend_string_copy(PG(last_error_message)) : NULL;
	HZ_TRY {
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} HZ_CATCH {
		ended = 1;
	} HZ_END
	bool fatal = ended && hp_was_fatal(last);
	if (last) {
		zend_string_release(last);
	}
	if (!ended) {
		return;
	}
	hp_modules_undo();
	if (fatal) {
		zend_bailout();
	}
	CG(unclean_shutdown) = 0;
	if (EG(exception)) {
		zend_clear_exception();
	}
	hp_exit(NULL);
}

static ZEND_FUNCTION(highper_soap_server_handle) { hp_soap_serve(hp_server_handle, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_server_fault) { hp_soap_serve(hp_server_fault, INTERNAL_FUNCTION_PARAM_PASSTHRU); }

static void hp_soap_replace(const char *method, zif_handler handler, zif_handler *plain)
{
	zend_class_entry *ce = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("soapserver"));
	zend_function *function = ce ? zend_hash_str_find_ptr(&ce->function_table, method, strlen(method)) : NULL;
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		*plain = function->internal_function.handler;
		function->internal_function.handler = handler;
	}
}

/* At MINIT, which is after ext/soap's. */
void hp_soap_install(void)
{
	hp_soap_replace("handle", ZEND_FN(highper_soap_server_handle), &hp_server_handle);
	hp_soap_replace("fault", ZEND_FN(highper_soap_server_fault), &hp_server_fault);
}
