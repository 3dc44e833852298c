/* SPDX-License-Identifier: MIT */
/* The child process: a program, what it reads and writes, and how it ends. */
#ifndef PAWL_PROCESS_H
#define PAWL_PROCESS_H

#include <pawl/stream.h>

/* What the program finds as its standard input, output and error. */
#define PAWL_PROCESS_INHERIT 0         /* this process's own */
#define PAWL_PROCESS_NULL (-1)         /* nothing to read; what is written is thrown away */
#define PAWL_PROCESS_PIPE (-2)         /* the process's stream of that name */
#define PAWL_PROCESS_OUT (-3)          /* for errors: the same as the output */
#define PAWL_PROCESS_FD(fd) ((fd) + 1) /* a descriptor, which stays the caller's */

/* Fill `argv`; zero means default. All of it is read by the start only. */
typedef struct pawl_process_options {
	/*
	 * The program and its arguments, ending in NULL. A name without a slash is looked for in
	 * PATH.
	 */
	const char *const *argv;
	const char *const *env; /* NAME=value, ending in NULL; default: this process's own */
	const char *cwd;        /* its working folder; default: this process's own */
	int in, out, err;       /* PAWL_PROCESS_… */
	/* It leads a group of its own, which is what pawl_process_kill and the close reach. */
	bool group;
	/* A session and a group of its own, without a terminal, that go on after the close. */
	bool detached;
} pawl_process_options;

/*
 * The caller owns it; zeroed is closed. It must not move while it is open, nor while a task waits
 * for it. Read what its pipes have before you wait for its end: a program does not end while it has
 * to write and nobody reads.
 */
typedef struct pawl_process {
	pawl_stream in;       /* to write to it; close it to say that no more comes */
	pawl_stream out, err; /* to read from it; open, as `in`, where a pipe was asked for */
	/*
	 * Once waited for: 0 to 255, -1 when a signal ended it or SIGCHLD is ignored: nobody knows.
	 */
	int exit_code;
	int signal; /* once waited for: which one, else 0 */
	pawl_waitq waitq_;
	pawl_host *host_;
	struct pawl_process_watch *watch_; /* the loop's part, on the heap; NULL: it ended */
	int pid_;
	bool is_open_, has_group_, is_detached_;
} pawl_process;

PAWL_BEGIN_C

/*
 * Starts a program. It gets its three descriptors and no others, no handlers and no blocked
 * signals.
 *
 *	x	a host
 *	p	closed; when this fails it is closed again
 *	options	what, where and how
 *
 * result:  0: the program runs, PAWL_ENOENT when there is no such program or no such folder,
 *          PAWL_EACCES, PAWL_ENOTDIR, PAWL_EINVAL when it is no program or a descriptor is none,
 *          also when its arguments are too long, PAWL_EAGAIN when there are too many processes,
 *          PAWL_EMFILE and PAWL_ENOMEM, also when it ran for a moment and had to be killed since it
 *          could not be watched, PAWL_ENOTSUP when `x` is no host or this is not its main
 *          thread, or the system has no pidfds (Linux before 5.3, older valgrinds)
 * owns:    the caller has to close it once this answered 0
 * from:    thread, task: the main thread
 * cost:    a few allocations; this thread stands still until the program runs, some tenths of a
 *          millisecond, however large this process is: it is not copied, as uv_spawn would do
 */
PAWL_MUST_USE int pawl_process_start(pawl_exec *x, pawl_process *p,
				     const pawl_process_options *options);

/*
 * Waits for its end; `exit_code` and `signal` then say how it was. Several may wait. Who is
 * cancelled leaves the process as it is, and may wait again.
 *
 *	t	the running task
 *	p	the process
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED, PAWL_ECLOSED when it was closed, PAWL_ENOTSUP
 * owns:    nothing; what the program left in its pipes can still be read
 * from:    task: a foreground task
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_process_wait(pawl_task *t, pawl_process *p);

/*
 * Sends it a signal, or its group when it has one.
 *
 *	p	the process
 *	number	SIGTERM, SIGKILL …; 0: only whether it runs
 *
 * result:  0, PAWL_ECLOSED when it ended or was closed, PAWL_EINVAL when it is no signal,
 *          PAWL_EACCES
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
int pawl_process_kill(pawl_process *p, int number);

/*
 * Its number. It may be another one's once pawl_process_wait answered.
 *
 *	p	the process, open
 *
 * result:  the number
 * owns:    nothing
 * from:    thread, task: the main thread
 * cost:    O(1), no allocation
 */
int pawl_process_pid(const pawl_process *p);

/*
 * Closes it, and its streams. One that runs is killed by SIGKILL, unless it is detached or took
 * another user's rights: then it goes on. Whoever waits for it hears PAWL_ECLOSED. The loop takes
 * what is left of the process when it ends, so that no zombie stays; the host, when it is freed,
 * waits for those that were killed.
 *
 *	p	the process; nothing happens when it is closed or NULL
 *
 * result:  nothing
 * owns:    the memory is the caller's again once those who waited heard it
 * from:    thread, task: the main thread
 * cost:    O(waiters); waits for nothing
 */
void pawl_process_close(pawl_process *p);

PAWL_END_C

#endif
