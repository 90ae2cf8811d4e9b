/* Internal functions whose handler is ours: shared by the layer and by what stands on it. */
#ifndef HIGHPER_INTERPOSE_H
#define HIGHPER_INTERPOSE_H

#include "highper.h"

/* Finds what a call works on: the address that tells one connection from another; NULL when there is none. */
typedef const void *(*hp_key_of)(zend_execute_data *execute_data);

/* What is known of one replaced function, or of a copy of it in an internal subclass. */
typedef struct hp_cover {
	zif_handler original;
	hp_key_of key; /* NULL: several coroutines may be inside at once */
	void *before, *after; /* callbacks on the other side of the border */
	struct hp_cover *next;
} hp_cover;

/* The methods with these names of an internal class, or (class NULL) functions; names in lower case, one blank between
 * two. `*` is all that the class declares and `except` does not name. */
void hp_cover_key(const char *class, const char *names, const char *except, hp_key_of key);

/* The driver of a call's PDO connection, or "mysqli"; NULL when it is neither. */
const char *hp_pdo_driver(const hp_cover *cover, const void *key);

/* Runs the call, unless another coroutine is inside one with the same key. */
void hp_lease_call(const hp_cover *cover, const void *key, INTERNAL_FUNCTION_PARAMETERS);

/* Does something with a connection that can't be refused, once nobody else is inside. */
void hp_lease_settled(const void *key, void (*work)(zend_object *), zend_object *object);

#endif
