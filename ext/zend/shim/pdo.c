/* PDO objects that stand for a pool of connections: calls of their methods run on the connection of the running
 * coroutine, a PDO object of its own, which takes the place of `$this` for the call.
 *
 * The methods' handlers are replaced by ours, one function for each name, so that copies of a method, which user
 * classes and closures have, lead here too. An object that does not stand for a pool is recognised by its handlers,
 * with one comparison. Nothing here depends on how PDO lays its objects out: those that stand for a pool were never
 * constructed as far as PDO is concerned, and their connections are ordinary ones. */
#include "highper.h"

#define HP_PDO_METHODS(X) \
	X(construct, "__construct") \
	X(exec, "exec") \
	X(query, "query") \
	X(prepare, "prepare") \
	X(begin, "begintransaction") \
	X(commit, "commit") \
	X(rollback, "rollback") \
	X(set_attribute, "setattribute") \
	X(get_attribute, "getattribute") \
	X(in_transaction, "intransaction") \
	X(last_insert_id, "lastinsertid") \
	X(quote, "quote") \
	X(error_code, "errorcode") \
	X(error_info, "errorinfo") \
	X(warning_count, "getwarningcount") \
	X(escape_identifier, "escapeidentifier") \
	X(copy_from_array, "copyfromarray") \
	X(copy_from_file, "copyfromfile") \
	X(copy_to_array, "copytoarray") \
	X(copy_to_file, "copytofile") \
	X(lob_create, "lobcreate") \
	X(lob_open, "lobopen") \
	X(lob_unlink, "lobunlink") \
	X(get_notify, "getnotify") \
	X(get_pid, "getpid") \
	X(set_notice_callback, "setnoticecallback")

#define HP_STATEMENT_METHODS(X) \
	X(execute, "execute") \
	X(fetch, "fetch") \
	X(fetch_all, "fetchall") \
	X(fetch_column, "fetchcolumn") \
	X(fetch_object, "fetchobject") \
	X(next_rowset, "nextrowset")

#define HP_NUMBER(id, name) hp_pdo_n_##id,
enum { HP_PDO_METHODS(HP_NUMBER) hp_pdo_count };
enum { HP_STATEMENT_METHODS(HP_NUMBER) hp_statement_count };

/* The other side. Those that return an int: 0 done, 1 an exception is pending, 2 not a matter of theirs, -1 a fatal error. */
typedef struct {
	int (*construct)(zend_object *object, uint32_t argc, zval *argv);
	/* Writes the connection, with a reference for the caller. */
	int (*enter)(zend_object *object, int method, uint32_t argc, zval *argv, zend_object **connection);
	/* After a call that failed, and after each setAttribute(). */
	void (*leave)(zend_object *object, int method, int failed, uint32_t argc, zval *argv);
	/* lastInsertId() is 0: what it was before a library set the connection up once more, if it did. */
	void (*last_id)(zend_object *object, zval *return_value);
	/* A call of a statement failed. */
	void (*failed)(void);
	void (*freed)(zend_object *object);
} hp_pdo_hooks;

static hp_pdo_hooks hp_hooks;
static bool hp_installed;
static zif_handler hp_pdo_original[hp_pdo_count];
static zif_handler hp_statement_original[hp_statement_count];
static zend_object_handlers hp_pdo_handlers, hp_connection_handlers;
static const zend_object_handlers *hp_plain_handlers;

static zend_always_inline bool hp_is_pooled(const zend_object *object)
{
	return object->handlers == &hp_pdo_handlers;
}

static zend_never_inline void hp_pdo_construct(INTERNAL_FUNCTION_PARAMETERS)
{
	zend_object *object = Z_OBJ(EX(This));
	int rc = object->handlers == &hp_connection_handlers ? 2
		: hp_hooks.construct(object, EX_NUM_ARGS(), ZEND_CALL_ARG(execute_data, 1));
	if (rc == 2) {
		if (UNEXPECTED(hp_is_pooled(object))) {
			/* Constructed a second time, for something else. */
			object->handlers = hp_plain_handlers;
		}
		hp_pdo_original[hp_pdo_n_construct](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	} else if (rc < 0) {
		zend_bailout();
	}
}

static zend_never_inline void hp_pdo_exchanged(int method, INTERNAL_FUNCTION_PARAMETERS)
{
	zend_object *object = Z_OBJ(EX(This)), *connection = NULL;
	uint32_t argc = EX_NUM_ARGS();
	zval *argv = ZEND_CALL_ARG(execute_data, 1);

	int rc = hp_hooks.enter(object, method, argc, argv, &connection);
	if (UNEXPECTED(rc != 0)) {
		if (rc < 0) {
			zend_bailout();
		}
		return;
	}
	Z_OBJ(EX(This)) = connection;
	hp_pdo_original[method](INTERNAL_FUNCTION_PARAM_PASSTHRU);
	Z_OBJ(EX(This)) = object;
	if (UNEXPECTED(method == hp_pdo_n_last_insert_id && Z_TYPE_P(return_value) == IS_STRING && zend_string_equals_literal(Z_STR_P(return_value), "0"))) {
		hp_hooks.last_id(object, return_value);
	}
	bool failed = EG(exception) != NULL || (method <= hp_pdo_n_rollback && Z_TYPE_P(return_value) == IS_FALSE);
	if (UNEXPECTED(failed || method == hp_pdo_n_set_attribute)) {
		hp_hooks.leave(object, method, failed, argc, argv);
	}
	OBJ_RELEASE(connection);
}

#define HP_HANDLER(id, name) \
	static ZEND_NAMED_FUNCTION(hp_pdo_f_##id) \
	{ \
		if (hp_pdo_n_##id == hp_pdo_n_construct) { \
			hp_pdo_construct(INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} else if (EXPECTED(Z_TYPE(EX(This)) != IS_OBJECT || !hp_is_pooled(Z_OBJ(EX(This))))) { \
			hp_pdo_original[hp_pdo_n_##id](INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} else { \
			hp_pdo_exchanged(hp_pdo_n_##id, INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		} \
	}
HP_PDO_METHODS(HP_HANDLER)

#define HP_STATEMENT_HANDLER(id, name) \
	static ZEND_NAMED_FUNCTION(hp_statement_f_##id) \
	{ \
		hp_statement_original[hp_pdo_n_##id](INTERNAL_FUNCTION_PARAM_PASSTHRU); \
		if (UNEXPECTED(EG(exception) || (hp_pdo_n_##id == hp_pdo_n_execute && Z_TYPE_P(return_value) == IS_FALSE))) { \
			hp_hooks.failed(); \
		} \
	}
HP_STATEMENT_METHODS(HP_STATEMENT_HANDLER)

#define HP_ENTRY(id, name) { name, sizeof(name) - 1, hp_pdo_f_##id },
#define HP_STATEMENT_ENTRY(id, name) { name, sizeof(name) - 1, hp_statement_f_##id },
typedef struct {
	const char *name;
	size_t length;
	zif_handler handler;
} hp_replacement;
static const hp_replacement hp_pdo_entries[] = { HP_PDO_METHODS(HP_ENTRY) };
static const hp_replacement hp_statement_entries[] = { HP_STATEMENT_METHODS(HP_STATEMENT_ENTRY) };

/* PDO::connect(), from PHP 8.4 on: an object of the driver's own class, whose constructor is not called. NULL where PHP is to
 * say what is wrong, or another driver is meant. */
static zend_class_entry *hp_connect_class(zend_class_entry *called, uint32_t argc, const zval *source)
{
	static const struct { const char *driver, *name; } classes[] = { { "mysql:", "pdo\\mysql" }, { "pgsql:", "pdo\\pgsql" } };
	zend_class_entry *pdo = zend_hash_str_find_ptr(CG(class_table), "pdo", 3);

	if (argc == 0 || Z_TYPE_P(source) != IS_STRING) {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (!zend_string_starts_with_cstr(Z_STR_P(source), classes[i].driver, strlen(classes[i].driver))) {
			continue;
		}
		zend_class_entry *own = zend_hash_str_find_ptr(CG(class_table), classes[i].name, strlen(classes[i].name));
		if (!own) {
			return NULL;
		}
		return called == pdo ? own : instanceof_function(called, own) ? called : NULL;
	}
	return NULL;
}

static zif_handler hp_pdo_original_connect;

static ZEND_NAMED_FUNCTION(hp_pdo_static_connect)
{
	zval *argv = ZEND_CALL_ARG(execute_data, 1);
	zend_class_entry *ce = hp_connect_class(Z_TYPE(EX(This)) == IS_OBJECT ? Z_OBJCE(EX(This)) : Z_CE(EX(This)), EX_NUM_ARGS(), argv);

	if (!ce || object_init_ex(return_value, ce) != SUCCESS) {
		if (!EG(exception)) {
			hp_pdo_original_connect(INTERNAL_FUNCTION_PARAM_PASSTHRU);
		}
		return;
	}
	int rc = hp_hooks.construct(Z_OBJ_P(return_value), EX_NUM_ARGS(), argv);
	if (rc == 0) {
		return;
	}
	zval_ptr_dtor(return_value);
	ZVAL_NULL(return_value);
	if (rc < 0) {
		zend_bailout();
	}
	if (rc == 2) {
		hp_pdo_original_connect(INTERNAL_FUNCTION_PARAM_PASSTHRU);
	}
}

static void hp_replace_connect(zend_class_entry *base)
{
	zend_class_entry *ce;
	ZEND_HASH_FOREACH_PTR(CG(class_table), ce) {
		if (!(ce->ce_flags & ZEND_ACC_LINKED) || !instanceof_function(ce, base)) {
			continue;
		}
		zend_function *method = zend_hash_str_find_ptr(&ce->function_table, "connect", 7);
		if (!method || method->type != ZEND_INTERNAL_FUNCTION || !(method->common.fn_flags & ZEND_ACC_STATIC)) {
			continue;
		}
		if (!hp_pdo_original_connect) {
			hp_pdo_original_connect = method->internal_function.handler;
		}
		if (method->internal_function.handler == hp_pdo_original_connect) {
			method->internal_function.handler = hp_pdo_static_connect;
		}
	} ZEND_HASH_FOREACH_END();
}

/* The methods of a class and the copies that its subclasses have. */
static void hp_replace(zend_class_entry *base, const hp_replacement *entries, zif_handler *originals, int count)
{
	zend_class_entry *ce;
	ZEND_HASH_FOREACH_PTR(CG(class_table), ce) {
		if (!(ce->ce_flags & ZEND_ACC_LINKED) || !instanceof_function(ce, base)) {
			continue;
		}
		for (int i = 0; i < count; i++) {
			zend_function *method = zend_hash_str_find_ptr(&ce->function_table, entries[i].name, entries[i].length);
			if (!method || method->type != ZEND_INTERNAL_FUNCTION || (method->common.fn_flags & ZEND_ACC_STATIC)) {
				continue;
			}
			zif_handler handler = method->internal_function.handler;
			if (!originals[i]) {
				originals[i] = handler;
			}
			if (handler == originals[i]) {
				method->internal_function.handler = entries[i].handler;
			}
		}
	} ZEND_HASH_FOREACH_END();
}

/* From now on new PDO objects may stand for pools. False where there is no PDO. */
int hp_pdo_install(const hp_pdo_hooks *hooks)
{
	zend_class_entry *pdo = zend_hash_str_find_ptr(CG(class_table), "pdo", 3);
	zend_class_entry *statement = zend_hash_str_find_ptr(CG(class_table), "pdostatement", 12);
	if (!pdo || !statement || pdo->type != ZEND_INTERNAL_CLASS) {
		return 0;
	}
	if (!hp_installed) {
		hp_hooks = *hooks;
		hp_installed = true;
		hp_replace(pdo, hp_pdo_entries, hp_pdo_original, hp_pdo_count);
		hp_replace_connect(pdo);
		hp_replace(statement, hp_statement_entries, hp_statement_original, hp_statement_count);
	}
	return 1;
}

/* Methods that a driver adds are known to a connection only. */
static zend_function *hp_pdo_get_method(zend_object **object, zend_string *name, const zval *key)
{
	zend_object *pooled = *object, *connection = NULL;
	zend_string *lower = key ? zend_string_copy(Z_STR_P(key)) : zend_string_tolower(name);
	bool declared = zend_hash_exists(&pooled->ce->function_table, lower) || pooled->ce->__call;
	zend_string_release(lower);
	if (declared) {
		return zend_std_get_method(object, name, key);
	}
	int rc = hp_hooks.enter(pooled, hp_pdo_count, 0, NULL, &connection);
	if (rc != 0) {
		if (rc < 0) {
			zend_bailout();
		}
		return NULL;
	}
	*object = connection;
	/* Its coroutine keeps it until its end; the caller counts a reference of its own. */
	GC_DELREF(connection);
	return connection->handlers->get_method(object, name, key);
}

static void hp_pdo_free(zend_object *object)
{
	hp_hooks.freed(object);
	hp_plain_handlers->free_obj(object);
}

static void hp_learn(const zend_object *object)
{
	if (!hp_plain_handlers) {
		hp_plain_handlers = object->handlers;
		hp_pdo_handlers = hp_connection_handlers = *object->handlers;
		hp_pdo_handlers.get_method = hp_pdo_get_method;
		hp_pdo_handlers.free_obj = hp_pdo_free;
	}
}

/* From now on this object stands for a pool. */
void hp_pdo_become_pooled(zend_object *object)
{
	hp_learn(object);
	object->handlers = &hp_pdo_handlers;
}

/* A connection: an object of the first internal class among the ancestors of `ce`, constructed with these arguments. */
int hp_pdo_connect(zend_class_entry *ce, uint32_t argc, zval *argv, zval *ret)
{
	volatile int rc = HZ_OK;
	ZVAL_UNDEF(ret);
	while (ce->type != ZEND_INTERNAL_CLASS && ce->parent) {
		ce = ce->parent;
	}
	HZ_TRY {
		zval unused;
		if (object_init_ex(ret, ce) == SUCCESS && !EG(exception)) {
			ZVAL_UNDEF(&unused);
			hp_learn(Z_OBJ_P(ret));
			Z_OBJ_P(ret)->handlers = &hp_connection_handlers;
			zend_call_known_function(ce->constructor, Z_OBJ_P(ret), ce, &unused, argc, argv, NULL);
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

/* Sets which errors are shown, and returns which were: as `@` does. */
int hp_show_errors(int which)
{
	int before = EG(error_reporting);
	EG(error_reporting) = which;
	return before;
}

/* The nearest object below the running call that is of a class of one of these names: its number, -1 for none.
 * Writes the object, and the name of its method that runs. */
int hp_find_caller(const char *const *names, uint32_t count, zend_object **object, zend_string **method)
{
	zend_execute_data *frame = EG(current_execute_data);
	for (int depth = 0; frame && depth < 48; depth++, frame = frame->prev_execute_data) {
		if (!frame->func || !ZEND_USER_CODE(frame->func->type) || Z_TYPE(frame->This) != IS_OBJECT
				|| !frame->func->common.function_name) {
			continue;
		}
		zend_object *this = Z_OBJ(frame->This);
		for (zend_class_entry *ce = this->ce; ce; ce = ce->parent) {
			for (uint32_t i = 0; i < count; i++) {
				if (ZSTR_LEN(ce->name) == strlen(names[i]) && !strcasecmp(ZSTR_VAL(ce->name), names[i])) {
					*object = this;
					*method = frame->func->common.function_name;
					return (int) i;
				}
			}
		}
	}
	return -1;
}

/* Has a declared property of the object a value that is neither null, false nor 0? */
int hp_is_set(zend_object *object, const char *name)
{
	zend_property_info *info = zend_hash_str_find_ptr(&object->ce->properties_info, name, strlen(name));
	if (!info || (info->flags & ZEND_ACC_STATIC)) {
		return 0;
	}
	zval *value = OBJ_PROP(object, info->offset);
	ZVAL_DEREF(value);
	return Z_TYPE_P(value) == IS_TRUE || (Z_TYPE_P(value) == IS_LONG && Z_LVAL_P(value) != 0);
}
