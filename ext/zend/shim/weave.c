/* Methods with aspects, woven into the syntax tree: `if (entered()) return weave(…);` goes before the body.
 *
 * A call from outside goes through the aspects, and the last of them calls the same method again, from
 * Invocation::proceed(): by that caller it knows to run its body. What the body can see of itself is as written:
 * names, static variables, func_get_args(). Only a generator's body moves, into a private method beside it. */
#include "weave.h"
#include "zend_language_parser.h"

/* The aspects that stand as attributes of this namespace. */
#define HP_ATTRIBUTES "highper\\attribute\\"
static const char *const hp_aspects[] = {
	"around", "breaker", "cached", "evict", "limit", "logged", "retry", "timeout", "transactional",
};

typedef struct {
	zend_string *space; /* namespace; NULL for none */
	zend_string *class; /* the class around; NULL for one without a name */
	/* Pairs of an alias and what it stands for, both in lower case: of this vendor only. */
	zend_string **imports;
	uint32_t count;
} hp_file;

static void hp_weave_walk(hp_file *file, zend_ast *ast);

static bool hp_is_decl(const zend_ast *ast)
{
	return ast->kind == ZEND_AST_FUNC_DECL || ast->kind == ZEND_AST_CLOSURE || ast->kind == ZEND_AST_METHOD
		|| ast->kind == ZEND_AST_CLASS || ast->kind == ZEND_AST_ARROW_FUNC
#if PHP_VERSION_ID >= 80400
		|| ast->kind == ZEND_AST_PROPERTY_HOOK
#endif
		;
}

/* ---- names ---------------------------------------------------------------- */

static void hp_import(hp_file *file, zend_string *prefix, zend_ast *list)
{
	zend_ast_list *uses = zend_ast_get_list(list);
	for (uint32_t i = 0; i < uses->children; i++) {
		zend_ast *use = uses->child[i];
		uint32_t kind = list->attr ? list->attr : use->attr;
		if (kind != ZEND_SYMBOL_CLASS) {
			continue;
		}
		zend_string *name = zend_ast_get_str(use->child[0]), *full;
		full = prefix
			? zend_string_concat3(ZSTR_VAL(prefix), ZSTR_LEN(prefix), "\\", 1, ZSTR_VAL(name), ZSTR_LEN(name))
			: zend_string_copy(name);
		const char *text = ZSTR_VAL(full);
		size_t len = ZSTR_LEN(full);
		if (len && text[0] == '\\') {
			text++;
			len--;
		}
		if (len < 7 || zend_binary_strncasecmp(text, len, ZEND_STRL("highper"), 7) != 0) {
			zend_string_release(full);
			continue;
		}
		const char *last = zend_memrchr(text, '\\', len);
		zend_string *alias = use->child[1] ? zend_string_tolower(zend_ast_get_str(use->child[1]))
			: last ? zend_string_init(last + 1, text + len - last - 1, 0) : zend_string_init(text, len, 0);
		zend_string *lower = zend_string_alloc(len, 0);
		zend_str_tolower_copy(ZSTR_VAL(lower), text, len);
		if (!use->child[1]) {
			zend_str_tolower(ZSTR_VAL(alias), ZSTR_LEN(alias));
		}
		zend_string_release(full);
		file->imports = erealloc(file->imports, sizeof(zend_string *) * (file->count + 2));
		file->imports[file->count++] = alias;
		file->imports[file->count++] = lower;
	}
}

static void hp_imports_forget(hp_file *file)
{
	for (uint32_t i = 0; i < file->count; i++) {
		zend_string_release(file->imports[i]);
	}
	file->count = 0;
}

/* A class name of the file in full, in lower case. */
static zend_string *hp_resolve(const hp_file *file, zend_ast *ast)
{
	zend_string *name = zend_ast_get_str(ast), *lower = zend_string_tolower(name), *full = NULL;
	const char *text = ZSTR_VAL(lower);
	if (ast->attr == ZEND_NAME_FQ || text[0] == '\\') {
		full = text[0] == '\\' ? zend_string_init(text + 1, ZSTR_LEN(lower) - 1, 0) : zend_string_copy(lower);
		zend_string_release(lower);
		return full;
	}
	if (ast->attr == ZEND_NAME_NOT_FQ) {
		const char *slash = memchr(text, '\\', ZSTR_LEN(lower));
		size_t first = slash ? (size_t) (slash - text) : ZSTR_LEN(lower);
		for (uint32_t i = 0; i < file->count && !full; i += 2) {
			if (ZSTR_LEN(file->imports[i]) == first && memcmp(ZSTR_VAL(file->imports[i]), text, first) == 0) {
				full = zend_string_concat2(ZSTR_VAL(file->imports[i + 1]), ZSTR_LEN(file->imports[i + 1]),
					text + first, ZSTR_LEN(lower) - first);
			}
		}
	}
	if (!full && file->space) {
		zend_string *space = zend_string_tolower(file->space);
		full = zend_string_concat3(ZSTR_VAL(space), ZSTR_LEN(space), "\\", 1, text, ZSTR_LEN(lower));
		zend_string_release(space);
	}
	if (!full) {
		return lower;
	}
	zend_string_release(lower);
	return full;
}

/* The first of the attributes that is an aspect: its name as written, or NULL. */
static zend_string *hp_aspect_in(const hp_file *file, zend_ast *groups)
{
	zend_ast_list *list = zend_ast_get_list(groups);
	for (uint32_t i = 0; i < list->children; i++) {
		zend_ast_list *group = zend_ast_get_list(list->child[i]);
		for (uint32_t k = 0; k < group->children; k++) {
			zend_ast *name = group->child[k]->child[0];
			zend_string *full = hp_resolve(file, name);
			size_t len = sizeof(HP_ATTRIBUTES) - 1;
			bool found = false;
			if (ZSTR_LEN(full) > len && memcmp(ZSTR_VAL(full), HP_ATTRIBUTES, len) == 0) {
				for (size_t n = 0; n < sizeof(hp_aspects) / sizeof(hp_aspects[0]); n++) {
					found |= strcmp(ZSTR_VAL(full) + len, hp_aspects[n]) == 0;
				}
			}
			zend_string_release(full);
			if (found) {
				return zend_ast_get_str(name);
			}
		}
	}
	return NULL;
}

/* ---- the tree ------------------------------------------------------------- */

static zend_ast *hp_text(zend_string *text)
{
	zval value;
	ZVAL_STR(&value, text);
	return zend_ast_create_zval(&value);
}

static zend_ast *hp_variable(zend_string *name)
{
	return zend_ast_create(ZEND_AST_VAR, hp_text(zend_string_copy(name)));
}

static zend_ast *hp_call_of(const char *name, size_t len, zend_ast *args)
{
	zval value;
	ZVAL_STR(&value, zend_string_init(name, len, 0));
	return zend_ast_create(ZEND_AST_CALL, zend_ast_create_zval_ex(&value, ZEND_NAME_FQ), args);
}

static bool hp_is_type(zend_ast *type, const char *name)
{
	return type && type->kind == ZEND_AST_ZVAL && type->attr == ZEND_NAME_NOT_FQ
		&& zend_string_equals_cstr(zend_ast_get_str(type), name, strlen(name));
}

/* Does a body ask which arguments were passed? */
static bool hp_counts(zend_ast *ast)
{
	if (!ast || zend_ast_is_special(ast)) {
		return false;
	}
	if (ast->kind == ZEND_AST_CALL && ast->child[0]->kind == ZEND_AST_ZVAL
			&& Z_TYPE_P(zend_ast_get_zval(ast->child[0])) == IS_STRING) {
		zend_string *name = zend_ast_get_str(ast->child[0]);
		const char *last = zend_memrchr(ZSTR_VAL(name), '\\', ZSTR_LEN(name));
		last = last ? last + 1 : ZSTR_VAL(name);
		if (!strcasecmp(last, "func_get_args") || !strcasecmp(last, "func_num_args") || !strcasecmp(last, "func_get_arg")) {
			return true;
		}
	}
	uint32_t children = zend_ast_is_list(ast) ? zend_ast_get_list(ast)->children : zend_ast_get_num_children(ast);
	zend_ast **child = zend_ast_is_list(ast) ? zend_ast_get_list(ast)->child : ast->child;
	for (uint32_t i = 0; i < children; i++) {
		if (hp_counts(child[i])) {
			return true;
		}
	}
	return false;
}

/* The names of a moved body stay those of the method that it was written in. */
static void hp_keep_names(zend_ast **at, zend_string *function, zend_string *method)
{
	zend_ast *ast = *at;
	if (!ast || zend_ast_is_special(ast)) {
		return;
	}
	if (ast->kind == ZEND_AST_MAGIC_CONST) {
		if (ast->attr == T_FUNC_C) {
			*at = hp_text(zend_string_copy(function));
		} else if (ast->attr == T_METHOD_C && method) {
			*at = hp_text(zend_string_copy(method));
		}
		return;
	}
	uint32_t children = zend_ast_is_list(ast) ? zend_ast_get_list(ast)->children : zend_ast_get_num_children(ast);
	zend_ast **child = zend_ast_is_list(ast) ? zend_ast_get_list(ast)->child : ast->child;
	for (uint32_t i = 0; i < children; i++) {
		hp_keep_names(&child[i], function, method);
	}
}

/* The parameters of a moved body: all of them are passed to it as they have arrived. */
static zend_ast *hp_bare_params(zend_ast *params)
{
	zend_ast_list *list = zend_ast_get_list(params);
	zend_ast *bare = zend_ast_create_list(0, ZEND_AST_PARAM_LIST);
	for (uint32_t i = 0; i < list->children; i++) {
		zend_ast *name = hp_text(zend_string_copy(zend_ast_get_str(list->child[i]->child[1])));
		uint32_t flags = list->child[i]->attr & (ZEND_PARAM_REF | ZEND_PARAM_VARIADIC);
#if PHP_VERSION_ID >= 80400
		zend_ast *param = zend_ast_create_ex(ZEND_AST_PARAM, flags, NULL, name, NULL, NULL, NULL, NULL);
#else
		zend_ast *param = zend_ast_create_ex(ZEND_AST_PARAM, flags, NULL, name, NULL, NULL, NULL);
#endif
		bare = zend_ast_list_add(bare, param);
	}
	return bare;
}

/* `how` and the parameters; one by reference travels in an array. */
static zend_ast *hp_arguments(zend_ast *params, zend_ast *how)
{
	zend_ast_list *list = zend_ast_get_list(params);
	zend_ast *args = zend_ast_create_list(1, ZEND_AST_ARG_LIST, how);
	for (uint32_t i = 0; i < list->children; i++) {
		zend_ast *param = list->child[i], *arg = hp_variable(zend_ast_get_str(param->child[1]));
		if ((param->attr & ZEND_PARAM_REF) && !(param->attr & ZEND_PARAM_VARIADIC)) {
			arg = zend_ast_create_list(1, ZEND_AST_ARRAY, zend_ast_create_ex(ZEND_AST_ARRAY_ELEM, 1, arg, NULL));
			arg->attr = ZEND_ARRAY_SYNTAX_SHORT;
		}
		args = zend_ast_list_add(args, arg);
	}
	return args;
}

static ZEND_COLD void hp_cannot(zend_string *aspect, const char *why, uint32_t line)
{
	CG(zend_lineno) = line;
	zend_error_noreturn(E_COMPILE_ERROR, "#[%s] can't stand here: %s", ZSTR_VAL(aspect), why);
}

static bool hp_is_promoted(zend_ast *params)
{
	zend_ast_list *list = zend_ast_get_list(params);
	for (uint32_t i = 0; i < list->children; i++) {
		if (list->child[i]->attr & (ZEND_ACC_PPP_MASK | ZEND_ACC_READONLY)) {
			return true;
		}
	}
	return false;
}

/* The private method that takes the body of a generator. */
static zend_ast *hp_generator(hp_file *file, zend_ast_decl *decl, zend_string *hidden)
{
	zend_string *method = NULL;
	if (file->class) {
		zend_string *class = file->space
			? zend_string_concat3(ZSTR_VAL(file->space), ZSTR_LEN(file->space), "\\", 1, ZSTR_VAL(file->class), ZSTR_LEN(file->class))
			: zend_string_copy(file->class);
		method = zend_string_concat3(ZSTR_VAL(class), ZSTR_LEN(class), "::", 2, ZSTR_VAL(decl->name), ZSTR_LEN(decl->name));
		zend_string_release(class);
	}
	hp_keep_names(&decl->child[2], decl->name, method);
	if (method) {
		zend_string_release(method);
	}
	uint32_t flags = (decl->flags & ~(ZEND_ACC_PPP_MASK | ZEND_ACC_FINAL)) | ZEND_ACC_PRIVATE;
	zend_ast *inner = zend_ast_create_decl(ZEND_AST_METHOD, flags, decl->start_lineno, NULL, zend_string_copy(hidden),
		hp_bare_params(decl->child[0]), NULL, decl->child[2], NULL, NULL);
	((zend_ast_decl *) inner)->end_lineno = decl->end_lineno;
	decl->flags &= ~ZEND_ACC_GENERATOR;
	return inner;
}

/* A method beside this one that is to be declared too, or NULL. */
static zend_ast *hp_weave_method(hp_file *file, zend_ast_decl *decl)
{
	zend_string *aspect = decl->child[4] ? hp_aspect_in(file, decl->child[4]) : NULL;
	if (!aspect) {
		return NULL;
	}
	if (!decl->child[2]) {
		hp_cannot(aspect, "the method has no body; put it on those that implement it", decl->start_lineno);
	}
	if (hp_is_promoted(decl->child[0])) {
		hp_cannot(aspect, "a constructor that declares properties can't run twice; put it on another method", decl->start_lineno);
	}
	uint32_t line = CG(zend_lineno);
	CG(zend_lineno) = decl->start_lineno;
	zend_ast *inner = NULL, *how, *stmts;
	if (decl->flags & ZEND_ACC_GENERATOR) {
		zend_string *hidden = zend_strpprintf(0, "{generator %s::%s}", file->class ? ZSTR_VAL(file->class) : "class", ZSTR_VAL(decl->name));
		inner = hp_generator(file, decl, hidden);
		how = hp_text(hidden);
	} else {
		zval flags;
		ZVAL_LONG(&flags, hp_counts(decl->child[2]) ? HP_WEAVE_COUNTED : 0);
		how = zend_ast_create_zval(&flags);
	}
	zend_ast *args = hp_arguments(decl->child[0], how);
	zend_ast *weave = (decl->flags & ZEND_ACC_RETURN_REFERENCE)
		? hp_call_of(ZEND_STRL(HP_WEAVE_REFERENCE), args) : hp_call_of(ZEND_STRL(HP_WEAVE), args);
	bool is_never = hp_is_type(decl->child[3], "never");
	if (is_never || hp_is_type(decl->child[3], "void")) {
		stmts = zend_ast_create_list(1, ZEND_AST_STMT_LIST, weave);
		if (!is_never) {
			stmts = zend_ast_list_add(stmts, zend_ast_create(ZEND_AST_RETURN, NULL));
		}
	} else {
		stmts = zend_ast_create_list(1, ZEND_AST_STMT_LIST, zend_ast_create(ZEND_AST_RETURN, weave));
	}
	if (inner) {
		decl->child[2] = stmts;
	} else {
		zend_ast *entered = hp_call_of(ZEND_STRL(HP_WEAVE_ENTERED), zend_ast_create_list(0, ZEND_AST_ARG_LIST));
		zend_ast *branch = zend_ast_create_list(1, ZEND_AST_IF, zend_ast_create(ZEND_AST_IF_ELEM, entered, stmts));
		if (is_never) {
			branch = zend_ast_list_add(branch, zend_ast_create(ZEND_AST_IF_ELEM, NULL, decl->child[2]));
			decl->child[2] = zend_ast_create_list(1, ZEND_AST_STMT_LIST, branch);
		} else {
			decl->child[2] = zend_ast_create_list(2, ZEND_AST_STMT_LIST, branch, decl->child[2]);
		}
	}
	CG(zend_lineno) = line;
	return inner;
}

/* ---- the walk ------------------------------------------------------------- */

static void hp_weave_class(hp_file *file, zend_ast_decl *class)
{
	zend_string *outer = file->class;
	file->class = (class->flags & ZEND_ACC_ANON_CLASS) ? NULL : class->name;
	if (class->child[2]) {
		zend_ast_list *members = zend_ast_get_list(class->child[2]);
		uint32_t count = members->children;
		for (uint32_t i = 0; i < count; i++) {
			zend_ast *member = zend_ast_get_list(class->child[2])->child[i];
			hp_weave_walk(file, member);
			if (member && member->kind == ZEND_AST_METHOD) {
				zend_ast *inner = hp_weave_method(file, (zend_ast_decl *) member);
				if (inner) {
					class->child[2] = zend_ast_list_add(class->child[2], inner);
				}
			}
		}
	}
	file->class = outer;
}

static void hp_weave_walk(hp_file *file, zend_ast *ast)
{
	if (!ast) {
		return;
	}
	if (ast->kind == ZEND_AST_CLASS) {
		hp_weave_class(file, (zend_ast_decl *) ast);
		return;
	}
	if (hp_is_decl(ast)) {
		hp_weave_walk(file, ((zend_ast_decl *) ast)->child[2]);
		return;
	}
	if (zend_ast_is_special(ast)) {
		return;
	}
	switch (ast->kind) {
		case ZEND_AST_NAMESPACE:
			hp_imports_forget(file);
			file->space = ast->child[0] ? zend_ast_get_str(ast->child[0]) : NULL;
			hp_weave_walk(file, ast->child[1]);
			return;
		case ZEND_AST_USE:
			hp_import(file, NULL, ast);
			return;
		case ZEND_AST_GROUP_USE:
			hp_import(file, zend_ast_get_str(ast->child[0]), ast->child[1]);
			return;
		default:
			break;
	}
	uint32_t children = zend_ast_is_list(ast) ? zend_ast_get_list(ast)->children : zend_ast_get_num_children(ast);
	zend_ast **child = zend_ast_is_list(ast) ? zend_ast_get_list(ast)->child : ast->child;
	for (uint32_t i = 0; i < children; i++) {
		hp_weave_walk(file, child[i]);
	}
}

static zend_ast_process_t hp_weave_previous;

static void hp_weave_process(zend_ast *ast)
{
	hp_file file = {0};
	if (hp_weave_previous) {
		hp_weave_previous(ast);
	}
	hp_weave_walk(&file, ast);
	hp_imports_forget(&file);
	if (file.imports) {
		efree(file.imports);
	}
}

/* At MINIT. */
void hp_weave_install(hp_weave_ask ask)
{
	hp_weaver_install(ask);
	hp_weave_previous = zend_ast_process;
	zend_ast_process = hp_weave_process;
}
