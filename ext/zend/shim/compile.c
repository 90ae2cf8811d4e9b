/* While PHP compiles, nothing waits: the compiler is not re-entrant, and the code that it may call on its
 * way (an error handler, a user-defined stream) must not let other coroutines compile in between. */
#include "highper.h"

static void (*hp_hold)(int on);
static zend_op_array *(*hp_previous_file)(zend_file_handle *file, int type);
static zend_op_array *(*hp_previous_string)(zend_string *source, const char *name, zend_compile_position position);

/* Compiles the file, or the source where there is no file, under the hold. */
static zend_op_array *hp_compile_held(zend_file_handle *file, int type, zend_string *source, const char *name,
	zend_compile_position position)
{
	zend_op_array *volatile compiled = NULL;
	volatile bool bailed = false;
	JMP_BUF *outer = EG(bailout);
	JMP_BUF here;

	hp_hold(1);
	EG(bailout) = &here;
	if (SETJMP(here) == 0) {
		compiled = file ? hp_previous_file(file, type) : hp_previous_string(source, name, position);
	} else {
		bailed = true;
	}
	EG(bailout) = outer;
	hp_hold(0);
	if (bailed) {
		zend_bailout();
	}
	return compiled;
}

static zend_op_array *hp_compile_file(zend_file_handle *file, int type)
{
	return hp_compile_held(file, type, NULL, NULL, 0);
}

static zend_op_array *hp_compile_string(zend_string *source, const char *name, zend_compile_position position)
{
	return hp_compile_held(NULL, 0, source, name, position);
}

/* At MINIT. `hold` forbids waits, and allows them again. */
void hp_compile_install(void (*hold)(int on))
{
	hp_hold = hold;
	hp_previous_file = zend_compile_file;
	zend_compile_file = hp_compile_file;
	hp_previous_string = zend_compile_string;
	zend_compile_string = hp_compile_string;
}
