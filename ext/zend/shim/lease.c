/* Connections that one coroutine at a time may use: who is inside a call with which of them.
 *
 * A call notes its connection before it begins and takes the note off when it is over, so whoever finds another's
 * note has been called while that one is suspended in the middle of its own. The table is small: as many notes as
 * there are calls under way. */
#include "interpose.h"

typedef struct {
	const void *key; /* NULL: free */
	uint64_t owner;
	zend_function *function;
} hp_use;

static hp_use *hp_uses;
static uint32_t hp_use_mask, hp_use_count;

static uint64_t (*hp_running)(void);
/* Another coroutine is inside: 1 when this one has been told so by an exception, 0 when that one is gone, -1 after a fatal error. */
static int (*hp_conflict)(zend_execute_data *execute_data, uint64_t owner, zend_function *inside);

static zend_always_inline uint32_t hp_use_home(const void *key)
{
	return (uint32_t) (((uintptr_t) key >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & hp_use_mask;
}

static zend_always_inline hp_use *hp_use_find(const void *key)
{
	if (!hp_use_count) {
		return NULL;
	}
	for (uint32_t at = hp_use_home(key);; at = (at + 1) & hp_use_mask) {
		if (hp_uses[at].key == key) {
			return &hp_uses[at];
		}
		if (!hp_uses[at].key) {
			return NULL;
		}
	}
}

static void hp_use_put(const hp_use *use)
{
	uint32_t at = hp_use_home(use->key);
	while (hp_uses[at].key) {
		at = (at + 1) & hp_use_mask;
	}
	hp_uses[at] = *use;
}

static zend_never_inline void hp_use_grow(void)
{
	uint32_t size = hp_uses ? (hp_use_mask + 1) * 2 : 64;
	hp_use *old = hp_uses;
	uint32_t old_size = old ? hp_use_mask + 1 : 0;
	hp_uses = pecalloc(size, sizeof(hp_use), 1);
	hp_use_mask = size - 1;
	for (uint32_t i = 0; i < old_size; i++) {
		if (old[i].key) {
			hp_use_put(&old[i]);
		}
	}
	pefree(old, 1);
}

static zend_always_inline void hp_use_add(const void *key, uint64_t owner, zend_function *function)
{
	if (UNEXPECTED(!hp_uses || hp_use_count * 2 > hp_use_mask)) {
		hp_use_grow();
	}
	hp_use use = { key, owner, function };
	hp_use_put(&use);
	hp_use_count++;
}

static zend_always_inline void hp_use_remove(const void *key)
{
	hp_use *use = hp_use_find(key);
	if (UNEXPECTED(!use)) {
		return;
	}
	uint32_t hole = (uint32_t) (use - hp_uses);
	hp_use_count--;
	/* Those behind it that would not be found past a hole move up. */
	for (uint32_t at = hole;;) {
		at = (at + 1) & hp_use_mask;
		if (!hp_uses[at].key) {
			break;
		}
		uint32_t home = hp_use_home(hp_uses[at].key);
		if (((at - home) & hp_use_mask) >= ((at - hole) & hp_use_mask)) {
			hp_uses[hole] = hp_uses[at];
			hole = at;
		}
	}
	hp_uses[hole].key = NULL;
}

void hp_lease_call(const hp_cover *cover, const void *key, INTERNAL_FUNCTION_PARAMETERS)
{
	uint64_t own = hp_running();
	hp_use *use = hp_use_find(key);

	if (UNEXPECTED(use != NULL)) {
		if (use->owner != own) {
			int told = hp_conflict(execute_data, use->owner, use->function);
			if (told < 0) {
				zend_bailout();
			}
			if (told) {
				return;
			}
			/* A fatal error ended it in the middle. */
			hp_use_remove(key);
		} else {
			/* A callback of the call that is under way. */
			cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
			return;
		}
	}
	if (!own) {
		cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	hp_use_add(key, own, EX(func));
	cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	hp_use_remove(key);
}

/* At MINIT. */
void hp_lease_install(uint64_t (*running)(void), int (*conflict)(zend_execute_data *, uint64_t, zend_function *))
{
	hp_running = running;
	hp_conflict = conflict;
}

/* No coroutine is left: what a fatal error left behind goes. */
void hp_lease_forget(void)
{
	pefree(hp_uses, 1);
	hp_uses = NULL;
	hp_use_mask = hp_use_count = 0;
}

/* `Class::method` or `function`; returns its length. */
size_t hp_function_name(const zend_function *function, char *to, size_t room)
{
	const zend_class_entry *scope = function->common.scope;
	const zend_string *name = function->common.function_name;
	int length = snprintf(to, room, "%s%s%s", scope ? ZSTR_VAL(scope->name) : "", scope ? "::" : "", name ? ZSTR_VAL(name) : "{main}");
	return length < 0 ? 0 : MIN((size_t) length, room - 1);
}
