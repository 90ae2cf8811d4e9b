/* Values: what is macro or version-dependent in making and releasing zvals. */
#include "highper.h"

_Static_assert(sizeof(zval) == 16, "zval has changed its size");
_Static_assert(offsetof(zval, u1) == 8 && offsetof(zval, u2) == 12, "zval has changed its layout");
_Static_assert(offsetof(zend_string, h) == 8 && offsetof(zend_string, len) == 16 && offsetof(zend_string, val) == 24,
	"zend_string has changed its layout");
_Static_assert(sizeof(zend_refcounted_h) == 8, "refcounted header has changed");
_Static_assert(ZEND_CALL_FRAME_SLOT == 5, "execute_data has changed its size");
_Static_assert(offsetof(zend_execute_data, func) == 24 && offsetof(zend_execute_data, This) == 32,
	"execute_data has changed its layout");
_Static_assert(IS_STRING == 6 && IS_ARRAY == 7 && IS_OBJECT == 8 && IS_RESOURCE == 9 && IS_REFERENCE == 10
	&& IS_INDIRECT == 12 && IS_PTR == 13, "type numbers have changed");
_Static_assert(IS_STRING_EX == 0x106 && IS_ARRAY_EX == 0x307 && IS_OBJECT_EX == 0x308, "type flags have changed");
_Static_assert(offsetof(zend_reference, val) == 8, "zend_reference has changed its layout");
_Static_assert(offsetof(zend_object, ce) == 16 && offsetof(zend_object, handlers) == 24, "zend_object has changed its layout");

void hz_release_last(zend_refcounted *counted)
{
	rc_dtor_func(counted);
}

void hz_possible_root(zend_refcounted *counted)
{
	gc_check_possible_root(counted);
}

/* May this value's last release wait? Not when the collector is just freeing
 * it: garbage is in the root buffer and not purple (zend_gc.c). */
int hz_may_defer(zend_refcounted *counted)
{
	uint32_t info = GC_INFO(counted);
	if ((GC_TYPE(counted)) == IS_NULL) {
		return 0;
	}
	return (info & 0x0fffffu) == 0 || (info & 0x300000u) == 0x300000u;
}

void hz_string(zval *out, const char *bytes, size_t len)
{
	zend_string *str = HZ_STRING_INIT(bytes, len);
	if (UNEXPECTED(!str)) {
		ZVAL_EMPTY_STRING(out);
		return;
	}
	ZVAL_STR(out, str);
}

/* NULL when there is no memory and PHP is going to say so. */
zend_string *hz_string_alloc(size_t len)
{
	zend_string *str = HZ_STRING_ALLOC(len);
	if (EXPECTED(str)) {
		ZSTR_VAL(str)[len] = 0;
	}
	return str;
}

/* A string that lives as long as the process and needs no counting. */
zend_string *hz_string_forever(const char *bytes, size_t len)
{
	zend_string *str = zend_string_init(bytes, len, 1);
	zend_string_hash_val(str);
	GC_SET_REFCOUNT(str, 1);
	GC_TYPE_INFO(str) = GC_STRING | ((IS_STR_INTERNED | IS_STR_PERMANENT | IS_STR_PERSISTENT) << GC_FLAGS_SHIFT);
	return str;
}

void hz_array(zval *out, uint32_t capacity)
{
	ZVAL_ARR(out, zend_new_array(capacity));
}

uint32_t hz_array_count(const zval *array)
{
	return zend_array_count(Z_ARRVAL_P(array));
}

int hz_array_is_list(const zval *array)
{
	return zend_array_is_list(Z_ARRVAL_P(array));
}

static zend_always_inline HashTable *hz_own(zval *array)
{
	SEPARATE_ARRAY(array);
	return Z_ARRVAL_P(array);
}

/* The setters take over the value's reference. */
void hz_array_set(zval *array, const char *key, size_t len, zval *value)
{
	zend_hash_str_update(hz_own(array), key, len, value);
}

void hz_array_set_str(zval *array, zend_string *key, zval *value)
{
	zend_hash_update(hz_own(array), key, value);
}

void hz_array_set_sym(zval *array, const char *key, size_t len, zval *value)
{
	/* Zend looks at the first byte of an empty key too. */
	zend_symtable_str_update(hz_own(array), len ? key : "", len, value);
}

void hz_array_set_index(zval *array, zend_ulong index, zval *value)
{
	zend_hash_index_update(hz_own(array), index, value);
}

int hz_array_push(zval *array, zval *value)
{
	return zend_hash_next_index_insert(hz_own(array), value) != NULL;
}

/* The nested array under a key, made when missing or not an array. */
static zval *hz_nested(zval *slot)
{
	ZVAL_DEREF(slot);
	if (Z_TYPE_P(slot) != IS_ARRAY) {
		zval_ptr_dtor(slot);
		array_init(slot);
	}
	SEPARATE_ARRAY(slot);
	return slot;
}

zval *hz_array_nested(zval *array, const char *key, size_t len, int symbolic)
{
	HashTable *table = hz_own(array);
	zend_ulong index;
	zval *slot, fresh;
	if (key == NULL) {
		array_init(&fresh);
		return zend_hash_next_index_insert(table, &fresh);
	}
	if (symbolic && ZEND_HANDLE_NUMERIC_STR(key, len, index)) {
		slot = zend_hash_index_find(table, index);
		if (!slot) {
			array_init(&fresh);
			return zend_hash_index_update(table, index, &fresh);
		}
		return hz_nested(slot);
	}
	slot = zend_hash_str_find(table, key, len);
	if (!slot) {
		array_init(&fresh);
		return zend_hash_str_update(table, key, len, &fresh);
	}
	return hz_nested(slot);
}

static zval *hz_found(zval *slot)
{
	if (slot && Z_TYPE_P(slot) == IS_INDIRECT) {
		slot = Z_INDIRECT_P(slot);
	}
	return slot && Z_TYPE_P(slot) != IS_UNDEF ? slot : NULL;
}

zval *hz_array_get(const zval *array, const char *key, size_t len)
{
	return hz_found(zend_hash_str_find(Z_ARRVAL_P(array), key, len));
}

zval *hz_array_get_str(const zval *array, zend_string *key)
{
	return hz_found(zend_hash_find(Z_ARRVAL_P(array), key));
}

zval *hz_array_get_sym(const zval *array, const char *key, size_t len)
{
	return hz_found(zend_symtable_str_find(Z_ARRVAL_P(array), len ? key : "", len));
}

zval *hz_array_get_index(const zval *array, zend_ulong index)
{
	return hz_found(zend_hash_index_find(Z_ARRVAL_P(array), index));
}

int hz_array_del(zval *array, const char *key, size_t len)
{
	return zend_symtable_str_del(hz_own(array), len ? key : "", len) == SUCCESS;
}

const char *hz_type_name(const zval *value)
{
	return zend_zval_type_name(value);
}

int hz_to_bool(zval *value)
{
	return zend_is_true(value);
}

/* Conversions that may run PHP (__toString, error handlers). */
int hz_to_string(zval *value, zval *out)
{
	volatile int rc = HZ_OK;
	HZ_TRY {
		zend_string *str = zval_try_get_string(value);
		if (str) {
			ZVAL_STR(out, str);
		} else {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

zend_long hz_to_long(zval *value)
{
	return Z_TYPE_P(value) == IS_OBJECT ? 1 : zval_get_long(value);
}

double hz_to_double(zval *value)
{
	return Z_TYPE_P(value) == IS_OBJECT ? 1.0 : zval_get_double(value);
}

int hz_is_identical(const zval *a, const zval *b)
{
	return zend_is_identical((zval *) a, (zval *) b);
}

int hz_is_numeric(const char *bytes, size_t len, zend_long *l, double *d)
{
	return is_numeric_string(bytes, len, l, d, false);
}
