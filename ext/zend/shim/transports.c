/* Stream transports and the wrapper that always suspend in a coroutine, whatever is hooked: async.tcp and the like,
 * async.file. And what Swoole takes as a local address of clients. */
#include "highper.h"
#include <php_streams.h>

/* What the shim asks of the coroutines. */
typedef struct {
	int (*in_coroutine)(void);
	int (*replaced)(int which); /* HP_TCP …: is this transport hooked, here and now? */
	void (*force)(int on); /* every wait of the running coroutine suspends until it is off; nests */
	void (*fetch)(int fd); /* waits until what follows the file's position is in memory */
} hp_transport_border;

static hp_transport_border hp_border;

/* Operations of PHP's streams with forced waits around them. */
typedef struct {
	php_stream_ops ops;
	const php_stream_ops *inner;
	bool is_file;
} hp_forced_ops;

#define HP_KINDS 8
static hp_forced_ops hp_forced[HP_KINDS];

static zend_always_inline const hp_forced_ops *hp_forced_of(const php_stream *stream)
{
	return (const hp_forced_ops *) stream->ops;
}

static ssize_t hp_forced_write(php_stream *stream, const char *bytes, size_t count)
{
	const hp_forced_ops *forced = hp_forced_of(stream);
	hp_border.force(1);
	ssize_t done = forced->inner->write(stream, bytes, count);
	hp_border.force(0);
	return done;
}

static ssize_t hp_forced_read(php_stream *stream, char *bytes, size_t count)
{
	const hp_forced_ops *forced = hp_forced_of(stream);
	int fd = -1;
	if (forced->is_file && forced->inner->cast
			&& forced->inner->cast(stream, PHP_STREAM_AS_FD_FOR_SELECT, (void **) &fd) == SUCCESS && fd >= 0) {
		hp_border.fetch(fd);
	}
	hp_border.force(1);
	ssize_t done = forced->inner->read(stream, bytes, count);
	hp_border.force(0);
	return done;
}

static int hp_forced_close(php_stream *stream, int handle)
{
	return hp_forced_of(stream)->inner->close(stream, handle);
}

static int hp_forced_flush(php_stream *stream)
{
	const hp_forced_ops *forced = hp_forced_of(stream);
	hp_border.force(1);
	int done = forced->inner->flush(stream);
	hp_border.force(0);
	return done;
}

static int hp_forced_seek(php_stream *stream, zend_off_t offset, int whence, zend_off_t *position)
{
	return hp_forced_of(stream)->inner->seek(stream, offset, whence, position);
}

static int hp_forced_cast(php_stream *stream, int as, void **result)
{
	return hp_forced_of(stream)->inner->cast(stream, as, result);
}

static int hp_forced_stat(php_stream *stream, php_stream_statbuf *about)
{
	return hp_forced_of(stream)->inner->stat(stream, about);
}

static void hp_force_stream(php_stream *stream, bool is_file);

/* PHP's operations tell local sockets from others by the operations that a stream has. */
static int hp_forced_set_option(php_stream *stream, int option, int value, void *more)
{
	const hp_forced_ops *forced = hp_forced_of(stream);
	stream->ops = forced->inner;
	hp_border.force(1);
	int done = forced->inner->set_option(stream, option, value, more);
	hp_border.force(0);
	if (stream->ops == forced->inner) {
		stream->ops = &forced->ops;
	}
	if (option == PHP_STREAM_OPTION_XPORT_API) {
		php_stream_xport_param *param = more;
		if (param->op == STREAM_XPORT_OP_ACCEPT && param->outputs.client) {
			hp_force_stream(param->outputs.client, false);
		}
	}
	return done;
}

static void hp_force_stream(php_stream *stream, bool is_file)
{
	for (int i = 0; i < HP_KINDS; i++) {
		hp_forced_ops *forced = &hp_forced[i];
		if (!forced->inner) {
			const php_stream_ops *inner = stream->ops;
			forced->inner = inner;
			forced->is_file = is_file;
			forced->ops = *inner;
			forced->ops.write = inner->write ? hp_forced_write : NULL;
			forced->ops.read = inner->read ? hp_forced_read : NULL;
			forced->ops.close = inner->close ? hp_forced_close : NULL;
			forced->ops.flush = inner->flush ? hp_forced_flush : NULL;
			forced->ops.seek = inner->seek ? hp_forced_seek : NULL;
			forced->ops.cast = inner->cast ? hp_forced_cast : NULL;
			forced->ops.stat = inner->stat ? hp_forced_stat : NULL;
			forced->ops.set_option = inner->set_option ? hp_forced_set_option : NULL;
		}
		if (forced->inner == stream->ops && forced->is_file == is_file) {
			stream->ops = &forced->ops;
			return;
		}
	}
}

#define HP_PREFIX "async."
#define HP_PREFIX_LEN (sizeof(HP_PREFIX) - 1)

static php_stream *hp_async_transport(const char *proto, size_t proto_len, const char *name, size_t name_len,
	const char *persistent_id, int options, int flags, struct timeval *timeout, php_stream_context *context STREAMS_DC)
{
	if (proto_len > HP_PREFIX_LEN && memcmp(proto, HP_PREFIX, HP_PREFIX_LEN) == 0) {
		proto += HP_PREFIX_LEN;
		proto_len -= HP_PREFIX_LEN;
	}
	php_stream_transport_factory factory = zend_hash_str_find_ptr(php_stream_xport_get_hash(), proto, proto_len);
	if (!factory) {
		php_error_docref(NULL, E_WARNING, "there is no transport %.*s: is the extension openssl missing?", (int) proto_len, proto);
		return NULL;
	}
	php_stream *stream =
		factory(proto, proto_len, name, name_len, persistent_id, options, flags, timeout, context STREAMS_REL_CC);
	if (stream && hp_border.in_coroutine()) {
		hp_force_stream(stream, false);
	}
	return stream;
}

/* tcp, ssl, tls: the local address "0:PORT" or ":PORT" means any, which PHP's documentation says of the first, too. */
static php_stream_transport_factory hp_inet[3];
static const char *const hp_inet_names[3] = { "tcp", "ssl", "tls" };

static php_stream *hp_inet_transport(int which, const char *proto, size_t proto_len, const char *name, size_t name_len,
	const char *persistent_id, int options, int flags, struct timeval *timeout, php_stream_context *context STREAMS_DC)
{
	zval *bound;
	if (context && !(flags & STREAM_XPORT_SERVER) && hp_border.replaced(which)
			&& (bound = php_stream_context_get_option(context, "socket", "bindto")) != NULL && Z_TYPE_P(bound) == IS_STRING) {
		const char *port = Z_STRVAL_P(bound);
		if (port[0] == '0') {
			port++;
		}
		if (port[0] == ':' && port[1] >= '0' && port[1] <= '9' && !strchr(port + 1, ':')) {
			zval whole;
			ZVAL_STR(&whole, strpprintf(0, "%s%s", name_len && name[0] == '[' ? "[::]" : "0.0.0.0", port));
			php_stream_context_set_option(context, "socket", "bindto", &whole);
			zval_ptr_dtor(&whole);
		}
	}
	return hp_inet[which](proto, proto_len, name, name_len, persistent_id, options, flags, timeout, context STREAMS_REL_CC);
}

#define HP_INET(which) \
	static php_stream *hp_inet_##which(const char *proto, size_t proto_len, const char *name, size_t name_len, \
		const char *persistent_id, int options, int flags, struct timeval *timeout, php_stream_context *context STREAMS_DC) \
	{ \
		return hp_inet_transport(which, proto, proto_len, name, name_len, persistent_id, options, flags, timeout, \
			context STREAMS_REL_CC); \
	}
HP_INET(0)
HP_INET(1)
HP_INET(2)

/* async.file://PATH */

#define HP_FILE_PREFIX "async.file://"

static const char *hp_path_of(const char *url)
{
	size_t length = sizeof(HP_FILE_PREFIX) - 1;
	return strncasecmp(url, HP_FILE_PREFIX, length) == 0 ? url + length : url;
}

static const php_stream_wrapper_ops *hp_plain_files(void)
{
	return php_plain_files_wrapper.wops;
}

static php_stream *hp_file_open(php_stream_wrapper *wrapper, const char *url, const char *mode, int options,
	zend_string **opened, php_stream_context *context STREAMS_DC)
{
	php_stream *stream = hp_plain_files()->stream_opener(&php_plain_files_wrapper, hp_path_of(url), mode, options, opened,
		context STREAMS_REL_CC);
	if (stream && hp_border.in_coroutine()) {
		hp_force_stream(stream, true);
	}
	return stream;
}

static php_stream *hp_file_opendir(php_stream_wrapper *wrapper, const char *url, const char *mode, int options,
	zend_string **opened, php_stream_context *context STREAMS_DC)
{
	return hp_plain_files()->dir_opener(&php_plain_files_wrapper, hp_path_of(url), mode, options, opened, context STREAMS_REL_CC);
}

static int hp_file_stat(php_stream_wrapper *wrapper, const char *url, int flags, php_stream_statbuf *about, php_stream_context *context)
{
	return hp_plain_files()->url_stat(&php_plain_files_wrapper, hp_path_of(url), flags, about, context);
}

static int hp_file_unlink(php_stream_wrapper *wrapper, const char *url, int options, php_stream_context *context)
{
	return hp_plain_files()->unlink(&php_plain_files_wrapper, hp_path_of(url), options, context);
}

static int hp_file_rename(php_stream_wrapper *wrapper, const char *from, const char *to, int options, php_stream_context *context)
{
	return hp_plain_files()->rename(&php_plain_files_wrapper, hp_path_of(from), hp_path_of(to), options, context);
}

static int hp_file_mkdir(php_stream_wrapper *wrapper, const char *url, int mode, int options, php_stream_context *context)
{
	return hp_plain_files()->stream_mkdir(&php_plain_files_wrapper, hp_path_of(url), mode, options, context);
}

static int hp_file_rmdir(php_stream_wrapper *wrapper, const char *url, int options, php_stream_context *context)
{
	return hp_plain_files()->stream_rmdir(&php_plain_files_wrapper, hp_path_of(url), options, context);
}

static int hp_file_metadata(php_stream_wrapper *wrapper, const char *url, int options, void *value, php_stream_context *context)
{
	return hp_plain_files()->stream_metadata(&php_plain_files_wrapper, hp_path_of(url), options, value, context);
}

static const php_stream_wrapper_ops hp_file_ops = {
	.stream_opener = hp_file_open,
	.url_stat = hp_file_stat,
	.dir_opener = hp_file_opendir,
	.label = "async.file",
	.unlink = hp_file_unlink,
	.rename = hp_file_rename,
	.stream_mkdir = hp_file_mkdir,
	.stream_rmdir = hp_file_rmdir,
	.stream_metadata = hp_file_metadata,
};

static const php_stream_wrapper hp_file_wrapper = { .wops = &hp_file_ops };

/* At MINIT. */
void hp_transports_install(const hp_transport_border *border)
{
	static const char *const names[6] = { "async.tcp", "async.udp", "async.unix", "async.udg", "async.ssl", "async.tls" };
	hp_border = *border;
	for (int i = 0; i < 6; i++) {
		php_stream_xport_register(names[i], hp_async_transport);
	}
	php_register_url_stream_wrapper("async.file", &hp_file_wrapper);
}

/* When a request starts: every extension has its transports by then. */
void hp_transports_take_over(void)
{
	static const php_stream_transport_factory own[3] = { hp_inet_0, hp_inet_1, hp_inet_2 };
	for (int i = 0; i < 3; i++) {
		zval *entry = zend_hash_str_find(php_stream_xport_get_hash(), hp_inet_names[i], strlen(hp_inet_names[i]));
		if (entry && Z_PTR_P(entry) != (void *) own[i]) {
			hp_inet[i] = (php_stream_transport_factory) Z_PTR_P(entry);
			Z_PTR_P(entry) = (void *) own[i];
		}
	}
}
