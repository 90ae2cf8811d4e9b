/* A SoapServer that has answered with a fault ends the script, by the way of a fatal error. In a coroutine that is an
 * exit(): nothing is damaged, and the others go on. */
#include "highper.h"
#include "php_globals.h"
#include "vm.h"

/* Where what a call is about lies in the module's globals: up to the settings of the cache, and behind the cache. */
enum {
	HP_SOAP_CALL = 3 * sizeof(HashTable), /* after three tables of encodings */
	HP_SOAP_CALL_BYTES = 56,
	HP_SOAP_CALL_END = HP_SOAP_CALL + HP_SOAP_CALL_BYTES,
	HP_SOAP_CODING = HP_SOAP_CALL_END + 40,
	HP_SOAP_CODING_BYTES = 24,
};

static char *hp_soap_globals;
static zif_handler hp_server_handle, hp_server_fault;
static zend_function *hp_handle;

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

/* Is it called, through whatever, by handle()? */
static bool hp_is_handled(const zend_execute_data *frame)
{
	for (; frame; frame = frame->prev_execute_data) {
		if (frame->func && frame->func->common.function_name == hp_handle->common.function_name
				&& frame->func->common.scope == hp_handle->common.scope) {
			return true;
		}
	}
	return false;
}

static void hp_soap_serve(zif_handler plain, INTERNAL_FUNCTION_PARAMETERS)
{
	if (!hp_exit_is_caught() || hp_is_handled(EX(prev_execute_data))) {
		/* Of fault() in a function that handle() calls, handle() is the end. */
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	volatile int ended = 0;
	char call[HP_SOAP_CALL_BYTES], coding[HP_SOAP_CODING_BYTES];
	/* Held, so that a later one has another address. */
	zend_string *last = PG(last_error_message) ? zend_string_copy(PG(last_error_message)) : NULL;
	memcpy(call, hp_soap_globals + HP_SOAP_CALL, sizeof(call));
	memcpy(coding, hp_soap_globals + HP_SOAP_CODING, sizeof(coding));
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
	memcpy(hp_soap_globals + HP_SOAP_CALL, call, sizeof(call));
	memcpy(hp_soap_globals + HP_SOAP_CODING, coding, sizeof(coding));
	if (fatal) {
		zend_bailout();
	}
	CG(unclean_shutdown) = 0;
	if (EG(exception)) {
		zend_clear_exception();
	}
	hp_exit(NULL);
}

static ZEND_FUNCTION(highper_soap_handle) { hp_soap_serve(hp_server_handle, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_fault) { hp_soap_serve(hp_server_fault, INTERNAL_FUNCTION_PARAM_PASSTHRU); }

/* The offset of a setting of ext/soap in its globals; `globals` learns where these are. */
static size_t hp_soap_offset(const char *name, char **globals)
{
	zend_ini_entry *entry = zend_hash_str_find_ptr(EG(ini_directives), name, strlen(name));
	if (!entry || !entry->mh_arg2 || (*globals && *globals != entry->mh_arg2)) {
		return 0;
	}
	*globals = entry->mh_arg2;
	return (size_t) entry->mh_arg1;
}

/* At MINIT, which is after ext/soap's. Where its globals lie otherwise than here, nothing is done. */
void hp_soap_install(void)
{
	char *globals = NULL;
	zend_class_entry *server = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("soapserver"));
	if (!server || hp_soap_offset("soap.wsdl_cache", &globals) != HP_SOAP_CALL_END + 1
			|| hp_soap_offset("soap.wsdl_cache_dir", &globals) != HP_SOAP_CALL_END + 8
			|| hp_soap_offset("soap.wsdl_cache_limit", &globals) != HP_SOAP_CALL_END + 24) {
		return;
	}
	zend_function *handle = zend_hash_str_find_ptr(&server->function_table, ZEND_STRL("handle"));
	zend_function *fault = zend_hash_str_find_ptr(&server->function_table, ZEND_STRL("fault"));
	if (!handle || handle->type != ZEND_INTERNAL_FUNCTION || !fault || fault->type != ZEND_INTERNAL_FUNCTION) {
		return;
	}
	hp_soap_globals = globals;
	hp_handle = handle;
	hp_server_handle = handle->internal_function.handler;
	handle->internal_function.handler = ZEND_FN(highper_soap_handle);
	hp_server_fault = fault->internal_function.handler;
	fault->internal_function.handler = ZEND_FN(highper_soap_fault);
}
