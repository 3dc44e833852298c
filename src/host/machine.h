/* SPDX-License-Identifier: MIT */
/* The inside of the real machine: what the files behind world.h share. */
#ifndef PAWL_HOST_MACHINE_H
#define PAWL_HOST_MACHINE_H

#include <pawl/world.h>

#include <pthread.h>
#include <sys/types.h>

struct uv_loop_s;
struct pawl_slots;
struct pawl_net;

/* How sandboxes are made. */
enum pawl_sandbox_way {
	PAWL_WAY_UNKNOWN = 0, /* not tried yet */
	PAWL_WAY_NAMESPACES,  /* by pawl itself */
	PAWL_WAY_BUBBLEWRAP,
	PAWL_WAY_NONE /* it cannot be done */
};

/*
 * The real machine. One per process is usual. Its descriptors are all numbered PAWL_FD_KEPT or
 * more, out of the way of those numbers that a child gives a meaning to.
 */
struct pawl_machine {
	pawl_world world; /* first: a machine is a world */
	struct uv_loop_s *loop;
	struct pawl_slots *slots; /* NULL until slots_open */
	int null;                 /* /dev/null */

	pthread_mutex_t lock; /* guards what follows, which is made when it is first needed */
	/* memfd with the program that is pid 1 of a sandbox, and the guard; -1: not yet */
	int init;
	int guard; /* the guard's socket; -1: none runs */
	pid_t guard_pid;
	/* a pipe that ends when this process does: [0] for those who watch, [1] stays here */
	int life[2];
	int users;             /* the user namespace of all sandboxes; -1: not yet */
	struct pawl_net *nets; /* network namespaces that nothing uses */
	unsigned net_count;

	pthread_mutex_t probing; /* guards the rest: how sandboxes are made; taken before `lock` */
	enum pawl_sandbox_way way;
	char way_text[200];  /* how, or why not */
	char bubblewrap[64]; /* where it is */
};

#define PAWL_FD_KEPT 64

static inline struct pawl_machine *pawl_machine_of(pawl_world *w)
{
	return PAWL_OF(w, struct pawl_machine, world);
}

/* result.c: an errno in pawl's numbers. */
int pawl_result_of(int error);

/* file.c, walk.c: entries of the table; what they do stands in world.h. */
int pawl_machine_open(pawl_world *w, const char *path, unsigned flags, unsigned mode,
		      int *ret_file);
int pawl_machine_close(pawl_world *w, int file);
int pawl_machine_read(pawl_world *w, int file, void *buf, size_t size, size_t *ret_size);
int pawl_machine_write(pawl_world *w, int file, const void *buf, size_t size);
int pawl_machine_fstat(pawl_world *w, int file, pawl_stat *ret_stat);
int pawl_machine_stat(pawl_world *w, const char *path, bool follow, pawl_stat *ret_stat);
int pawl_machine_mkdir(pawl_world *w, const char *path, unsigned mode);
int pawl_machine_unlink(pawl_world *w, const char *path);
int pawl_machine_rmdir(pawl_world *w, const char *path);
int pawl_machine_rename(pawl_world *w, const char *from, const char *to);
int pawl_machine_link(pawl_world *w, const char *from, const char *to);
int pawl_machine_symlink(pawl_world *w, const char *target, const char *path);
int pawl_machine_readlink(pawl_world *w, const char *path, char *buf, size_t size);
int pawl_machine_chmod(pawl_world *w, const char *path, unsigned mode);
int pawl_machine_set_mtime(pawl_world *w, const char *path, int64_t mtime);
int pawl_machine_clone(pawl_world *w, const char *from, const char *to, unsigned mode);
int pawl_machine_sync(pawl_world *w, int file);
int pawl_machine_sync_all(pawl_world *w, const char *path);
int pawl_machine_lock(pawl_world *w, const char *path, int *ret_file);

struct stat;
void pawl_stat_from(const struct stat *from, pawl_stat *ret_stat);
int pawl_walk(pawl_world *w, const char *path, unsigned depth_max, pawl_walk_fn *each, void *arg);

/* process.c */
int pawl_machine_start(pawl_world *w, pawl_world_process *p, const pawl_command *c);
int pawl_machine_wait(pawl_world *w, pawl_task *t, pawl_world_process *p);
void pawl_machine_kill(pawl_world *w, pawl_world_process *p, enum pawl_kill how);
/* Waits in the calling thread; for the machine's own short programs. */
void pawl_machine_reap(struct pawl_machine *m, pawl_world_process *p);

/* guard.c: the process that kills the groups of unsandboxed commands when this process is gone. */
int pawl_guard_start(struct pawl_machine *m);
void pawl_guard_forget(struct pawl_machine *m, pid_t group);
void pawl_guard_stop(struct pawl_machine *m);

/* probe.c: which way sandboxes are made. */
int pawl_sandbox_probe(pawl_world *w, char *ret_text, size_t size);

/* kept.c: descriptors and memory files that stay open as long as the machine. */
int pawl_kept_dup(int fd); /* closes fd; >= PAWL_FD_KEPT, or -1 with errno */
/* fills m->init and m->life; under the lock; 0 or -1 with errno */
int pawl_kept_init(struct pawl_machine *m);

/* slots.c */
unsigned pawl_slots_cpus(pawl_world *w);
int pawl_slots_open(pawl_world *w, unsigned count, char *ret_makeflags, size_t size);
int pawl_slots_take(pawl_world *w, pawl_task *t);
void pawl_slots_give(pawl_world *w);
void pawl_slots_refill(pawl_world *w);
void pawl_slots_close(pawl_world *w);
void pawl_slots_fds(const struct pawl_slots *s, int *ret_read, int *ret_write);

#endif
