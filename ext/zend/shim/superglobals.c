/* What PHP keeps in globals because a process of php-fpm serves one request at a time: superglobals, session, header
 * lines, what is printed, php://input, shutdown functions. Here each request may have a set of its own, which is in
 * PHP's globals while a coroutine of that request runs.
 *
 * Nothing of this is called before hp_sets_enable(): the functions that follow switches are exchanged for those below. */
#include "highper.h"
#include "php_output.h"
#include "php_variables.h"
#include "zend_constants.h"
#include "ext/standard/basic_functions.h"
#include "vm.h"
#if __has_include("ext/session/php_session.h")
# include "ext/session/php_session.h"
# define HP_SESSION 1
#endif

/* In the order of `hp_inputs`; the session's is made by session_start(). */
enum { HP_SERVER, HP_GET, HP_POST, HP_COOKIE, HP_FILES, HP_REQUEST, HP_SESSION_VARS, HP_SUPERGLOBALS };
static const char *const hp_texts[HP_SUPERGLOBALS] = { "_SERVER", "_GET", "_POST", "_COOKIE", "_FILES", "_REQUEST", "_SESSION" };
static zend_string *hp_names[HP_SUPERGLOBALS];

#define HP_SETTINGS 64
/* Where header_register_callback() keeps what it was given. */
#if PHP_VERSION_ID >= 80600
# define HP_CALLBACK send_header_fcc
#else
# define HP_CALLBACK fci_cache
#endif

/* A session.* setting that is not as php.ini has it. */
typedef struct {
	zend_string *value, *original;
	uint8_t modifiable, original_modifiable;
	bool modified;
} hp_setting;

/* What lies in PHP's globals while it is in use, and here else. */
typedef struct {
	zval superglobals[HP_SUPERGLOBALS];
	zval tracked[NUM_TRACK_VARS];
	zval sid;
	sapi_request_info info;
	sapi_headers_struct headers;
	int64_t read;
	unsigned char is_read, headers_sent;
	double time;
	/* Was anything written? */
	int output;
#if PHP_VERSION_ID < 80600
	zval callback;
#endif
	zend_fcall_info_cache callback_cache;
	HashTable *shutdown;
	char *session;
	hp_setting settings[HP_SETTINGS];
	bool has_settings;
} hp_kept;

struct hp_set {
	/* Coroutines that have it. */
	uint32_t holders;
	/* Is what is printed for the request's answer? */
	bool open;
	bool ended;
	/* What the request brought with it: strings that `kept.info` points to. */
	zval params;
	smart_str printed;
	/* Texts of session.* that the session module's globals may point to. */
	zend_string *held[HP_SETTINGS];
	hp_kept kept;
};

/* Everybody's that has none of its own. */
static hp_kept hp_base;
/* The one in PHP's globals; NULL is `hp_base`. */
static hp_set *hp_loaded;
static hp_vm *hp_running;
static bool hp_enabled;

static zend_module_entry *hp_session_module;
static zend_ini_entry *hp_session_settings[HP_SETTINGS];
static uint32_t hp_settings_count;

static size_t (*hp_plain_write)(const char *bytes, size_t length);
static void (*hp_plain_flush)(void *context);
static int (*hp_plain_header)(sapi_header_struct *header, sapi_header_op_enum op, sapi_headers_struct *all);
static char *(*hp_plain_getenv)(const char *name, size_t length);

static size_t hp_write(const char *bytes, size_t length)
{
	if (hp_loaded && hp_loaded->open) {
		smart_str_appendl(&hp_loaded->printed, bytes, length);
		return length;
	}
	return hp_plain_write(bytes, length);
}

static void hp_flush(void *context)
{
	if (hp_plain_flush && !(hp_loaded && hp_loaded->open)) {
		hp_plain_flush(context);
	}
}

static int hp_header(sapi_header_struct *header, sapi_header_op_enum op, sapi_headers_struct *all)
{
	if (hp_loaded) {
		return SAPI_HEADER_ADD;
	}
	return hp_plain_header ? hp_plain_header(header, op, all) : SAPI_HEADER_ADD;
}

/* getenv('REMOTE_ADDR'), as libraries ask that were written for CGI. */
static char *hp_getenv(const char *name, size_t length)
{
	if (hp_loaded) {
		zval *found = zend_hash_str_find(Z_ARRVAL(hp_loaded->params), name, length);
		if (found && Z_TYPE_P(found) == IS_STRING) {
			return Z_STRVAL_P(found);
		}
	}
	return hp_plain_getenv ? hp_plain_getenv(name, length) : NULL;
}

/* Settings that were changed at run time are taken back, and remembered. */
static void hp_take_settings(hp_kept *out)
{
	out->has_settings = false;
	if (!EG(modified_ini_directives) || !zend_hash_num_elements(EG(modified_ini_directives))) {
		return;
	}
	for (uint32_t i = 0; i < hp_settings_count; i++) {
		zend_ini_entry *entry = hp_session_settings[i];
		hp_setting *setting = &out->settings[i];
		setting->modified = entry->modified;
		if (!entry->modified) {
			continue;
		}
		out->has_settings = true;
		setting->value = entry->value;
		setting->original = entry->orig_value;
		setting->modifiable = entry->modifiable;
		setting->original_modifiable = entry->orig_modifiable;
		if (out != &hp_base) {
			/* What follows begins with everybody's value again. */
			entry->value = entry->orig_value;
			entry->modifiable = entry->orig_modifiable;
		}
		entry->orig_value = NULL;
		entry->modified = 0;
		zend_hash_del(EG(modified_ini_directives), entry->name);
	}
}

static void hp_put_settings(hp_kept *in)
{
	if (!in->has_settings) {
		return;
	}
	in->has_settings = false;
	for (uint32_t i = 0; i < hp_settings_count; i++) {
		zend_ini_entry *entry = hp_session_settings[i];
		hp_setting *setting = &in->settings[i];
		if (!setting->modified) {
			continue;
		}
		entry->orig_value = in == &hp_base ? setting->original : entry->value;
		entry->orig_modifiable = setting->original_modifiable;
		entry->value = setting->value;
		entry->modifiable = setting->modifiable;
		entry->modified = 1;
		if (!EG(modified_ini_directives)) {
			ALLOC_HASHTABLE(EG(modified_ini_directives));
			zend_hash_init(EG(modified_ini_directives), 8, NULL, NULL, 0);
		}
		zend_hash_add_ptr(EG(modified_ini_directives), entry->name, entry);
	}
}

/* Takes what is in PHP's globals to `out`, and puts `in` there. Runs no code of the user's. */
static void hp_exchange(hp_kept *out, hp_kept *in)
{
	for (int i = 0; i < HP_SUPERGLOBALS; i++) {
		zval *slot = zend_hash_find_known_hash(&EG(symbol_table), hp_names[i]);
		if (slot && Z_TYPE_P(slot) == IS_INDIRECT) {
			slot = Z_INDIRECT_P(slot);
		}
		if (slot) {
			ZVAL_COPY_VALUE(&out->superglobals[i], slot);
		} else {
			ZVAL_UNDEF(&out->superglobals[i]);
		}
		if (Z_ISUNDEF(in->superglobals[i])) {
			if (slot && !Z_ISUNDEF_P(slot)) {
				ZVAL_NULL(slot);
				zend_hash_del_ind(&EG(symbol_table), hp_names[i]);
			}
		} else if (slot) {
			ZVAL_COPY_VALUE(slot, &in->superglobals[i]);
		} else {
			zend_hash_add_new(&EG(symbol_table), hp_names[i], &in->superglobals[i]);
		}
	}
	memcpy(out->tracked, PG(http_globals), sizeof(out->tracked));
	memcpy(PG(http_globals), in->tracked, sizeof(in->tracked));

	out->info = SG(request_info);
	SG(request_info) = in->info;
	out->headers = SG(sapi_headers);
	SG(sapi_headers) = in->headers;
	out->read = SG(read_post_bytes);
	SG(read_post_bytes) = in->read;
	out->is_read = SG(post_read);
	SG(post_read) = in->is_read;
	out->headers_sent = SG(headers_sent);
	SG(headers_sent) = in->headers_sent;
	out->time = SG(global_request_time);
	SG(global_request_time) = in->time;
	out->output = OG(flags) & (PHP_OUTPUT_WRITTEN | PHP_OUTPUT_SENT);
	OG(flags) = (OG(flags) & ~(PHP_OUTPUT_WRITTEN | PHP_OUTPUT_SENT)) | in->output;
#if PHP_VERSION_ID < 80600
	ZVAL_COPY_VALUE(&out->callback, &SG(callback_func));
	ZVAL_COPY_VALUE(&SG(callback_func), &in->callback);
#endif
	out->callback_cache = SG(HP_CALLBACK);
	SG(HP_CALLBACK) = in->callback_cache;
	out->shutdown = BG(user_shutdown_function_names);
	BG(user_shutdown_function_names) = in->shutdown;

	if (hp_session_module) {
		zend_constant *sid = zend_hash_str_find_ptr(EG(zend_constants), ZEND_STRL("SID"));
		ZVAL_UNDEF(&out->sid);
		if (sid) {
			ZVAL_COPY_VALUE(&out->sid, &sid->value);
			if (Z_ISUNDEF(in->sid)) {
				ZVAL_EMPTY_STRING(&sid->value);
			} else {
				ZVAL_COPY_VALUE(&sid->value, &in->sid);
			}
		}
		memcpy(out->session, hp_session_module->globals_ptr, hp_session_module->globals_size);
		memcpy(hp_session_module->globals_ptr, in->session, hp_session_module->globals_size);
		hp_take_settings(out);
		hp_put_settings(in);
	}
}

static zend_never_inline void hp_load_set(hp_set *set)
{
	hp_kept *out = hp_loaded ? &hp_loaded->kept : &hp_base;
	hp_kept *in = set ? &set->kept : &hp_base;
	if (out != &hp_base && in != &hp_base && hp_session_module) {
		/* By way of everybody's, which the settings of both lie above. */
		hp_exchange(out, &hp_base);
		hp_exchange(&hp_base, in);
	} else {
		hp_exchange(out, in);
	}
	hp_loaded = set;
}

/* In the place of hp_vm_switch: a coroutine begins with the set of the one that made it. */
void hp_vm_switch_sets(hp_vm *from, hp_vm *to, int dead)
{
	if (hp_vm_is_new(to) && hp_loaded && !*hp_vm_set(to)) {
		*hp_vm_set(to) = hp_loaded;
		hp_loaded->holders++;
	}
	hp_vm_switch(from, to, dead);
	hp_running = to;
	if (*hp_vm_set(to) != hp_loaded) {
		hp_load_set(*hp_vm_set(to));
	}
}

static void hp_drop(zval *value)
{
	zval old;
	ZVAL_COPY_VALUE(&old, value);
	ZVAL_UNDEF(value);
	zval_ptr_dtor(&old);
}

/* php://input that is still open reads from a stream that goes now. */
static void hp_close_body(php_stream *body)
{
	zend_resource *resource;
	ZEND_HASH_FOREACH_PTR(&EG(regular_list), resource) {
		php_stream *stream = resource && resource->type == php_file_le_stream() ? resource->ptr : NULL;
		if (stream && strcmp(stream->ops->label, "Input") == 0 && *(php_stream **) stream->abstract == body) {
			php_stream_close(stream);
		}
	} ZEND_HASH_FOREACH_END();
	php_stream_close(body);
}

/* Nobody has it any more, and it is in nobody's globals: destructors may wait here. */
static void hp_free_set(hp_set *set)
{
	hp_kept *kept = &set->kept;
	for (int i = 0; i < HP_SUPERGLOBALS; i++) {
		hp_drop(&kept->superglobals[i]);
	}
	for (int i = 0; i < NUM_TRACK_VARS; i++) {
		hp_drop(&kept->tracked[i]);
	}
	hp_drop(&kept->sid);
#if PHP_VERSION_ID >= 80600
	if (ZEND_FCC_INITIALIZED(kept->callback_cache)) {
		zend_fcc_dtor(&kept->callback_cache);
	}
#else
	hp_drop(&kept->callback);
#endif
	if (kept->shutdown) {
		zend_hash_destroy(kept->shutdown);
		FREE_HASHTABLE(kept->shutdown);
	}
	if (kept->info.request_body) {
		hp_close_body(kept->info.request_body);
	}
	if (kept->info.current_user) {
#if PHP_VERSION_ID >= 80600
		zend_string_release(kept->info.current_user);
#else
		efree(kept->info.current_user);
#endif
	}
	zend_llist_destroy(&kept->headers.headers);
	if (kept->headers.mimetype) {
		efree(kept->headers.mimetype);
	}
	if (kept->headers.http_status_line) {
		efree(kept->headers.http_status_line);
	}
	if (kept->has_settings) {
		for (uint32_t i = 0; i < hp_settings_count; i++) {
			if (kept->settings[i].modified) {
				zend_string_release(kept->settings[i].value);
			}
		}
	}
	if (kept->session) {
		efree(kept->session);
	}
	for (uint32_t i = 0; i < hp_settings_count; i++) {
		if (set->held[i]) {
			zend_string_release(set->held[i]);
		}
	}
	hp_drop(&set->params);
	smart_str_free(&set->printed);
	efree(set);
}

/* The session is written and closed, handlers are let go of. Code of the user's may run and wait. */
static void hp_end_session(void)
{
	if (hp_session_module && hp_session_module->request_shutdown_func) {
		hp_session_module->request_shutdown_func(MODULE_PERSISTENT, hp_session_module->module_number);
	}
}

/* The running coroutine lets go of its set. */
static zend_never_inline void hp_leave_set(hp_vm *vm)
{
	hp_set *set = *hp_vm_set(vm);
	if (set->holders == 1) {
		/* A child may have begun another session after the request's end. */
		hp_end_session();
	}
	*hp_vm_set(vm) = NULL;
	hp_load_set(NULL);
	if (--set->holders == 0) {
		hp_free_set(set);
	}
}

/* In the place of hp_vm_finish. */
void hp_vm_finish_sets(hp_vm *vm)
{
	hp_vm_finish(vm);
	if (*hp_vm_set(vm)) {
		hp_leave_set(vm);
	}
	if (UNEXPECTED(EG(exception))) {
		/* Of a destructor, or of a session's handler, when nobody is left to catch it. */
		zend_object *thrown = EG(exception);
		GC_ADDREF(thrown);
		zend_clear_exception();
		zend_exception_error(thrown, E_WARNING);
	}
}

static void hp_find_settings(int module)
{
	zend_ini_entry *entry;
	ZEND_HASH_FOREACH_PTR(EG(ini_directives), entry) {
		if (entry->module_number == module && hp_settings_count < HP_SETTINGS) {
			hp_session_settings[hp_settings_count++] = entry;
		}
	} ZEND_HASH_FOREACH_END();
}

/* Before the first request with a set of its own. Again does nothing. */
void hp_sets_enable(void)
{
	if (hp_enabled) {
		return;
	}
	hp_enabled = true;
	for (int i = 0; i < HP_SUPERGLOBALS; i++) {
		hp_names[i] = zend_string_init_interned(hp_texts[i], strlen(hp_texts[i]), 0);
		/* Those that are only made when they are first compiled would be made over a request's. */
		zend_is_auto_global(hp_names[i]);
	}
	memset(&hp_base, 0, sizeof(hp_base));
#ifdef HP_SESSION
	zend_module_entry *session = zend_hash_str_find_ptr(&module_registry, ZEND_STRL("session"));
	if (session && session->globals_size == sizeof(php_ps_globals)) {
		hp_session_module = session;
		hp_base.session = malloc(session->globals_size);
		hp_settings_count = 0;
		hp_find_settings(session->module_number);
	}
#endif
	hp_plain_write = sapi_module.ub_write;
	sapi_module.ub_write = hp_write;
	hp_plain_flush = sapi_module.flush;
	sapi_module.flush = hp_flush;
	hp_plain_header = sapi_module.header_handler;
	sapi_module.header_handler = hp_header;
	hp_plain_getenv = sapi_module.getenv;
	sapi_module.getenv = hp_getenv;
}

/* At the end of the script: this library may be gone before PHP writes its last. */
void hp_sets_disable(void)
{
	if (!hp_enabled) {
		return;
	}
	hp_enabled = false;
	if (hp_loaded) {
		hp_loaded->open = false;
	}
	sapi_module.ub_write = hp_plain_write;
	sapi_module.flush = hp_plain_flush;
	sapi_module.header_handler = hp_plain_header;
	sapi_module.getenv = hp_plain_getenv;
}

static void hp_merge(HashTable *into, HashTable *from)
{
	zend_ulong number;
	zend_string *name;
	zval *value;
	ZEND_HASH_FOREACH_KEY_VAL(from, number, name, value) {
		zval *there = name ? zend_hash_find(into, name) : zend_hash_index_find(into, number);
		if (there && Z_TYPE_P(there) == IS_ARRAY && Z_TYPE_P(value) == IS_ARRAY) {
			SEPARATE_ARRAY(there);
			hp_merge(Z_ARRVAL_P(there), Z_ARRVAL_P(value));
			continue;
		}
		Z_TRY_ADDREF_P(value);
		if (name) {
			zend_hash_update(into, name, value);
		} else {
			zend_hash_index_update(into, number, value);
		}
	} ZEND_HASH_FOREACH_END();
}

/* $_REQUEST: what request_order says. */
static void hp_make_request(hp_kept *kept)
{
	const char *order = PG(request_order) && *PG(request_order) ? PG(request_order) : PG(variables_order);
	zval *all = &kept->superglobals[HP_REQUEST];
	array_init(all);
	for (; order && *order; order++) {
		int which = *order == 'g' || *order == 'G' ? HP_GET
			: *order == 'p' || *order == 'P' ? HP_POST
			: *order == 'c' || *order == 'C' ? HP_COOKIE : -1;
		if (which >= 0) {
			hp_merge(Z_ARRVAL_P(all), Z_ARRVAL(kept->superglobals[which]));
		}
	}
}

/* $_SERVER: what the program had before, with what the request says over it. */
static void hp_make_server(hp_kept *kept, zval *params)
{
	zval *own = zend_hash_find(&EG(symbol_table), hp_names[HP_SERVER]);
	zval *server = &kept->superglobals[HP_SERVER];
	if (own && Z_TYPE_P(own) == IS_INDIRECT) {
		own = Z_INDIRECT_P(own);
	}
	if (own) {
		ZVAL_DEREF(own);
	}
	if (own && Z_TYPE_P(own) == IS_ARRAY) {
		ZVAL_ARR(server, zend_array_dup(Z_ARRVAL_P(own)));
		zend_hash_str_del(Z_ARRVAL_P(server), ZEND_STRL("argv"));
		zend_hash_str_del(Z_ARRVAL_P(server), ZEND_STRL("argc"));
	} else {
		array_init(server);
	}
	hp_merge(Z_ARRVAL_P(server), Z_ARRVAL_P(params));
}

static const char *hp_param(zval *params, const char *name)
{
	zval *found = zend_hash_str_find(Z_ARRVAL_P(params), name, strlen(name));
	return found && Z_TYPE_P(found) == IS_STRING ? Z_STRVAL_P(found) : NULL;
}

static void hp_make_session(hp_set *set)
{
#ifdef HP_SESSION
	size_t size = hp_session_module->globals_size;
	set->kept.session = emalloc(size);
	memcpy(set->kept.session, hp_session_module->globals_ptr, size);
	php_ps_globals *own = (php_ps_globals *) set->kept.session;
	zval *handlers = (zval *) &own->mod_user_names;
	for (size_t i = 0; i < sizeof(own->mod_user_names) / sizeof(zval); i++) {
		Z_TRY_ADDREF(handlers[i]);
	}
#if PHP_VERSION_ID < 80600
	if (own->mod_user_class_name) {
		zend_string_addref(own->mod_user_class_name);
	}
#endif
	own->mod_user_implemented = 0;
	own->rfc1867_progress = NULL;
	for (uint32_t i = 0; i < hp_settings_count; i++) {
		zend_string *value = hp_session_settings[i]->value;
		set->held[i] = value ? zend_string_copy(value) : NULL;
	}
#endif
}

typedef struct {
	zval server, get, post, cookie, files;
	const char *body;
	size_t length;
	double time;
} hp_inputs;

/* In a coroutine: from now on it, and those that it makes, have this set. Takes over the arrays. */
int hp_set_begin(hp_inputs *inputs, zval *exception)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(exception);
	HZ_TRY {
		if (*hp_vm_set(hp_running)) {
			/* Inherited from who made this coroutine. */
			hp_leave_set(hp_running);
		}
		hp_set *set = ecalloc(1, sizeof(hp_set));
		hp_kept *kept = &set->kept;
		set->holders = 1;
		set->open = true;
		ZVAL_COPY_VALUE(&set->params, &inputs->server);
		ZVAL_COPY_VALUE(&kept->superglobals[HP_GET], &inputs->get);
		ZVAL_COPY_VALUE(&kept->superglobals[HP_POST], &inputs->post);
		ZVAL_COPY_VALUE(&kept->superglobals[HP_COOKIE], &inputs->cookie);
		ZVAL_COPY_VALUE(&kept->superglobals[HP_FILES], &inputs->files);
		hp_make_server(kept, &set->params);
		hp_make_request(kept);
		ZVAL_COPY(&kept->tracked[TRACK_VARS_POST], &kept->superglobals[HP_POST]);
		ZVAL_COPY(&kept->tracked[TRACK_VARS_GET], &kept->superglobals[HP_GET]);
		ZVAL_COPY(&kept->tracked[TRACK_VARS_COOKIE], &kept->superglobals[HP_COOKIE]);
		ZVAL_COPY(&kept->tracked[TRACK_VARS_SERVER], &kept->superglobals[HP_SERVER]);
		ZVAL_COPY(&kept->tracked[TRACK_VARS_ENV], &PG(http_globals)[TRACK_VARS_ENV]);
		ZVAL_COPY(&kept->tracked[TRACK_VARS_FILES], &kept->superglobals[HP_FILES]);
		kept->info = SG(request_info);
		kept->info.request_body = NULL;
		if (inputs->length) {
			zend_string *body = zend_string_init(inputs->body, inputs->length, 0);
			kept->info.request_body = php_stream_memory_open(TEMP_STREAM_READONLY, body);
			zend_string_release(body);
		}
		kept->read = (int64_t) inputs->length;
		kept->is_read = 1;
		kept->info.request_method = hp_param(&set->params, "REQUEST_METHOD");
		kept->info.query_string = (char *) hp_param(&set->params, "QUERY_STRING");
		kept->info.request_uri = (char *) hp_param(&set->params, "REQUEST_URI");
		kept->info.cookie_data = (char *) hp_param(&set->params, "HTTP_COOKIE");
		kept->info.content_type = hp_param(&set->params, "CONTENT_TYPE");
		kept->info.content_length = (zend_long) inputs->length;
		kept->info.auth_user = kept->info.auth_password = kept->info.auth_digest = NULL;
		kept->info.content_type_dup = NULL;
		kept->info.current_user = NULL;
#if PHP_VERSION_ID < 80600
		kept->info.current_user_length = 0;
#endif
		/* Nothing is ever sent by PHP itself, so header() is never too late for it. */
		kept->info.no_headers = 1;
		zend_llist_init(&kept->headers.headers, sizeof(sapi_header_struct), (llist_dtor_func_t) sapi_free_header, 0);
		kept->headers.http_response_code = 200;
		kept->headers.send_default_content_type = 1;
		kept->time = inputs->time;
		if (hp_session_module) {
			hp_make_session(set);
		}
		*hp_vm_set(hp_running) = set;
		hp_load_set(set);
		if (hp_session_module && hp_session_module->request_startup_func) {
			/* Starts a session where session.auto_start is on. */
			hp_session_module->request_startup_func(MODULE_PERSISTENT, hp_session_module->module_number);
		}
		rc = hz_take_exception(exception);
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* $_POST and its like as the running request brought them, by their TRACK_VARS_*; NULL where it has no set. */
zval *hp_set_inputs(int which)
{
	return hp_loaded ? &PG(http_globals)[which] : NULL;
}

/* Is what the running code prints kept for a request's answer? */
int hp_set_is_open(void)
{
	return hp_loaded && hp_loaded->open;
}

/* header_register_callback(): once. */
static void hp_call_back(void)
{
#if PHP_VERSION_ID >= 80600
	zend_fcall_info_cache callback = SG(send_header_fcc);
	if (ZEND_FCC_INITIALIZED(callback)) {
		SG(send_header_fcc) = empty_fcall_info_cache;
		zend_call_known_fcc(&callback, NULL, 0, NULL, NULL);
		zend_fcc_dtor(&callback);
	}
#else
	zval callback, result;
	ZVAL_COPY_VALUE(&callback, &SG(callback_func));
	if (Z_TYPE(callback) != IS_UNDEF) {
		ZVAL_UNDEF(&SG(callback_func));
		ZVAL_UNDEF(&result);
		call_user_function(NULL, NULL, &callback, &result, 0, NULL);
		zval_ptr_dtor(&result);
		zval_ptr_dtor(&callback);
	}
#endif
}

/* The end of a script as php-fpm has it: shutdown functions, output buffers, the session, header_register_callback().
 * All of it runs; the exception is the first one. */
int hp_set_end(zval *exception)
{
	volatile int rc = HZ_OK;
	volatile int step = 0;
	ZVAL_UNDEF(exception);
	if (!hp_loaded || hp_loaded->ended) {
		return HZ_OK;
	}
	hp_loaded->ended = true;
	while (step < 4 && rc != HZ_BAILOUT) {
		HZ_TRY {
			zend_execute_data *frame = EG(current_execute_data);
			zval thrown;
			ZVAL_UNDEF(&thrown);
			switch (step++) {
				case 0:
					php_call_shutdown_functions();
					break;
				case 1:
					php_output_end_all();
					break;
				case 2:
					hp_end_session();
					break;
				default:
					hp_call_back();
			}
			if (EG(current_execute_data) != frame) {
				/* A fatal error that PHP has caught itself. */
				zend_bailout();
			}
			int failed = hz_take_exception(&thrown);
			if (failed == HZ_BAILOUT || rc == HZ_OK) {
				rc = failed == HZ_EXIT ? HZ_OK : failed;
				if (failed == HZ_EXCEPTION) {
					ZVAL_COPY_VALUE(exception, &thrown);
				}
			} else if (failed == HZ_EXCEPTION) {
				zval_ptr_dtor(&thrown);
			}
		} HZ_CATCH {
			rc = HZ_BAILOUT;
		} HZ_END
	}
	return rc;
}

/* The status that http_response_code() or header() set; 200 where none did. */
int hp_set_status(void)
{
	return hp_loaded ? SG(sapi_headers).http_response_code : 200;
}

/* Each line of header(), as "Name: value". */
void hp_set_headers(void (*each)(void *to, const char *line, size_t length), void *to)
{
	if (!hp_loaded) {
		return;
	}
	zend_llist_element *element = SG(sapi_headers).headers.head;
	for (; element; element = element->next) {
		sapi_header_struct *header = (sapi_header_struct *) element->data;
		each(to, header->header, header->header_len);
	}
}

/* Takes what was printed since it was last asked. */
void hp_set_printed(zval *text)
{
	ZVAL_EMPTY_STRING(text);
	if (hp_loaded && hp_loaded->printed.s) {
		ZVAL_STR(text, smart_str_extract(&hp_loaded->printed));
	}
}

/* The answer is on its way: what is printed from now on goes where it goes without a request. */
void hp_set_shut(void)
{
	if (hp_loaded) {
		hp_loaded->open = false;
	}
}

/* As echo does. */
int hp_print(const char *bytes, size_t length)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		php_output_write(bytes, length);
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}
