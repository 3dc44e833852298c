/* SPDX-License-Identifier: MIT */
/* The host executor: threads, a main-thread loop, and threads for work that may block. */
#ifndef PAWL_HOST_H
#define PAWL_HOST_H

#include <pawl/exec.h>

struct uv_loop_s;
struct pawl_world;

/*
 * The thread that makes it is its main thread. Foreground tasks sleep with libuv's resolution, one
 * millisecond. A sleep of a background task ends late by at most a 256th of its length, and a
 * millisecond, so that timers which are due at about the same time wake a worker once.
 *
 * Background tasks of a priority above 0 come first in seven of a worker's eight turns; those below
 * 0 come when nothing else is ready, and in one of 64 turns in any case. Among tasks of the same
 * of these three levels, first come, first served, but for the one that the running task made
 * ready, which is next. The foreground has no priorities.
 *
 * The foreground goes round between sessions, one poll each, with the tasks of no session as one of
 * them; those of one session are polled in the order in which they became ready. Tasks and events
 * take turns, too: the events have theirs when the tasks that were ready had one poll each, or 64
 * polls were made where fewer are ready, or when a millisecond is over, for which it looks after 1,
 * 2, 4, 8 and then every 16 polls. Tasks wait for one pass of the events at most. Inside another
 * main loop: pawl/outer.h.
 *
 * Background tasks run on the workers. Only when each of these has been in one and the same poll
 * for 100 ms, and the main thread has nothing to do in pawl_block_on or pawl_host_free, it runs
 * those that are queued, so that polls which block their threads until a queued task did something
 * end all the same.
 */
typedef struct pawl_host pawl_host;

/* A poll that lasts. The strings are constants. */
typedef struct pawl_long_poll {
	const char *name, *place; /* of the task, as pawl_task_name and pawl_task_place */
	/* How long it has been watched; it may have begun a quarter of the limit before. */
	pawl_time for_at_least;
	int worker; /* whose poll it is; -1: the main thread's */
} pawl_long_poll;

/* Zero means default. */
typedef struct pawl_host_options {
	/* Threads for background tasks; default: the CPUs this process may use, at least 2. */
	unsigned workers;
	/* Threads for blocking work at most; default 64. They start while all others are busy. */
	unsigned blocking_max;
	/*
	 * How long such a thread waits for more before it ends; default 10 s; PAWL_NEVER: it stays.
	 */
	pawl_time blocking_idle;
	/* Tasks at once; default: no limit. */
	uint32_t tasks_max;
	/*
	 * Polls on the workers and on the main thread that last longer than this are told of, each
	 * once and while it lasts, after half as much again at the latest; default: none are. The
	 * time that a poll spends in pawl_block_on does not count. A thread of its own looks four
	 * times within that time, and sleeps while nobody polls; a poll in the foreground costs one
	 * atomic operation more. Needs PAWL_DIAG.
	 */
	pawl_time long_poll;
	/* Who is told, on that thread; it must not wait for the host. Required with `long_poll`. */
	void (*on_long_poll)(void *arg, const pawl_long_poll *p);
	void *long_poll_arg;
} pawl_host_options;

PAWL_BEGIN_C

/*
 * Makes an executor and starts its workers. The calling thread becomes its main thread.
 *
 *	options	NULL is all default
 *	ret	the executor
 *
 * result:  0, PAWL_ENOMEM, PAWL_EAGAIN when the system gives no threads, PAWL_EMFILE,
 *          PAWL_ENOTSUP when `long_poll` was asked for without PAWL_DIAG
 * owns:    the caller, until pawl_host_free
 * from:    thread
 * cost:    starts threads
 */
PAWL_MUST_USE int pawl_host_new(const pawl_host_options *options, pawl_host **ret);

/*
 * Shuts it down, runs it until all tasks have ended, and stops its threads. Handles that others
 * added to the loop must be closed. A thread of yours that wakes or spawns a task may still be in
 * that call when the task has ended: end such threads before.
 *
 *	h	the executor; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread: the main thread
 * cost:    that of the polls
 */
void pawl_host_free(pawl_host *h);

/*
 * Its handle.
 *
 *	h	the executor
 *
 * result:  the handle
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_exec *pawl_host_exec(pawl_host *h);

/*
 * The executor as a host, from its handle.
 *
 *	x	a handle
 *
 * result:  the host, NULL when the handle belongs to another kind of executor
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
pawl_host *pawl_host_of(pawl_exec *x);

/*
 * The main thread's libuv loop, for handles of your own. It runs inside pawl_block_on,
 * pawl_poll_once and pawl_host_free on the main thread; its callbacks may spawn and wake tasks, but
 * not block on them.
 *
 *	h	the executor
 *
 * result:  the loop
 * owns:    nothing
 * from:    thread: the main thread
 * cost:    O(1), no allocation
 */
struct uv_loop_s *pawl_host_loop(pawl_host *h);

/*
 * How many worker threads run background tasks.
 *
 *	h	the executor
 *
 * result:  the number
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_host_workers(const pawl_host *h);

/*
 * How many CPUs this process may use: those of its affinity mask, fewer when a cgroup's quota says
 * so.
 *
 * result:  the number, at least 1
 * owns:    nothing
 * from:    thread
 * cost:    reads a few small files
 */
unsigned pawl_host_cpus(void);

/*
 * The real machine as a world.
 *
 *	h	whose main thread waits for processes and job slots; NULL: neither can be waited for
 *	ret	the world
 *
 * result:  0, PAWL_ENOMEM, PAWL_EMFILE
 * owns:    the caller, until pawl_world_host_free
 * from:    thread: the main thread
 * cost:    O(1), one allocation; what sandboxes need is made with the first of them
 */
PAWL_MUST_USE int pawl_world_host(pawl_host *h, struct pawl_world **ret);

/*
 * Takes the world down. Free the host after it.
 *
 *	w	a world in which no process runs and nobody waits for a slot; NULL is fine
 *
 * result:  nothing
 * owns:    nothing
 * from:    thread: the main thread
 * cost:    ends the guard process, if there is one
 */
void pawl_world_host_free(struct pawl_world *w);

PAWL_END_C

#endif
