/* stream_select() in a coroutine that wants it as Swoole has it: others run first, and a stream counts once. */
#include "php.h"
#include "php_streams.h"
#include <errno.h>

static int (*hp_is_replaced)(void);
static int (*hp_give_way)(void);
static zif_handler hp_plain_stream_select;

static void hp_note_streams(HashTable *seen, zval *streams)
{
	zval *element;
	ZVAL_DEREF(streams);
	if (Z_TYPE_P(streams) != IS_ARRAY) {
		return;
	}
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(streams), element) {
		ZVAL_DEREF(element);
		if (Z_TYPE_P(element) == IS_RESOURCE) {
			zend_hash_index_add_empty_element(seen, (zend_ulong) Z_RES_HANDLE_P(element));
		}
	} ZEND_HASH_FOREACH_END();
}

/* Is everything in the three arrays an open resource? */
static bool hp_all_open(zend_execute_data *execute_data)
{
	zval *element;
	for (uint32_t i = 1; i <= 3; i++) {
		zval *streams = ZEND_CALL_ARG(execute_data, i);
		ZVAL_DEREF(streams);
		if (Z_TYPE_P(streams) != IS_ARRAY) {
			continue;
		}
		ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(streams), element) {
			ZVAL_DEREF(element);
			if (Z_TYPE_P(element) != IS_RESOURCE || Z_RES_TYPE_P(element) < 0) {
				return false;
			}
		} ZEND_HASH_FOREACH_END();
	}
	return true;
}

static ZEND_NAMED_FUNCTION(hp_stream_select)
{
	bool replaced = hp_is_replaced() && ZEND_NUM_ARGS() >= 3 && hp_all_open(execute_data);
	if (replaced) {
		bool is_cancelled = !hp_give_way();
		if (EG(exception)) {
			return;
		}
		if (is_cancelled) {
			php_error_docref(NULL, E_WARNING, "Unable to select [%d]: %s", ECANCELED, strerror(ECANCELED));
			RETURN_FALSE;
		}
		if (!hp_all_open(execute_data)) {
			/* As one that is closed while it is waited for. */
			php_error_docref(NULL, E_WARNING, "Unable to select [%d]: %s", EBADF, strerror(EBADF));
			RETURN_FALSE;
		}
	}
	hp_plain_stream_select(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	if (replaced && Z_TYPE_P(return_value) == IS_LONG && Z_LVAL_P(return_value) > 1) {
		HashTable seen;
		zend_hash_init(&seen, 8, NULL, NULL, 0);
		for (uint32_t i = 1; i <= 3; i++) {
			hp_note_streams(&seen, ZEND_CALL_ARG(execute_data, i));
		}
		ZVAL_LONG(return_value, zend_hash_num_elements(&seen));
		zend_hash_destroy(&seen);
	}
}

/* At MINIT. `replaced`: here and now? `give_way` lets others run; 0 when that was cancelled. */
void hp_select_install(int (*replaced)(void), int (*give_way)(void))
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("stream_select"));
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		hp_is_replaced = replaced;
		hp_give_way = give_way;
		hp_plain_stream_select = function->internal_function.handler;
		function->internal_function.handler = hp_stream_select;
	}
}
