/* SPDX-License-Identifier: MIT */
/* Starting a program: all that the child needs is ready before it exists. */
#ifndef PAWL_HOST_LAUNCH_H
#define PAWL_HOST_LAUNCH_H

#include "host/init.h"
#include "host/machine.h"

/* Where a child may fail; launch.c has the words. */
enum pawl_step {
	PAWL_STEP_CLONE = 1,
	PAWL_STEP_FILES,
	PAWL_STEP_USERS,
	PAWL_STEP_ID_MAP,
	PAWL_STEP_NETWORK,
	PAWL_STEP_NAME,
	PAWL_STEP_ROOT,
	PAWL_STEP_PROC,
	PAWL_STEP_DEV,
	PAWL_STEP_ETC,
	PAWL_STEP_BIND,
	PAWL_STEP_PIVOT,
	PAWL_STEP_PLACE,
	PAWL_STEP_SEAL,
	PAWL_STEP_RIGHTS,
	PAWL_STEP_CWD,
	PAWL_STEP_EXEC
};

/* One bind of a view. */
struct pawl_view_bind {
	const char *source; /* outside */
	const char *at;     /* inside, absolute */
	const char *link;   /* it appears as a symbolic link to this; NULL: it is a mount */
	bool writable, folder;
	int mount; /* in the child */
};

/* What a sandbox shows, ready to be made. */
struct pawl_view {
	struct pawl_view_bind *binds;
	size_t count;
	bool network, etc; /* etc: pawl brings an own /etc */
	bool root;         /* pawl runs as root: parts of /proc must be covered */
};

/* The few files of /etc that programs ask for. */
struct pawl_etc_file {
	const char *path, *text;
};

enum { PAWL_ETC_COUNT = 5 };

extern const struct pawl_etc_file pawl_etc[PAWL_ETC_COUNT];

enum { PAWL_COVERED_COUNT = 8 };

/* What of /proc would obey the real root user, whom a sandbox that root started is. */
extern const char *const pawl_covered[PAWL_COVERED_COUNT];

/* One start: written by the parent, then by the child, then read by the parent. */
struct pawl_launch {
	const char *const *argv;
	const char *const *env;
	const char *cwd;
	const struct pawl_view *view; /* NULL: no sandbox of our making */
	bool keyless;                 /* it gets no keys of this session */
	int null, out;
	int jobs[2];            /* -1: none */
	int guard;              /* tells the guard of its group; -1: does not */
	int init, status, life; /* for pid 1 of a sandbox; -1 without */
	/* namespaces that a sandbox enters; net -1: it shares the host's network */
	int users, net;
	/* more descriptors that it gets, from PAWL_FD_EXTRA on; none lies below PAWL_FD_KEPT */
	const int *extra;
	int extra_count;

	pid_t pid;
	int pidfd;
	enum pawl_step step; /* what failed */
	int error;           /* its errno; 0: the program runs */
	const char *path;    /* at what; may be NULL */
};

/*
 * Starts it: the caller's thread stands still until the program runs. The new process is in l->pid
 * and l->pidfd, also when the child failed (l->error is set then, and it has to be waited for); -1
 * when there is no child.
 */
void pawl_launch_run(struct pawl_launch *l);

/*
 * Runs fn(arg) in a child that borrows this process's memory and open files, to do what must not
 * happen to this process, and waits for its end. `flags` are namespaces for it. False when there is
 * no child.
 */
bool pawl_launch_borrow(int (*fn)(void *arg), void *arg, unsigned long flags);

/* What failed, in words. */
void pawl_launch_explain(const struct pawl_launch *l, char *ret_text, size_t size);

/* In the child: notes what failed, and answers false. */
bool pawl_launch_fail(struct pawl_launch *l, enum pawl_step step, const char *path);

/* view.c: 0, or a result and words why not. */
int pawl_view_new(const pawl_sandbox *s, struct pawl_view **ret, char *ret_text, size_t size);
void pawl_view_free(struct pawl_view *v);

/* sandbox.c: in the child, in its new namespaces: makes the view and gives up all rights. */
bool pawl_sandbox_enter(struct pawl_launch *l);

/*
 * space.c: fills l->users, and l->net from those that are kept (or makes one) unless the view has
 * the host's network. 0, or -1 with the failed step in `l`. Give the network back when everything
 * that ran in it is gone.
 */
int pawl_space_take(struct pawl_machine *m, struct pawl_launch *l, struct pawl_net **ret);
void pawl_space_give(struct pawl_machine *m, struct pawl_net *n);
void pawl_space_close(struct pawl_machine *m);

/* bwrap.c: the same view as arguments for bubblewrap, and the data files that go with them. */
struct pawl_bwrap {
	const char **argv;
	int data[PAWL_ETC_COUNT];
	char numbers[PAWL_ETC_COUNT][12];
};

int pawl_bwrap_init(struct pawl_bwrap *b, const char *program, const struct pawl_view *v,
		    const pawl_command *c);
void pawl_bwrap_fini(struct pawl_bwrap *b);

#endif
