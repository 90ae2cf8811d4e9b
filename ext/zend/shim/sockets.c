/* The functions of the extension sockets and a class of ours. Of its objects they are its own functions; inside a
 * coroutine that wants it so, those that make a socket make one of that class. */
#include "php.h"
#include "zend_exceptions.h"
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the border asks the class and the coroutines. */
typedef struct {
	int (*replaced)(void); /* are functions replaced, here and now? */
	int (*descriptor)(const zval *socket); /* -1 when it is closed */
	int (*wait)(const zval *socket, int write); /* 1 when it is ready; else its error is told, or thrown; -1: bailout */
	void (*fail)(const zval *socket, int error); /* tells it the number of an error; 0 for none */
} hp_socket_border;

static hp_socket_border hp_border;
static zend_class_entry *hp_socket_class;
static zend_class_entry *hp_plain_class;

static zend_function *hp_internal_function(const char *name, size_t length)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, length);
	return function && function->type == ZEND_INTERNAL_FUNCTION ? function : NULL;
}

static bool hp_is_ours(const zval *value)
{
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_OBJECT && instanceof_function(Z_OBJCE_P(value), hp_socket_class);
}

static void hp_call_own(zend_execute_data *execute_data, zval *return_value, zend_function *own)
{
	zend_call_known_function(own, NULL, NULL, return_value, ZEND_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), NULL);
}

/* Sockets of the extension stay with it, whoever made them. */
static void hp_socket_call(INTERNAL_FUNCTION_PARAMETERS, zif_handler plain, zend_function *own)
{
	zval *first = ZEND_NUM_ARGS() ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	if (first) {
		ZVAL_DEREF(first);
		if (Z_TYPE_P(first) == IS_OBJECT) {
			if (instanceof_function(Z_OBJCE_P(first), hp_socket_class)) {
				hp_call_own(execute_data, return_value, own);
			} else {
				plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
			}
			return;
		}
	}
	if (hp_border.replaced()) {
		hp_call_own(execute_data, return_value, own);
	} else {
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

#define HP_SOCKET_FUNCTIONS(each) \
	each(create) each(create_listen) each(import_stream) \
	each(accept) each(bind) each(clear_error) each(close) each(connect) each(get_option) each(getopt) \
	each(getpeername) each(getsockname) each(last_error) each(listen) each(read) each(recv) each(recvfrom) \
	each(send) each(sendto) each(set_block) each(set_nonblock) each(set_option) each(setopt) each(shutdown) \
	each(write)

#define HP_SOCKET_FUNCTION(name) \
	static zif_handler hp_plain_##name; \
	static zend_function *hp_own_##name; \
	static ZEND_NAMED_FUNCTION(hp_socket_##name) \
	{ \
		hp_socket_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, hp_plain_##name, hp_own_##name); \
	}

HP_SOCKET_FUNCTIONS(HP_SOCKET_FUNCTION)

static zif_handler hp_plain_create_pair;
static zend_function *hp_own_create_pair;

/* Ours declares an array; PHP's takes a variable that was never set. */
static ZEND_NAMED_FUNCTION(hp_socket_create_pair)
{
	if (!hp_border.replaced()) {
		hp_plain_create_pair(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	if (ZEND_NUM_ARGS() >= 4) {
		zval *pair = ZEND_CALL_ARG(execute_data, 4);
		ZVAL_DEREF(pair);
		if (Z_TYPE_P(pair) == IS_NULL) {
			ZVAL_EMPTY_ARRAY(pair);
		}
	}
	hp_call_own(execute_data, return_value, hp_own_create_pair);
}

/* What the class has no function for is done by the extension, with an object of its own for the same descriptor. */

/* As php_sockets.h has it from PHP 8.0 on; the header is there only where the extension was built with PHP. */
typedef struct {
	int bsd_socket;
	int type;
	int error;
	int blocking;
	zval zstream;
	zend_object std;
} hp_plain_socket;

static hp_plain_socket *hp_plain_of(const zval *view)
{
	return (hp_plain_socket *) ((char *) Z_OBJ_P(view) - offsetof(hp_plain_socket, std));
}

static bool hp_view(zval *view, const zval *socket)
{
	int fd = hp_border.descriptor(socket);
	if (object_init_ex(view, hp_plain_class) != SUCCESS) {
		return false;
	}
	if (Z_OBJ_P(view)->handlers->offset != offsetof(hp_plain_socket, std)) {
		zval_ptr_dtor(view);
		ZVAL_UNDEF(view);
		zend_throw_error(NULL, "This build of the extension sockets is not known: use the methods of %s",
			ZSTR_VAL(hp_socket_class->name));
		return false;
	}
	hp_plain_socket *plain = hp_plain_of(view);
	plain->bsd_socket = fd;
	plain->type = AF_UNSPEC;
	plain->error = 0;
	plain->blocking = 1;
	return true;
}

/* The descriptor stays with its owner. */
static void hp_view_end(zval *view)
{
	hp_plain_of(view)->bsd_socket = -1;
	zval_ptr_dtor(view);
}

static bool hp_is_ready(int fd, short events)
{
	struct pollfd entry = {fd, events, 0};
	return poll(&entry, 1, 0) != 0;
}

/* A copy of socket_last_error() as the extension has it. */
static zend_internal_function hp_ask_error;

static int hp_last_of_extension(void)
{
	zval error;
	if (EG(exception)) {
		return 0;
	}
	ZVAL_UNDEF(&error);
	zend_call_known_function((zend_function *) &hp_ask_error, NULL, NULL, &error, 0, NULL, NULL);
	return Z_TYPE(error) == IS_LONG ? (int) Z_LVAL(error) : 0;
}

/* A call on one socket, once that is ready. `flags`: which argument may say that it must not wait. */
static void hp_view_call(INTERNAL_FUNCTION_PARAMETERS, zif_handler plain, int write, uint32_t flags)
{
	zval *first = ZEND_NUM_ARGS() ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	zval socket, view;
	if (!first || !hp_is_ours(first)) {
		plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	ZVAL_DEREF(first);
	int fd = hp_border.descriptor(first);
	zval *given = ZEND_NUM_ARGS() >= flags ? ZEND_CALL_ARG(execute_data, flags) : NULL;
	bool waits = flags && !(given && Z_TYPE_P(given) == IS_LONG && (Z_LVAL_P(given) & MSG_DONTWAIT));
	if (waits && fd >= 0 && !hp_is_ready(fd, write ? POLLOUT : POLLIN)) {
		int ended = hp_border.wait(first, write);
		if (ended < 0) {
			zend_bailout();
		}
		if (ended != 1) {
			RETURN_FALSE;
		}
	}
	if (!hp_view(&view, first)) {
		return;
	}
	ZVAL_COPY_VALUE(&socket, first);
	ZVAL_COPY_VALUE(first, &view);
	plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	int error = Z_TYPE_P(return_value) == IS_FALSE ? hp_last_of_extension() : 0;
	ZVAL_COPY_VALUE(first, &socket);
	hp_view_end(&view);
	hp_border.fail(first, error);
}

static zif_handler hp_plain_recvmsg, hp_plain_sendmsg, hp_plain_atmark, hp_plain_export_stream, hp_plain_select;

static ZEND_NAMED_FUNCTION(hp_socket_recvmsg) { hp_view_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, hp_plain_recvmsg, 0, 3); }
static ZEND_NAMED_FUNCTION(hp_socket_sendmsg) { hp_view_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, hp_plain_sendmsg, 1, 3); }
static ZEND_NAMED_FUNCTION(hp_socket_atmark) { hp_view_call(INTERNAL_FUNCTION_PARAM_PASSTHRU, hp_plain_atmark, 0, 0); }

/* The stream has a descriptor of its own: closing it leaves the socket open, and the other way round. */
static ZEND_NAMED_FUNCTION(hp_socket_export_stream)
{
	zval *first = ZEND_NUM_ARGS() == 1 ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	zval socket, view;
	if (!first || !hp_is_ours(first)) {
		hp_plain_export_stream(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		return;
	}
	ZVAL_DEREF(first);
	if (!hp_view(&view, first)) {
		return;
	}
	hp_plain_socket *plain = hp_plain_of(&view);
	if (plain->bsd_socket >= 0) {
		plain->bsd_socket = dup(plain->bsd_socket);
		if (plain->bsd_socket < 0) {
			hp_border.fail(first, errno);
			zval_ptr_dtor(&view);
			RETURN_FALSE;
		}
	}
	ZVAL_COPY_VALUE(&socket, first);
	ZVAL_COPY_VALUE(first, &view);
	hp_plain_export_stream(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	ZVAL_COPY_VALUE(first, &socket);
	/* With a stream the descriptor is the stream's, without one it is closed here. */
	zval_ptr_dtor(&view);
}

/* An array of sockets with the extension's in the place of ours; UNDEF when there are none of ours in it. */
static bool hp_views_of(zval *views, const zval *sockets)
{
	zend_ulong index;
	zend_string *key;
	zval *element;
	bool any = false;
	ZVAL_UNDEF(views);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(sockets), element) {
		any |= hp_is_ours(element);
	} ZEND_HASH_FOREACH_END();
	if (!any) {
		return true;
	}
	array_init_size(views, zend_hash_num_elements(Z_ARRVAL_P(sockets)));
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(sockets), index, key, element) {
		zval view;
		ZVAL_DEREF(element);
		if (!hp_is_ours(element)) {
			ZVAL_COPY(&view, element);
		} else if (!hp_view(&view, element)) {
			return false;
		}
		if (key) {
			zend_hash_add_new(Z_ARRVAL_P(views), key, &view);
		} else {
			zend_hash_index_add_new(Z_ARRVAL_P(views), index, &view);
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

/* What is left of the views, as the sockets that they stand for; the keys are the same. */
static void hp_views_back(zval *left, const zval *sockets)
{
	zend_ulong index;
	zend_string *key;
	zval result;
	array_init(&result);
	ZEND_HASH_FOREACH_KEY(Z_ARRVAL_P(left), index, key) {
		zval *socket = key ? zend_hash_find(Z_ARRVAL_P(sockets), key) : zend_hash_index_find(Z_ARRVAL_P(sockets), index);
		if (socket) {
			ZVAL_DEREF(socket);
			Z_TRY_ADDREF_P(socket);
			if (key) {
				zend_hash_update(Z_ARRVAL(result), key, socket);
			} else {
				zend_hash_index_update(Z_ARRVAL(result), index, socket);
			}
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(left);
	ZVAL_COPY_VALUE(left, &result);
}

static void hp_views_end(zval *views, const zval *sockets)
{
	zend_ulong index;
	zend_string *key;
	zval *view;
	if (Z_TYPE_P(views) != IS_ARRAY) {
		return;
	}
	ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(views), index, key, view) {
		zval *socket = key ? zend_hash_find(Z_ARRVAL_P(sockets), key) : zend_hash_index_find(Z_ARRVAL_P(sockets), index);
		if (socket && hp_is_ours(socket)) {
			hp_plain_of(view)->bsd_socket = -1;
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(views);
}

static ZEND_NAMED_FUNCTION(hp_socket_select)
{
	zval sockets[3], views[3];
	bool ready = true;
	for (uint32_t i = 0; i < 3; i++) {
		ZVAL_UNDEF(&sockets[i]);
		ZVAL_UNDEF(&views[i]);
	}
	for (uint32_t i = 0; ready && i < 3 && i < ZEND_NUM_ARGS(); i++) {
		zval *given = ZEND_CALL_ARG(execute_data, i + 1);
		ZVAL_DEREF(given);
		if (Z_TYPE_P(given) == IS_ARRAY) {
			ready = hp_views_of(&views[i], given);
			if (Z_TYPE(views[i]) == IS_ARRAY && ready) {
				ZVAL_COPY(&sockets[i], given);
				zval_ptr_dtor(given);
				ZVAL_COPY(given, &views[i]);
			} else if (!ready) {
				ZVAL_COPY(&sockets[i], given);
			}
		}
	}
	if (ready) {
		hp_plain_select(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
	for (uint32_t i = 0; i < 3; i++) {
		if (Z_TYPE(sockets[i]) != IS_ARRAY) {
			continue;
		}
		zval *given = ZEND_CALL_ARG(execute_data, i + 1);
		ZVAL_DEREF(given);
		if (Z_TYPE_P(given) == IS_ARRAY && Z_ARR_P(given) != Z_ARR(sockets[i])) {
			hp_views_back(given, &sockets[i]);
		}
		hp_views_end(&views[i], &sockets[i]);
		zval_ptr_dtor(&sockets[i]);
	}
}

static void hp_take(const char *name, size_t length, zif_handler *plain, zif_handler handler)
{
	zend_function *theirs = hp_internal_function(name, length);
	if (theirs && theirs->internal_function.handler != handler) {
		*plain = theirs->internal_function.handler;
		theirs->internal_function.handler = handler;
	}
}

#define HP_SOCKET_REPLACE(name) \
	{ \
		zend_function *own = hp_internal_function(ZEND_STRL("swoole_socket_" #name)); \
		if (own) { \
			hp_own_##name = own; \
			hp_take(ZEND_STRL("socket_" #name), &hp_plain_##name, hp_socket_##name); \
		} \
	}

/* Before any script is compiled: the JIT's code keeps the handlers that it finds. */
void hp_sockets_install(const char *class, size_t length, const hp_socket_border *border)
{
	hp_border = *border;
	hp_socket_class = zend_hash_str_find_ptr(CG(class_table), class, length);
	hp_plain_class = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("socket"));
	if (hp_socket_class && hp_plain_class) {
		HP_SOCKET_FUNCTIONS(HP_SOCKET_REPLACE)
		HP_SOCKET_REPLACE(create_pair)
		zend_function *last_error = hp_internal_function(ZEND_STRL("socket_last_error"));
		if (last_error) {
			hp_ask_error = last_error->internal_function;
			hp_ask_error.handler = hp_plain_last_error;
		}
		hp_take(ZEND_STRL("socket_recvmsg"), &hp_plain_recvmsg, hp_socket_recvmsg);
		hp_take(ZEND_STRL("socket_sendmsg"), &hp_plain_sendmsg, hp_socket_sendmsg);
		hp_take(ZEND_STRL("socket_atmark"), &hp_plain_atmark, hp_socket_atmark);
		hp_take(ZEND_STRL("socket_export_stream"), &hp_plain_export_stream, hp_socket_export_stream);
		hp_take(ZEND_STRL("socket_select"), &hp_plain_select, hp_socket_select);
	}
}

/* While functions are replaced, objects of our class are instances of the extension's too, for type declarations.
 * Every function that takes one of those is taken over above. */
void hp_sockets_inherit(int on)
{
	if (hp_socket_class && hp_plain_class) {
		hp_socket_class->parent = on ? hp_plain_class : NULL;
	}
}
