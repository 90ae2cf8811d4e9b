/* PHP's streams. */
#include <php.h>
#include <php_streams.h>
#include <php_network.h>
#include <fcntl.h>
#include <unistd.h>
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

typedef struct {
	zval *out;
	int fd;
} hz_socket_stream;

static void socket_stream_body(void *arg)
{
	hz_socket_stream *wanted = arg;
	php_stream *stream = php_stream_sock_open_from_socket(wanted->fd, NULL);
	if (stream != NULL) {
		wanted->fd = -1;
		php_stream_to_zval(stream, wanted->out);
	}
}

/* A stream of a copy of a socket's descriptor; 0 where there is none. Guarded. */
int hz_stream_of_socket(int fd, zval *out)
{
	hz_socket_stream wanted = {out, fcntl(fd, F_DUPFD_CLOEXEC, 3)};
	if (wanted.fd < 0) {
		return 0;
	}
	zend_try {
		socket_stream_body(&wanted);
	} zend_end_try();
	if (wanted.fd >= 0) {
		close(wanted.fd);
		return 0;
	}
	return 1;
}
