/* The part of the Zend engine's state that belongs to one coroutine. */
#ifndef HIGHPER_VM_H
#define HIGHPER_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hp_vm hp_vm;
/* What one request has in PHP's globals (superglobals.c). */
typedef struct hp_set hp_set;
/* The set of a coroutine; NULL where it has none. */
hp_set **hp_vm_set(hp_vm *vm);
/* What its request brought, by TRACK_VARS_*; NULL where it has no set. */
struct _zval_struct *hp_set_inputs(int which);
/* Is it a coroutine that did not run yet? */
bool hp_vm_is_new(const hp_vm *vm);
/* On the coroutine's own stack, at its end: handlers, buffers and locale that it left. */
void hp_vm_finish(hp_vm *vm);

/* Bytes that one state takes. */
size_t hp_vm_size(void);
/* Bytes of the first VM stack page that `hp_vm_init` wants at the top of a C stack. */
size_t hp_vm_page_bytes(void);
/* The state of the thread's own stack, outside every coroutine. */
void hp_vm_init_main(hp_vm *vm);
/* A new coroutine: `page` becomes its first VM stack page, [limit, base) is its C stack. */
void hp_vm_init(hp_vm *vm, void *page, size_t bytes, void *limit, void *base);
/* The same stack again, for the next coroutine, after one whose end was in order (`dead` was 2). */
void hp_vm_renew(hp_vm *vm);
/* Save the running state to `from`, load `to`. `dead` tells observers that `from` is over. */
void hp_vm_switch(hp_vm *from, hp_vm *to, int dead);
/* The frame at which a suspended coroutine stopped. */
void *hp_vm_frame(hp_vm *vm);
/* Is this the frame at the bottom of a coroutine? */
bool hp_vm_is_bottom(const void *frame);
/* Bytes in use on the VM stack of a suspended coroutine, or of the running code (NULL). */
size_t hp_vm_usage(hp_vm *vm);
/* Undo `hp_vm_init` after the last switch away. */
void hp_vm_destroy(hp_vm *vm);
/* Run `body(arg)` under zend_try: 0 when it returned, 1 when a fatal error ended it. */
int hp_vm_guard(void (*body)(void *), void *arg);

/* Classes that the running coroutine is loading, and calls that it is inside (modules.c); what it keeps in globals
 * for them (autoload.c). One number, because each switch asks for it. */
extern uint32_t hp_loads_here;
void *hp_loading_save(void);
void hp_loading_load(void *saved);
void *hp_modules_save(void);
void hp_modules_load(void *saved);
void hp_modules_forget(void);
/* The running call of ext/soap may end the script from here on: true once a call. And: its globals as they were before it. */
bool hp_modules_serves(void);
void hp_modules_undo(void);

/* Does exit() throw what can be caught here (exit.c)? */
bool hp_exit_is_caught(void);
void hp_exit(struct _zval_struct *status);

#endif
