/* SPDX-License-Identifier: MIT */
/* What every header of pawl stands on: results, time, and what compilers spell differently. */
#ifndef PAWL_BASE_H
#define PAWL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Conventions
 *
 * Results. 0 is done, a negative number is failed, PAWL_PENDING (1) is not yet. It is one rule for
 * poll functions, awaitables and plain calls, so that `return r;` is the plumbing. Counts and
 * values come back through `ret_` arguments, which come last and are not touched on failure.
 *
 * Memory. Structs are real, so that you can embed them, and private by contract: a field whose name
 * ends in `_` is not yours to touch. Nothing below the host allocates, so nothing there has to be
 * released: `init` and `fini` never allocate, `new` and `free` do, `claim` and `drop` take a slot
 * of a pool and give it back. The second half of a pair takes NULL.
 *
 * Places. The line "from" above a function says from where it may be called: `init` (before
 * anything runs), `task` (inside a poll function, with that task as `t`), `thread` (any thread that
 * may block), `isr` (an interrupt), `any`.
 *
 * Mistakes. What comes from outside is answered with an error; misuse of a call is an assertion.
 */

#ifdef __cplusplus
#define PAWL_STATIC_ASSERT(c, m) static_assert(c, m)
#define PAWL_BEGIN_C extern "C" {
#define PAWL_END_C }
#define PAWL_NORETURN [[noreturn]]
#define PAWL_ALIGNOF_(type) alignof(type)
#else
#define PAWL_STATIC_ASSERT(c, m) _Static_assert(c, m)
#define PAWL_BEGIN_C
#define PAWL_END_C
#define PAWL_NORETURN _Noreturn
#define PAWL_ALIGNOF_(type) _Alignof(type)
#endif

#if defined(__GNUC__)
#define PAWL_MUST_USE __attribute__((warn_unused_result))
#define PAWL_FALLTHROUGH_ __attribute__((fallthrough))
#define PAWL_UNUSED_ __attribute__((unused))
#define PAWL_ALIGNED_(n) __attribute__((aligned(n)))
#define PAWL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PAWL_MUST_USE
#define PAWL_FALLTHROUGH_ ((void)0)
#define PAWL_UNUSED_
#define PAWL_ALIGNED_(n)
#define PAWL_PRINTF(fmt, args)
#endif

#define PAWL_STRINGIFY_(x) #x
#define PAWL_STRINGIFY(x) PAWL_STRINGIFY_(x)

/* The place of this line in the source, as "file.c:12". */
#define PAWL_HERE __FILE__ ":" PAWL_STRINGIFY(__LINE__)

/* The struct that holds `member`, from a pointer to that member. */
#define PAWL_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* How many entries an array has. */
#define PAWL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Switches: what each of them costs is in `make size`. Say the same for all that is linked
 * together; a mixture does not link.
 */

/* What takes memory is there by default where there is enough of it. */
#if defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__)
#define PAWL_LARGE_ 1
#else
#define PAWL_LARGE_ 0
#endif

/* Each task knows its name, the place where it was spawned and what it waits for. */
#ifndef PAWL_DIAG
#define PAWL_DIAG PAWL_LARGE_
#endif

/* pawl_live_tasks counts, for tests that look for tasks left over. */
#ifndef PAWL_LIVE
#define PAWL_LIVE 0
#endif

/* Misuse ends the program with the place that noticed it. */
#ifndef PAWL_ASSERTS
#define PAWL_ASSERTS 1
#endif

/* A panic ends its task; without, it ends the program. */
#ifndef PAWL_PANICS
#define PAWL_PANICS 1
#endif

/* Tasks can sleep. */
#ifndef PAWL_TIMERS
#define PAWL_TIMERS 1
#endif

/* Tasks can wait for each other: joins, channels, semaphores and all that stands on wait queues. */
#ifndef PAWL_WAITS
#define PAWL_WAITS 1
#endif

/*
 * An executor knows its tasks: their limit, pawl_shutdown, pawl_dump, and, with PAWL_WAITS,
 * sessions.
 */
#ifndef PAWL_CREW
#define PAWL_CREW 1
#endif

/* A task can have a deadline, and a budget for each of its turns. */
#ifndef PAWL_POLICIES
#define PAWL_POLICIES PAWL_LARGE_
#endif

/* A local executor can count what it does. */
#ifndef PAWL_STATS
#define PAWL_STATS PAWL_LARGE_
#endif

#define PAWL_SESSIONS_ (PAWL_WAITS && PAWL_CREW)

/* Time: nanoseconds on the executor's own clock. */
typedef int64_t pawl_time;

#define PAWL_US(n) ((pawl_time)(n) * 1000)
#define PAWL_MS(n) ((pawl_time)(n) * 1000000)
#define PAWL_S(n) ((pawl_time)(n) * 1000000000)
#define PAWL_NEVER INT64_MAX

/* Results. The numbers are fixed and never reused. */
enum pawl_result {
	PAWL_PENDING = 1,
	PAWL_OK = 0,
	PAWL_ECANCELED = -1, /* the task was asked to stop */
	PAWL_ETIMEDOUT = -2, /* the time given was over */
	PAWL_EFULL = -3,     /* no room: a pool, an executor, a queue; it can name itself */
	PAWL_ECLOSED = -4,   /* the other side is gone for good */
	PAWL_EINVAL = -5,    /* a value from outside makes no sense */
	PAWL_ENOTSUP = -6,   /* this executor, port or file system cannot do that */
	PAWL_ENOMEM = -7,    /* the heap gave nothing (hosted parts only) */
	PAWL_EBUSY = -8,     /* there is one already, or it is in use */
	PAWL_ESTOPPED = -9,  /* an executor or a session that ends takes no more tasks */
	PAWL_EPANIC = -10,   /* the code called pawl_panic */
	PAWL_ESTACK = -11,   /* a stack of its own ran over */

	/* What the operating system answers, in our numbers. */
	PAWL_ENOENT = -20,
	PAWL_EEXIST = -21,
	PAWL_EACCES = -22,
	PAWL_ENOSPC = -23,
	PAWL_EIO = -24,
	PAWL_ENOTDIR = -25,
	PAWL_EISDIR = -26,
	PAWL_ENOTEMPTY = -27,
	PAWL_EMFILE = -28,
	PAWL_EXDEV = -29,
	PAWL_ELOOP = -30,
	PAWL_ENAMETOOLONG = -31,
	PAWL_EROFS = -32,
	PAWL_EAGAIN = -33,
	PAWL_EREFUSED = -34, /* nobody listens there */
	PAWL_ERESET = -35,   /* the peer broke the connection off */
	PAWL_EUNREACH = -36, /* no way leads there */

	PAWL_ESYNTAX = -40, /* text from outside does not parse */
	PAWL_ECORRUPT = -41 /* data that was stored does not match its checksum */
};

PAWL_BEGIN_C

/*
 * Says in a few English words what a result means.
 *
 *	result	any result of a pawl call
 *
 * result:  a constant string, "unknown result" for a number that is none of ours
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
const char *pawl_strerror(int result);

/*
 * Ends the running task, or the running piece of blocking work, with PAWL_EPANIC; the others go on.
 * Outside of both, and in what an owner does at a task's end, it ends the program. What the task
 * had opened stays open: a panic is for what cannot be mended.
 *
 *	why	what went wrong; kept for the dump, so it must live as long as the program
 *
 * result:  does not return
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_NORETURN void pawl_panic(const char *why);

PAWL_END_C

#endif
