/* SPDX-License-Identifier: MIT */
/* The machine as the build tool sees it: clock, files, processes and job slots behind one table. */
#ifndef PAWL_WORLD_H
#define PAWL_WORLD_H

#include <pawl/stat.h>
#include <pawl/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The graph reaches the machine through this table and through nothing else, so that a whole build
 * can run in a simulated one. `pawl_world_host` (pawl/host.h) is the real machine.
 *
 * Conventions of all entries: results are 0 or a negative PAWL_E… number; paths are absolute and
 * end in NUL; ret_ parameters are untouched on failure. Entries marked "blocking" may take long:
 * call them from a pawl_blocking section or before the build starts. They may be called from
 * several threads at once. Entries marked "main" are called from the thread that runs the
 * foreground tasks.
 */
typedef struct pawl_world pawl_world;
typedef struct pawl_world_ops pawl_world_ops;

struct pawl_world {
	const pawl_world_ops *ops;
};

/* How pawl_world_ops.open opens; READ is the default. */
enum {
	PAWL_OPEN_WRITE = 1,  /* write only; truncates unless APPEND */
	PAWL_OPEN_CREATE = 2, /* make it when it is not there */
	PAWL_OPEN_NEW = 4,    /* make it; PAWL_EEXIST when it is there */
	PAWL_OPEN_APPEND = 8
};

/*
 * One entry met by a walk. `path` is relative to the walk's root; a folder comes before what is in
 * it; entries of one folder come in the order of their names' bytes. Returns 0 to go on,
 * PAWL_WALK_SKIP not to enter this folder, negative to end the walk with that result.
 */
#define PAWL_WALK_SKIP 1
typedef int pawl_walk_fn(void *arg, const char *path, const pawl_stat *st);

/* A part of the machine that a sandboxed process sees. */
typedef struct pawl_bind {
	const char *path; /* outside */
	const char *at;   /* inside; NULL: the same */
	bool writable;
	bool optional; /* left out when it does not exist */
} pawl_bind;

/*
 * What a sandboxed process sees: the binds, in order (a later one may lie inside an earlier one),
 * an own /tmp, /dev (null, zero, full, random, urandom, tty, shm, pts) and /proc, and nothing else.
 * It has no network but an own loopback unless `network`; uid and gid 1000, host name "pawl", its
 * own pids, ipc and mounts. All that it leaves running is killed when it ends.
 *
 * /etc has a passwd, group, hosts, hostname and nsswitch.conf of its own, unless a bind brings all
 * of /etc. With `network`, the host's network is shared as it is, its abstract sockets and loopback
 * too, and resolv.conf and the certificates are shown. A path to bind that is a symbolic link to
 * something that is bound as well stays that link.
 */
typedef struct pawl_sandbox {
	const pawl_bind *binds;
	size_t bind_count;
	bool network;
} pawl_sandbox;

typedef struct pawl_command {
	const char *const *argv; /* argv[0] is an absolute path; ends in NULL */
	const char *const *env;  /* the whole environment, NAME=value; ends in NULL */
	const char *cwd;
	/* open file for standard output and error; -1: thrown away */
	int out;
	/* NULL: runs as pawl itself does, in its own process group, which is killed when it ends */
	const pawl_sandbox *sandbox;
	/* inherits the job slots (MAKEFLAGS is the caller's to set) */
	bool jobs;
} pawl_command;

/*
 * A running process. The caller's memory; may not move between start and the end of wait. Zero is
 * "not started".
 */
typedef struct pawl_world_process {
	int exit_code;   /* after wait: 0..255, or -1 when a signal ended it */
	int signal;      /* after wait: the signal, or 0 */
	int64_t cpu;     /* after wait: ns of CPU time, with its children */
	int64_t memory;  /* after wait: largest resident size, bytes; 0: not known */
	char error[160]; /* after a failed start: what failed, in words */
	pawl_task *waiter_;
	void *handle_; /* the world's */
	long pid_;
	int fd_;
	int state_;
} pawl_world_process;

enum pawl_kill {
	PAWL_KILL_ASK = 1, /* SIGTERM to the process group */
	PAWL_KILL_NOW = 2  /* SIGKILL to all of it */
};

struct pawl_world_ops {
	size_t size; /* sizeof(pawl_world_ops), as the world was compiled */

	/* clocks: any */
	pawl_time (*now)(pawl_world *w); /* monotonic, ns */
	int64_t (*wall)(pawl_world *w);  /* ns since 1970 */

	/* files: blocking */
	int (*open)(pawl_world *w, const char *path, unsigned flags, unsigned mode, int *ret_file);
	int (*close)(pawl_world *w, int file);
	/* 0 bytes: end */
	int (*read)(pawl_world *w, int file, void *buf, size_t size, size_t *ret_size);
	int (*write)(pawl_world *w, int file, const void *buf, size_t size); /* all of it */
	int (*fstat)(pawl_world *w, int file, pawl_stat *ret_stat);
	int (*stat)(pawl_world *w, const char *path, bool follow, pawl_stat *ret_stat);
	/* depth_max: 0 no limit, 1 the folder's own entries; a root that is a link is followed */
	int (*walk)(pawl_world *w, const char *path, unsigned depth_max, pawl_walk_fn *each,
		    void *arg);
	/* mode exactly, whatever the umask */
	int (*mkdir)(pawl_world *w, const char *path, unsigned mode);
	int (*unlink)(pawl_world *w, const char *path);
	int (*rmdir)(pawl_world *w, const char *path);
	int (*rename)(pawl_world *w, const char *from, const char *to);
	int (*link)(pawl_world *w, const char *from, const char *to);
	int (*symlink)(pawl_world *w, const char *target, const char *path);
	/* PAWL_ENAMETOOLONG */
	int (*readlink)(pawl_world *w, const char *path, char *buf, size_t size);
	int (*chmod)(pawl_world *w, const char *path, unsigned mode);
	/* of a link itself, too */
	int (*set_mtime)(pawl_world *w, const char *path, int64_t mtime);
	/* a new file `to` with the content of `from`: by reflink, else copied; PAWL_EEXIST */
	int (*clone)(pawl_world *w, const char *from, const char *to, unsigned mode);
	int (*sync)(pawl_world *w, int file);             /* one file or folder reaches the disk */
	int (*sync_all)(pawl_world *w, const char *path); /* all of that file system does */
	/*
	 * makes the file when missing and takes an exclusive lock on it; PAWL_EBUSY; close lets go
	 */
	int (*lock)(pawl_world *w, const char *path, int *ret_file);

	/* processes */
	/* blocking: about 1 ms */
	int (*start)(pawl_world *w, pawl_world_process *p, const pawl_command *c);
	/* main: an awaitable; goes on to the end even when t is cancelled */
	int (*wait)(pawl_world *w, pawl_task *t, pawl_world_process *p);
	void (*kill)(pawl_world *w, pawl_world_process *p, enum pawl_kill how); /* main */
	/*
	 * can start() make sandboxes? 0 and how ("namespaces", "bubblewrap"), or PAWL_ENOTSUP and
	 * why not, in words; blocking, once
	 */
	int (*sandbox)(pawl_world *w, char *ret_text, size_t size);

	/* job slots, a GNU make jobserver: main */
	unsigned (*cpus)(pawl_world *w); /* that this process may use, at least 1 */
	int (*slots_open)(pawl_world *w, unsigned count, char *ret_makeflags, size_t size);
	/* an awaitable; one slot, from those that make shares */
	int (*slot_take)(pawl_world *w, pawl_task *t);
	void (*slot_give)(pawl_world *w);
	/* nothing runs: what killed processes took along comes back */
	void (*slots_refill)(pawl_world *w);
	void (*slots_close)(pawl_world *w);

	/* the SQLite VFS through which the database reaches the disk; NULL: SQLite's own */
	const char *sqlite_vfs;
};

#ifdef __cplusplus
}
#endif
#endif
