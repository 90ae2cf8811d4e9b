/* Properties of shared objects that each coroutine has for itself: a counter of open transactions, say.
 *
 * While a coroutine runs, its values stand in the object. When it stops they are put aside, if they are not what the
 * class declares, and the declared values take their place: that is what everybody starts with. So a switch between
 * coroutines that have no values of their own compares a few words and moves nothing. */
#include "highper.h"
#include "vm.h"
#include "zend_weakrefs.h"

#define HP_PROPERTIES 8

typedef struct hp_isolated {
	zend_object *object; /* NULL when it is gone */
	uint32_t users;      /* itself, and those that have values of it */
	uint32_t count;
	uint32_t offsets[HP_PROPERTIES];
	zval declared[HP_PROPERTIES];
	struct hp_isolated *next;
} hp_isolated;

/* Values of a coroutine that does not run. */
typedef struct hp_own {
	hp_isolated *of;
	zval values[HP_PROPERTIES];
	struct hp_own *next;
} hp_own;

static hp_isolated *hp_all;
static HashTable hp_by_object; /* weak: told when an object goes */
static HashTable hp_by_state;  /* from the state of a coroutine to its hp_own list */
static bool hp_ready;

static void hp_isolated_unuse(hp_isolated *isolated)
{
	if (--isolated->users == 0) {
		free(isolated);
	}
}

static void hp_object_gone(zval *slot)
{
	hp_isolated *gone = Z_PTR_P(slot);
	for (hp_isolated **at = &hp_all; *at; at = &(*at)->next) {
		if (*at == gone) {
			*at = gone->next;
			break;
		}
	}
	gone->object = NULL;
	hp_isolated_unuse(gone);
}

static void hp_own_free(hp_own *own, bool release)
{
	while (own) {
		hp_own *next = own->next;
		for (uint32_t i = 0; release && i < own->of->count; i++) {
			zval_ptr_dtor(&own->values[i]);
		}
		hp_isolated_unuse(own->of);
		free(own);
		own = next;
	}
}

static zend_always_inline bool hp_same(const zval *a, const zval *b)
{
	return Z_TYPE_P(a) == Z_TYPE_P(b) && (Z_TYPE_P(a) <= IS_TRUE || Z_LVAL_P(a) == Z_LVAL_P(b));
}

static zend_never_inline void hp_put_aside(hp_vm *from, hp_isolated *isolated, int dead)
{
	hp_own *own = dead ? NULL : malloc(sizeof(hp_own));
	if (own) {
		zval *head = zend_hash_index_find(&hp_by_state, (zend_ulong) (uintptr_t) from);
		own->of = isolated;
		own->next = head ? Z_PTR_P(head) : NULL;
		isolated->users++;
		zval list;
		ZVAL_PTR(&list, own);
		zend_hash_index_update(&hp_by_state, (zend_ulong) (uintptr_t) from, &list);
	}
	for (uint32_t i = 0; i < isolated->count; i++) {
		zval *slot = OBJ_PROP(isolated->object, isolated->offsets[i]);
		if (own) {
			ZVAL_COPY_VALUE(&own->values[i], slot);
		} else if (dead != 1) {
			/* Numbers and flags, as a rule; whatever else it is, its end comes with the coroutine's. */
			zval_ptr_dtor(slot);
		}
		ZVAL_COPY(slot, &isolated->declared[i]);
	}
}

static zend_never_inline void hp_put_back(hp_vm *to)
{
	zval *head = zend_hash_index_find(&hp_by_state, (zend_ulong) (uintptr_t) to);
	if (!head) {
		return;
	}
	hp_own *own = Z_PTR_P(head);
	zend_hash_index_del(&hp_by_state, (zend_ulong) (uintptr_t) to);
	while (own) {
		hp_own *next = own->next;
		hp_isolated *of = own->of;
		own->next = NULL;
		if (of->object) {
			for (uint32_t i = 0; i < of->count; i++) {
				ZVAL_COPY_VALUE(OBJ_PROP(of->object, of->offsets[i]), &own->values[i]);
			}
			hp_own_free(own, false);
		} else {
			hp_own_free(own, true);
		}
		own = next;
	}
}

/* The switch of everything else: `hp_vm_switch` or what stands in its place. */
static void (*hp_plain_switch)(hp_vm *from, hp_vm *to, int dead) = hp_vm_switch;

void hp_isolate_over(void (*plain)(hp_vm *from, hp_vm *to, int dead))
{
	hp_plain_switch = plain;
}

/* In the place of that one, once there is an object. */
void hp_isolate_switch(hp_vm *from, hp_vm *to, int dead)
{
	for (hp_isolated *isolated = hp_all; isolated; isolated = isolated->next) {
		for (uint32_t i = 0; i < isolated->count; i++) {
			if (!hp_same(OBJ_PROP(isolated->object, isolated->offsets[i]), &isolated->declared[i])) {
				hp_put_aside(from, isolated, dead);
				break;
			}
		}
	}
	hp_plain_switch(from, to, dead);
	if (hp_ready && zend_hash_num_elements(&hp_by_state)) {
		hp_put_back(to);
	}
}

/* Each coroutine has its own values of these declared properties of the object from now on. 1 the first time, 0 when
 * that was so already, or the class has none of them with a plain value. */
int hp_isolate(zend_object *object, const char *const *names, uint32_t count)
{
	if (!hp_ready) {
		zend_hash_init(&hp_by_object, 8, NULL, hp_object_gone, 1);
		zend_hash_init(&hp_by_state, 8, NULL, NULL, 1);
		hp_ready = true;
	}
	for (hp_isolated *known = hp_all; known; known = known->next) {
		if (known->object == object) {
			return 0;
		}
	}
	hp_isolated *isolated = calloc(1, sizeof(hp_isolated));
	if (!isolated) {
		return 0;
	}
	for (uint32_t i = 0; i < count && isolated->count < HP_PROPERTIES; i++) {
		zend_property_info *info = zend_hash_str_find_ptr(&object->ce->properties_info, names[i], strlen(names[i]));
		if (!info || (info->flags & ZEND_ACC_STATIC)) {
			continue;
		}
		zval *declared = &object->ce->default_properties_table[OBJ_PROP_TO_NUM(info->offset)];
		/* A reference to it would see other coroutines' values. */
		if (Z_TYPE_P(declared) > IS_DOUBLE || Z_TYPE_P(declared) == IS_UNDEF || Z_ISREF_P(OBJ_PROP(object, info->offset))) {
			continue;
		}
		isolated->offsets[isolated->count] = info->offset;
		ZVAL_COPY_VALUE(&isolated->declared[isolated->count], declared);
		isolated->count++;
	}
	if (!isolated->count) {
		free(isolated);
		return 0;
	}
	isolated->object = object;
	isolated->users = 1;
	isolated->next = hp_all;
	hp_all = isolated;
	zval slot;
	ZVAL_PTR(&slot, isolated);
	zend_weakrefs_hash_add(&hp_by_object, object, &slot);
	return 1;
}

/* A coroutine has gone without a switch, or all have: nobody comes back for what was put aside. At RSHUTDOWN. */
void hp_isolate_forget(void)
{
	if (!hp_ready) {
		return;
	}
	while (hp_all) {
		zend_object *object = hp_all->object;
		hp_isolated *before = hp_all;
		zend_weakrefs_hash_del(&hp_by_object, object);
		if (hp_all == before) {
			break;
		}
	}
	zval *head;
	ZEND_HASH_FOREACH_VAL(&hp_by_state, head) {
		hp_own_free(Z_PTR_P(head), true);
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&hp_by_state);
	zend_hash_destroy(&hp_by_object);
	hp_ready = false;
}
