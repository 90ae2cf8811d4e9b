/* Internal functions of other extensions that call us first: their handlers are replaced.
 *
 * What belongs to a function is found through one of its `reserved` words: copies of it, in closures and in user
 * classes that inherit the method, carry that along. All of it is installed before any script is compiled: compiled
 * code and inherited methods keep the handlers that they find. */
#include "interpose.h"

static int hp_slot = -1;
static hp_cover *hp_covers;
/* Has a loop ever run? Until then a call is the original one. */
static bool hp_awake;
/* 1: the call goes on; 0: it has its result, or has thrown; -1: a fatal error. */
static int (*hp_call_before)(void *with, zend_execute_data *execute_data, zval *return_value);
static int (*hp_call_after)(void *with, zend_execute_data *execute_data, zval *return_value);

static zend_never_inline void hp_around(const hp_cover *cover, INTERNAL_FUNCTION_PARAMETERS)
{
	/* `before` may put another object there; the reference to this one is the caller's. */
	zend_object *this = Z_PTR(EX(This));

	if (cover->before) {
		int next = hp_call_before(cover->before, execute_data, return_value);
		if (UNEXPECTED(next < 0)) {
			zend_bailout();
		}
		if (next == 0) {
			Z_PTR(EX(This)) = (void *) this;
			return;
		}
	}
	const void *key = cover->key ? cover->key(execute_data) : NULL;
	if (key) {
		hp_lease_call(cover, key, INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else {
		cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
	if (cover->after && hp_call_after(cover->after, execute_data, return_value) < 0) {
		zend_bailout();
	}
	Z_PTR(EX(This)) = (void *) this;
}

static ZEND_NAMED_FUNCTION(hp_covered)
{
	const hp_cover *cover = EX(func)->internal_function.reserved[hp_slot];

	if (UNEXPECTED(!hp_awake)) {
		cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else if (EXPECTED(!cover->before && !cover->after)) {
		const void *key = cover->key ? cover->key(execute_data) : NULL;
		if (EXPECTED(key != NULL)) {
			hp_lease_call(cover, key, INTERNAL_FUNCTION_PARAM_PASSTHRU);
		} else {
			cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		}
	} else {
		hp_around(cover, INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static hp_cover *hp_cover_of(zend_function *function)
{
	if (!function || function->type != ZEND_INTERNAL_FUNCTION || hp_slot < 0) {
		return NULL;
	}
	zend_internal_function *internal = &function->internal_function;
	if (internal->handler == hp_covered) {
		return internal->reserved[hp_slot];
	}
	hp_cover *cover = pecalloc(1, sizeof(hp_cover), 1);
	cover->original = internal->handler;
	cover->next = hp_covers;
	hp_covers = cover;
	internal->reserved[hp_slot] = cover;
	internal->handler = hp_covered;
#if PHP_VERSION_ID >= 80400
	/* Otherwise the compiler calls another one, without a frame. */
	internal->frameless_function_infos = NULL;
#endif
	return cover;
}

static void hp_cover_set(hp_cover *cover, hp_key_of key, void *before, void *after)
{
	if (!cover) {
		return;
	}
	if (key) {
		cover->key = key;
	}
	if (before) {
		cover->before = before;
	}
	if (after) {
		cover->after = after;
	}
}

/* A class and the internal classes that extend it. */
#define HP_FAMILY 16
typedef struct {
	zend_class_entry *members[HP_FAMILY];
	int count;
} hp_family;

static bool hp_family_of(const char *class, hp_family *family)
{
	zend_class_entry *base = zend_hash_str_find_ptr(CG(class_table), class, strlen(class)), *ce;
	family->count = 0;
	if (!base || base->type != ZEND_INTERNAL_CLASS) {
		return false;
	}
	ZEND_HASH_FOREACH_PTR(CG(class_table), ce) {
		if (ce->type == ZEND_INTERNAL_CLASS && family->count < HP_FAMILY && instanceof_function(ce, base)) {
			family->members[family->count++] = ce;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

/* The method and the copies that internal subclasses have of it. */
static int hp_cover_method(const hp_family *family, const char *class, const char *name, size_t len, hp_key_of key, void *before, void *after)
{
	const zend_class_entry *base = zend_hash_str_find_ptr(CG(class_table), class, strlen(class));
	const zend_function *method = base ? zend_hash_str_find_ptr(&base->function_table, name, len) : NULL;
	int count = 0;
	if (!method || method->type != ZEND_INTERNAL_FUNCTION) {
		return 0;
	}
	const zend_class_entry *scope = method->common.scope;
	for (int i = 0; i < family->count; i++) {
		zend_function *copy = zend_hash_str_find_ptr(&family->members[i]->function_table, name, len);
		if (copy && copy->common.scope == scope) {
			hp_cover_set(hp_cover_of(copy), key, before, after);
			count++;
		}
	}
	return count;
}

/* How many functions it is, with copies: 0 where there is no such one. */
static int hp_cover_named(const hp_family *family, const char *class, const char *name, size_t len, hp_key_of key, void *before, void *after)
{
	if (hp_slot < 0) {
		return 0;
	}
	if (!class) {
		zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, len);
		hp_cover_set(hp_cover_of(function), key, before, after);
		return function && function->type == ZEND_INTERNAL_FUNCTION;
	}
	return hp_cover_method(family, class, name, len, key, before, after);
}

static bool hp_is_named(const char *names, const char *name, size_t len)
{
	for (const char *at = names; (at = strstr(at, name)) != NULL; at += len) {
		if ((at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

void hp_cover_key(const char *class, const char *names, const char *except, hp_key_of key)
{
	hp_family family;
	if (class && !hp_family_of(class, &family)) {
		return;
	}
	if (strcmp(names, "*") != 0) {
		while (*names) {
			size_t len = strcspn(names, " ");
			hp_cover_named(&family, class, names, len, key, NULL, NULL);
			names += len + (names[len] == ' ');
		}
		return;
	}
	zend_class_entry *ce = zend_hash_str_find_ptr(CG(class_table), class, strlen(class));
	zend_string *name;
	zend_function *method;
	ZEND_HASH_FOREACH_STR_KEY_PTR(&ce->function_table, name, method) {
		/* Magic methods are called while nobody else can have the object. */
		if (method->common.scope == ce && !(method->common.fn_flags & (ZEND_ACC_STATIC | ZEND_ACC_ABSTRACT))
				&& ZSTR_VAL(name)[0] != '_' && !hp_is_named(except, ZSTR_VAL(name), ZSTR_LEN(name))) {
			hp_cover_named(&family, class, ZSTR_VAL(name), ZSTR_LEN(name), key, NULL, NULL);
		}
	} ZEND_HASH_FOREACH_END();
}

int hp_interpose(const char *class, const char *name, void *before, void *after)
{
	hp_family family;
	if (class && !hp_family_of(class, &family)) {
		return 0;
	}
	if (!class || strcmp(name, "*") != 0) {
		return hp_cover_named(&family, class, name, strlen(name), NULL, before, after);
	}
	zend_class_entry *ce = zend_hash_str_find_ptr(CG(class_table), class, strlen(class));
	zend_string *each;
	zend_function *method;
	int count = 0;
	ZEND_HASH_FOREACH_STR_KEY_PTR(&ce->function_table, each, method) {
		/* Magic methods are called while nobody else can have the object. */
		if (method->common.scope == ce && !(method->common.fn_flags & (ZEND_ACC_STATIC | ZEND_ACC_ABSTRACT))
				&& !(ZSTR_LEN(each) > 2 && ZSTR_VAL(each)[0] == '_' && ZSTR_VAL(each)[1] == '_')) {
			count += hp_cover_named(&family, class, ZSTR_VAL(each), ZSTR_LEN(each), NULL, before, after);
		}
	} ZEND_HASH_FOREACH_END();
	return count;
}

/* At MINIT. False when PHP has no word left for us: nothing is replaced then. */
int hp_interpose_reserve(int (*before)(void *, zend_execute_data *, zval *), int (*after)(void *, zend_execute_data *, zval *))
{
	hp_call_before = before;
	hp_call_after = after;
	hp_slot = zend_get_resource_handle("highper");
	return hp_slot >= 0;
}

/* A loop starts. */
void hp_interpose_awake(void)
{
	hp_awake = true;
}

/* At MSHUTDOWN: nothing is called any more, and the functions of extensions that came later are gone already. */
void hp_interpose_end(void)
{
	hp_awake = false;
	while (hp_covers) {
		hp_cover *cover = hp_covers;
		hp_covers = cover->next;
		pefree(cover, 1);
	}
}
