/* Objects whose end somebody wants to hear of. */
#include "highper.h"
#include "zend_weakrefs.h"

static HashTable hp_watched; /* weak */
static bool hp_watches;
static void (*hp_gone)(const zend_object *object);

static void hp_watched_gone(zval *slot)
{
	hp_gone(Z_PTR_P(slot));
}

static void hp_ignore(const zend_object *object)
{
}

/* Calls `gone` when the object has gone. One function for all. */
void hp_watch(zend_object *object, void (*gone)(const zend_object *object))
{
	hp_gone = gone;
	if (!hp_watches) {
		zend_hash_init(&hp_watched, 8, NULL, hp_watched_gone, 1);
		hp_watches = true;
	}
	zval slot;
	ZVAL_PTR(&slot, object);
	zend_weakrefs_hash_add(&hp_watched, object, &slot);
}

/* At RSHUTDOWN: nobody listens any more. */
void hp_watch_forget(void)
{
	zval *slot;
	if (!hp_watches) {
		return;
	}
	hp_gone = hp_ignore;
	while (zend_hash_num_elements(&hp_watched)) {
		uint32_t before = zend_hash_num_elements(&hp_watched);
		ZEND_HASH_FOREACH_VAL(&hp_watched, slot) {
			zend_weakrefs_hash_del(&hp_watched, Z_PTR_P(slot));
			break;
		} ZEND_HASH_FOREACH_END();
		if (zend_hash_num_elements(&hp_watched) == before) {
			break;
		}
	}
	zend_hash_destroy(&hp_watched);
	hp_watches = false;
}
