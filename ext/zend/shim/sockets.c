/* The functions of the extension sockets take objects of a class of ours, too: for these they are its own functions. */
#include "php.h"
#include "zend_exceptions.h"

static zend_class_entry *hp_socket_class;

static void hp_socket_call(INTERNAL_FUNCTION_PARAMETERS, zif_handler plain, zend_function *own)
{
	zval *first = ZEND_NUM_ARGS() ? ZEND_CALL_ARG(execute_data, 1) : NULL;
	if (first) {
		ZVAL_DEREF(first);
		if (Z_TYPE_P(first) == IS_OBJECT && instanceof_function(Z_OBJCE_P(first), hp_socket_class)) {
			zend_call_known_function(own, NULL, NULL, return_value, ZEND_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), NULL);
			return;
		}
	}
	plain(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

#define HP_SOCKET_FUNCTIONS(each) \
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

static zend_function *hp_internal_function(const char *name)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, strlen(name));
	return function && function->type == ZEND_INTERNAL_FUNCTION ? function : NULL;
}

#define HP_SOCKET_REPLACE(name) \
	{ \
		zend_function *theirs = hp_internal_function("socket_" #name); \
		zend_function *own = hp_internal_function("swoole_socket_" #name); \
		if (theirs && own && theirs->internal_function.handler != hp_socket_##name) { \
			hp_own_##name = own; \
			hp_plain_##name = theirs->internal_function.handler; \
			theirs->internal_function.handler = hp_socket_##name; \
		} \
	}

/* Before any script is compiled: the JIT's code keeps the handlers that it finds. */
void hp_sockets_install(const char *class, size_t length)
{
	hp_socket_class = zend_hash_str_find_ptr(CG(class_table), class, length);
	if (hp_socket_class) {
		HP_SOCKET_FUNCTIONS(HP_SOCKET_REPLACE)
	}
}
