/* The end of a process that was forked inside a coroutine. */
#include "highper.h"
#include <unistd.h>

/* Ends the process as the end of a script does, and without going back: below this stack is the loop of the parent,
 * whose descriptors both share. */
ZEND_COLD void hp_end_process(void)
{
	zend_try {
		php_request_shutdown(NULL);
	} zend_end_try();
	_exit(EG(exit_status));
}
