/* What the Zend engine keeps in globals and a coroutine has to own. */
#include "php.h"
#include "SAPI.h"
#include "php_output.h"
#include "zend_exceptions.h"
#include "zend_fibers.h"
#include "zend_observer.h"
#include "zend_vm.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/info.h"
#include <locale.h>
#include <stdio.h>
#include "vm.h"

/* Error and exception handlers that a coroutine set for itself, above the ones it inherited. */
typedef struct {
	zval current_error;
	int current_error_mask;
	zval current_exception;
	uint32_t errors, exceptions;
	zval *error_stack;
	int *error_mask_stack;
	zval *exception_stack;
} hp_handlers;

/* LIFO module globals: kept aside only while somebody is inside the function that uses them. */
typedef struct {
	zend_fcall_info compare_fci;
	zend_fcall_info_cache compare_fcc;
	unsigned serialize_lock;
	struct { struct php_serialize_data *data; unsigned level; } serialize;
	struct { struct php_unserialize_data *data; unsigned level; } unserialize;
	void *loading;
} hp_lifo;

/* Set at few switches only: while an exception is pending, inside a Fiber of PHP's own or a constructor that
 * turns errors into exceptions. */
typedef struct {
	zend_object *exception;
#if PHP_VERSION_ID < 80600
	zend_object *prev_exception;
#endif
	const zend_op *opline_before_exception;
#if PHP_VERSION_ID >= 80500
	const zend_class_entry *fake_scope;
#else
	zend_class_entry *fake_scope;
#endif
	zend_class_entry *exception_class;
	zend_error_handling_t error_handling;
	zend_fiber *active_fiber;
} hp_pending;

struct hp_vm {
	zval *vm_stack_top, *vm_stack_end;
	zend_vm_stack vm_stack;
	size_t vm_stack_page_size;
	zend_execute_data *execute_data;
	JMP_BUF *bailout;
	zend_fiber_context *fiber_context;
	uint32_t jit_trace_num;
	int error_reporting;
	uint32_t error_depth, exception_depth;
#if PHP_VERSION_ID >= 80300
	void *stack_base, *stack_limit, *own_stack_limit;
#endif
	/* Is any of `pending`, `blocked`, `output`, `handlers`, `lifo`, `http_headers`, `locale` set? */
	bool aside;
	bool has_pending;
	int blocked;
	hp_pending pending;
	zend_vm_stack first_page;
	zend_output_globals *output;
	hp_handlers *handlers;
	hp_lifo *lifo;
#if PHP_VERSION_ID >= 80400
	zval http_headers; /* of the last answer that the http:// wrapper took */
#endif
	char *locale;
	zend_fiber_context context;
	/* What the request that it belongs to has in PHP's globals (superglobals.c). */
	hp_set *set;
};

/* Only its address matters: it tells our contexts from PHP's own fibers. */
static char hp_fiber_kind;
static zend_function hp_bottom_function = { ZEND_INTERNAL_FUNCTION };

/* A first page this small keeps a shallow coroutine inside one page of memory with its C stack. */
#define HP_FIRST_PAGE 1024
#define HP_NEXT_PAGE (8 * 1024)

size_t hp_vm_size(void) { return sizeof(hp_vm); }
size_t hp_vm_page_bytes(void) { return HP_FIRST_PAGE; }

hp_set **hp_vm_set(hp_vm *vm) { return &vm->set; }
bool hp_vm_is_new(const hp_vm *vm) { return vm->context.kind && vm->context.status == ZEND_FIBER_STATUS_INIT; }

void hp_vm_init_main(hp_vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	vm->error_depth = vm->exception_depth = UINT32_MAX;
}

/* What each coroutine on a stack starts with. */
static zend_always_inline void hp_vm_begin(hp_vm *vm)
{
	zend_vm_stack stack = vm->first_page;
	vm->vm_stack = stack;
	vm->vm_stack_top = ZEND_VM_STACK_ELEMENTS(stack) + ZEND_CALL_FRAME_SLOT;
	vm->vm_stack_end = stack->end;
	vm->vm_stack_page_size = HP_NEXT_PAGE;
	vm->execute_data = (zend_execute_data *) ZEND_VM_STACK_ELEMENTS(stack);
#if PHP_VERSION_ID >= 80300
	vm->stack_base = vm->context.stack;
	vm->stack_limit = vm->own_stack_limit;
#endif
	vm->error_reporting = EG(error_reporting);
	vm->jit_trace_num = 0;
	vm->fiber_context = &vm->context;
	vm->context.status = ZEND_FIBER_STATUS_INIT;
	zend_observer_fiber_init_notify(&vm->context);
}

void hp_vm_init(hp_vm *vm, void *page, size_t bytes, void *limit, void *base)
{
	memset(vm, 0, sizeof(*vm));
	zend_vm_stack stack = (zend_vm_stack) page;
	stack->top = ZEND_VM_STACK_ELEMENTS(stack);
	stack->end = (zval *) ((char *) page + bytes);
	stack->prev = NULL;
	memset(stack->top, 0, sizeof(zend_execute_data));
	((zend_execute_data *) stack->top)->func = &hp_bottom_function;
	vm->first_page = stack;
	vm->context.kind = &hp_fiber_kind;
	vm->context.stack = (zend_fiber_stack *) base;
#ifdef ZEND_CHECK_STACK_LIMIT
	/* zend.max_allowed_stack_size=-1 leaves the guard page to find an overflow. */
	if (EG(max_allowed_stack_size) != ZEND_MAX_ALLOWED_STACK_SIZE_UNCHECKED) {
		vm->own_stack_limit = (char *) limit + EG(reserved_stack_size);
	}
#endif
	(void) limit;
	hp_vm_begin(vm);
}

/* Its last coroutine ended in order: nothing is aside, and the jump to its base is still good. */
void hp_vm_renew(hp_vm *vm)
{
	memset(vm->context.reserved, 0, sizeof(vm->context.reserved));
#if PHP_VERSION_ID < 80300
	vm->context.top_observed_frame = NULL;
#endif
	hp_vm_begin(vm);
}

static zend_never_inline void hp_save_output(hp_vm *vm)
{
	vm->output = malloc(sizeof(zend_output_globals));
	if (!vm->output) {
		return;
	}
	memcpy(vm->output, &output_globals, sizeof(zend_output_globals));
	php_output_activate();
	/* What was sent already stays sent, whoever asks. */
	output_globals.flags = vm->output->flags;
	output_globals.output_start_filename = vm->output->output_start_filename;
	output_globals.output_start_lineno = vm->output->output_start_lineno;
}

static zend_never_inline void hp_load_output(hp_vm *vm)
{
	int flags = output_globals.flags;
	zend_stack_destroy(&output_globals.handlers);
	memcpy(&output_globals, vm->output, sizeof(zend_output_globals));
	output_globals.flags |= flags & (PHP_OUTPUT_WRITTEN | PHP_OUTPUT_SENT);
	free(vm->output);
	vm->output = NULL;
}

static inline bool hp_lifo_in_use(void)
{
	return BG(user_compare_fci).size || BG(serialize_lock) || BG(serialize).level || BG(unserialize).level
		|| hp_loads_here;
}

static zend_never_inline void hp_save_lifo(hp_vm *vm)
{
	hp_lifo *lifo = malloc(sizeof(hp_lifo));
	if (!lifo) {
		return;
	}
	lifo->compare_fci = BG(user_compare_fci);
	lifo->compare_fcc = BG(user_compare_fci_cache);
	lifo->serialize_lock = BG(serialize_lock);
	memcpy(&lifo->serialize, &BG(serialize), sizeof(lifo->serialize));
	memcpy(&lifo->unserialize, &BG(unserialize), sizeof(lifo->unserialize));
	memset(&BG(user_compare_fci), 0, sizeof(zend_fcall_info));
	memset(&BG(user_compare_fci_cache), 0, sizeof(zend_fcall_info_cache));
	BG(serialize_lock) = 0;
	memset(&BG(serialize), 0, sizeof(lifo->serialize));
	memset(&BG(unserialize), 0, sizeof(lifo->unserialize));
	lifo->loading = hp_loads_here ? hp_loading_save() : NULL;
	vm->lifo = lifo;
}

static zend_never_inline void hp_load_lifo(hp_vm *vm)
{
	hp_lifo *lifo = vm->lifo;
	BG(user_compare_fci) = lifo->compare_fci;
	BG(user_compare_fci_cache) = lifo->compare_fcc;
	BG(serialize_lock) = lifo->serialize_lock;
	memcpy(&BG(serialize), &lifo->serialize, sizeof(lifo->serialize));
	memcpy(&BG(unserialize), &lifo->unserialize, sizeof(lifo->unserialize));
	if (lifo->loading) {
		hp_loading_load(lifo->loading);
	}
	free(lifo);
	vm->lifo = NULL;
}

static zend_never_inline void hp_save_locale(hp_vm *vm)
{
	const char *now = setlocale(LC_ALL, NULL);
	vm->locale = now ? strdup(now) : NULL;
	setlocale(LC_ALL, "C");
	zend_reset_lc_ctype_locale();
	zend_update_current_locale();
	BG(locale_changed) = 0;
	if (BG(ctype_string)) {
		zend_string_release_ex(BG(ctype_string), 0);
		BG(ctype_string) = NULL;
	}
}

static zend_never_inline void hp_load_locale(hp_vm *vm)
{
	setlocale(LC_ALL, vm->locale);
	zend_update_current_locale();
	BG(locale_changed) = 1;
	free(vm->locale);
	vm->locale = NULL;
}

/* Handlers above the depth at which the coroutine was entered are its own: take them off. */
static zend_never_inline void hp_save_handlers(hp_vm *vm)
{
	uint32_t errors = EG(user_error_handlers).top, exceptions = EG(user_exception_handlers).top;
	hp_handlers *own = calloc(1, sizeof(hp_handlers));
	if (!own) {
		return;
	}
	if (errors > vm->error_depth) {
		uint32_t n = errors - vm->error_depth;
		zval *stack = (zval *) EG(user_error_handlers).elements + vm->error_depth;
		int *masks = (int *) EG(user_error_handlers_error_reporting).elements + vm->error_depth;
		own->error_stack = malloc(n * sizeof(zval));
		own->error_mask_stack = malloc(n * sizeof(int));
		memcpy(own->error_stack, stack, n * sizeof(zval));
		memcpy(own->error_mask_stack, masks, n * sizeof(int));
		own->errors = n;
		ZVAL_COPY_VALUE(&own->current_error, &EG(user_error_handler));
		own->current_error_mask = EG(user_error_handler_error_reporting);
		ZVAL_COPY_VALUE(&EG(user_error_handler), &stack[0]);
		EG(user_error_handler_error_reporting) = masks[0];
		EG(user_error_handlers).top = vm->error_depth;
		EG(user_error_handlers_error_reporting).top = vm->error_depth;
	}
	if (exceptions > vm->exception_depth) {
		uint32_t n = exceptions - vm->exception_depth;
		zval *stack = (zval *) EG(user_exception_handlers).elements + vm->exception_depth;
		own->exception_stack = malloc(n * sizeof(zval));
		memcpy(own->exception_stack, stack, n * sizeof(zval));
		own->exceptions = n;
		ZVAL_COPY_VALUE(&own->current_exception, &EG(user_exception_handler));
		ZVAL_COPY_VALUE(&EG(user_exception_handler), &stack[0]);
		EG(user_exception_handlers).top = vm->exception_depth;
	}
	vm->handlers = own;
}

static zend_never_inline void hp_load_handlers(hp_vm *vm)
{
	hp_handlers *own = vm->handlers;
	for (uint32_t i = 0; i < own->errors; i++) {
		/* The first of the stack is the inherited one, as it is now. */
		zend_stack_push(&EG(user_error_handlers), i ? &own->error_stack[i] : &EG(user_error_handler));
		zend_stack_push(&EG(user_error_handlers_error_reporting),
			i ? &own->error_mask_stack[i] : &EG(user_error_handler_error_reporting));
	}
	if (own->errors) {
		ZVAL_COPY_VALUE(&EG(user_error_handler), &own->current_error);
		EG(user_error_handler_error_reporting) = own->current_error_mask;
	}
	for (uint32_t i = 0; i < own->exceptions; i++) {
		zend_stack_push(&EG(user_exception_handlers), i ? &own->exception_stack[i] : &EG(user_exception_handler));
	}
	if (own->exceptions) {
		ZVAL_COPY_VALUE(&EG(user_exception_handler), &own->current_exception);
	}
	free(own->error_stack);
	free(own->error_mask_stack);
	free(own->exception_stack);
	free(own);
	vm->handlers = NULL;
}

static zend_never_inline void hp_drop_own_handlers(hp_vm *vm)
{
	while ((uint32_t) EG(user_error_handlers).top > vm->error_depth) {
		zval *top = zend_stack_top(&EG(user_error_handlers));
		zval old;
		ZVAL_COPY_VALUE(&old, &EG(user_error_handler));
		ZVAL_COPY_VALUE(&EG(user_error_handler), top);
		EG(user_error_handler_error_reporting) = *(int *) zend_stack_top(&EG(user_error_handlers_error_reporting));
		zend_stack_del_top(&EG(user_error_handlers));
		zend_stack_del_top(&EG(user_error_handlers_error_reporting));
		zval_ptr_dtor(&old);
	}
	while ((uint32_t) EG(user_exception_handlers).top > vm->exception_depth) {
		zval *top = zend_stack_top(&EG(user_exception_handlers));
		zval old;
		ZVAL_COPY_VALUE(&old, &EG(user_exception_handler));
		ZVAL_COPY_VALUE(&EG(user_exception_handler), top);
		zend_stack_del_top(&EG(user_exception_handlers));
		zval_ptr_dtor(&old);
	}
}

static zend_always_inline bool hp_is_pending(void)
{
	return EG(exception) || EG(fake_scope) || EG(active_fiber) || EG(error_handling) != EH_NORMAL
#if PHP_VERSION_ID < 80600
		|| EG(prev_exception)
#endif
		;
}

static zend_never_inline void hp_save_pending(hp_vm *vm)
{
	hp_pending *pending = &vm->pending;
	pending->exception = EG(exception);
	EG(exception) = NULL;
#if PHP_VERSION_ID < 80600
	pending->prev_exception = EG(prev_exception);
	EG(prev_exception) = NULL;
#endif
	pending->opline_before_exception = EG(opline_before_exception);
	pending->fake_scope = EG(fake_scope);
	EG(fake_scope) = NULL;
	pending->exception_class = EG(exception_class);
	EG(exception_class) = NULL;
	pending->error_handling = EG(error_handling);
	EG(error_handling) = EH_NORMAL;
	pending->active_fiber = EG(active_fiber);
	EG(active_fiber) = NULL;
	vm->has_pending = true;
}

static zend_never_inline void hp_load_pending(hp_vm *vm)
{
	hp_pending *pending = &vm->pending;
	EG(exception) = pending->exception;
#if PHP_VERSION_ID < 80600
	EG(prev_exception) = pending->prev_exception;
#endif
	EG(opline_before_exception) = pending->opline_before_exception;
	EG(fake_scope) = pending->fake_scope;
	EG(exception_class) = pending->exception_class;
	EG(error_handling) = pending->error_handling;
	EG(active_fiber) = pending->active_fiber;
	vm->has_pending = false;
}

/* The thread's own stack has UINT32_MAX for both depths: its handlers are everybody's. */
static zend_always_inline bool hp_has_own_handlers(const hp_vm *vm)
{
	return (uint32_t) EG(user_error_handlers).top > vm->error_depth
		|| (uint32_t) EG(user_exception_handlers).top > vm->exception_depth;
}

void hp_vm_finish(hp_vm *vm)
{
	if (UNEXPECTED(hp_has_own_handlers(vm))) {
		hp_drop_own_handlers(vm);
	}
	if (UNEXPECTED(OG(active))) {
		php_output_end_all();
	}
	if (UNEXPECTED(hp_is_pending())) {
		/* Left by what ended it in the middle. */
		zend_clear_exception();
		hp_save_pending(vm);
		vm->has_pending = false;
	}
	if (UNEXPECTED(BG(locale_changed))) {
		hp_save_locale(vm);
		free(vm->locale);
		vm->locale = NULL;
	}
#if PHP_VERSION_ID >= 80400
	if (UNEXPECTED(!Z_ISUNDEF(BG(last_http_headers)))) {
		zval headers;
		ZVAL_COPY_VALUE(&headers, &BG(last_http_headers));
		ZVAL_UNDEF(&BG(last_http_headers));
		zval_ptr_dtor(&headers);
	}
#endif
}

/* What most switches have nothing of; each leaves its globals as a new coroutine wants them. */
static zend_never_inline void hp_save_aside(hp_vm *vm)
{
	if (hp_is_pending()) {
		hp_save_pending(vm);
	}
	while (zend_fiber_switch_blocked()) {
		zend_fiber_switch_unblock();
		vm->blocked++;
	}
	if (OG(active)) {
		hp_save_output(vm);
	}
	if (hp_lifo_in_use()) {
		hp_save_lifo(vm);
	}
	if (BG(locale_changed)) {
		hp_save_locale(vm);
	}
#if PHP_VERSION_ID >= 80400
	if (!Z_ISUNDEF(BG(last_http_headers))) {
		ZVAL_COPY_VALUE(&vm->http_headers, &BG(last_http_headers));
		ZVAL_UNDEF(&BG(last_http_headers));
	}
#endif
	if (hp_has_own_handlers(vm)) {
		hp_save_handlers(vm);
	}
	vm->aside = true;
}

static zend_never_inline void hp_load_aside(hp_vm *vm)
{
	if (vm->has_pending) {
		hp_load_pending(vm);
	}
	for (; vm->blocked; vm->blocked--) {
		zend_fiber_switch_block();
	}
	if (vm->output) {
		hp_load_output(vm);
	}
	if (vm->lifo) {
		hp_load_lifo(vm);
	}
	if (vm->locale) {
		hp_load_locale(vm);
	}
#if PHP_VERSION_ID >= 80400
	if (!Z_ISUNDEF(vm->http_headers)) {
		ZVAL_COPY_VALUE(&BG(last_http_headers), &vm->http_headers);
		ZVAL_UNDEF(&vm->http_headers);
	}
#endif
	if (vm->handlers) {
		hp_load_handlers(vm);
	}
	vm->aside = false;
}

/* One branch for all of it: it is nearly always nothing. */
static zend_always_inline bool hp_has_aside(void)
{
	uintptr_t any = (uintptr_t) EG(exception) | (uintptr_t) EG(fake_scope) | (uintptr_t) EG(active_fiber)
		| (uintptr_t) EG(error_handling) | (uintptr_t) OG(active) | BG(user_compare_fci).size | BG(serialize_lock)
		| BG(serialize).level | BG(unserialize).level | hp_loads_here | BG(locale_changed) | zend_fiber_switch_blocked();
#if PHP_VERSION_ID < 80600
	any |= (uintptr_t) EG(prev_exception);
#endif
#if PHP_VERSION_ID >= 80400
	any |= Z_TYPE(BG(last_http_headers)); /* IS_UNDEF is 0 */
#endif
	return any != 0;
}

static zend_always_inline void hp_save(hp_vm *vm)
{
	vm->vm_stack_top = EG(vm_stack_top);
	vm->vm_stack_end = EG(vm_stack_end);
	vm->vm_stack = EG(vm_stack);
	vm->vm_stack_page_size = EG(vm_stack_page_size);
	vm->execute_data = EG(current_execute_data);
	vm->bailout = EG(bailout);
	vm->fiber_context = EG(current_fiber_context);
	vm->jit_trace_num = EG(jit_trace_num);
	vm->error_reporting = EG(error_reporting);
#if PHP_VERSION_ID >= 80300
	vm->stack_base = EG(stack_base);
	vm->stack_limit = EG(stack_limit);
#endif
	if (UNEXPECTED(hp_has_aside() || hp_has_own_handlers(vm))) {
		hp_save_aside(vm);
	}
}

static zend_always_inline void hp_load(hp_vm *vm)
{
	EG(vm_stack_top) = vm->vm_stack_top;
	EG(vm_stack_end) = vm->vm_stack_end;
	EG(vm_stack) = vm->vm_stack;
	EG(vm_stack_page_size) = vm->vm_stack_page_size;
	EG(current_execute_data) = vm->execute_data;
	EG(bailout) = vm->bailout;
	EG(current_fiber_context) = vm->fiber_context;
	EG(jit_trace_num) = vm->jit_trace_num;
	EG(error_reporting) = vm->error_reporting;
#if PHP_VERSION_ID >= 80300
	EG(stack_base) = vm->stack_base;
	EG(stack_limit) = vm->stack_limit;
#endif
	if (EXPECTED(vm->error_depth != UINT32_MAX)) {
		vm->error_depth = EG(user_error_handlers).top;
		vm->exception_depth = EG(user_exception_handlers).top;
	}
	if (UNEXPECTED(vm->aside)) {
		hp_load_aside(vm);
	}
}

void hp_vm_switch(hp_vm *from, hp_vm *to, int dead)
{
	/* Inside a native Fiber the running context is the Fiber's, not ours. */
	zend_fiber_context *from_context = EG(current_fiber_context);
	zend_fiber_context *to_context = to->fiber_context;

	if (UNEXPECTED(dead)) {
		from_context->status = ZEND_FIBER_STATUS_DEAD;
	}
	zend_observer_fiber_switch_notify(from_context, to_context);
	if (!dead) {
		from_context->status = ZEND_FIBER_STATUS_SUSPENDED;
	}
	to_context->status = ZEND_FIBER_STATUS_RUNNING;
	if (EXPECTED(dead == 2)) {
		/* It ended in order and left nothing open: its VM stack is still to be freed, and its base is used again. */
		from->vm_stack = EG(vm_stack);
		from->bailout = EG(bailout);
	} else {
		hp_save(from);
	}
	hp_load(to);
}

void hp_vm_destroy(hp_vm *vm)
{
	zend_vm_stack stack = vm->vm_stack;
	while (stack && stack != vm->first_page) {
		zend_vm_stack prev = stack->prev;
		efree(stack);
		stack = prev;
	}
	vm->vm_stack = NULL;
	zend_observer_fiber_destroy_notify(&vm->context);
}

int hp_vm_guard(void (*body)(void *), void *arg)
{
	JMP_BUF here;

	EG(bailout) = &here;
	if (UNEXPECTED(SETJMP(here) != 0)) {
		return 1;
	}
	/* When this comes back, other code's state may be loaded: nothing of it is touched. */
	body(arg);
	return 0;
}

bool hp_vm_is_bottom(const void *frame)
{
	return ((const zend_execute_data *) frame)->func == &hp_bottom_function;
}

void *hp_vm_frame(hp_vm *vm)
{
	return vm->execute_data;
}

/* Bytes in use on the VM stack of a suspended coroutine, or of the running code (NULL). */
size_t hp_vm_usage(hp_vm *vm)
{
	zend_vm_stack page = vm ? vm->vm_stack : EG(vm_stack);
	zval *top = vm ? vm->vm_stack_top : EG(vm_stack_top);
	size_t bytes = 0;

	for (; page; page = page->prev) {
		/* A page that is not the last keeps its top in its header. */
		bytes += (char *) top - (char *) ZEND_VM_STACK_ELEMENTS(page);
		top = page->prev ? page->prev->top : NULL;
	}
	return bytes;
}

/* For the handler of a crash: where the running PHP code stands, to standard error. Reads only. */
void hp_vm_describe(void)
{
	zend_execute_data *frame = EG(current_execute_data);
	for (int n = 0; frame && n < 24; frame = frame->prev_execute_data) {
		const zend_function *function = frame->func;
		if (!function || !function->common.function_name) {
			if (function && ZEND_USER_CODE(function->type) && frame->opline) {
				dprintf(2, "#%d %s(%u)\n", n++, ZSTR_VAL(function->op_array.filename), frame->opline->lineno);
			}
			continue;
		}
		const char *class = function->common.scope ? ZSTR_VAL(function->common.scope->name) : "";
		const char *arrow = function->common.scope ? "::" : "";
		if (ZEND_USER_CODE(function->type) && frame->opline) {
			dprintf(2, "#%d %s(%u): %s%s%s()\n", n++, ZSTR_VAL(function->op_array.filename),
				frame->opline->lineno, class, arrow, ZSTR_VAL(function->common.function_name));
		} else {
			dprintf(2, "#%d [internal function]: %s%s%s()\n", n++, class, arrow, ZSTR_VAL(function->common.function_name));
		}
	}
}
