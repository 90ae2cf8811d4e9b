/* The cycle collector in coroutines: the destructors that it calls run in coroutines of their own.
 *
 * A destructor that waited inside the collector would keep it busy for the whole process: no cycle
 * would be collected until it is done, and the code that happened to set the collector off would
 * wait too. So the collector only starts each destructor, and goes on when it waits; the object
 * stays alive as long as its destructor runs. */
#include "highper.h"
#include "zend_gc.h"
#include "zend_observer.h"

static int (*hp_previous_collect)(void);
static int (*hp_asks)(void);
static void (*hp_hold)(int on);
static int (*hp_start)(zval *object, zend_function *destructor);

/* What runs code while the collector does not: execute_ex, or what a debugger put there. */
static void (*hp_execute)(zend_execute_data *frame);

/* The outermost code that the collector runs. */
static void hp_execute_collected(zend_execute_data *frame)
{
	zend_object *object = Z_TYPE(frame->This) == IS_OBJECT ? Z_OBJ(frame->This) : NULL;
	int started = 0;

	zend_execute_ex = hp_execute;
	if (object && object->ce->destructor == frame->func && !ZEND_CALL_NUM_ARGS(frame)
			&& ZEND_CALL_KIND(frame) == ZEND_CALL_TOP_FUNCTION) {
		zend_execute_data *caller = frame->prev_execute_data;
		zval held;
		ZVAL_OBJ_COPY(&held, object);
		EG(current_execute_data) = caller;
		hp_hold(0);
		started = hp_start(&held, frame->func);
		hp_hold(1);
		if (started) {
			/* The frame is left as if it had returned; nothing of it has run. */
			EG(current_execute_data) = frame;
			ZEND_OBSERVER_FCALL_END(frame, NULL);
			EG(current_execute_data) = caller;
			if (frame->return_value) {
				ZVAL_NULL(frame->return_value);
			}
			if (started < 0) {
				zend_bailout();
			}
		} else {
			EG(current_execute_data) = frame;
		}
	}
	if (!started) {
		/* The rest of a generator or a fiber, or there was no coroutine to be had: here, and without waiting. */
		hp_execute(frame);
	}
	zend_execute_ex = hp_execute_collected;
}

static int hp_collect(void)
{
	if (zend_execute_ex == hp_execute_collected || !hp_asks()) {
		return hp_previous_collect();
	}
	volatile int count = 0;
	volatile bool bailed = false;
	JMP_BUF *outer = EG(bailout);
	JMP_BUF here;

	hp_execute = zend_execute_ex;
	hp_hold(1);
	zend_execute_ex = hp_execute_collected;
	EG(bailout) = &here;
	if (SETJMP(here) == 0) {
		count = hp_previous_collect();
	} else {
		bailed = true;
	}
	EG(bailout) = outer;
	zend_execute_ex = hp_execute;
	hp_hold(0);
	if (bailed) {
		zend_bailout();
	}
	return count;
}

/* In the new coroutine: calls the destructor. The caller holds the object. */
int hp_destruct(zend_object *object, zend_function *destructor, zval *exception)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(exception);
	HZ_TRY {
		zend_call_known_function(destructor, object, object->ce, NULL, 0, NULL, NULL);
		rc = hz_take_exception(exception);
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* At MINIT. `asks`: may a coroutine be started here? `hold` forbids waits, and allows them again.
 * `start` takes over
 * the object and runs its destructor in a coroutine of its own: 0 when there is none to be had, -1 after a fatal error. */
void hp_collect_install(int (*asks)(void), void (*hold)(int on), int (*start)(zval *, zend_function *))
{
	hp_asks = asks;
	hp_hold = hold;
	hp_start = start;
	hp_previous_collect = gc_collect_cycles;
	gc_collect_cycles = hp_collect;
}
