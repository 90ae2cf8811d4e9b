/* fclose() and pclose() while another coroutine is inside a function with the same stream.
 *
 * They free the stream whoever still uses it: without coroutines nobody can. So those that wait for
 * its descriptor are sent away first, while there is still something for them to leave. */
#include "highper.h"
#include <php_streams.h>

static int (*hp_anyone)(void);
static void (*hp_settle)(int fd);
static zif_handler hp_fclose, hp_pclose;

static void hp_send_away(zend_execute_data *execute_data)
{
	if (!hp_anyone() || ZEND_NUM_ARGS() < 1) {
		return;
	}
	zval *value = ZEND_CALL_ARG(execute_data, 1);
	ZVAL_DEREF(value);
	if (Z_TYPE_P(value) != IS_RESOURCE) {
		return;
	}
	zend_resource *resource = Z_RES_P(value);
	if (resource->type != php_file_le_stream() && resource->type != php_file_le_pstream()) {
		return;
	}
	php_stream *stream = resource->ptr;
	int fd = -1;
	/* The operation itself: php_stream_cast() would flush, and run the code of user-defined streams. */
	if (!php_stream_is(stream, PHP_STREAM_IS_USERSPACE) && stream->ops->cast
			&& stream->ops->cast(stream, PHP_STREAM_AS_FD_FOR_SELECT, (void **) &fd) == SUCCESS && fd >= 0) {
		/* Nobody comes back for more: to others it is closed from here on. */
		int type = resource->type;
		resource->type = -1;
		resource->ptr = NULL;
		hp_settle(fd);
		resource->type = type;
		resource->ptr = stream;
	}
}

static ZEND_NAMED_FUNCTION(hp_fclose_alone)
{
	hp_send_away(execute_data);
	hp_fclose(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(hp_pclose_alone)
{
	hp_send_away(execute_data);
	hp_pclose(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static void hp_replace(const char *name, size_t length, zif_handler *original, zif_handler with)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, length);
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		*original = function->internal_function.handler;
		function->internal_function.handler = with;
	}
}

/* At MINIT. `anyone`: may anybody wait for a descriptor, and can the caller wait for them? `settle` returns
 * when nobody is inside a wait for this descriptor any more. */
void hp_close_install(int (*anyone)(void), void (*settle)(int fd))
{
	hp_anyone = anyone;
	hp_settle = settle;
	hp_replace(ZEND_STRL("fclose"), &hp_fclose, hp_fclose_alone);
	hp_replace(ZEND_STRL("pclose"), &hp_pclose, hp_pclose_alone);
}
