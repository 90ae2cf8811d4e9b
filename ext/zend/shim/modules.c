/* Functions of other extensions that keep what they work on in their module's globals (SoapClient the classes and
 * encodings of the service that it calls, the IMAP functions the user's name and what a search has found). A coroutine
 * that waits inside one takes these globals along, and the next one finds them as they were. */
#include "highper.h"
#include "vm.h"

/* Globals of a module that belong to a call. */
typedef struct {
	size_t from, to;
} hp_range;

typedef struct {
	const char *name;
	size_t size; /* of the globals, as far as they are known */
	hp_range ranges[2];
	/* Strings of the heap in the first range; each call leaves its own behind. */
	uint32_t strings;
	char *globals;
} hp_module;

/* The first fields of the modules' globals, as in their headers, which PHP does not install. */
typedef struct {
	HashTable tables[3], *typemap;
	int cur_uniq_ns, soap_version;
	void *sdl;
#if PHP_VERSION_ID >= 80400
	char *error_code;
	zval error_object;
	bool use_soap_error_handler;
	char cache_mode, cache_enabled, *cache_dir;
#else
	bool use_soap_error_handler;
	char *error_code;
	zval error_object;
	char cache, cache_mode, cache_enabled, *cache_dir;
#endif
	zend_long cache_ttl, cache_limit;
	HashTable *mem_cache;
	void *encoding;
	HashTable *class_map;
	int features;
} hp_soap;

typedef struct {
	char *user, *password;
	void *alerts, *errors;
	void *found[10];
	int folderlist_style;
	long status[6];
	void *quota, *acl, *stream;
	bool enable_rsh;
} hp_imap;

enum { HP_SOAP, HP_IMAP, HP_MODULES };

#if PHP_VERSION_ID >= 80400
#define HP_SOAP_CACHE cache_mode
#else
#define HP_SOAP_CACHE cache
#endif
#define HP_FROM_TO(type, first, last) { offsetof(type, first), offsetof(type, last) }

static hp_module hp_module_list[HP_MODULES] = {
	[HP_SOAP] = { "soap", sizeof(hp_soap), { HP_FROM_TO(hp_soap, typemap, HP_SOAP_CACHE), { offsetof(hp_soap, encoding), sizeof(hp_soap) } }, 0, NULL },
	/* Alerts and errors stay everybody's: they are asked for after the call. */
	[HP_IMAP] = { "imap", sizeof(hp_imap), { HP_FROM_TO(hp_imap, user, alerts), HP_FROM_TO(hp_imap, found, enable_rsh) }, 2, NULL },
};

/* A call that is under way: on the heap, since a fatal error leaves C stacks as they are. */
typedef struct hp_inside {
	hp_module *module;
	struct hp_inside *outer, *inner;
	bool serves;
	/* What others find while this call waits, then what this one had; both as large as the module's globals. */
	char *idle, *own;
} hp_inside;

/* Of the running coroutine, the last one first. */
static hp_inside *hp_innermost_call;
/* Addresses of names, of functions or of methods with their classes, to what is covered. */
static HashTable hp_covered_calls;
static bool hp_is_covered;

typedef struct {
	zif_handler original;
	hp_module *module;
} hp_covered_call;

static zend_ulong hp_call_key(const zend_function *function)
{
	/* Copies, in closures and in inheriting classes, share both. */
	return (zend_ulong) (uintptr_t) function->common.function_name ^ ((zend_ulong) (uintptr_t) function->common.scope << 1);
}

static void hp_exchange(const hp_module *module, char *take, const char *give)
{
	for (size_t i = 0; i < sizeof(module->ranges) / sizeof(module->ranges[0]); i++) {
		hp_range range = module->ranges[i];
		memcpy(take + range.from, module->globals + range.from, range.to - range.from);
		memcpy(module->globals + range.from, give + range.from, range.to - range.from);
	}
}

/* Before a switch away from a coroutine that is inside calls, and after the one back. */
void *hp_modules_save(void)
{
	hp_inside *calls = hp_innermost_call;
	for (hp_inside *call = calls; call; call = call->outer) {
		hp_exchange(call->module, call->own, call->idle);
	}
	hp_innermost_call = NULL;
	return calls;
}

void hp_modules_load(void *state)
{
	for (hp_inside *call = state; call; call = call->outer) {
		hp_exchange(call->module, call->idle, call->own);
		/* Who was here meanwhile may have left a name and a password: nobody logs in with those by mistake. */
		char **strings = (char **) call->idle;
		for (uint32_t i = 0; i < call->module->strings; i++) {
			if (strings[i]) {
				ZEND_SECURE_ZERO(strings[i], strlen(strings[i]));
			}
		}
	}
	hp_innermost_call = state;
}

void hp_modules_forget(void)
{
	hp_innermost_call = NULL;
}

bool hp_modules_serves(void)
{
	hp_inside *call = hp_innermost_call;
	if (!call || call->module != &hp_module_list[HP_SOAP] || call->serves) {
		return false;
	}
	call->serves = true;
	return true;
}

void hp_modules_undo(void)
{
	hp_inside *call = hp_innermost_call;
	hp_exchange(call->module, call->own, call->idle);
}

static ZEND_NAMED_FUNCTION(hp_call_inside)
{
	hp_covered_call *covered = zend_hash_index_find_ptr(&hp_covered_calls, hp_call_key(EX(func)));
	hp_module *module = covered->module;
	hp_inside *call = hp_innermost_call;

	while (call && call->module != module) {
		call = call->outer;
	}
	if (call) {
		/* The outer call has them already. */
		covered->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	call = ecalloc(1, sizeof(hp_inside) + 2 * module->size);
	call->module = module;
	call->idle = (char *) (call + 1);
	call->own = call->idle + module->size;
	if (module->strings) {
		/* Never without one: the library copies them unasked. */
		char **strings = (char **) call->idle;
		for (uint32_t i = 0; i < module->strings; i++) {
			strings[i] = estrdup("");
		}
	} else {
		memcpy(call->idle, module->globals, module->size);
	}
	call->outer = hp_innermost_call;
	if (call->outer) {
		call->outer->inner = call;
	}
	hp_innermost_call = call;
	hp_loads_here++;
	covered->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	hp_loads_here--;
	/* Fibers of one coroutine may end their calls in any order. */
	*(call->inner ? &call->inner->outer : &hp_innermost_call) = call->outer;
	if (call->outer) {
		call->outer->inner = call->inner;
	}
	for (uint32_t i = 0; i < module->strings; i++) {
		if (((char **) call->idle)[i]) {
			efree(((char **) call->idle)[i]);
		}
	}
	efree(call);
}

static void hp_cover_call(zend_function *function, hp_module *module)
{
	if (!function || function->type != ZEND_INTERNAL_FUNCTION || function->internal_function.handler == hp_call_inside) {
		return;
	}
	hp_covered_call covered = { function->internal_function.handler, module };
	if (zend_hash_index_add_mem(&hp_covered_calls, hp_call_key(function), &covered, sizeof(covered))) {
		function->internal_function.handler = hp_call_inside;
	}
}

static void hp_cover_methods(const char *class, const char *const *names, hp_module *module)
{
	zend_class_entry *ce = zend_hash_str_find_ptr(CG(class_table), class, strlen(class));
	for (; ce && *names; names++) {
		hp_cover_call(zend_hash_str_find_ptr(&ce->function_table, *names, strlen(*names)), module);
	}
}

/* Where a module's globals are; NULL for one that was built otherwise, which keeps to itself. */
static char *hp_globals_of(const hp_module *module)
{
	zend_module_entry *entry = zend_hash_str_find_ptr(&module_registry, module->name, strlen(module->name));
	if (!entry) {
		return NULL;
	}
	if (entry->globals_size) {
		return entry->globals_size == module->size ? entry->globals_ptr : NULL;
	}
	/* SOAP does not tell, but its settings are kept there. */
	zend_ini_entry *ttl = zend_hash_str_find_ptr(EG(ini_directives), ZEND_STRL("soap.wsdl_cache_ttl"));
	zend_ini_entry *limit = zend_hash_str_find_ptr(EG(ini_directives), ZEND_STRL("soap.wsdl_cache_limit"));
	bool fits = module == &hp_module_list[HP_SOAP] && ttl && limit && ttl->mh_arg2 && ttl->mh_arg2 == limit->mh_arg2
		&& (uintptr_t) ttl->mh_arg1 == offsetof(hp_soap, cache_ttl) && (uintptr_t) limit->mh_arg1 == offsetof(hp_soap, cache_limit);
	return fits ? ttl->mh_arg2 : NULL;
}

static void hp_uncover(zval *covered)
{
	free(Z_PTR_P(covered));
}

/* At the first RINIT: every extension is there, and no script is compiled yet. */
void hp_modules_cover(void)
{
	static const char *const client[] = { "__construct", "__call", "__soapcall", NULL };
	static const char *const server[] = { "__construct", "handle", "fault", NULL };

	if (hp_is_covered) {
		return;
	}
	hp_is_covered = true;
	zend_hash_init(&hp_covered_calls, 0, NULL, hp_uncover, 1);
	for (int i = 0; i < HP_MODULES; i++) {
		hp_module *module = &hp_module_list[i];
		module->globals = hp_globals_of(module);
		if (!module->globals) {
			continue;
		}
		if (i == HP_SOAP) {
			hp_cover_methods("soapclient", client, module);
			hp_cover_methods("soapserver", server, module);
			continue;
		}
		zend_module_entry *entry = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("imap"));
		for (const zend_function_entry *function = entry->functions; function && function->fname; function++) {
			hp_cover_call(zend_hash_str_find_ptr(CG(function_table), function->fname, strlen(function->fname)), module);
		}
	}
}

/* At MSHUTDOWN: nothing is called any more. */
void hp_modules_end(void)
{
	if (hp_is_covered) {
		zend_hash_destroy(&hp_covered_calls);
		hp_is_covered = false;
	}
}
