/* Classes and functions that the extension brings as PHP code: compiled when they are first asked for. */
#include "highper.h"

/* A file of that code, with its open tag. */
typedef struct {
	const char *file; /* what PHP reports as its name */
	const char *text;
	size_t len;
	const char *first; /* its first class, in lower case */
	size_t first_len;
} hz_source;

/* Where functions stand whose names are taken by ours, which forward to them. */
#define HZ_LIBRARY_SPACE "highper\\library\\"
#define HZ_LIBRARY_SPACE_LEN (sizeof(HZ_LIBRARY_SPACE) - 1)

static int (*hz_find_class)(const char *lc_name, size_t len, hz_source *source);
static int (*hz_find_function)(const char *name, size_t len, hz_source *source);
/* The class with this number, in lower case; 0 past the last. */
static int (*hz_class_at)(uint32_t number, const char **lc_name, size_t *len);

static zend_class_entry *(*hz_previous_autoload)(zend_string *name, zend_string *lc_name);

/* Functions say their public names in messages and traces. */
static void hz_library_rename(void)
{
	zend_function *func;
	ZEND_HASH_FOREACH_PTR(EG(function_table), func) {
		zend_string *name = func->common.function_name;
		if (func->type != ZEND_USER_FUNCTION || ZSTR_LEN(name) <= HZ_LIBRARY_SPACE_LEN
				|| strncasecmp(ZSTR_VAL(name), HZ_LIBRARY_SPACE, HZ_LIBRARY_SPACE_LEN) != 0) {
			continue;
		}
		func->common.function_name =
			zend_string_init(ZSTR_VAL(name) + HZ_LIBRARY_SPACE_LEN, ZSTR_LEN(name) - HZ_LIBRARY_SPACE_LEN, 0);
		zend_string_release(name);
	} ZEND_HASH_FOREACH_END();
}

/* Compiles a file and runs it. Its code runs as a function does: an include would share the variables of whoever
 * happens to need the class, and what is compiled for that one does not reckon with it. */
static void hz_library_load(const hz_source *source)
{
	uint32_t options = CG(compiler_options);
	zend_string *text = zend_string_init(source->text, source->len, 0);
	zval result;

	CG(compiler_options) = ZEND_COMPILE_DEFAULT_FOR_EVAL;
	zend_op_array *code = zend_compile_string(text, source->file, ZEND_COMPILE_POSITION_AT_OPEN_TAG);
	CG(compiler_options) = options;
	zend_string_release(text);
	if (!code) {
		return;
	}
	code->type = ZEND_USER_FUNCTION;
	/* A file's cache is freed with it, a function's stays in the arena. */
	void *cache = ecalloc(1, code->cache_size);
	code->fn_flags |= ZEND_ACC_HEAP_RT_CACHE;
	ZEND_MAP_PTR_INIT(code->run_time_cache, cache);
	ZVAL_UNDEF(&result);
	zend_execute_data *call =
		zend_vm_stack_push_call_frame(ZEND_CALL_TOP_FUNCTION, (zend_function *) code, 0, NULL);
	uint32_t trace = EG(jit_trace_num);
	zend_init_func_execute_data(call, code, &result);
	ZEND_OBSERVER_FCALL_BEGIN(call);
	zend_execute_ex(call);
	EG(jit_trace_num) = trace;
	zend_vm_stack_free_call_frame(call);
	zval_ptr_dtor(&result);
	zend_destroy_static_vars(code);
	destroy_op_array(code);
	efree_size(code, sizeof(zend_op_array));
}

static zend_class_entry *hz_library_autoload(zend_string *name, zend_string *lc_name)
{
	hz_source source;
	/* An alias may be missing in a file that has run. While OPcache preloads, a class that extends one of ours would
	 * outlive it: there, they are not to be had. */
	if (!(CG(compiler_options) & ZEND_COMPILE_PRELOAD) && hz_find_class(ZSTR_VAL(lc_name), ZSTR_LEN(lc_name), &source)
			&& !zend_hash_str_exists(EG(class_table), source.first, source.first_len)) {
		hz_library_load(&source);
		zend_class_entry *ce = zend_hash_find_ptr(EG(class_table), lc_name);
		if (ce || EG(exception)) {
			return ce;
		}
	}
	return hz_previous_autoload ? hz_previous_autoload(name, lc_name) : NULL;
}

/* As zend_lookup_class, of a class of the library that nothing is told of. */
static void hz_library_need(const char *name, size_t len)
{
	hz_source source;
	if (len && name[0] == '\\') {
		name++;
		len--;
	}
	zend_string *lc_name = zend_string_alloc(len, 0);
	zend_str_tolower_copy(ZSTR_VAL(lc_name), name, len);
	if (!zend_hash_exists(EG(class_table), lc_name) && hz_find_class(ZSTR_VAL(lc_name), len, &source)) {
		zend_lookup_class_ex(lc_name, NULL, ZEND_FETCH_CLASS_SILENT | ZEND_FETCH_CLASS_EXCEPTION);
	}
	zend_string_release(lc_name);
}

/* class_exists($name, false) and the like: a class of the library is there, compiled or not. */
static zif_handler hz_exists_handlers[3];
static const char *const hz_exists_names[3] = { "class_exists", "interface_exists", "trait_exists" };

static void hz_library_exists(INTERNAL_FUNCTION_PARAMETERS, int which)
{
	if (ZEND_NUM_ARGS() == 2) {
		zval *name = ZEND_CALL_ARG(execute_data, 1), *load = ZEND_CALL_ARG(execute_data, 2);
		ZVAL_DEREF(name);
		ZVAL_DEREF(load);
		if (Z_TYPE_P(name) == IS_STRING && Z_TYPE_P(load) == IS_FALSE) {
			hz_library_need(Z_STRVAL_P(name), Z_STRLEN_P(name));
			if (EG(exception)) {
				return;
			}
		}
	}
	hz_exists_handlers[which](INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_FUNCTION(hz_class_exists) { hz_library_exists(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0); }
static ZEND_FUNCTION(hz_interface_exists) { hz_library_exists(INTERNAL_FUNCTION_PARAM_PASSTHRU, 1); }
static ZEND_FUNCTION(hz_trait_exists) { hz_library_exists(INTERNAL_FUNCTION_PARAM_PASSTHRU, 2); }

/* get_declared_classes() and get_declared_traits() name them too. */
static zif_handler hz_declared_handlers[2];
static const char *const hz_declared_names[2] = { "get_declared_classes", "get_declared_traits" };

static void hz_library_declared(INTERNAL_FUNCTION_PARAMETERS, int which)
{
	const char *name;
	size_t len;
	for (uint32_t i = 0; !EG(exception) && hz_class_at(i, &name, &len); i++) {
		hz_library_need(name, len);
	}
	if (!EG(exception)) {
		hz_declared_handlers[which](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static ZEND_FUNCTION(hz_declared_classes) { hz_library_declared(INTERNAL_FUNCTION_PARAM_PASSTHRU, 0); }
static ZEND_FUNCTION(hz_declared_traits) { hz_library_declared(INTERNAL_FUNCTION_PARAM_PASSTHRU, 1); }

static void hz_take_over(const char *name, zif_handler *previous, zif_handler handler)
{
	zend_function *func = zend_hash_str_find_ptr(CG(function_table), name, strlen(name));
	/* disable_functions takes it away. */
	if (func && func->type == ZEND_INTERNAL_FUNCTION) {
		*previous = func->internal_function.handler;
		func->internal_function.handler = handler;
#if PHP_VERSION_ID >= 80400
		/* Otherwise the compiler calls another one, without a frame. */
		func->internal_function.frameless_function_infos = NULL;
#endif
	}
}

static zend_function *hz_library_function(zend_string *name)
{
	hz_source source;
	zend_string *key = zend_string_alloc(HZ_LIBRARY_SPACE_LEN + ZSTR_LEN(name), 0);
	memcpy(ZSTR_VAL(key), HZ_LIBRARY_SPACE, HZ_LIBRARY_SPACE_LEN);
	zend_str_tolower_copy(ZSTR_VAL(key) + HZ_LIBRARY_SPACE_LEN, ZSTR_VAL(name), ZSTR_LEN(name));
	zend_function *func = zend_hash_find_ptr(EG(function_table), key);
	if (!func && hz_find_function(ZSTR_VAL(name), ZSTR_LEN(name), &source)) {
		hz_library_load(&source);
		hz_library_rename();
		func = zend_hash_find_ptr(EG(function_table), key);
	}
	zend_string_release(key);
	if (!func && !EG(exception)) {
		zend_throw_error(NULL, "%s() is missing in the library", ZSTR_VAL(name));
	}
	return func;
}

/* The handler of a function that is written in PHP. */
void hz_library_call(INTERNAL_FUNCTION_PARAMETERS)
{
	zend_function *self = EX(func);
	zend_function *func = hz_library_function(self->common.function_name);
	if (!func) {
		return;
	}
	/* Arguments are judged as the caller's file wants it. */
	zend_execute_data *caller = EX(prev_execute_data);
	if (caller && caller->func && ZEND_CALL_USES_STRICT_TYPES(caller)) {
		self->common.fn_flags |= ZEND_ACC_STRICT_TYPES;
	} else {
		self->common.fn_flags &= ~ZEND_ACC_STRICT_TYPES;
	}
	HashTable *named =
		(ZEND_CALL_INFO(execute_data) & ZEND_CALL_HAS_EXTRA_NAMED_PARAMS) ? EX(extra_named_params) : NULL;
	zend_call_known_function(func, NULL, NULL, return_value, ZEND_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), named);
	if (Z_TYPE_P(return_value) == IS_UNDEF) {
		ZVAL_NULL(return_value);
	} else if (Z_ISREF_P(return_value)) {
		zend_unwrap_reference(return_value);
	}
}

/* At MINIT, once. */
void hz_library_install(int (*find_class)(const char *, size_t, hz_source *),
	int (*find_function)(const char *, size_t, hz_source *), int (*class_at)(uint32_t, const char **, size_t *))
{
	static const zif_handler exists[3] = { zif_hz_class_exists, zif_hz_interface_exists, zif_hz_trait_exists };
	static const zif_handler declared[2] = { zif_hz_declared_classes, zif_hz_declared_traits };
	hz_find_class = find_class;
	hz_find_function = find_function;
	hz_class_at = class_at;
	hz_previous_autoload = zend_autoload;
	zend_autoload = hz_library_autoload;
	for (int i = 0; i < 3; i++) {
		hz_take_over(hz_exists_names[i], &hz_exists_handlers[i], exists[i]);
	}
	for (int i = 0; i < 2; i++) {
		hz_take_over(hz_declared_names[i], &hz_declared_handlers[i], declared[i]);
	}
}
