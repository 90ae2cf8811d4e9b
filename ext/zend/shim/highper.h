/* Shared by the shim's files: everything that depends on the PHP version or
 * on a macro of Zend stays on this side of the border. */
#ifndef HIGHPER_SHIM_H
#define HIGHPER_SHIM_H

#include "php.h"
#include "SAPI.h"
#include "php_ini.h"
#include "php_main.h"
#include "zend_attributes.h"
#include "zend_builtin_functions.h"
#include "zend_closures.h"
#include "zend_exceptions.h"
#include "zend_extensions.h"
#include "zend_generators.h"
#include "zend_inheritance.h"
#include "zend_interfaces.h"
#include "zend_observer.h"
#include "zend_smart_str.h"
#include "zend_system_id.h"
#include "zend_vm.h"
#include "ext/standard/info.h"

/* Arguments are not read again after a jump; results are volatile. */
#pragma GCC diagnostic ignored "-Wclobbered"

#ifdef ZTS
# error "Highper needs a PHP built without thread safety (NTS)"
#endif

/* What a guarded step into PHP ends with. */
enum { HZ_OK = 0, HZ_EXCEPTION = 1, HZ_EXIT = 2, HZ_BAILOUT = 3 };

/* The part of the engine's state that a bailout leaves behind. */
typedef struct {
	JMP_BUF *bailout;
	zend_execute_data *frame;
	zend_vm_stack stack;
	zval *top;
	zval *end;
	bool collector; /* a bailout switches the cycle collector off */
	uint32_t trace; /* compiled code looks its exits up in this trace */
} hz_mark;

static zend_always_inline void hz_mark_set(hz_mark *mark)
{
	mark->bailout = EG(bailout);
	mark->frame = EG(current_execute_data);
	mark->stack = EG(vm_stack);
	mark->top = EG(vm_stack_top);
	mark->end = EG(vm_stack_end);
	mark->collector = gc_protected();
	mark->trace = EG(jit_trace_num);
}

void hz_mark_reset(const hz_mark *mark);
int hz_take_exception(zval *out);
int hz_pending(void);

/* True when a call left an exception, or ran into the memory limit. */
#ifdef ZEND_HAS_OOM
# define HZ_FAILED() UNEXPECTED(EG(exception) || ZEND_HAS_OOM())
#else
# define HZ_FAILED() UNEXPECTED(EG(exception))
#endif

/* HZ_TRY { … } HZ_CATCH { … } HZ_END: zend_try that also repairs the VM stack
 * and the current frame. Locals that change inside must be volatile. */
#define HZ_TRY                                            \
	{                                                     \
		hz_mark hz_m;                                     \
		JMP_BUF hz_buf;                                   \
		hz_mark_set(&hz_m);                               \
		EG(bailout) = &hz_buf;                            \
		if (SETJMP(hz_buf) == 0) {
#define HZ_CATCH                                          \
			EG(bailout) = hz_m.bailout;                   \
		} else {                                          \
			hz_mark_reset(&hz_m);
#define HZ_END                                            \
		}                                                 \
	}

/* Where PHP can delay its memory-limit error (ZEND_HAS_OOM), an allocation
 * past the hard limit would end the process: ask for the kind that may fail.
 * PHP then raises its fatal error as soon as our function returns. */
#ifdef ZEND_HAS_OOM
# define HZ_STRING_ALLOC(len) zend_string_falloc(len, 0, true)
# define HZ_STRING_INIT(bytes, len) zend_string_finit_fast(bytes, len, true)
#else
# define HZ_STRING_ALLOC(len) zend_string_alloc(len, 0)
# define HZ_STRING_INIT(bytes, len) zend_string_init_fast(bytes, len)
#endif

#endif
