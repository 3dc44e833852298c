/* SPDX-License-Identifier: MIT */
/* The test kit: explicit lists of cases, checks that say what they saw, a process per case. */
#ifndef PAWL_KIT_H
#define PAWL_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A test program is a few cases, a list of them, and a main:
 *
 *	TEST(two_and_two_are_four)
 *	{
 *		CHECK_INT(2 + 2, 4);
 *	}
 *
 *	static const struct kit_case cases[] = {
 *		CASE(two_and_two_are_four),
 *	};
 *
 *	KIT_MAIN(cases)
 *
 * On a host each case runs in a child process of its own. A case fails when a check fails, when it
 * dies, when it takes too long (60 s, or KIT_TIMEOUT), and when it leaves behind file descriptors,
 * heap memory, threads, child processes or pawl tasks. `prog --list` names the cases, `prog NAME`
 * runs one in the program's own process, for a debugger. The first check that fails ends its case.
 * What a case prints is shown only when it fails.
 *
 * The macros and kit.c need no libc. kit_host.c is the part for a host. kit_bare.c is the one for a
 * board: there the cases run one after the other in the one program there is, so the first that
 * fails ends it, and those that were not run count as failed; and nothing defines malloc, so what
 * asks for it does not link.
 */

struct kit_case {
	const char *name;
	void (*fn)(long param);
	long param;
	bool has_param;    /* print the parameter after the name: "name/3" */
	const char *group; /* print it before the name: "group/name" */
};

#define KIT_UNUSED __attribute__((unused))
#define KIT_NORETURN __attribute__((noreturn))
#define KIT_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The body of a case. Inside, `param` is the number that CASE_N gave, else 0. */
#define TEST(id) static void test_##id(KIT_UNUSED long param)
/* clang-format off */
#define CASE(id) { #id, test_##id, 0, false, NULL }
#define CASE_N(id, n) { #id, test_##id, (n), true, NULL }
/* clang-format on */

#define KIT_MAIN(cases)                                               \
	int main(int argc, char **argv)                               \
	{                                                             \
		return kit_main(cases, KIT_COUNT(cases), argc, argv); \
	}

#define CHECK(cond)                                          \
	do {                                                 \
		if (!(cond))                                 \
			kit_fail(__FILE__, __LINE__, #cond); \
	} while (0)
#define CHECK_INT(got, want) kit_check_int((got), (want), #got, __FILE__, __LINE__)
#define CHECK_UINT(got, want) kit_check_uint((got), (want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) kit_check_str((got), (want), #got, __FILE__, __LINE__)
#define CHECK_MEM(got, want, size) kit_check_mem((got), (want), (size), #got, __FILE__, __LINE__)
#define CHECK_FAIL(why) kit_fail(__FILE__, __LINE__, (why))

/* The call must end its process by abort(), as a broken assertion does. Host only. */
#define CHECK_ABORTS(fn, arg)                                                         \
	do {                                                                          \
		if (!kit_aborts((fn), (arg)))                                         \
			kit_fail(__FILE__, __LINE__, #fn "(" #arg ") did not abort"); \
	} while (0)

#ifdef __cplusplus
extern "C" {
#endif

KIT_NORETURN void kit_fail(const char *file, int line, const char *what);
void kit_check_int(int64_t got, int64_t want, const char *expr, const char *file, int line);
void kit_check_uint(uint64_t got, uint64_t want, const char *expr, const char *file, int line);
void kit_check_str(const char *got, const char *want, const char *expr, const char *file, int line);
void kit_check_mem(const void *got, const void *want, size_t size, const char *expr,
		   const char *file, int line);

/*
 * Say where a loop is, for the message of a check that fails from now on: kit_at("seed", 17). NULL:
 * nowhere.
 */
void kit_at(const char *what, int64_t n);

/* True in `make check-long`: loops may go on for minutes. */
bool kit_long(void);

int kit_main(const struct kit_case *cases, size_t count, int argc, char **argv);
bool kit_aborts(void (*fn)(void *arg), void *arg);

/* How many pawl tasks have not ended. Core may define it; without it, tasks are not counted. */
unsigned pawl_kit_live_tasks(void) __attribute__((weak));

/*
 * The n-th heap allocation from now on fails, counting from 1, and with `for_ever` all after it
 * too; 0 lets all succeed again. kit_alloc_count tells how many were asked for since. Host only,
 * and not under a sanitizer: there kit_can_fail_alloc is false.
 */
bool kit_can_fail_alloc(void);
void kit_alloc_fail(unsigned long n, bool for_ever);
unsigned long kit_alloc_count(void);

/* For machines: prepares the line of a case that ended, and runs a list without processes. */
size_t kit_name(const struct kit_case *c, char *ret_text, size_t size);
int kit_run_plain(const struct kit_case *cases, size_t count);
void kit_put(const char *text);
void kit_put_int(int64_t n);
int kit_summary(unsigned passed, unsigned failed);

/*
 * What a machine brings: a place to write, the message of a failed check, running one case to its
 * end.
 */
void kit_port_write(const char *text, size_t size);
KIT_NORETURN void kit_port_failed(const char *message);
bool kit_port_run(const struct kit_case *c);

#ifdef __cplusplus
}
#endif

#endif
