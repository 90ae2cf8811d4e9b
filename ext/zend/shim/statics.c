/* Static properties of the program's classes, for who compares them. */
#include "highper.h"

typedef struct {
	const char *class_name;
	size_t class_len;
	const char *name;
	size_t name_len;
	const char *file;
	size_t file_len;
	const zval *value;
	const zval *first;
} hz_static;

/* Calls back for each static property that a class of the program declares itself, with its value now and the one it was
   declared with. */
void hz_statics(void (*call)(void *, const hz_static *), void *with)
{
	zend_class_entry *class;
	ZEND_HASH_FOREACH_PTR(EG(class_table), class) {
		zval *values;
		zend_property_info *property;
		if (class->type != ZEND_USER_CLASS || !class->default_static_members_count) {
			continue;
		}
		values = CE_STATIC_MEMBERS(class);
		if (!values) {
			continue;
		}
		ZEND_HASH_FOREACH_PTR(&class->properties_info, property) {
			hz_static one;
			const char *scope, *name;
			const zval *value;
			if (!(property->flags & ZEND_ACC_STATIC) || property->ce != class) {
				continue;
			}
			value = &values[property->offset];
			ZVAL_DEINDIRECT(value);
			ZVAL_DEREF(value);
			zend_unmangle_property_name_ex(property->name, &scope, &name, &one.name_len);
			one.name = name;
			one.class_name = ZSTR_VAL(class->name);
			one.class_len = ZSTR_LEN(class->name);
			one.file = ZSTR_VAL(class->info.user.filename);
			one.file_len = ZSTR_LEN(class->info.user.filename);
			one.value = value;
			one.first = &class->default_static_members_table[property->offset];
			ZVAL_DEINDIRECT(one.first);
			/* An expression that was evaluated since: what it gave is not known any more. */
			if (Z_TYPE_P(one.first) == IS_CONSTANT_AST) {
				one.first = value;
			}
			call(with, &one);
		} ZEND_HASH_FOREACH_END();
	} ZEND_HASH_FOREACH_END();
}

/* Tells one state of a value from another, without looking into objects. */
uint64_t hz_print(const zval *value)
{
	uint64_t print = Z_TYPE_P(value);
	switch (Z_TYPE_P(value)) {
		case IS_LONG:
			return print ^ ((uint64_t) Z_LVAL_P(value) * 0x9e3779b97f4a7c15u);
		case IS_DOUBLE: {
			uint64_t bits;
			memcpy(&bits, &Z_DVAL_P(value), sizeof(bits));
			return print ^ (bits * 0x9e3779b97f4a7c15u);
		}
		case IS_STRING:
			return print ^ zend_hash_func(Z_STRVAL_P(value), Z_STRLEN_P(value));
		case IS_OBJECT:
			return print ^ ((uint64_t) Z_OBJ_HANDLE_P(value) << 8);
		case IS_ARRAY: {
			/* The values one level down, of large ones the first. */
			uint32_t left = 1000;
			zend_ulong index;
			zend_string *key;
			zval *inner;
			print ^= (uint64_t) zend_hash_num_elements(Z_ARRVAL_P(value)) << 8;
			ZEND_HASH_FOREACH_KEY_VAL(Z_ARRVAL_P(value), index, key, inner) {
				uint64_t one = key ? zend_hash_func(ZSTR_VAL(key), ZSTR_LEN(key)) : index;
				ZVAL_DEREF(inner);
				if (Z_TYPE_P(inner) == IS_ARRAY) {
					one ^= (uint64_t) zend_hash_num_elements(Z_ARRVAL_P(inner)) << 16;
				} else {
					one ^= hz_print(inner);
				}
				print = (print ^ one) * 0x100000001b3u;
				if (!--left) {
					break;
				}
			} ZEND_HASH_FOREACH_END();
			return print;
		}
		default:
			return print;
	}
}
