/* What the process was started with, as PHP sees it. PHP opens extensions with RTLD_DEEPBIND: where the linker has given PHP
 * a copy of libc's `environ`, ours is libc's, which nobody fills then. */
#include "highper.h"
#include "php_variables.h"

void hz_environment(zval *out)
{
	array_init(out);
	php_import_environment_variables(out);
}

/* The script and what follows it; libc shows an extension the whole command line, musl nothing. */
char **hz_arguments(int *count)
{
	*count = SG(request_info).argv ? SG(request_info).argc : 0;
	return SG(request_info).argv;
}
