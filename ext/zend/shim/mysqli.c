/* mysqli objects that stand for a pool of connections: calls that are given one run on the connection of the running
 * coroutine, a mysqli object of its own, which takes its place for the call, as `$this` or as the first argument. So do
 * reads of the properties that tell of a connection.
 *
 * An object that does not stand for a pool is recognised by its handlers, with one comparison. One that does was never
 * connected as far as mysqli is concerned. Only what tells whether a connection can be given to somebody else is read
 * from mysqlnd's structures. */
#include "highper.h"
#if __has_include(<ext/mysqli/php_mysqli_structs.h>) && __has_include(<ext/mysqlnd/mysqlnd.h>)
# include <ext/mysqli/php_mysqli_structs.h>
# define HP_HAS_MYSQLI 1
#endif

/* The other side. Those that return an int: 0 done, 1 an exception is pending, 2 not a matter of theirs, 3 it failed and the
 * result is false, -1 a fatal error. */
typedef struct {
	/* An object is to be connected. */
	int (*connect)(zend_object *object, uint32_t argc, zval *argv);
	/* An option is set of an object that is not connected yet. */
	void (*option)(zend_object *object, int method, uint32_t argc, zval *argv);
	/* Writes the connection, with a reference for the caller. */
	int (*enter)(zend_object *object, int method, uint32_t argc, zval *argv, zend_object **connection);
	/* A call failed. */
	void (*leave)(zend_object *object);
	/* The coroutine gives its connection back. */
	void (*close)(zend_object *object);
	/* A statement that was made without a text is given one. */
	void (*text)(uint32_t argc, zval *argv);
	void (*freed)(zend_object *object);
} hp_mysqli_hooks;

#ifdef HP_HAS_MYSQLI

/* Methods and functions that are given a link: a name for us, the method, the function. */
#define HP_MYSQLI_LINK(X) \
	X(query, "query", "mysqli_query") \
	X(real_query, "real_query", "mysqli_real_query") \
	X(multi_query, "multi_query", "mysqli_multi_query") \
	X(prepare, "prepare", "mysqli_prepare") \
	X(execute_query, "execute_query", "mysqli_execute_query") \
	X(begin_transaction, "begin_transaction", "mysqli_begin_transaction") \
	X(commit, "commit", "mysqli_commit") \
	X(rollback, "rollback", "mysqli_rollback") \
	X(savepoint, "savepoint", "mysqli_savepoint") \
	X(release_savepoint, "release_savepoint", "mysqli_release_savepoint") \
	X(autocommit, "autocommit", "mysqli_autocommit") \
	X(set_charset, "set_charset", "mysqli_set_charset") \
	X(select_db, "select_db", "mysqli_select_db") \
	X(options, "options", "mysqli_options") \
	X(set_opt, "set_opt", "mysqli_set_opt") \
	X(ssl_set, "ssl_set", "mysqli_ssl_set") \
	X(change_user, "change_user", "mysqli_change_user") \
	X(affected_rows, "", "mysqli_affected_rows") \
	X(character_set_name, "character_set_name", "mysqli_character_set_name") \
	X(dump_debug_info, "dump_debug_info", "mysqli_dump_debug_info") \
	X(errno, "", "mysqli_errno") \
	X(error, "", "mysqli_error") \
	X(error_list, "", "mysqli_error_list") \
	X(field_count, "", "mysqli_field_count") \
	X(connection_stats, "get_connection_stats", "mysqli_get_connection_stats") \
	X(get_charset, "get_charset", "mysqli_get_charset") \
	X(host_info, "", "mysqli_get_host_info") \
	X(proto_info, "", "mysqli_get_proto_info") \
	X(server_info, "get_server_info", "mysqli_get_server_info") \
	X(server_version, "", "mysqli_get_server_version") \
	X(get_warnings, "get_warnings", "mysqli_get_warnings") \
	X(info, "", "mysqli_info") \
	X(insert_id, "", "mysqli_insert_id") \
	X(kill, "kill", "mysqli_kill") \
	X(more_results, "more_results", "mysqli_more_results") \
	X(next_result, "next_result", "mysqli_next_result") \
	X(ping, "ping", "mysqli_ping") \
	X(real_escape_string, "real_escape_string", "mysqli_real_escape_string") \
	X(escape_string, "escape_string", "mysqli_escape_string") \
	X(reap_async_query, "reap_async_query", "mysqli_reap_async_query") \
	X(sqlstate, "", "mysqli_sqlstate") \
	X(stat, "stat", "mysqli_stat") \
	X(stmt_init, "stmt_init", "mysqli_stmt_init") \
	X(store_result, "store_result", "mysqli_store_result") \
	X(thread_id, "", "mysqli_thread_id") \
	X(use_result, "use_result", "mysqli_use_result") \
	X(warning_count, "", "mysqli_warning_count") \
	X(refresh, "refresh", "mysqli_refresh") \
	/* Constructors of other classes, whose first argument is a link. */ \
	X(stmt_construct, "", "") \
	X(result_construct, "", "") \
	/* Reads of properties. */ \
	X(property, "", "")

#define HP_NUMBER(id, method, function) hp_mysqli_n_##id,
enum { HP_MYSQLI_LINK(HP_NUMBER) hp_mysqli_calls };

static hp_mysqli_hooks hp_mysqli_other;
static zend_class_entry *hp_mysqli_class;
static zif_handler hp_mysqli_method_original[hp_mysqli_calls], hp_mysqli_function_original[hp_mysqli_calls];
static zend_object_handlers hp_mysqli_pooled, hp_mysqli_prepared, hp_mysqli_connection;
static const zend_object_handlers *hp_mysqli_plain;

static MYSQLND_CONN_DATA *hp_mysqli_data(zend_object *object)
{
	const MYSQLI_RESOURCE *resource = php_mysqli_fetch_object(object)->ptr;
	const MY_MYSQL *link = resource ? resource->ptr : NULL;
	return link && link->mysql ? link->mysql->data : NULL;
}

static bool hp_mysqli_is_connected(zend_object *object)
{
	const MYSQLI_RESOURCE *resource = php_mysqli_fetch_object(object)->ptr;
	return resource && resource->ptr && resource->status == MYSQLI_STATUS_VALID;
}

/* Does the property tell of the connection, and not of the class, the program or the last attempt to connect? */
static bool hp_mysqli_is_connections(zend_object *object, const zend_string *name)
{
	const HashTable *known = php_mysqli_fetch_object(object)->prop_handler;
	return known && zend_hash_exists(known, (zend_string *) name)
		&& strncmp(ZSTR_VAL(name), "client_", 7) != 0 && strncmp(ZSTR_VAL(name), "connect_", 8) != 0;
}

static zend_object *hp_mysqli_enter(zend_object *object, int method, uint32_t argc, zval *argv)
{
	zend_object *connection = NULL;
	int rc = hp_mysqli_other.enter(object, method, argc, argv, &connection);
	if (UNEXPECTED(rc < 0)) {
		zend_bailout();
	}
	return rc == 0 ? connection : NULL;
}

static zval *hp_mysqli_read_property(zend_object *object, zend_string *name, int type, void **cache_slot, zval *rv)
{
	if (!hp_mysqli_is_connections(object, name)) {
		return hp_mysqli_plain->read_property(object, name, type, cache_slot, rv);
	}
	zend_object *connection = hp_mysqli_enter(object, hp_mysqli_n_property, 0, NULL);
	if (!connection) {
		return &EG(uninitialized_zval);
	}
	zval *value = hp_mysqli_plain->read_property(connection, name, type, NULL, rv);
	OBJ_RELEASE(connection);
	return value;
}

static int hp_mysqli_has_property(zend_object *object, zend_string *name, int how, void **cache_slot)
{
	if (!hp_mysqli_is_connections(object, name)) {
		return hp_mysqli_plain->has_property(object, name, how, cache_slot);
	}
	zend_object *connection = hp_mysqli_enter(object, hp_mysqli_n_property, 0, NULL);
	if (!connection) {
		return 0;
	}
	int has = hp_mysqli_plain->has_property(connection, name, how, NULL);
	OBJ_RELEASE(connection);
	return has;
}

static HashTable *hp_mysqli_debug_info(zend_object *object, int *is_temp)
{
	zend_object *connection = hp_mysqli_enter(object, hp_mysqli_n_property, 0, NULL);
	if (!connection) {
		return zend_std_get_debug_info(object, is_temp);
	}
	HashTable *info = hp_mysqli_plain->get_debug_info(connection, is_temp);
	OBJ_RELEASE(connection);
	return info;
}

static void hp_mysqli_free(zend_object *object)
{
	hp_mysqli_other.freed(object);
	hp_mysqli_plain->free_obj(object);
}

static void hp_mysqli_learn(const zend_object *object)
{
	if (!hp_mysqli_plain) {
		hp_mysqli_plain = object->handlers;
		hp_mysqli_pooled = hp_mysqli_prepared = hp_mysqli_connection = *object->handlers;
		hp_mysqli_pooled.read_property = hp_mysqli_read_property;
		hp_mysqli_pooled.has_property = hp_mysqli_has_property;
		hp_mysqli_pooled.get_debug_info = hp_mysqli_debug_info;
		hp_mysqli_pooled.free_obj = hp_mysqli_prepared.free_obj = hp_mysqli_free;
	}
}

static zend_always_inline bool hp_mysqli_is_pooled(const zend_object *object)
{
	return object->handlers == &hp_mysqli_pooled;
}

/* The link that is the first argument; NULL where it is none. */
static zend_always_inline zend_object *hp_mysqli_first(zend_execute_data *execute_data)
{
	zval *first = ZEND_CALL_ARG(execute_data, 1);
	if (UNEXPECTED(EX_NUM_ARGS() == 0 || Z_TYPE_P(first) != IS_OBJECT)) {
		return NULL;
	}
	return hp_mysqli_class && instanceof_function(Z_OBJCE_P(first), hp_mysqli_class) ? Z_OBJ_P(first) : NULL;
}

static zend_never_inline void hp_mysqli_finish(zend_object *object, zend_object *connection, int method, const zval *return_value)
{
	if (UNEXPECTED(EG(exception) || (method <= hp_mysqli_n_set_opt && Z_TYPE_P(return_value) == IS_FALSE))) {
		hp_mysqli_other.leave(object);
	}
	OBJ_RELEASE(connection);
}

static zend_never_inline void hp_mysqli_exchange_this(zif_handler original, int method, INTERNAL_FUNCTION_PARAMETERS)
{
	zend_object *object = Z_OBJ(EX(This));
	zend_object *connection = hp_mysqli_enter(object, method, EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1));
	if (UNEXPECTED(!connection)) {
		return;
	}
	Z_OBJ(EX(This)) = connection;
	original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	Z_OBJ(EX(This)) = object;
	hp_mysqli_finish(object, connection, method, return_value);
}

static zend_never_inline void hp_mysqli_exchange_first(zif_handler original, int method, INTERNAL_FUNCTION_PARAMETERS)
{
	zval *first = ZEND_CALL_ARG(execute_data, 1);
	zend_object *object = Z_OBJ_P(first);
	zend_object *connection = hp_mysqli_enter(object, method, EX_NUM_ARGS() - 1, first + 1);
	if (UNEXPECTED(!connection)) {
		return;
	}
	Z_OBJ_P(first) = connection;
	original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	Z_OBJ_P(first) = object;
	hp_mysqli_finish(object, connection, method, return_value);
}

/* An option of an object that is not connected yet is one of all connections that it will have. */
static void hp_mysqli_note_option(zend_object *object, int method, uint32_t argc, zval *argv)
{
	if (method < hp_mysqli_n_options || method > hp_mysqli_n_ssl_set || object->handlers == &hp_mysqli_connection
			|| hp_mysqli_is_connected(object)) {
		return;
	}
	hp_mysqli_other.option(object, method, argc, argv);
}

/* Their next calls have to be told from those before. */
void hp_mysqli_become_prepared(zend_object *object)
{
	hp_mysqli_learn(object);
	object->handlers = &hp_mysqli_prepared;
}

#define HP_METHOD(id, method, function) \
	static ZEND_NAMED_FUNCTION(hp_mysqli_m_##id) \
	{ \
		if (Z_TYPE(EX(This)) != IS_OBJECT) { \
			hp_mysqli_method_original[hp_mysqli_n_##id](INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} else if (hp_mysqli_is_pooled(Z_OBJ(EX(This)))) { \
			hp_mysqli_exchange_this(hp_mysqli_method_original[hp_mysqli_n_##id], hp_mysqli_n_##id, INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} else { \
			hp_mysqli_note_option(Z_OBJ(EX(This)), hp_mysqli_n_##id, EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1)); \
			hp_mysqli_method_original[hp_mysqli_n_##id](INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} \
	}
HP_MYSQLI_LINK(HP_METHOD)

#define HP_FUNCTION(id, method, function) \
	static ZEND_NAMED_FUNCTION(hp_mysqli_f_##id) \
	{ \
		zend_object *object = hp_mysqli_first(execute_data); \
		if (object && hp_mysqli_is_pooled(object)) { \
			hp_mysqli_exchange_first(hp_mysqli_function_original[hp_mysqli_n_##id], hp_mysqli_n_##id, INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} else { \
			if (object) { \
				hp_mysqli_note_option(object, hp_mysqli_n_##id, EX_NUM_ARGS() - 1, ZEND_CALL_ARG(execute_data, 2)); \
			} \
			hp_mysqli_function_original[hp_mysqli_n_##id](INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} \
	}
HP_MYSQLI_LINK(HP_FUNCTION)

/* What makes and ends connections. */
enum { hp_construct, hp_connect, hp_real_connect, hp_close, hp_stmt_prepare, hp_poll, hp_life_count };
static zif_handler hp_life_method[hp_life_count], hp_life_function[hp_life_count];

/* 0: connected, or not, and the result is there; otherwise the call goes on. */
static int hp_mysqli_connect_pooled(zend_object *object, uint32_t argc, zval *argv, zval *return_value, bool is_constructor)
{
	if (object->handlers == &hp_mysqli_connection) {
		return 2;
	}
	int rc = hp_mysqli_other.connect(object, argc, argv);
	if (rc < 0) {
		zend_bailout();
	}
	if (rc == 2) {
		if (UNEXPECTED(hp_mysqli_is_pooled(object))) {
			/* Connected a second time, with the pool switched off. */
			object->handlers = hp_mysqli_plain;
		}
		return 2;
	}
	if (!is_constructor && rc != 1) {
		RETVAL_BOOL(rc == 0);
	}
	return 0;
}

static ZEND_NAMED_FUNCTION(hp_mysqli_m_construct)
{
	if (EX_NUM_ARGS() == 0
			|| hp_mysqli_connect_pooled(Z_OBJ(EX(This)), EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), return_value, true) != 0) {
		hp_life_method[hp_construct](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static ZEND_NAMED_FUNCTION(hp_mysqli_m_connect)
{
	if (hp_mysqli_connect_pooled(Z_OBJ(EX(This)), EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), return_value, false) != 0) {
		hp_life_method[hp_connect](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static ZEND_NAMED_FUNCTION(hp_mysqli_m_real_connect)
{
	if (hp_mysqli_connect_pooled(Z_OBJ(EX(This)), EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), return_value, false) != 0) {
		hp_life_method[hp_real_connect](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static ZEND_NAMED_FUNCTION(hp_mysqli_f_connect)
{
	zval made;
	if (object_init_ex(&made, hp_mysqli_class) != SUCCESS) {
		return;
	}
	int rc = hp_mysqli_connect_pooled(Z_OBJ(made), EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1), return_value, false);
	if (rc == 0 && Z_TYPE_P(return_value) == IS_TRUE) {
		ZVAL_COPY_VALUE(return_value, &made);
		return;
	}
	zval_ptr_dtor(&made);
	if (rc != 0) {
		hp_life_function[hp_connect](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static ZEND_NAMED_FUNCTION(hp_mysqli_f_real_connect)
{
	zend_object *object = hp_mysqli_first(execute_data);
	if (!object
			|| hp_mysqli_connect_pooled(object, EX_NUM_ARGS() - 1, ZEND_CALL_ARG(execute_data, 2), return_value, false) != 0) {
		hp_life_function[hp_real_connect](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static ZEND_NAMED_FUNCTION(hp_mysqli_m_close)
{
	if (Z_TYPE(EX(This)) == IS_OBJECT && hp_mysqli_is_pooled(Z_OBJ(EX(This)))) {
		hp_mysqli_other.close(Z_OBJ(EX(This)));
		RETURN_TRUE;
	}
	hp_life_method[hp_close](INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(hp_mysqli_f_close)
{
	zend_object *object = hp_mysqli_first(execute_data);
	if (object && hp_mysqli_is_pooled(object)) {
		hp_mysqli_other.close(object);
		RETURN_TRUE;
	}
	hp_life_function[hp_close](INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(hp_mysqli_m_stmt_prepare)
{
	hp_mysqli_other.text(EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1));
	hp_life_method[hp_stmt_prepare](INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(hp_mysqli_f_stmt_prepare)
{
	if (EX_NUM_ARGS() > 1) {
		hp_mysqli_other.text(EX_NUM_ARGS() - 1, ZEND_CALL_ARG(execute_data, 2));
	}
	hp_life_function[hp_stmt_prepare](INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

/* mysqli::poll() is given objects in arrays. */
typedef struct {
	zend_object *connection;
	zend_object *pooled; /* the reference that was in the array */
} hp_mysqli_pair;
#define HP_POLLED 3

static bool hp_mysqli_poll_in(zval *array, hp_mysqli_pair *pairs, uint32_t *count)
{
	zval *each;
	ZVAL_DEREF(array);
	if (Z_TYPE_P(array) != IS_ARRAY) {
		return true;
	}
	SEPARATE_ARRAY(array);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(array), each) {
		ZVAL_DEREF(each);
		if (Z_TYPE_P(each) != IS_OBJECT || !hp_mysqli_is_pooled(Z_OBJ_P(each))) {
			continue;
		}
		zend_object *connection = hp_mysqli_enter(Z_OBJ_P(each), hp_mysqli_n_property, 0, NULL);
		if (!connection) {
			return false;
		}
		pairs[*count] = (hp_mysqli_pair) { connection, Z_OBJ_P(each) };
		(*count)++;
		ZVAL_OBJ(each, connection);
	} ZEND_HASH_FOREACH_END();
	return true;
}

static void hp_mysqli_poll_out(zval *array, const hp_mysqli_pair *pairs, uint32_t count)
{
	zval *each;
	ZVAL_DEREF(array);
	if (Z_TYPE_P(array) != IS_ARRAY) {
		return;
	}
	SEPARATE_ARRAY(array);
	ZEND_HASH_FOREACH_VAL(Z_ARRVAL_P(array), each) {
		ZVAL_DEREF(each);
		for (uint32_t i = 0; Z_TYPE_P(each) == IS_OBJECT && i < count; i++) {
			if (Z_OBJ_P(each) == pairs[i].connection) {
				OBJ_RELEASE(pairs[i].connection);
				ZVAL_OBJ_COPY(each, pairs[i].pooled);
				break;
			}
		}
	} ZEND_HASH_FOREACH_END();
}

static void hp_mysqli_poll(zif_handler original, INTERNAL_FUNCTION_PARAMETERS)
{
	zval *argv = ZEND_CALL_ARG(execute_data, 1);
	uint32_t arrays = MIN(EX_NUM_ARGS(), HP_POLLED), room = 0, count = 0;

	for (uint32_t i = 0; i < arrays; i++) {
		const zval *array = &argv[i];
		ZVAL_DEREF(array);
		room += Z_TYPE_P(array) == IS_ARRAY ? zend_hash_num_elements(Z_ARRVAL_P(array)) : 0;
	}
	hp_mysqli_pair *pairs = safe_emalloc(room, sizeof(*pairs), sizeof(*pairs));
	bool is_ready = true;
	for (uint32_t i = 0; is_ready && i < arrays; i++) {
		is_ready = hp_mysqli_poll_in(&argv[i], pairs, &count);
	}
	if (is_ready) {
		original(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
	for (uint32_t i = 0; i < arrays; i++) {
		hp_mysqli_poll_out(&argv[i], pairs, count);
	}
	for (uint32_t i = 0; i < count; i++) {
		OBJ_RELEASE(pairs[i].pooled);
	}
	efree(pairs);
}

static ZEND_NAMED_FUNCTION(hp_mysqli_m_poll)
{
	hp_mysqli_poll(hp_life_method[hp_poll], INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static ZEND_NAMED_FUNCTION(hp_mysqli_f_poll)
{
	hp_mysqli_poll(hp_life_function[hp_poll], INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

static void hp_mysqli_replace_in(HashTable *functions, const char *name, zif_handler *original, zif_handler ours)
{
	zend_function *function = *name ? zend_hash_str_find_ptr(functions, name, strlen(name)) : NULL;
	if (!function || function->type != ZEND_INTERNAL_FUNCTION) {
		return;
	}
	if (!*original) {
		*original = function->internal_function.handler;
	}
	if (function->internal_function.handler == *original) {
		function->internal_function.handler = ours;
	}
}

/* The method of a class and the copies that its subclasses have. */
static void hp_mysqli_replace(const char *class, const char *name, zif_handler *original, zif_handler ours)
{
	zend_class_entry *base = zend_hash_str_find_ptr(CG(class_table), class, strlen(class)), *ce;
	if (!base || !*name) {
		return;
	}
	hp_mysqli_replace_in(&base->function_table, name, original, ours);
	ZEND_HASH_FOREACH_PTR(CG(class_table), ce) {
		if (ce != base && (ce->ce_flags & ZEND_ACC_LINKED) && instanceof_function(ce, base)) {
			hp_mysqli_replace_in(&ce->function_table, name, original, ours);
		}
	} ZEND_HASH_FOREACH_END();
}

/* From now on new mysqli objects may stand for pools. False where there is no mysqli. */
int hp_mysqli_install(const hp_mysqli_hooks *hooks)
{
	HashTable *functions = CG(function_table);
	zend_class_entry *link = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("mysqli"));
	if (!link || link->type != ZEND_INTERNAL_CLASS) {
		return 0;
	}
	if (hp_mysqli_class) {
		return 1;
	}
	hp_mysqli_other = *hooks;
	hp_mysqli_class = link;
#define HP_REPLACE(id, method, function) \
	hp_mysqli_replace("mysqli", method, &hp_mysqli_method_original[hp_mysqli_n_##id], hp_mysqli_m_##id); \
	hp_mysqli_replace_in(functions, function, &hp_mysqli_function_original[hp_mysqli_n_##id], hp_mysqli_f_##id);
	HP_MYSQLI_LINK(HP_REPLACE)
	hp_mysqli_replace("mysqli_stmt", "__construct", &hp_mysqli_function_original[hp_mysqli_n_stmt_construct], hp_mysqli_f_stmt_construct);
	hp_mysqli_replace("mysqli_result", "__construct", &hp_mysqli_function_original[hp_mysqli_n_result_construct], hp_mysqli_f_result_construct);
	hp_mysqli_replace("mysqli", "__construct", &hp_life_method[hp_construct], hp_mysqli_m_construct);
	hp_mysqli_replace("mysqli", "connect", &hp_life_method[hp_connect], hp_mysqli_m_connect);
	hp_mysqli_replace("mysqli", "real_connect", &hp_life_method[hp_real_connect], hp_mysqli_m_real_connect);
	hp_mysqli_replace("mysqli", "close", &hp_life_method[hp_close], hp_mysqli_m_close);
	hp_mysqli_replace("mysqli_stmt", "prepare", &hp_life_method[hp_stmt_prepare], hp_mysqli_m_stmt_prepare);
	hp_mysqli_replace("mysqli", "poll", &hp_life_method[hp_poll], hp_mysqli_m_poll);
	hp_mysqli_replace_in(functions, "mysqli_poll", &hp_life_function[hp_poll], hp_mysqli_f_poll);
	hp_mysqli_replace_in(functions, "mysqli_connect", &hp_life_function[hp_connect], hp_mysqli_f_connect);
	hp_mysqli_replace_in(functions, "mysqli_real_connect", &hp_life_function[hp_real_connect], hp_mysqli_f_real_connect);
	hp_mysqli_replace_in(functions, "mysqli_close", &hp_life_function[hp_close], hp_mysqli_f_close);
	hp_mysqli_replace_in(functions, "mysqli_stmt_prepare", &hp_life_function[hp_stmt_prepare], hp_mysqli_f_stmt_prepare);
	return 1;
}

/* From now on this object stands for a pool. */
void hp_mysqli_become_pooled(zend_object *object)
{
	hp_mysqli_learn(object);
	object->handlers = &hp_mysqli_pooled;
}

/* An object of mysqli that is not connected yet, and will be a connection. */
int hp_mysqli_new(zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zval unused;
		if (object_init_ex(ret, hp_mysqli_class) == SUCCESS && !EG(exception)) {
			ZVAL_UNDEF(&unused);
			hp_mysqli_learn(Z_OBJ_P(ret));
			Z_OBJ_P(ret)->handlers = &hp_mysqli_connection;
			zend_call_known_function(hp_mysqli_class->constructor, Z_OBJ_P(ret), hp_mysqli_class, &unused, 0, NULL, NULL);
			zval_ptr_dtor(&unused);
		}
		if (EG(exception)) {
			zval_ptr_dtor(ret);
			ZVAL_UNDEF(ret);
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		ZVAL_UNDEF(ret);
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Bits: 1 it waits for a statement, and nothing belongs to it any more; 2 it is in a transaction; 4 each statement is one. */
int hp_mysqli_state(zend_object *object)
{
	const MYSQLND_CONN_DATA *data = hp_mysqli_data(object);
	if (!data) {
		return 0;
	}
	unsigned int status = data->upsert_status->server_status;
	return (data->state.state == CONN_READY && data->refcount == 1 ? 1 : 0) | (status & SERVER_STATUS_IN_TRANS ? 2 : 0)
		| (status & SERVER_STATUS_AUTOCOMMIT ? 4 : 0);
}

/* What the last statement of the connection has put in; 0 for nothing. */
uint64_t hp_mysqli_last_id(zend_object *object)
{
	const MYSQLND_CONN_DATA *data = hp_mysqli_data(object);
	return data ? data->upsert_status->last_insert_id : 0;
}

/* How many kinds of calls there are. */
int hp_mysqli_count(void)
{
	return hp_mysqli_calls;
}

#else

int hp_mysqli_count(void)
{
	return 0;
}

int hp_mysqli_install(const hp_mysqli_hooks *hooks)
{
	return 0;
}

void hp_mysqli_become_prepared(zend_object *object)
{
}

void hp_mysqli_become_pooled(zend_object *object)
{
}

int hp_mysqli_new(zval *ret)
{
	ZVAL_UNDEF(ret);
	return HZ_EXCEPTION;
}

int hp_mysqli_state(zend_object *object)
{
	return 0;
}

uint64_t hp_mysqli_last_id(zend_object *object)
{
	return 0;
}

#endif
