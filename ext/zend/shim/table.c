/* Arrays made quickly: from a template with known keys, or entry by entry with keys known to differ. */
#include "highper.h"

/* A table with these permanent keys, in their order, kept for the life of the process. */
const HashTable *hz_template(zend_string *const *keys, uint32_t count)
{
	HashTable *table = pemalloc(sizeof(HashTable), 1);
	zval null = { .u1.type_info = IS_NULL };
	zend_hash_init(table, count, NULL, ZVAL_PTR_DTOR, 1);
	zend_hash_real_init_mixed(table);
	for (uint32_t i = 0; i < count; i++) {
		_zend_hash_append(table, keys[i], &null);
	}
	return table;
}

/* An array with the template's keys and these values, which it takes over. */
void hz_template_make(const HashTable *template, const zval *values, zval *out)
{
	HashTable *table = emalloc(sizeof(HashTable));
	void *data = emalloc(HT_SIZE(template));
	memcpy(table, template, sizeof(HashTable));
	memcpy(data, HT_GET_DATA_ADDR(template), HT_USED_SIZE(template));
	GC_SET_REFCOUNT(table, 1);
	GC_TYPE_INFO(table) = GC_ARRAY;
	HT_SET_DATA_ADDR(table, data);
	for (uint32_t i = 0; i < table->nNumUsed; i++) {
		ZVAL_COPY_VALUE(&table->arData[i].val, &values[i]);
	}
	ZVAL_ARR(out, table);
}

/* An empty array with room for so many entries with string keys. */
void hz_table(zval *out, uint32_t capacity)
{
	HashTable *table = zend_new_array(capacity);
	zend_hash_real_init_mixed(table);
	ZVAL_ARR(out, table);
}

/* Adds a text under a permanent key that the table does not have yet. */
void hz_table_add(zval *array, zend_string *key, const char *bytes, size_t len)
{
	HashTable *table = Z_ARRVAL_P(array);
	zend_string *str = HZ_STRING_INIT(bytes, len);
	zval value;
	if (UNEXPECTED(!str)) {
		str = ZSTR_EMPTY_ALLOC();
	}
	ZVAL_STR(&value, str);
	if (EXPECTED(table->nNumUsed < table->nTableSize)) {
		_zend_hash_append(table, key, &value);
	} else {
		zend_hash_update(table, key, &value);
	}
}

/* Sets a text under a key that is no number. */
void hz_table_set(zval *array, const char *key, size_t key_len, const char *bytes, size_t len)
{
	zend_string *str = HZ_STRING_INIT(bytes, len);
	zval value;
	if (UNEXPECTED(!str)) {
		str = ZSTR_EMPTY_ALLOC();
	}
	ZVAL_STR(&value, str);
	if (Z_ARRVAL_P(array)->nNumUsed == 0) {
		zend_hash_str_add_new(Z_ARRVAL_P(array), key, key_len, &value); /* nothing to look for */
	} else {
		zend_hash_str_update(Z_ARRVAL_P(array), key, key_len, &value);
	}
}
