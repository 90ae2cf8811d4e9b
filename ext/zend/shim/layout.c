/* Layouts that Rust reads by itself: hash tables and the flags of objects and calls. */
#include "highper.h"

_Static_assert(offsetof(zend_array, u) == 8 && offsetof(zend_array, arData) == 16 && offsetof(zend_array, nNumUsed) == 24
	&& offsetof(zend_array, nNumOfElements) == 28, "zend_array has changed its layout");
_Static_assert(offsetof(zend_array, arPacked) == offsetof(zend_array, arData), "packed arrays have changed their place");
_Static_assert(sizeof(Bucket) == 32 && offsetof(Bucket, h) == 16 && offsetof(Bucket, key) == 24, "Bucket has changed its layout");
_Static_assert(HASH_FLAG_PACKED == 4, "the flag of packed arrays has changed");
_Static_assert(offsetof(zend_object, properties) == 32, "zend_object has changed its layout");
_Static_assert(IS_OBJ_WEAKLY_REFERENCED == 1 << 7 && IS_OBJ_DESTRUCTOR_CALLED == 1 << 8 && IS_OBJ_FREE_CALLED == 1 << 9,
	"flags of objects have changed");
_Static_assert(GC_FLAGS_SHIFT == 0, "flags of counted values have moved");
_Static_assert(ZEND_CALL_RELEASE_THIS == 1 << 21, "flags of calls have changed");
