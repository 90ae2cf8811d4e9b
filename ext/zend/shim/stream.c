/* PHP's streams. */
#include <php.h>
#include <php_streams.h>
#include "highper.h"

/* The descriptor under a stream; -1 when there is none. The stream keeps it. Guarded. */
typedef struct {
	zval *value;
	int fd;
} hz_descriptor;

static void descriptor_body(void *arg)
{
	hz_descriptor *wanted = arg;
	php_stream *stream = zend_fetch_resource2_ex(wanted->value, NULL, php_file_le_stream(), php_file_le_pstream());
	int fd = -1;
	if (stream != NULL && php_stream_cast(stream, PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL, (void **) &fd, 0) == SUCCESS) {
		wanted->fd = fd;
	}
}

int hz_descriptor_of(zval *value)
{
	hz_descriptor wanted = {value, -1};
	if (Z_TYPE_P(value) != IS_RESOURCE) {
		return -1;
	}
	zend_try {
		descriptor_body(&wanted);
	} zend_end_try();
	return wanted.fd;
}
