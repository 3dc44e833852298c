/* SPDX-License-Identifier: MIT */
/* A program that uses the functions in -DUSES: tool/size links it with and without pawl. */
#include <pawl/pawl.h>
#include <pawl/policy.h>
#include <pawl/stats.h>

/*
 * What the machine and its C library bring, empty: it stands in both programs and falls out of the
 * difference.
 */
#define EMPTY __attribute__((used, noinline))

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
pawl_time pawl_port_now(void);
void pawl_port_sleep(uint32_t *event, pawl_time until);
int pawl_port_try(int (*fn)(void *arg), void *arg, const char **ret_why);
PAWL_NORETURN void pawl_port_throw(const char *why);
PAWL_NORETURN void pawl_port_fatal(const char *why);
void begin(void);

EMPTY void *memcpy(void *to, const void *from, size_t size)
{
	(void)from, (void)size;
	return to;
}

EMPTY void *memmove(void *to, const void *from, size_t size)
{
	(void)from, (void)size;
	return to;
}

EMPTY void *memset(void *to, int byte, size_t size)
{
	(void)byte, (void)size;
	return to;
}

EMPTY int memcmp(const void *a, const void *b, size_t size)
{
	(void)a, (void)b, (void)size;
	return 0;
}

EMPTY pawl_time pawl_port_now(void)
{
	return 0;
}

EMPTY void pawl_port_sleep(uint32_t *event, pawl_time until)
{
	(void)event, (void)until;
}

EMPTY int pawl_port_try(int (*fn)(void *arg), void *arg, const char **ret_why)
{
	(void)ret_why;
	return fn(arg);
}

EMPTY PAWL_NORETURN void pawl_port_throw(const char *why)
{
	(void)why;
	for (;;) {}
}

EMPTY PAWL_NORETURN void pawl_port_fatal(const char *why)
{
	(void)why;
	for (;;) {}
}

/* The linker begins here; what is not reached from here is dropped. */
void (*const uses[])(void);

void begin(void)
{
	for (const void *volatile p = uses;;)
		(void)p;
}

#define FN(f) (void (*)(void))(f)
void (*const uses[])(void) = { USES };
