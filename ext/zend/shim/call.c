/* Calls into PHP: every one is guarded. */
#include "highper.h"

/* PHP 8.6 can take arguments over, those whose bits are set. Ours stay ours. */
#if PHP_VERSION_ID >= 80600
# define HZ_ARGS_ARE_KEPT(info) ((info).consumed_args = 0)
#else
# define HZ_ARGS_ARE_KEPT(info) ((void) 0)
#endif

typedef struct {
	zend_fcall_info_cache cache;
} hz_target;
_Static_assert(sizeof(zend_fcall_info_cache) <= 48, "zend_fcall_info_cache has grown");

static zend_always_inline int hz_finish(zval *ret)
{
	if (HZ_FAILED()) {
		zval_ptr_dtor(ret);
		ZVAL_UNDEF(ret);
		return hz_take_exception(ret);
	}
	if (Z_ISREF_P(ret)) {
		zend_unwrap_reference(ret);
	} else if (Z_TYPE_P(ret) == IS_UNDEF) {
		ZVAL_NULL(ret);
	}
	return HZ_OK;
}

/* A trampoline (__call, __callStatic) lives for one call only. */
static void hz_forget_trampoline(zend_fcall_info_cache *cache)
{
	if (cache->function_handler && (cache->function_handler->common.fn_flags & ZEND_ACC_CALL_VIA_TRAMPOLINE)) {
		zend_release_fcall_info_cache(cache);
		cache->function_handler = NULL;
	}
}

/* Resolves a callable. HZ_OK, or HZ_EXCEPTION with *error set (emalloc'ed) or
 * an exception pending, or HZ_BAILOUT. */
int hz_resolve(zval *callable, hz_target *target, char **error)
{
	volatile int rc = HZ_OK;
	*error = NULL;
	memset(target, 0, sizeof(*target));
	if (Z_TYPE_P(callable) == IS_OBJECT && Z_OBJCE_P(callable) == zend_ce_closure) {
		/* What zend_is_callable_ex does for a closure, which is always callable. */
		zend_fcall_info_cache *cache = &target->cache;
		if (Z_OBJ_HANDLER_P(callable, get_closure)(Z_OBJ_P(callable), &cache->calling_scope, &cache->function_handler,
				&cache->object, 1) == SUCCESS) {
			cache->called_scope = cache->calling_scope;
#if PHP_VERSION_ID >= 80300
			cache->closure = Z_OBJ_P(callable);
#endif
			hz_forget_trampoline(cache);
			return HZ_OK;
		}
		memset(target, 0, sizeof(*target));
	}
	HZ_TRY {
		if (!zend_is_callable_ex(callable, NULL, 0, NULL, &target->cache, error)) {
			rc = HZ_EXCEPTION;
		} else {
			if (*error) {
				efree(*error);
				*error = NULL;
			}
			hz_forget_trampoline(&target->cache);
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

void hz_efree(void *memory)
{
	efree(memory);
}

/* zend_parse_arg for callables; the error text is PHP's. */
int hz_arg_callable(zval *arg, uint32_t num, int nullable, hz_target *target)
{
	char *error = NULL;
	volatile int rc;
	ZVAL_DEREF(arg);
	if (nullable && Z_TYPE_P(arg) == IS_NULL) {
		return -1;
	}
	rc = hz_resolve(arg, target, &error);
	if (rc == HZ_EXCEPTION) {
		HZ_TRY {
			if (EG(exception)) {
				if (error) {
					efree(error);
				}
			} else if (error) {
				if (nullable) {
					zend_wrong_callback_or_null_error(num, error);
				} else {
					zend_wrong_callback_error(num, error);
				}
			} else {
				zend_wrong_parameter_type_error(num, nullable ? Z_EXPECTED_FUNC_OR_NULL : Z_EXPECTED_FUNC, arg);
			}
		} HZ_CATCH {
			rc = HZ_BAILOUT;
		} HZ_END
	}
	return rc;
}

static zend_never_inline void hz_call_any(zval *callable, const hz_target *target, uint32_t argc, zval *argv,
	HashTable *named, zval *ret)
{
	zend_fcall_info info;
	zend_fcall_info_cache cache = target->cache;
	info.size = sizeof(info);
	HZ_ARGS_ARE_KEPT(info);
	ZVAL_COPY_VALUE(&info.function_name, callable);
	info.retval = ret;
	info.params = argv;
	info.object = NULL;
	info.param_count = argc;
	info.named_params = named;
	if (zend_call_function(&info, cache.function_handler ? &cache : NULL) == FAILURE && !EG(exception)) {
		zend_throw_error(NULL, "The callback is no longer callable");
	}
}

/* May this call be made without zend_call_function()? A user function, called from one of ours, with arguments by
 * value and nothing that wants a message first. */
static zend_always_inline bool hz_is_plain(const zend_function *func, uint32_t argc, const HashTable *named)
{
#ifdef WORDS_BIGENDIAN
	return false;
#else
	zend_execute_data *frame = EG(current_execute_data);
	if (!func || func->type != ZEND_USER_FUNCTION || named || !frame || !frame->func
			|| frame->func->type != ZEND_INTERNAL_FUNCTION
			|| (func->common.fn_flags & (ZEND_ACC_DEPRECATED | ZEND_ACC_CALL_VIA_TRAMPOLINE | ZEND_ACC_ABSTRACT))
			/* Two bits for each of the first twelve parameters: none is by reference. */
			|| (func->quick_arg_flags >> 8) != 0 || argc > 12
			|| EG(exception) || EG(flags) || !EG(active)) {
		return false;
	}
# ifdef ZEND_CHECK_STACK_LIMIT
	if (UNEXPECTED(zend_call_stack_overflowed(EG(stack_limit)))) {
		return false;
	}
# endif
	return true;
#endif
}

/* What zend_call_function() does for such a call. */
static zend_always_inline void hz_call_plain(const zend_fcall_info_cache *cache, uint32_t argc, zval *argv, zval *ret)
{
	zend_function *func = cache->function_handler;
	uint32_t call_info = ZEND_CALL_TOP_FUNCTION | ZEND_CALL_DYNAMIC;
	void *scope = cache->called_scope;
	if (cache->object && !(func->common.fn_flags & ZEND_ACC_STATIC)) {
		scope = cache->object;
		call_info |= ZEND_CALL_HAS_THIS;
	}
	if (func->common.fn_flags & ZEND_ACC_CLOSURE) {
		GC_ADDREF(ZEND_CLOSURE_OBJECT(func));
		call_info |= ZEND_CALL_CLOSURE;
		if (func->common.fn_flags & ZEND_ACC_FAKE_CLOSURE) {
			call_info |= ZEND_CALL_FAKE_CLOSURE;
		}
	}
	zend_execute_data *call = zend_vm_stack_push_call_frame(call_info, func, argc, scope);
	for (uint32_t i = 0; i < argc; i++) {
		ZVAL_COPY_DEREF(ZEND_CALL_ARG(call, i + 1), &argv[i]);
	}
	uint32_t trace = EG(jit_trace_num);
	zend_init_func_execute_data(call, &func->op_array, ret);
	ZEND_OBSERVER_FCALL_BEGIN(call);
	zend_execute_ex(call);
	EG(jit_trace_num) = trace;
	zend_vm_stack_free_call_frame(call);
}

int hz_call(zval *callable, const hz_target *target, uint32_t argc, zval *argv, HashTable *named, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		if (EXPECTED(hz_is_plain(target->cache.function_handler, argc, named))) {
			hz_call_plain(&target->cache, argc, argv, ret);
		} else {
			hz_call_any(callable, target, argc, argv, named, ret);
		}
		rc = hz_finish(ret);
	} HZ_CATCH {
		ZVAL_UNDEF(ret);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* The name of a callable, as PHP shows it. */
zend_string *hz_callable_name(zval *callable)
{
	return zend_get_callable_name(callable);
}

/* The user code position of a resolved callable: file (borrowed) and line. */
int hz_target_position(const hz_target *target, zend_string **file, uint32_t *line)
{
	zend_function *func = target->cache.function_handler;
	if (!func || func->type != ZEND_USER_FUNCTION) {
		return 0;
	}
	*file = func->op_array.filename;
	*line = func->op_array.line_start;
	return 1;
}

uint32_t hz_target_num_args(const hz_target *target, uint32_t *required)
{
	zend_function *func = target->cache.function_handler;
	if (!func) {
		*required = 0;
		return 0;
	}
	*required = func->common.required_num_args;
	return func->common.num_args;
}

void *hz_target_function(const hz_target *target)
{
	return target->cache.function_handler;
}

int hz_call_method(zend_object *object, const char *name, size_t len, uint32_t argc, zval *argv, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zend_fcall_info info;
		zend_fcall_info_cache cache;
		zend_string *method = zend_string_init_fast(name, len);
		zend_object *target = object;
		zend_function *func = target->handlers->get_method(&target, method, NULL);
		zend_string_release(method);
		if (!func) {
			if (!EG(exception)) {
				zend_throw_error(NULL, "Call to undefined method %s::%.*s()", ZSTR_VAL(object->ce->name), (int) len, name);
			}
		} else {
			info.size = sizeof(info);
			HZ_ARGS_ARE_KEPT(info);
			ZVAL_UNDEF(&info.function_name);
			info.retval = ret;
			info.params = argv;
			info.object = target;
			info.param_count = argc;
			info.named_params = NULL;
			memset(&cache, 0, sizeof(cache));
			cache.function_handler = func;
			cache.called_scope = target->ce;
			cache.object = (func->common.fn_flags & ZEND_ACC_STATIC) ? NULL : target;
			zend_call_function(&info, &cache);
		}
		rc = hz_finish(ret);
	} HZ_CATCH {
		ZVAL_UNDEF(ret);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* new $ce(...$argv, ...$named). */
int hz_new(zend_class_entry *ce, uint32_t argc, zval *argv, HashTable *named, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		if (object_init_ex(ret, ce) == SUCCESS && !EG(exception)) {
			zend_function *constructor = Z_OBJ_HT_P(ret)->get_constructor(Z_OBJ_P(ret));
			if (constructor) {
				zval unused;
				zend_fcall_info info;
				zend_fcall_info_cache cache;
				info.size = sizeof(info);
				HZ_ARGS_ARE_KEPT(info);
				ZVAL_UNDEF(&info.function_name);
				ZVAL_UNDEF(&unused);
				info.retval = &unused;
				info.params = argv;
				info.object = Z_OBJ_P(ret);
				info.param_count = argc;
				info.named_params = named;
				memset(&cache, 0, sizeof(cache));
				cache.function_handler = constructor;
				cache.called_scope = Z_OBJCE_P(ret);
				cache.object = Z_OBJ_P(ret);
				zend_call_function(&info, &cache);
				if (EG(exception)) {
					zend_object_store_ctor_failed(Z_OBJ_P(ret));
				}
				zval_ptr_dtor(&unused);
			} else if ((argc || named) && !EG(exception)) {
				zend_throw_error(NULL, "Class %s does not have a constructor, so it cannot be called with arguments",
					ZSTR_VAL(ce->name));
			}
		}
		rc = hz_finish(ret);
	} HZ_CATCH {
		ZVAL_UNDEF(ret);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Looks a class up, autoloading; NULL leaves an exception or nothing. */
int hz_class(const char *name, size_t len, int autoload, zend_class_entry **out)
{
	volatile int rc = HZ_OK;
	*out = NULL;
	HZ_TRY {
		zend_string *str = zend_string_init(name, len, 0);
		*out = zend_lookup_class_ex(str, NULL, autoload ? 0 : ZEND_FETCH_CLASS_NO_AUTOLOAD);
		zend_string_release(str);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_property_get(zend_object *object, const char *name, size_t len, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zval rv, *found;
		found = zend_read_property(object->ce, object, name, len, 0, &rv);
		if (EG(exception)) {
			if (found == &rv) {
				zval_ptr_dtor(&rv);
			}
			rc = HZ_EXCEPTION;
		} else if (found == &rv) {
			ZVAL_COPY_VALUE(ret, found);
			if (Z_ISREF_P(ret)) {
				zend_unwrap_reference(ret);
			}
		} else {
			ZVAL_COPY_DEREF(ret, found);
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_property_set(zend_object *object, const char *name, size_t len, zval *value)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		zend_update_property(object->ce, object, name, len, value);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* The same, as code inside `scope` writes it: private properties of parents, readonly ones. */
int hz_property_set_in(zend_class_entry *scope, zend_object *object, const char *name, size_t len, zval *value)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		zend_update_property(scope, object, name, len, value);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_static_get(zend_class_entry *ce, const char *name, size_t len, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zval *found = zend_read_static_property(ce, name, len, 1);
		if (found) {
			ZVAL_COPY_DEREF(ret, found);
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_static_set(zend_class_entry *ce, const char *name, size_t len, zval *value)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		zend_update_static_property(ce, name, len, value);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_class_constant(zend_class_entry *ce, const char *name, size_t len, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zend_string *str = zend_string_init(name, len, 0);
#if PHP_VERSION_ID >= 80300
		zval *found = zend_get_class_constant_ex(ce->name, str, ce, ZEND_FETCH_CLASS_SILENT);
#else
		zval *found = zend_get_class_constant_ex(ce->name, str, ce, ZEND_FETCH_CLASS_SILENT);
#endif
		zend_string_release(str);
		if (found) {
			ZVAL_COPY_OR_DUP(ret, found);
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Global constant by name; HZ_OK with UNDEF when missing. */
int hz_constant(const char *name, size_t len, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zval *found = zend_get_constant_str(name, len);
		if (found) {
			ZVAL_COPY_OR_DUP(ret, found);
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_instance_of(const zend_object *object, const zend_class_entry *ce)
{
	return instanceof_function(object->ce, ce);
}

int hz_subclass_of(const zend_class_entry *child, const zend_class_entry *ce)
{
	return instanceof_function(child, ce);
}

zend_string *hz_class_name(const zend_class_entry *ce)
{
	return ce->name;
}

uint32_t hz_object_id(const zend_object *object)
{
	return object->handle;
}

int hz_has_method(zend_class_entry *ce, const char *name, size_t len)
{
	zend_string *lower = zend_string_alloc(len, 0);
	zend_str_tolower_copy(ZSTR_VAL(lower), name, len);
	int found = zend_hash_exists(&ce->function_table, lower);
	zend_string_release(lower);
	return found;
}

/* Iteration over a Traversable. */
int hz_iterate_open(zend_object *object, zend_object_iterator **out)
{
	volatile int rc = HZ_OK;
	*out = NULL;
	HZ_TRY {
		zend_class_entry *ce = object->ce;
		zval zv;
		ZVAL_OBJ(&zv, object);
		if (!ce->get_iterator) {
			zend_type_error("Object of type %s is not traversable", ZSTR_VAL(ce->name));
			rc = HZ_EXCEPTION;
		} else {
			zend_object_iterator *iterator = ce->get_iterator(ce, &zv, 0);
			if (iterator && EG(exception)) {
				zend_iterator_dtor(iterator);
				iterator = NULL;
			}
			if (!iterator) {
				if (!EG(exception)) {
					zend_throw_error(NULL, "Object of type %s did not create an Iterator", ZSTR_VAL(ce->name));
				}
				rc = HZ_EXCEPTION;
			} else {
				iterator->index = 0;
				if (iterator->funcs->rewind) {
					iterator->funcs->rewind(iterator);
				}
				*out = iterator;
				if (EG(exception)) {
					zend_iterator_dtor(iterator);
					*out = NULL;
					rc = HZ_EXCEPTION;
				}
			}
		}
	} HZ_CATCH {
		*out = NULL;
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* The element under the iterator; UNDEF value at the end. `first` is 1 for the
 * element after the rewind. */
int hz_iterate_next(zend_object_iterator *iterator, int first, zval *key, zval *value)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(key);
	ZVAL_UNDEF(value);
	HZ_TRY {
		if (!first) {
			iterator->index++;
			iterator->funcs->move_forward(iterator);
		}
		if (!EG(exception) && iterator->funcs->valid(iterator) == SUCCESS && !EG(exception)) {
			zval *current = iterator->funcs->get_current_data(iterator);
			if (current && !EG(exception)) {
				ZVAL_COPY_DEREF(value, current);
				if (iterator->funcs->get_current_key) {
					iterator->funcs->get_current_key(iterator, key);
				} else {
					ZVAL_LONG(key, iterator->index);
				}
			}
		}
		if (EG(exception)) {
			zval_ptr_dtor(key);
			zval_ptr_dtor(value);
			ZVAL_UNDEF(key);
			ZVAL_UNDEF(value);
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

int hz_iterate_close(zend_object_iterator *iterator)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		zend_iterator_dtor(iterator);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Declared property of an exception, wherever its class hides it. */
int hz_exception_get(zend_object *exception, const char *name, size_t len, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zval rv, *found;
		zend_class_entry *base = instanceof_function(exception->ce, zend_ce_exception) ? zend_ce_exception : zend_ce_error;
		found = zend_read_property(base, exception, name, len, 1, &rv);
		ZVAL_COPY_DEREF(ret, found);
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}
