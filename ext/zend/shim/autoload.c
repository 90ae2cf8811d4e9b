/* Autoloading in coroutines: who asks for a class that another coroutine is loading waits for it.
 *
 * PHP notes a class's name while its loader runs, and tells whoever asks meanwhile that there is no
 * such class. That is right for the loader itself, and wrong for another coroutine. The same goes for
 * a class that is declared but not linked yet, because its parent is being loaded. */
#include "highper.h"
#include "vm.h"

/* A class that a coroutine loads or links; on that coroutine's stack. */
typedef struct hp_load {
	zend_string *name; /* in lower case */
	uint64_t coroutine;
	zend_class_entry *unlinked; /* it is being linked: others must not see it */
	zend_string *hidden;        /* its name while they do not */
	struct hp_load *previous, *next; /* of all coroutines */
	struct hp_load *outer, *inner;   /* of this one */
} hp_load;

/* A coroutine that waits for a load; on its stack. */
typedef struct hp_waiter {
	uint64_t coroutine;
	hp_load *load; /* NULL as soon as the load is over */
	struct hp_waiter *previous, *next;
} hp_waiter;

/* What linking a class keeps in globals while it loads others. */
typedef struct {
	hp_load *innermost;
	uint32_t depth;
	void *calls;
	bool record_errors;
#if PHP_VERSION_ID < 80500
	uint32_t num_errors;
#endif
	__typeof__(EG(errors)) errors;
	HashTable *delayed_variance_obligations, *delayed_autoloads, *unlinked_uses;
	zend_class_entry *linking;
} hp_loading;

static zend_class_entry *(*hp_previous)(zend_string *name, zend_string *lc_name);
static uint64_t (*hp_coroutine)(void);
static void (*hp_wait)(const void *key);
static void (*hp_wake)(const void *key);

static hp_load *hp_loads;
static hp_waiter *hp_waiters;
static hp_load *hp_innermost;
uint32_t hp_loads_here;

static zend_class_entry *hp_declared(zend_string *lc_name)
{
	return zend_hash_find_ptr(EG(class_table), lc_name);
}

static hp_load *hp_find_load(zend_string *lc_name)
{
	hp_load *load = hp_loads;
	while (load && !zend_string_equals(load->name, lc_name)) {
		load = load->next;
	}
	return load;
}

static void hp_wake_waiters(hp_load *load)
{
	bool any = false;
	for (hp_waiter *waiter = hp_waiters; waiter; waiter = waiter->next) {
		if (waiter->load == load) {
			waiter->load = NULL;
			any = true;
		}
	}
	if (any) {
		hp_wake(load);
	}
}

/* Does `coroutine` wait, maybe through others, for a class that `me` loads? */
static bool hp_waits_for(uint64_t coroutine, uint64_t me)
{
	hp_waiter *waiter = hp_waiters;
	while (waiter) {
		if (waiter->coroutine != coroutine || !waiter->load) {
			waiter = waiter->next;
			continue;
		}
		zend_class_entry *ce = hp_declared(waiter->load->name);
		if (ce && (ce->ce_flags & ZEND_ACC_LINKED)) {
			/* What it waits for is there, though the file that declares it still runs. */
			hp_wake_waiters(waiter->load);
			return false;
		}
		coroutine = waiter->load->coroutine;
		if (coroutine == me) {
			return true;
		}
		waiter = hp_waiters;
	}
	return false;
}

static void hp_begin_load(hp_load *load, zend_string *name, uint64_t me, zend_class_entry *unlinked)
{
	load->name = name;
	load->coroutine = me;
	load->unlinked = unlinked;
	load->hidden = NULL;
	load->previous = NULL;
	load->next = hp_loads;
	if (hp_loads) {
		hp_loads->previous = load;
	}
	hp_loads = load;
	load->inner = NULL;
	load->outer = hp_innermost;
	if (hp_innermost) {
		hp_innermost->inner = load;
	}
	hp_innermost = load;
	hp_loads_here++;
}

/* Fibers of one coroutine may end their loads in any order. */
static void hp_end_load(hp_load *load)
{
	*(load->previous ? &load->previous->next : &hp_loads) = load->next;
	if (load->next) {
		load->next->previous = load->previous;
	}
	*(load->inner ? &load->inner->outer : &hp_innermost) = load->outer;
	if (load->outer) {
		load->outer->inner = load->inner;
	}
	hp_loads_here--;
	hp_wake_waiters(load);
}

/* The class that the running code is about to declare, when its parent or an interface has to be loaded first. */
static zend_string *hp_linking_name(zend_class_entry **unlinked)
{
	zend_execute_data *frame = EG(current_execute_data);
	if (!frame || !frame->func || !ZEND_USER_CODE(frame->func->type)) {
		return NULL;
	}
	const zend_op *op = frame->opline;
	if (op->opcode != ZEND_DECLARE_CLASS && op->opcode != ZEND_DECLARE_CLASS_DELAYED) {
		return NULL;
	}
	zend_string *name = Z_STR_P(RT_CONSTANT(op, op->op1));
	*unlinked = hp_declared(name);
	if (!*unlinked || ((*unlinked)->ce_flags & (ZEND_ACC_LINKED | ZEND_ACC_NEARLY_LINKED))) {
		return NULL;
	}
	return name;
}

/* Waits for a load of another coroutine. */
static void hp_await(hp_load *load, uint64_t me)
{
	hp_waiter waiter = { me, load, NULL, hp_waiters };
	if (hp_waiters) {
		hp_waiters->previous = &waiter;
	}
	hp_waiters = &waiter;
	hp_wait(load);
	*(waiter.previous ? &waiter.previous->next : &hp_waiters) = waiter.next;
	if (waiter.next) {
		waiter.next->previous = waiter.previous;
	}
}

static zend_class_entry *hp_load_class(zend_string *name, zend_string *lc_name, uint64_t me)
{
	zend_class_entry *volatile found = NULL;
	volatile bool bailed = false;
	hp_load load;
	JMP_BUF *outer = EG(bailout);
	JMP_BUF here;

	hp_begin_load(&load, lc_name, me, NULL);
	EG(bailout) = &here;
	if (SETJMP(here) == 0) {
		found = hp_previous(name, lc_name);
	} else {
		bailed = true;
	}
	EG(bailout) = outer;
	hp_end_load(&load);
	if (bailed) {
		zend_bailout();
	}
	return found;
}

static zend_class_entry *hp_wait_or_load(zend_string *name, zend_string *lc_name, uint64_t me)
{
	hp_load *load;
	while ((load = hp_find_load(lc_name))) {
		if (load->coroutine == me || hp_waits_for(load->coroutine, me)) {
			return NULL;
		}
		hp_await(load, me);
		zend_class_entry *ce = hp_declared(lc_name);
		if (ce) {
			return ce->ce_flags & ZEND_ACC_LINKED ? ce : NULL;
		}
	}
	return hp_load_class(name, lc_name, me);
}

static zend_class_entry *hp_autoload(zend_string *name, zend_string *lc_name)
{
	uint64_t me = hp_coroutine();
	zend_class_entry *unlinked = NULL;

	if (!me) {
		return hp_previous(name, lc_name);
	}
	/* From here on our list keeps those away who must not ask. */
#if PHP_VERSION_ID >= 80600
	zend_hash_del(&EG(autoload_current_classnames), lc_name);
#else
	if (EG(in_autoload)) {
		zend_hash_del(EG(in_autoload), lc_name);
	}
#endif
	zend_string *linking = hp_linking_name(&unlinked);
	if (!linking) {
		return hp_wait_or_load(name, lc_name, me);
	}

	zend_class_entry *volatile found = NULL;
	volatile bool bailed = false;
	hp_load link;
	JMP_BUF *outer = EG(bailout);
	JMP_BUF here;

	hp_begin_load(&link, linking, me, unlinked);
	EG(bailout) = &here;
	if (SETJMP(here) == 0) {
		found = hp_wait_or_load(name, lc_name, me);
	} else {
		bailed = true;
	}
	EG(bailout) = outer;
	hp_end_load(&link);
	if (bailed) {
		zend_bailout();
	}
	return found;
}

static void hp_rename(zend_string *from, zend_string *to, zend_class_entry *ce)
{
	zval *slot = zend_hash_find(EG(class_table), from);
	if (slot && Z_PTR_P(slot) == ce) {
		zend_hash_set_bucket_key(EG(class_table), (Bucket *) slot, to);
	}
}

/* Before a switch away from a coroutine with `hp_loads_here`; NULL when there is no memory. */
void *hp_loading_save(void)
{
	hp_loading *saved = malloc(sizeof(hp_loading));
	if (!saved) {
		return NULL;
	}
	for (hp_load *load = hp_innermost; load; load = load->outer) {
		if (load->unlinked && !(load->unlinked->ce_flags & (ZEND_ACC_LINKED | ZEND_ACC_NEARLY_LINKED))) {
			char name[64];
			int length = snprintf(name, sizeof(name), "%cclass being linked at %p", 0, (void *) load);
			load->hidden = zend_string_init(name, (size_t) length, 1);
			hp_rename(load->name, load->hidden, load->unlinked);
		}
	}
	saved->innermost = hp_innermost;
	saved->depth = hp_loads_here;
	saved->calls = hp_modules_save();
	saved->record_errors = EG(record_errors);
#if PHP_VERSION_ID < 80500
	saved->num_errors = EG(num_errors);
	EG(num_errors) = 0;
#endif
	memcpy(&saved->errors, &EG(errors), sizeof(saved->errors));
	saved->delayed_variance_obligations = CG(delayed_variance_obligations);
	saved->delayed_autoloads = CG(delayed_autoloads);
	saved->unlinked_uses = CG(unlinked_uses);
	saved->linking = CG(current_linking_class);
	hp_innermost = NULL;
	hp_loads_here = 0;
	EG(record_errors) = false;
	memset(&EG(errors), 0, sizeof(saved->errors));
	CG(delayed_variance_obligations) = NULL;
	CG(delayed_autoloads) = NULL;
	CG(unlinked_uses) = NULL;
	CG(current_linking_class) = NULL;
	return saved;
}

/* The counterpart of `hp_loading_save`. */
void hp_loading_load(void *state)
{
	hp_loading *saved = state;
	if (CG(unlinked_uses)) {
		zend_hash_destroy(CG(unlinked_uses));
		FREE_HASHTABLE(CG(unlinked_uses));
	}
	hp_innermost = saved->innermost;
	hp_loads_here = saved->depth;
	hp_modules_load(saved->calls);
	EG(record_errors) = saved->record_errors;
#if PHP_VERSION_ID < 80500
	EG(num_errors) = saved->num_errors;
#endif
	memcpy(&EG(errors), &saved->errors, sizeof(saved->errors));
	CG(delayed_variance_obligations) = saved->delayed_variance_obligations;
	CG(delayed_autoloads) = saved->delayed_autoloads;
	CG(unlinked_uses) = saved->unlinked_uses;
	CG(current_linking_class) = saved->linking;
	for (hp_load *load = hp_innermost; load; load = load->outer) {
		if (load->hidden) {
			hp_rename(load->hidden, load->name, load->unlinked);
			zend_string_release(load->hidden);
			load->hidden = NULL;
		}
	}
	free(saved);
}

/* At MINIT: the running coroutine (0 where it can't wait), and how to wait for a key and to wake who does. */
void hp_autoload_install(uint64_t (*coroutine)(void), void (*wait)(const void *), void (*wake)(const void *))
{
	hp_coroutine = coroutine;
	hp_wait = wait;
	hp_wake = wake;
	hp_previous = zend_autoload;
	zend_autoload = hp_autoload;
}

/* At RSHUTDOWN: coroutines that were never finished load nothing any more. */
void hp_autoload_forget(void)
{
	hp_loads = NULL;
	hp_waiters = NULL;
	hp_innermost = NULL;
	hp_loads_here = 0;
	hp_modules_forget();
}
