/* ext/soap keeps what a call of SoapClient or SoapServer is about in globals of its own, from the call's beginning to its
 * end, and waits in between: for the WSDL, for the server, in functions of the user's. Here that is the coroutine's.
 *
 * And a SoapServer ends the script after it has answered with a fault, by the way of a fatal error. In a coroutine that is
 * an exit(). */
#include "highper.h"
#include "php_globals.h"
#include "vm.h"

/* Where these globals lie: up to the settings of the cache, and behind the cache itself. */
enum {
	HP_SOAP_CALL = 3 * sizeof(HashTable), /* after three tables of encodings */
	HP_SOAP_CALL_END = HP_SOAP_CALL + 56,
	HP_SOAP_CODING = HP_SOAP_CALL_END + 40,
	HP_SOAP_CODING_END = HP_SOAP_CODING + 24,
	HP_SOAP_REFERENCES = HP_SOAP_CODING_END + sizeof(HashTable),
	HP_SOAP_REFERENCES_END = HP_SOAP_REFERENCES + 16,
	HP_SOAP_BYTES = 56 + 24 + 16,
};

typedef struct {
	char bytes[HP_SOAP_BYTES];
	uint32_t depth;
} hp_soap_state;

/* Calls that the running coroutine is inside of. */
uint32_t hp_soap_here;
static char *hp_soap_globals;
/* What they are outside of calls. */
static hp_soap_state hp_soap_rest;

static zif_handler hp_client_new, hp_client_call, hp_client_soap_call, hp_server_new, hp_server_handle, hp_server_fault;

static void hp_soap_read(hp_soap_state *to)
{
	memcpy(to->bytes, hp_soap_globals + HP_SOAP_CALL, 56);
	memcpy(to->bytes + 56, hp_soap_globals + HP_SOAP_CODING, 24);
	memcpy(to->bytes + 80, hp_soap_globals + HP_SOAP_REFERENCES, 16);
	to->depth = hp_soap_here;
}

static void hp_soap_write(const hp_soap_state *from)
{
	memcpy(hp_soap_globals + HP_SOAP_CALL, from->bytes, 56);
	memcpy(hp_soap_globals + HP_SOAP_CODING, from->bytes + 56, 24);
	memcpy(hp_soap_globals + HP_SOAP_REFERENCES, from->bytes + 80, 16);
	hp_soap_here = from->depth;
}

/* Before a switch away from a coroutine with `hp_soap_here`; NULL when there is no memory. */
void *hp_soap_save(void)
{
	hp_soap_state *saved = malloc(sizeof(hp_soap_state));
	if (saved) {
		hp_soap_read(saved);
		hp_soap_write(&hp_soap_rest);
	}
	return saved;
}

void hp_soap_load(void *saved)
{
	hp_soap_write(saved);
	free(saved);
}

static void hp_soap_enter(zif_handler plain, INTERNAL_FUNCTION_PARAMETERS)
{
	if (!hp_soap_here) {
		hp_soap_read(&hp_soap_rest);
	}
	hp_soap_here++;
	plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	hp_soap_here--;
}

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
	if (hp_soap_here || !hp_exit_is_caught()) {
		/* fault() in a function that handle() calls: that one ends. */
		hp_soap_enter(plain, INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	volatile int ended = 0;
	hp_soap_state before;
	/* Held, so that a later one has another address. */
	zend_string *last = PG(last_error_message) ? zend_string_copy(PG(last_error_message)) : NULL;
	hp_soap_read(&before);
	HZ_TRY {
		hp_soap_enter(plain, INTERNAL_FUNCTION_PARAM_PASSTHRU);
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
	hp_soap_write(&before);
	if (fatal) {
		zend_bailout();
	}
	CG(unclean_shutdown) = 0;
	if (EG(exception)) {
		zend_clear_exception();
	}
	hp_exit(NULL);
}

static ZEND_FUNCTION(highper_soap_client_new) { hp_soap_enter(hp_client_new, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_client_call) { hp_soap_enter(hp_client_call, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_client_soap_call) { hp_soap_enter(hp_client_soap_call, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_server_new) { hp_soap_enter(hp_server_new, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_server_handle) { hp_soap_serve(hp_server_handle, INTERNAL_FUNCTION_PARAM_PASSTHRU); }
static ZEND_FUNCTION(highper_soap_server_fault) { hp_soap_serve(hp_server_fault, INTERNAL_FUNCTION_PARAM_PASSTHRU); }

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

static void hp_soap_replace(const char *class, const char *method, zif_handler handler, zif_handler *plain)
{
	zend_class_entry *ce = zend_hash_str_find_ptr(CG(class_table), class, strlen(class));
	zend_function *function = ce ? zend_hash_str_find_ptr(&ce->function_table, method, strlen(method)) : NULL;
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		*plain = function->internal_function.handler;
		function->internal_function.handler = handler;
	}
}

/* At MINIT, which is after ext/soap's. Where its globals lie otherwise than here, nothing is done. */
void hp_soap_install(void)
{
	char *globals = NULL;
	if (hp_soap_offset("soap.wsdl_cache", &globals) != HP_SOAP_CALL_END + 1
			|| hp_soap_offset("soap.wsdl_cache_enabled", &globals) != HP_SOAP_CALL_END + 2
			|| hp_soap_offset("soap.wsdl_cache_dir", &globals) != HP_SOAP_CALL_END + 8
			|| hp_soap_offset("soap.wsdl_cache_limit", &globals) != HP_SOAP_CALL_END + 24) {
		return;
	}
	hp_soap_globals = globals;
	hp_soap_replace("soapclient", "__construct", ZEND_FN(highper_soap_client_new), &hp_client_new);
	hp_soap_replace("soapclient", "__call", ZEND_FN(highper_soap_client_call), &hp_client_call);
	hp_soap_replace("soapclient", "__soapcall", ZEND_FN(highper_soap_client_soap_call), &hp_client_soap_call);
	hp_soap_replace("soapserver", "__construct", ZEND_FN(highper_soap_server_new), &hp_server_new);
	hp_soap_replace("soapserver", "handle", ZEND_FN(highper_soap_server_handle), &hp_server_handle);
	hp_soap_replace("soapserver", "fault", ZEND_FN(highper_soap_server_fault), &hp_server_fault);
}
