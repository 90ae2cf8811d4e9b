/* A library's calls of libc, as often as wanted: they fail at once, so that the way to them is what is measured. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPEAT(name, ...) \
	{ \
		__typeof__(&name) direct = (__typeof__(&name)) dlsym(RTLD_DEFAULT, #name); \
		if (is_direct) \
			while (times-- > 0) failed += direct(__VA_ARGS__) < 0; \
		else \
			while (times-- > 0) failed += name(__VA_ARGS__) < 0; \
		return failed; \
	}

/* Directly: by a pointer to libc's own function. Else through the slot that the loader filled. Returns how many failed. */
int repeat(int call, int times, int is_direct)
{
	char byte = 0;
	int failed = 0;
	switch (call) {
		case 0: REPEAT(recv, -1, &byte, 1, 0)
		case 1: REPEAT(send, -1, &byte, 1, 0)
		case 2: REPEAT(read, -1, &byte, 1)
		case 3: REPEAT(write, -1, &byte, 1)
		case 4: REPEAT(poll, 0, 1UL << 30, 1)
		default: return -1;
	}
}
