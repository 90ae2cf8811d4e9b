/* Where the virtual machine stands, seen from another thread or process: everything is read through /proc/PID/mem, which
 * refuses instead of crashing where there is nothing (any more). What is read may be out of date: who asks checks that. */
#include "php.h"
#include "vm.h"
#include <stdio.h>
#include <unistd.h>

#define HP_FRAMES 32
#define HP_NAME 512

static bool hp_read(int memory, const void *from, void *to, size_t bytes)
{
	return pread(memory, to, bytes, (off_t) (uintptr_t) from) == (ssize_t) bytes;
}

/* A name as far as it fits; empty where it is none. */
static void hp_read_name(int memory, const zend_string *name, char to[HP_NAME])
{
	size_t length = 0;
	to[0] = '\0';
	if (!name || !hp_read(memory, &name->len, &length, sizeof(length)) || !length) {
		return;
	}
	length = MIN(length, HP_NAME - 1);
	if (!hp_read(memory, ZSTR_VAL(name), to, length)) {
		length = 0;
	}
	to[length] = '\0';
}

typedef struct {
	zend_execute_data frame;
	union {
		zend_op_array user;
		zend_internal_function internal;
	} function;
	bool is_user;
} hp_frame;

/* A frame and its function; false at the bottom, or where there is none. */
static bool hp_read_frame(int memory, const zend_execute_data *at, hp_frame *to)
{
	unsigned char type = 0;
	if (!at || !hp_read(memory, at, &to->frame, sizeof(to->frame)) || !to->frame.func
			|| hp_vm_is_bottom(&to->frame) || !hp_read(memory, to->frame.func, &type, sizeof(type))) {
		return false;
	}
	to->is_user = ZEND_USER_CODE(type);
	memset(&to->function, 0, sizeof(to->function));
	return to->is_user ? hp_read(memory, to->frame.func, &to->function.user, sizeof(to->function.user))
		: type == ZEND_INTERNAL_FUNCTION
			&& hp_read(memory, to->frame.func, &to->function.internal, sizeof(to->function.internal));
}

static uint32_t hp_read_line(int memory, const hp_frame *frame)
{
	uint32_t line = 0;
	const zend_op *opline = frame->frame.opline;
	if (!opline || !hp_read(memory, &opline->lineno, &line, sizeof(line))) {
		return 0;
	}
	return line;
}

/* Writes the backtrace of what runs, from where `current` keeps the innermost frame: a line for each function, with the place that called it, the innermost first; before
 * them the place itself. Returns the bytes, 0 when there is nothing to be seen. */
size_t hp_vm_look(int memory, const void *current, char *to, size_t room)
{
	zend_execute_data *at = NULL;
	hp_frame frame;
	size_t used = 0;
	int number = 0;
	bool has_place = false;
	/* The function whose call is still to be placed. */
	char name[HP_NAME] = "", scope[HP_NAME] = "", file[HP_NAME];

	if (!room || !hp_read(memory, current, &at, sizeof(at))) {
		return 0;
	}
	while (number < HP_FRAMES && hp_read_frame(memory, at, &frame)) {
		zend_class_entry class;
		const zend_class_entry *of = frame.is_user ? frame.function.user.scope : frame.function.internal.scope;
		const zend_string *called = frame.is_user ? frame.function.user.function_name : frame.function.internal.function_name;
		int wrote = 0;
		file[0] = '\0';
		if (frame.is_user) {
			hp_read_name(memory, frame.function.user.filename, file);
		}
		if (frame.is_user && !has_place) {
			wrote = snprintf(to + used, room - used, "%s:%u\n", file, hp_read_line(memory, &frame));
			has_place = true;
			used += wrote > 0 ? MIN((size_t) wrote, room - used - 1) : 0;
		}
		if (name[0]) {
			const char *arrow = scope[0] ? "::" : "";
			wrote = frame.is_user
				? snprintf(to + used, room - used, "#%d %s(%u): %s%s%s()\n", number, file, hp_read_line(memory, &frame), scope, arrow, name)
				: snprintf(to + used, room - used, "#%d [internal function]: %s%s%s()\n", number, scope, arrow, name);
			used += wrote > 0 ? MIN((size_t) wrote, room - used - 1) : 0;
			number++;
		}
		hp_read_name(memory, called, name);
		scope[0] = '\0';
		if (of && hp_read(memory, of, &class, sizeof(class))) {
			hp_read_name(memory, class.name, scope);
		}
		at = frame.frame.prev_execute_data;
	}
	if (name[0] && number < HP_FRAMES) {
		int wrote = snprintf(to + used, room - used, "#%d [internal function]: %s%s%s()\n", number, scope, scope[0] ? "::" : "", name);
		used += wrote > 0 ? MIN((size_t) wrote, room - used - 1) : 0;
	}
	return used;
}

/* Where the virtual machine keeps its innermost frame. */
const void *hp_vm_look_from(void)
{
	return &EG(current_execute_data);
}
