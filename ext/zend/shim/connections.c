/* Which functions of which extensions use a connection, and how it is told which one.
 *
 * Only what talks to a server, or changes what a call under way relies on: one may always ask a busy connection for
 * its options or its last error, and read rows that are here already, as after a connection went back to its pool. */
#include "interpose.h"
#if __has_include(<ext/pdo/php_pdo_driver.h>)
# include <ext/pdo/php_pdo_driver.h>
# define HP_HAS_PDO 1
#endif
#if __has_include(<ext/mysqli/php_mysqli_structs.h>) && __has_include(<ext/mysqlnd/mysqlnd.h>)
# include <ext/mysqli/php_mysqli_structs.h>
# define HP_HAS_MYSQLI 1
#endif

static const void *hp_key_this(zend_execute_data *execute_data)
{
	return Z_TYPE(EX(This)) == IS_OBJECT ? Z_OBJ(EX(This)) : NULL;
}

/* The first argument, an object or a resource. */
static const void *hp_key_first(zend_execute_data *execute_data)
{
	if (!ZEND_NUM_ARGS()) {
		return NULL;
	}
	zval *first = ZEND_CALL_ARG(execute_data, 1);
	ZVAL_DEREF(first);
	return Z_TYPE_P(first) == IS_OBJECT || Z_TYPE_P(first) == IS_RESOURCE ? (const void *) Z_COUNTED_P(first) : NULL;
}

#ifdef HP_HAS_PDO
/* Persistent connections are one under several objects. */
static const void *hp_key_pdo(zend_execute_data *execute_data)
{
	return Z_TYPE(EX(This)) == IS_OBJECT ? php_pdo_dbh_fetch_inner(Z_OBJ(EX(This))) : NULL;
}

/* libpq is asked when the statement is executed, for the first time. */
static const void *hp_key_pdo_prepare(zend_execute_data *execute_data)
{
	const pdo_dbh_t *dbh = hp_key_pdo(execute_data);
	return dbh && dbh->driver && strcmp(dbh->driver->driver_name, "pgsql") != 0 ? dbh : NULL;
}

static zend_object_free_obj_t hp_pdo_statement_free;

/* PostgreSQL's driver tells the server that it is done with a statement, and waits for the answer. */
static void hp_pdo_statement_free_settled(zend_object *object)
{
	const pdo_dbh_t *dbh = php_pdo_stmt_fetch_object(object)->dbh;
	if (dbh) {
		hp_lease_settled(dbh, hp_pdo_statement_free, object);
	} else {
		hp_pdo_statement_free(object);
	}
}

static const void *hp_key_pdo_statement(zend_execute_data *execute_data)
{
	if (Z_TYPE(EX(This)) != IS_OBJECT) {
		return NULL;
	}
	/* All statements have one table of handlers, which only an object leads to. */
	zend_object_handlers *handlers = (zend_object_handlers *) Z_OBJ(EX(This))->handlers;
	if (UNEXPECTED(handlers->free_obj != hp_pdo_statement_free_settled) && !hp_pdo_statement_free) {
		hp_pdo_statement_free = handlers->free_obj;
		handlers->free_obj = hp_pdo_statement_free_settled;
	}
	return php_pdo_stmt_fetch_object(Z_OBJ(EX(This)))->dbh;
}
#endif

#ifdef HP_HAS_MYSQLI
static zend_object *hp_mysqli_object(zend_execute_data *execute_data)
{
	return Z_TYPE(EX(This)) == IS_OBJECT ? Z_OBJ(EX(This)) : NULL;
}

/* Not known by their names in this library: mysqli may not be loaded. */
static zend_class_entry *hp_mysqli, *hp_mysqli_stmt, *hp_mysqli_result;

static const void *hp_key_mysqli(zend_execute_data *execute_data)
{
	zend_object *object = hp_mysqli_object(execute_data);
	if (!object) {
		const zend_refcounted *first = hp_key_first(execute_data);
		if (!first || GC_TYPE(first) != IS_OBJECT) {
			return NULL;
		}
		object = (zend_object *) first;
	}
	bool is_link = instanceof_function(object->ce, hp_mysqli);
	bool is_stmt = !is_link && instanceof_function(object->ce, hp_mysqli_stmt);
	if (!is_link && !is_stmt && !instanceof_function(object->ce, hp_mysqli_result)) {
		return NULL;
	}
	const MYSQLI_RESOURCE *resource = php_mysqli_fetch_object(object)->ptr;
	if (!resource || !resource->ptr) {
		return NULL;
	}
	if (is_link) {
		const MYSQL *mysql = ((const MY_MYSQL *) resource->ptr)->mysql;
		return mysql ? mysql->data : NULL;
	}
	if (is_stmt) {
		const MYSQL_STMT *stmt = ((const MY_STMT *) resource->ptr)->stmt;
		return stmt && stmt->data ? stmt->data->conn : NULL;
	}
	/* A result that is here as a whole has none. */
	return ((const MYSQLND_RES *) resource->ptr)->conn;
}
#endif

/* The property `connection`, which all but AMQPConnection itself have. */
static const void *hp_key_amqp(zend_execute_data *execute_data)
{
	const zend_function *function = EX(func);
	if (Z_TYPE(EX(This)) != IS_OBJECT) {
		return NULL;
	}
	zend_object *object = Z_OBJ(EX(This));
	zend_property_info *info = zend_hash_str_find_ptr(&function->common.scope->properties_info, ZEND_STRL("connection"));
	if (info && !(info->flags & ZEND_ACC_STATIC)) {
		const zval *connection = OBJ_PROP(object, info->offset);
		ZVAL_DEREF(connection);
		if (Z_TYPE_P(connection) == IS_OBJECT) {
			return Z_OBJ_P(connection);
		}
	}
	return object;
}

/* Managers with the same address and options have one client, unless told otherwise (disableClientPersistence). It is
 * the first thing in a manager. */
static const void *hp_key_mongodb(zend_execute_data *execute_data)
{
	if (Z_TYPE(EX(This)) != IS_OBJECT || Z_OBJ(EX(This))->handlers->offset < (int) sizeof(void *)) {
		return hp_key_this(execute_data);
	}
	return *(void **) ((char *) Z_OBJ(EX(This)) - Z_OBJ(EX(This))->handlers->offset);
}

#define HP_REDIS_PLAIN "isconnected gethost getport getdbnum gettimeout getreadtimeout getpersistentid getauth getmode " \
	"getlasterror clearlasterror getoption setoption gettransferredbytes cleartransferredbytes servername serverport"

#define HP_MYSQLI_METHODS "autocommit begin_transaction change_user close commit dump_debug_info execute_query get_warnings kill " \
	"multi_query next_result ping prepare query real_connect connect real_query reap_async_query refresh rollback release_savepoint savepoint " \
	"select_db set_charset stat store_result use_result"
#define HP_MYSQLI_FUNCTIONS "mysqli_autocommit mysqli_begin_transaction mysqli_change_user mysqli_close mysqli_commit " \
	"mysqli_dump_debug_info mysqli_execute_query mysqli_get_warnings mysqli_kill mysqli_multi_query mysqli_next_result mysqli_ping " \
	"mysqli_prepare mysqli_query mysqli_real_connect mysqli_real_query mysqli_reap_async_query mysqli_refresh mysqli_rollback " \
	"mysqli_release_savepoint mysqli_savepoint mysqli_select_db mysqli_set_charset mysqli_stat mysqli_store_result mysqli_use_result " \
	"mysqli_stmt_close mysqli_stmt_execute mysqli_execute mysqli_stmt_get_result " \
	"mysqli_stmt_get_warnings mysqli_stmt_next_result mysqli_stmt_prepare mysqli_stmt_reset mysqli_stmt_send_long_data " \
	"mysqli_stmt_store_result mysqli_fetch_all mysqli_fetch_array mysqli_fetch_assoc mysqli_fetch_column mysqli_fetch_object " \
	"mysqli_fetch_row mysqli_free_result"
#define HP_MYSQLI_STMT "close execute get_result get_warnings next_result prepare reset send_long_data store_result"
#define HP_MYSQLI_RESULT "close fetch_all fetch_array fetch_assoc fetch_column fetch_object fetch_row free free_result"

#define HP_PGSQL "pg_query pg_exec pg_query_params pg_prepare pg_execute pg_send_query pg_send_query_params pg_send_prepare pg_send_execute " \
	"pg_get_result pg_consume_input pg_flush pg_ping pg_close pg_connection_reset pg_connect_poll pg_copy_from pg_copy_to pg_put_line " \
	"pg_end_copy pg_insert pg_select pg_update pg_delete pg_meta_data pg_get_notify pg_cancel_query pg_set_client_encoding " \
	"pg_lo_create pg_lo_open pg_lo_unlink pg_lo_import pg_lo_export"

#define HP_FTP "ftp_alloc ftp_append ftp_cdup ftp_chdir ftp_chmod ftp_close ftp_delete ftp_exec ftp_fget ftp_fput ftp_get ftp_login ftp_mdtm " \
	"ftp_mkdir ftp_mlsd ftp_nb_continue ftp_nb_fget ftp_nb_fput ftp_nb_get ftp_nb_put ftp_nlist ftp_pasv ftp_put ftp_pwd ftp_quit ftp_raw " \
	"ftp_rawlist ftp_rename ftp_rmdir ftp_site ftp_size ftp_systype"

#define HP_LDAP "ldap_add ldap_add_ext ldap_bind ldap_bind_ext ldap_close ldap_compare ldap_delete ldap_delete_ext ldap_exop ldap_exop_passwd " \
	"ldap_exop_refresh ldap_exop_sync ldap_exop_whoami ldap_list ldap_mod_add ldap_mod_add_ext ldap_mod_del ldap_mod_del_ext ldap_mod_replace " \
	"ldap_mod_replace_ext ldap_modify ldap_modify_batch ldap_read ldap_rename ldap_rename_ext ldap_sasl_bind ldap_search ldap_start_tls ldap_unbind"

#define HP_IMAP "imap_append imap_body imap_bodystruct imap_check imap_clearflag_full imap_close imap_createmailbox imap_create " \
	"imap_delete imap_deletemailbox imap_expunge imap_fetch_overview imap_fetchbody imap_fetchheader imap_fetchmime imap_fetchstructure " \
	"imap_fetchtext imap_gc imap_get_quota imap_get_quotaroot imap_getacl imap_getmailboxes imap_getsubscribed imap_header imap_headerinfo " \
	"imap_headers imap_list imap_listmailbox imap_listscan imap_listsubscribed imap_lsub imap_mail_copy imap_mail_move imap_mailboxmsginfo " \
	"imap_msgno imap_num_msg imap_num_recent imap_ping imap_rename imap_renamemailbox imap_reopen imap_savebody imap_scan imap_scanmailbox " \
	"imap_search imap_set_quota imap_setacl imap_setflag_full imap_sort imap_status imap_subscribe imap_thread imap_uid imap_undelete imap_unsubscribe"

#define HP_ODBC "odbc_autocommit odbc_close odbc_columnprivileges odbc_columns odbc_commit odbc_data_source odbc_do odbc_exec odbc_execute " \
	"odbc_fetch_array odbc_fetch_into odbc_fetch_object odbc_fetch_row odbc_foreignkeys odbc_gettypeinfo odbc_next_result odbc_prepare " \
	"odbc_primarykeys odbc_procedurecolumns odbc_procedures odbc_rollback odbc_specialcolumns odbc_statistics odbc_tableprivileges odbc_tables"

/* Is the running function one of an extension whose answers have to follow their questions? Streams and sockets are their
 * user's own affair, and cURL ends a transfer by itself. */
int hp_is_dialogue(void)
{
	static const char *const modules[] = { "PDO", "pdo_pgsql", "pdo_mysql", "mysqli", "pgsql", "redis", "memcached", "amqp", "mongodb",
		"ldap", "imap", "odbc", "ftp" };
	const zend_execute_data *frame = EG(current_execute_data);
	if (!frame || !frame->func || frame->func->type != ZEND_INTERNAL_FUNCTION || !frame->func->internal_function.module) {
		return 0;
	}
	const char *name = frame->func->internal_function.module->name;
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		if (strcasecmp(name, modules[i]) == 0) {
			return 1;
		}
	}
	return 0;
}

/* The driver of a call's PDO connection, or "mysqli"; NULL when it is neither. */
const char *hp_pdo_driver(const hp_cover *cover, const void *key)
{
#ifdef HP_HAS_MYSQLI
	if (cover->key == hp_key_mysqli) {
		return "mysqli";
	}
#endif
#ifdef HP_HAS_PDO
	if (cover->key == hp_key_pdo || cover->key == hp_key_pdo_prepare || cover->key == hp_key_pdo_statement) {
		const pdo_dbh_t *dbh = key;
		return dbh->driver ? dbh->driver->driver_name : NULL;
	}
#endif
	return NULL;
}

#define HP_SSH2 "ssh2_auth_agent ssh2_auth_hostbased_file ssh2_auth_none ssh2_auth_password ssh2_auth_pubkey ssh2_auth_pubkey_file " \
	"ssh2_disconnect ssh2_exec ssh2_forward_accept ssh2_forward_listen ssh2_scp_recv ssh2_scp_send ssh2_sftp ssh2_shell ssh2_tunnel"

/* At the first RINIT. */
void hp_connections_install(void)
{
#ifdef HP_HAS_PDO
	hp_cover_key("pdo", "exec query begintransaction commit rollback lastinsertid getattribute setattribute", "", hp_key_pdo);
	hp_cover_key("pdo", "prepare", "", hp_key_pdo_prepare);
	hp_cover_key("pdostatement", "execute nextrowset getcolumnmeta", "", hp_key_pdo_statement);
# if PHP_VERSION_ID >= 80400
	hp_cover_key("pdo\\pgsql", "*", "escapeidentifier getpid setnoticecallback", hp_key_pdo);
	hp_cover_key("pdo\\mysql", "*", "getwarningcount", hp_key_pdo);
# endif
#endif
#ifdef HP_HAS_MYSQLI
	hp_mysqli = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("mysqli"));
	hp_mysqli_stmt = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("mysqli_stmt"));
	hp_mysqli_result = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("mysqli_result"));
	if (hp_mysqli && hp_mysqli_stmt && hp_mysqli_result) {
		hp_cover_key("mysqli", HP_MYSQLI_METHODS, "", hp_key_mysqli);
		hp_cover_key("mysqli_stmt", HP_MYSQLI_STMT, "", hp_key_mysqli);
		hp_cover_key("mysqli_result", HP_MYSQLI_RESULT, "", hp_key_mysqli);
		hp_cover_key(NULL, HP_MYSQLI_FUNCTIONS, "", hp_key_mysqli);
	}
#endif
	hp_cover_key("redis", "*", HP_REDIS_PLAIN, hp_key_this);
	hp_cover_key("rediscluster", "*", HP_REDIS_PLAIN, hp_key_this);
	hp_cover_key("redisarray", "*", HP_REDIS_PLAIN, hp_key_this);
	hp_cover_key("redissentinel", "*", HP_REDIS_PLAIN, hp_key_this);
	hp_cover_key("memcached", "*", "getresultcode getresultmessage getserverlist getoption setoption setoptions ispersistent ispristine "
		"getlasterrorcode getlasterrorerrno getlasterrormessage getlastdisconnectedserver setencodingkey", hp_key_this);
	hp_cover_key("amqpconnection", "connect pconnect disconnect pdisconnect reconnect preconnect", "", hp_key_amqp);
	hp_cover_key("amqpchannel", "qos setprefetchcount setprefetchsize setglobalprefetchcount setglobalprefetchsize starttransaction "
		"committransaction rollbacktransaction confirmselect waitforconfirm waitforbasicreturn basicrecover close", "", hp_key_amqp);
	hp_cover_key("amqpexchange", "declareexchange declare delete publish bind unbind", "", hp_key_amqp);
	hp_cover_key("amqpqueue", "declarequeue declare bind unbind get consume ack nack reject recover purge cancel delete", "", hp_key_amqp);
	hp_cover_key("mongodb\\driver\\manager", "executebulkwrite executecommand executequery executereadcommand executereadwritecommand "
		"executewritecommand selectserver startsession", "", hp_key_mongodb);
	hp_cover_key("soapclient", "__dorequest", "", hp_key_this);
	hp_cover_key(NULL, HP_PGSQL, "", hp_key_first);
	hp_cover_key(NULL, HP_FTP, "", hp_key_first);
	hp_cover_key(NULL, HP_LDAP, "", hp_key_first);
	hp_cover_key(NULL, HP_IMAP, "", hp_key_first);
	hp_cover_key(NULL, HP_ODBC, "", hp_key_first);
	hp_cover_key(NULL, HP_SSH2, "", hp_key_first);
	hp_cover_key(NULL, "curl_exec curl_close curl_setopt curl_setopt_array curl_reset curl_copy_handle curl_upkeep curl_pause "
		"curl_multi_select curl_multi_close", "", hp_key_first);
}
