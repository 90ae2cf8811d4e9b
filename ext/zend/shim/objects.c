/* What the engine keeps of objects and resources: to look at, for tools. */
#include "highper.h"
#include "zend_objects_API.h"

static zend_object *hz_object_at(zend_ulong handle)
{
	zend_objects_store *store = &EG(objects_store);
	zend_object *object = handle && handle < store->top ? store->object_buckets[handle] : NULL;
	return object && IS_OBJ_VALID(object) && !(OBJ_FLAGS(object) & IS_OBJ_FREE_CALLED) ? object : NULL;
}

/* How many objects there are. */
size_t hz_object_count(void)
{
	size_t count = 0;
	for (zend_ulong handle = 1; handle < EG(objects_store).top; handle++) {
		count += hz_object_at(handle) != NULL;
	}
	return count;
}

/* How many resources there are. */
size_t hz_resource_count(void)
{
	return zend_hash_num_elements(&EG(regular_list));
}

/* The object of a handle; 0 when there is none. */
int hz_object_by_handle(zend_ulong handle, zval *out)
{
	zend_object *object = hz_object_at(handle);
	if (!object) {
		return 0;
	}
	ZVAL_OBJ_COPY(out, object);
	return 1;
}

/* A list of all. */
int hz_objects(zval *out)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(out);
	HZ_TRY {
		array_init(out);
		for (zend_ulong handle = 1; handle < EG(objects_store).top; handle++) {
			zend_object *object = hz_object_at(handle);
			if (object) {
				zval value;
				ZVAL_OBJ_COPY(&value, object);
				add_next_index_zval(out, &value);
			}
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}
