/* exit() that a coroutine can catch, without touching opcodes.
 *
 * Before PHP 8.4 exit is a language construct: its node in the syntax tree becomes a call of
 * a function of ours. From 8.4 on it is a function whose handler we replace. */
#include "php.h"
#include "zend_ast.h"
#include "zend_compile.h"
#include "zend_exceptions.h"
#include "vm.h"

static int (*hp_exit_catch)(zval *status);
static int (*hp_exit_asks)(void);

/* What exit does outside coroutines. */
static void hp_exit_plainly(zval *status)
{
	if (status && Z_TYPE_P(status) == IS_LONG) {
		EG(exit_status) = (int) Z_LVAL_P(status);
	} else if (status && Z_TYPE_P(status) != IS_NULL) {
		zend_string *text = zval_get_string(status);
		if (ZSTR_LEN(text)) {
			zend_write(ZSTR_VAL(text), ZSTR_LEN(text));
		}
		zend_string_release(text);
	}
	if (!EG(exception)) {
		zend_throw_unwind_exit();
	}
}

/* The exception of a construct knows nothing of the function that it became: it is made in its caller's frame. */
void *hp_exit_frame_leave(void)
{
	zend_execute_data *own = EG(current_execute_data);
#if PHP_VERSION_ID < 80400
	if (own && own->prev_execute_data) {
		EG(current_execute_data) = own->prev_execute_data;
	}
#endif
	return own;
}

void hp_exit_frame_enter(void *own)
{
	EG(current_execute_data) = (zend_execute_data *) own;
}

bool hp_exit_is_caught(void)
{
	return hp_exit_asks && hp_exit_asks();
}

/* As exit() does, under the frame of an internal function. */
void hp_exit(zval *status)
{
	if (hp_exit_is_caught()) {
		if (hp_exit_catch(status)) {
			zend_bailout();
		}
	} else {
		hp_exit_plainly(status);
	}
}

static ZEND_FUNCTION(highper_exit)
{
#if PHP_VERSION_ID >= 80400
	zend_string *text = NULL;
	zend_long code = 0;
	zval status;
	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR_OR_LONG(text, code)
	ZEND_PARSE_PARAMETERS_END();
	if (text) {
		ZVAL_STR(&status, text);
	} else {
		ZVAL_LONG(&status, code);
	}
	hp_exit(&status);
#else
	/* The construct took whatever there was. */
	zval *status = NULL;
	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(status)
	ZEND_PARSE_PARAMETERS_END();
	hp_exit(status);
#endif
}

#if PHP_VERSION_ID < 80400
#define HP_EXIT_NAME "Highper\\exit_script"

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_highper_exit, 0, 0, IS_NEVER, 0)
	ZEND_ARG_TYPE_MASK(0, status, MAY_BE_STRING | MAY_BE_LONG, "0")
ZEND_END_ARG_INFO()

static const zend_function_entry hp_exit_functions[] = {
	ZEND_NS_NAMED_FE("Highper", exit_script, ZEND_FN(highper_exit), arginfo_highper_exit)
	ZEND_FE_END
};

static zend_ast_process_t hp_previous_process;

static void hp_walk(zend_ast **at)
{
	zend_ast *ast = *at;
	if (!ast || ast->kind == ZEND_AST_ZVAL || ast->kind == ZEND_AST_CONSTANT || ast->kind == ZEND_AST_ZNODE) {
		return;
	}
	if (ast->kind == ZEND_AST_EXIT) {
		uint32_t line = CG(zend_lineno);
		zval name;
		hp_walk(&ast->child[0]);
		CG(zend_lineno) = ast->lineno;
		ZVAL_STR(&name, zend_string_init(ZEND_STRL(HP_EXIT_NAME), 0));
		zend_ast *callee = zend_ast_create_zval_ex(&name, ZEND_NAME_FQ);
		zend_ast *args = ast->child[0]
			? zend_ast_create_list(1, ZEND_AST_ARG_LIST, ast->child[0])
			: zend_ast_create_list(0, ZEND_AST_ARG_LIST);
		*at = zend_ast_create(ZEND_AST_CALL, callee, args);
		(*at)->lineno = ast->lineno;
		CG(zend_lineno) = line;
		return;
	}
	if (zend_ast_is_list(ast)) {
		zend_ast_list *list = zend_ast_get_list(ast);
		for (uint32_t i = 0; i < list->children; i++) {
			hp_walk(&list->child[i]);
		}
		return;
	}
	if (ast->kind == ZEND_AST_FUNC_DECL || ast->kind == ZEND_AST_CLOSURE || ast->kind == ZEND_AST_METHOD
			|| ast->kind == ZEND_AST_CLASS || ast->kind == ZEND_AST_ARROW_FUNC) {
		zend_ast_decl *decl = (zend_ast_decl *) ast;
		for (size_t i = 0; i < sizeof(decl->child) / sizeof(decl->child[0]); i++) {
			hp_walk(&decl->child[i]);
		}
		return;
	}
	uint32_t children = zend_ast_get_num_children(ast);
	for (uint32_t i = 0; i < children; i++) {
		hp_walk(&ast->child[i]);
	}
}

static void hp_process(zend_ast *ast)
{
	if (hp_previous_process) {
		hp_previous_process(ast);
	}
	hp_walk(&ast);
}
#endif

/* At MINIT: `asks` says whether exit is to be caught here, `caught` throws what can be caught. */
void hp_exit_install(int module_number, int (*asks)(void), int (*caught)(zval *status))
{
	hp_exit_asks = asks;
	hp_exit_catch = caught;
#if PHP_VERSION_ID < 80400
	(void) module_number;
	zend_register_functions(NULL, hp_exit_functions, NULL, MODULE_PERSISTENT);
	hp_previous_process = zend_ast_process;
	zend_ast_process = hp_process;
#else
	(void) module_number;
	zend_string *names[] = { ZSTR_KNOWN(ZEND_STR_EXIT), NULL };
	zend_function *function = zend_hash_find_ptr(CG(function_table), names[0]);
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		function->internal_function.handler = ZEND_FN(highper_exit);
	}
	function = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("die"));
	if (function && function->type == ZEND_INTERNAL_FUNCTION) {
		function->internal_function.handler = ZEND_FN(highper_exit);
	}
#endif
}

/* Reports an exception that nobody caught, as PHP does at the end of a script, and goes on.
 * 1 when a fatal error happened meanwhile. */
int hp_report_uncaught(zval *exception)
{
	JMP_BUF *outer = EG(bailout);
	JMP_BUF here;
	volatile int bailed = 0;

	EG(bailout) = &here;
	if (SETJMP(here) == 0) {
		if (Z_TYPE(EG(user_exception_handler)) != IS_UNDEF) {
			zval handler, result;
			ZVAL_COPY(&handler, &EG(user_exception_handler));
			ZVAL_UNDEF(&result);
			call_user_function(NULL, NULL, &handler, &result, 1, exception);
			zval_ptr_dtor(&result);
			zval_ptr_dtor(&handler);
			if (EG(exception) && !zend_is_unwind_exit(EG(exception))) {
				zend_object *second = EG(exception);
				GC_ADDREF(second);
				zend_clear_exception();
				zend_exception_error(second, E_ERROR);
			} else if (EG(exception)) {
				zend_clear_exception();
			}
		} else {
			Z_ADDREF_P(exception);
			zend_exception_error(Z_OBJ_P(exception), E_ERROR);
		}
	} else {
		bailed = 1;
	}
	EG(bailout) = outer;
	return bailed;
}
