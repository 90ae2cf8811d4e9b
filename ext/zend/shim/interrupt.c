/* The virtual machine's safe points: where running PHP code can be told to give the processor away. */
#include "php.h"
#include "zend_vm.h"
#include "vm.h"

static void (*hp_previous_interrupt)(zend_execute_data *);
static int (*hp_is_due)(void);
static void (*hp_give_way)(void);

/* Only PHP code from the coroutine's bottom frame up: no internal function waits for what runs, none
 * is in the middle of its work, and no magic call (a frame without function). */
static bool hp_only_php(zend_execute_data *frame)
{
	for (; frame; frame = frame->prev_execute_data) {
		if (hp_vm_is_bottom(frame)) {
			return true;
		}
		if (!frame->func || !ZEND_USER_CODE(frame->func->type)) {
			return false;
		}
	}
	return false;
}

static void hp_interrupt(zend_execute_data *execute_data)
{
	if (hp_previous_interrupt) {
		hp_previous_interrupt(execute_data);
	}
	/* Since PHP 8.4 it is asked after internal functions too, before their frame is gone. Their caller has
	 * its own point soon. */
	if (execute_data && execute_data->func && !ZEND_USER_CODE(execute_data->func->type)) {
		zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
		return;
	}
	if (!EG(exception) && hp_is_due() && hp_only_php(execute_data)) {
		hp_give_way();
	}
}

/* Asks `is_due` at each safe point after an interruption, and there calls `give_way`. */
void hp_interrupt_install(int (*is_due)(void), void (*give_way)(void))
{
	if (zend_interrupt_function != hp_interrupt) {
		hp_is_due = is_due;
		hp_give_way = give_way;
		hp_previous_interrupt = zend_interrupt_function;
		zend_interrupt_function = hp_interrupt;
	}
}

/* Any thread may call it. */
void hp_interrupt_raise(void)
{
	zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
}
