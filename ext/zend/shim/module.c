/* Module entries, settings and phpinfo. */
#include "highper.h"

typedef struct {
	const char *name;
	const char *version;
	int (*minit)(int type, int number);
	int (*mshutdown)(int type, int number);
	int (*rinit)(int type, int number);
	int (*rshutdown)(int type, int number);
	void (*info)(void *module);
} hz_module_spec;

/* An entry that the engine may keep for ever. */
zend_module_entry *hz_module(const hz_module_spec *spec)
{
	/* Those whose functions are replaced start first. */
	static const zend_module_dep after[] = {
		ZEND_MOD_OPTIONAL("filter")
		ZEND_MOD_OPTIONAL("session")
		ZEND_MOD_OPTIONAL("soap")
		ZEND_MOD_END
	};
	zend_module_entry template = {
		STANDARD_MODULE_HEADER_EX,
		NULL,
		after,
		spec->name,
		NULL,
		spec->minit,
		spec->mshutdown,
		spec->rinit,
		spec->rshutdown,
		(void (*)(ZEND_MODULE_INFO_FUNC_ARGS)) spec->info,
		spec->version,
		STANDARD_MODULE_PROPERTIES,
	};
	zend_module_entry *entry = pemalloc(sizeof(zend_module_entry), 1);
	memcpy(entry, &template, sizeof(template));
	return entry;
}

/* Registers and starts a module from inside another one's MINIT. */
int hz_module_start(zend_module_entry *entry)
{
	zend_module_entry *current = EG(current_module);
	int result = zend_startup_module(entry);
	EG(current_module) = current;
	return result == SUCCESS;
}

int hz_module_loaded(const char *name, size_t len)
{
	return zend_hash_str_exists(&module_registry, name, len);
}

const char *hz_sapi(void)
{
	return sapi_module.name ? sapi_module.name : "";
}

int hz_entropy(const char *name, const char *hook, const void *data, size_t len)
{
	return zend_add_system_entropy(name, hook, data, len) == SUCCESS;
}

const char *hz_php_version(void)
{
	return PHP_VERSION;
}

typedef struct {
	const char *name;
	const char *value;
	uint16_t name_len;
	uint8_t modifiable;
	uint8_t boolean;
	uint32_t value_len;
} hz_ini;

int hz_ini_register(const hz_ini *settings, uint32_t count, int module_number)
{
	zend_ini_entry_def *defs = pecalloc(count + 1, sizeof(*defs), 1);
	for (uint32_t i = 0; i < count; i++) {
		defs[i].name = settings[i].name;
		defs[i].name_length = settings[i].name_len;
		defs[i].value = settings[i].value;
		defs[i].value_length = settings[i].value_len;
		defs[i].modifiable = settings[i].modifiable;
		defs[i].displayer = settings[i].boolean ? zend_ini_boolean_displayer_cb : NULL;
	}
	return zend_register_ini_entries(defs, module_number) == SUCCESS;
}

void hz_ini_unregister(int module_number)
{
	zend_unregister_ini_entries(module_number);
}

const char *hz_ini_string(const char *name, size_t len)
{
	return zend_ini_string((char *) name, len, 0);
}

int hz_ini_bool(const char *name, size_t len)
{
	zend_string *key = zend_string_init(name, len, 0);
	zend_string *value = zend_ini_get_value(key);
	int result = value && zend_ini_parse_bool(value);
	zend_string_release(key);
	return result;
}

zend_long hz_ini_long(const char *name, size_t len)
{
	return zend_ini_long((char *) name, len, 0);
}

double hz_ini_double(const char *name, size_t len)
{
	return zend_ini_double((char *) name, len, 0);
}

/* A setting of php.ini or -d, before it is registered: 0 off, 1 on, -1 not set. */
int hz_config_bool(const char *name, size_t len)
{
	zval *value = cfg_get_entry(name, len);
	if (!value) {
		return -1;
	}
	if (Z_TYPE_P(value) == IS_STRING) {
		return zend_ini_parse_bool(Z_STR_P(value));
	}
	return zend_is_true(value);
}

int hz_ini_set(const char *name, size_t len, const char *value, size_t value_len)
{
	zend_string *key = zend_string_init(name, len, 0);
	int ok = zend_alter_ini_entry_chars(key, value, value_len, ZEND_INI_USER, ZEND_INI_STAGE_RUNTIME) == SUCCESS;
	zend_string_release(key);
	return ok;
}

void hz_info_start(void)
{
	php_info_print_table_start();
}

void hz_info_row(const char *name, const char *value)
{
	php_info_print_table_row(2, name, value);
}

void hz_info_end(zend_module_entry *module)
{
	php_info_print_table_end();
	display_ini_entries(module);
}

/* Has the end of the script begun: shutdown functions, destructors? */
int hz_active(void)
{
	return EG(active) != 0;
}

int hz_shutting_down(void)
{
	return (EG(flags) & EG_FLAGS_IN_SHUTDOWN) != 0;
}
