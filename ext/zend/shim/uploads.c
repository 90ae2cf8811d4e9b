/* The files of a request that is_uploaded_file() and move_uploaded_file() accept. */
#include "highper.h"
#include "rfc1867.h"

static void hz_release_path(zval *value)
{
	zend_string_release((zend_string *) Z_PTR_P(value));
}

/* The request's end walks the same table and deletes what it still names. */
void hz_upload_add(const char *path, size_t length)
{
	if (!SG(rfc1867_uploaded_files)) {
		HashTable *table;
		ALLOC_HASHTABLE(table);
		zend_hash_init(table, 8, NULL, hz_release_path, 0);
		SG(rfc1867_uploaded_files) = table;
	}
	zend_string *name = zend_string_init(path, length, 0);
	if (!zend_hash_add_ptr(SG(rfc1867_uploaded_files), name, name)) {
		zend_string_release(name);
	}
}

void hz_upload_forget(const char *path, size_t length)
{
	if (SG(rfc1867_uploaded_files)) {
		zend_hash_str_del(SG(rfc1867_uploaded_files), path, length);
	}
}
