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
/* Waits a moment for that one; 0 where it is gone, or nobody can wait. */
static int (*hp_pause)(uint64_t owner);
/* Another coroutine is inside: 1 when this one has been told so by an exception, 0 when that one is gone, -1 after a fatal error. */
static int (*hp_conflict)(zend_execute_data *execute_data, uint64_t owner, zend_function *inside, const char *driver);

static zend_always_inline uint32_t hp_use_home(const void *key)
{
	return (uint32_t) (((uintptr_t) key >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & hp_use_mask;
}

/* Where it is, or would be put. */
static zend_always_inline uint32_t hp_use_place(const void *key)
{
	uint32_t at = hp_use_home(key);
	while (hp_uses[at].key && hp_uses[at].key != key) {
		at = (at + 1) & hp_use_mask;
	}
	return at;
}

static hp_use *hp_use_find(const void *key)
{
	if (!hp_use_count) {
		return NULL;
	}
	hp_use *use = &hp_uses[hp_use_place(key)];
	return use->key ? use : NULL;
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
			hp_uses[hp_use_place(old[i].key)] = old[i];
		}
	}
	pefree(old, 1);
}

/* There is room for one more. */
static zend_always_inline void hp_use_add(uint32_t at, const void *key, uint64_t owner, zend_function *function)
{
	hp_uses[at].key = key;
	hp_uses[at].owner = owner;
	hp_uses[at].function = function;
	hp_use_count++;
}

static zend_always_inline void hp_use_room(void)
{
	if (UNEXPECTED(!hp_uses || hp_use_count * 2 > hp_use_mask)) {
		hp_use_grow();
	}
}

static zend_never_inline void hp_use_remove(const void *key)
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

/* Most of all it is where it was put, and nothing behind it. */
static zend_always_inline void hp_use_take_off(uint32_t at, const void *key)
{
	if (EXPECTED(at <= hp_use_mask && hp_uses[at].key == key && !hp_uses[(at + 1) & hp_use_mask].key)) {
		hp_uses[at].key = NULL;
		hp_use_count--;
	} else {
		hp_use_remove(key);
	}
}

/* Somebody is inside. True when the call is done with: made, or refused. */
static zend_never_inline bool hp_lease_meet(uint32_t at, const hp_cover *cover, const void *key, uint64_t own, INTERNAL_FUNCTION_PARAMETERS)
{
	if (hp_uses[at].owner == own) {
		/* A callback of the call that is under way. */
		cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return true;
	}
	int told = hp_conflict(execute_data, hp_uses[at].owner, hp_uses[at].function, hp_pdo_driver(cover, key));
	if (told < 0) {
		zend_bailout();
	}
	if (!told) {
		/* A fatal error ended it in the middle. */
		hp_use_remove(key);
	}
	return told != 0;
}

void hp_lease_call(const hp_cover *cover, const void *key, INTERNAL_FUNCTION_PARAMETERS)
{
	uint64_t own = hp_running();

	hp_use_room();
	uint32_t at = hp_use_place(key);
	if (UNEXPECTED(hp_uses[at].key != NULL)) {
		if (hp_lease_meet(at, cover, key, own, INTERNAL_FUNCTION_PARAM_PASSTHRU)) {
			return;
		}
		at = hp_use_place(key);
	}
	if (UNEXPECTED(!own)) {
		cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	hp_use_add(at, key, own, EX(func));
	cover->original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	hp_use_take_off(at, key);
}

/* Does something with a connection that can't be refused, the release of what belongs to it: once nobody else is inside. */
void hp_lease_settled(const void *key, void (*work)(zend_object *), zend_object *object)
{
	uint64_t own = hp_running();
	hp_use *use;

	while ((use = hp_use_find(key)) != NULL && use->owner != own && hp_pause(use->owner)) {
	}
	if (!own || use) {
		work(object);
		return;
	}
	hp_use_room();
	hp_use_add(hp_use_place(key), key, own, NULL);
	work(object);
	hp_use_remove(key);
}

/* At MINIT. */
void hp_lease_install(uint64_t (*running)(void), int (*pause)(uint64_t), int (*conflict)(zend_execute_data *, uint64_t, zend_function *, const char *))
{
	hp_running = running;
	hp_pause = pause;
	hp_conflict = conflict;
}

/* No coroutine is left: what a fatal error left behind goes. */
void hp_lease_forget(void)
{
	pefree(hp_uses, 1);
	hp_uses = NULL;
	hp_use_mask = hp_use_count = 0;
}

/* `Class::method` or `function`; returns its length. None is the release of an object. */
size_t hp_function_name(const zend_function *function, char *to, size_t room)
{
	if (!function) {
		return (size_t) snprintf(to, room, "__destruct");
	}
	const zend_class_entry *scope = function->common.scope;
	const zend_string *name = function->common.function_name;
	int length = snprintf(to, room, "%s%s%s", scope ? ZSTR_VAL(scope->name) : "", scope ? "::" : "", name ? ZSTR_VAL(name) : "{main}");
	return length < 0 ? 0 : MIN((size_t) length, room - 1);
}
