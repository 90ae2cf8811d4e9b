/* Aspects: what the compiler's part (weave.c) and the running part (weaver.c) share. */
#ifndef HIGHPER_WEAVE_H
#define HIGHPER_WEAVE_H

#include "highper.h"

#define HP_WEAVE_SPACE "Highper\\Weaver"
#define HP_WEAVE_ENTERED HP_WEAVE_SPACE "\\entered"
#define HP_WEAVE HP_WEAVE_SPACE "\\weave"
#define HP_WEAVE_REFERENCE HP_WEAVE_SPACE "\\weave_reference"

/* The body asks how many arguments were passed: no defaults are passed for it. */
#define HP_WEAVE_COUNTED 1

/* Has the aspects of a method made and stored: HZ_OK, or HZ_EXCEPTION with an exception pending, or HZ_BAILOUT. */
typedef int (*hp_weave_ask)(zend_function *function);

void hp_weaver_install(hp_weave_ask ask);

#endif
