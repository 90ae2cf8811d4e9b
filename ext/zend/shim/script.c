/* Running files: what require_once does, for autoloaders. */
#include "highper.h"

/* Runs a file unless it was included before; 1 in `found` when there is one. */
int hz_require_once(const char *path, size_t len, int *found)
{
	volatile int rc = HZ_OK;
	*found = 0;
	HZ_TRY {
		zend_file_handle handle;
		zend_string *name = zend_string_init(path, len, 0);
		zend_stream_init_filename_ex(&handle, name);
		if (php_stream_open_for_zend_ex(&handle, USE_PATH | STREAM_OPEN_FOR_INCLUDE) == SUCCESS) {
			zval once;
			zend_op_array *code = NULL;
			if (!handle.opened_path) {
				handle.opened_path = zend_string_copy(name);
			}
			*found = 1;
			ZVAL_NULL(&once);
			if (zend_hash_add(&EG(included_files), handle.opened_path, &once)) {
				code = zend_compile_file(&handle, ZEND_REQUIRE);
			}
			if (code) {
				zval result;
				uint32_t trace = EG(jit_trace_num);
				ZVAL_UNDEF(&result);
				zend_execute(code, &result);
				EG(jit_trace_num) = trace;
				destroy_op_array(code);
				efree_size(code, sizeof(zend_op_array));
				if (!EG(exception)) {
					zval_ptr_dtor(&result);
				}
			}
		}
		zend_destroy_file_handle(&handle);
		zend_string_release(name);
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	return rc;
}

/* Compiles a file without running it, past OPcache: for a child that ends afterwards, because what it declares
   stays. Functions that are there already are put aside, or the file that declares them would be wrong. */
int hz_compile_only(const char *path, size_t len, int *found)
{
	volatile int rc = HZ_OK;
	HashTable *volatile functions = CG(function_table);
	*found = 0;
	HZ_TRY {
		zend_file_handle handle;
		zend_string *name = zend_string_init(path, len, 0);
		HashTable own;
		zend_string *key;
		zval *function;
		zend_hash_init(&own, zend_hash_num_elements(CG(function_table)), NULL, NULL, 0);
		ZEND_HASH_FOREACH_STR_KEY_VAL(CG(function_table), key, function) {
			if (key && Z_FUNC_P(function)->type == ZEND_INTERNAL_FUNCTION) {
				zend_hash_add(&own, key, function);
			}
		} ZEND_HASH_FOREACH_END();
		zend_stream_init_filename_ex(&handle, name);
		if (php_stream_open_for_zend_ex(&handle, USE_PATH | STREAM_OPEN_FOR_INCLUDE) == SUCCESS) {
			if (!handle.opened_path) {
				handle.opened_path = zend_string_copy(name);
			}
			*found = 1;
			CG(function_table) = &own;
			compile_file(&handle, ZEND_REQUIRE);
		}
		if (EG(exception)) {
			rc = HZ_EXCEPTION;
		}
	} HZ_CATCH {
		rc = HZ_BAILOUT;
	} HZ_END
	CG(function_table) = functions;
	return rc;
}

/* `require`: runs a file, each time; 1 in `found` when there is one, and what it returns in `ret`. */
int hz_run_file(const char *path, size_t len, int *found, zval *ret)
{
	volatile int rc = HZ_OK;
	*found = 0;
	ZVAL_UNDEF(ret);
	HZ_TRY {
		zend_file_handle handle;
		zend_string *name = zend_string_init(path, len, 0);
		zend_stream_init_filename_ex(&handle, name);
		if (php_stream_open_for_zend_ex(&handle, USE_PATH | STREAM_OPEN_FOR_INCLUDE) == SUCCESS) {
			zend_op_array *code;
			if (!handle.opened_path) {
				handle.opened_path = zend_string_copy(name);
			}
			*found = 1;
			code = zend_compile_file(&handle, ZEND_REQUIRE);
			if (code) {
				uint32_t trace = EG(jit_trace_num);
				zend_execute(code, ret);
				EG(jit_trace_num) = trace;
				destroy_op_array(code);
				efree_size(code, sizeof(zend_op_array));
			}
		}
		zend_destroy_file_handle(&handle);
		zend_string_release(name);
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
