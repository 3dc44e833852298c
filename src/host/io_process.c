/* SPDX-License-Identifier: MIT */
/* Child processes: started without a copy of this one, watched by the loop, taken when they end. */
#define _GNU_SOURCE
#include <pawl/process.h>

#include "host/host.h"
#include "host/io.h"
#include "host/machine.h"
#include "port/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

/*
 * uv_spawn forks: for a large process that takes milliseconds, in which the loop stands still. And
 * it needs the handler of SIGCHLD. posix_spawn borrows this process's memory until the program
 * runs, and a descriptor of the process tells the loop that it ended.
 */
struct pawl_process_watch {
	uv_poll_t poll;                  /* first; freed when the loop has let go of it */
	pawl_process *process;           /* NULL: it was closed */
	struct pawl_process_watch *next; /* in the host's list of those */
	pid_t pid;
	int fd;
	bool is_killed;
};

static int result_of(int error)
{
	switch (error) {
	case ENOEXEC: /* no program */
	case EBADF:   /* no descriptor */
		return PAWL_EINVAL;
	case ESRCH:
		return PAWL_ECLOSED;
	default:
		return pawl_result_of(error);
	}
}

static void let_go_of(uv_handle_t *h)
{
	free(PAWL_OF(h, struct pawl_process_watch, poll));
}

static void watch_end(struct pawl_process_watch *w)
{
	uv_close((uv_handle_t *)&w->poll, let_go_of);
	close(w->fd);
}

/* Takes what is left of it: false when it did not end. -1 in its status: somebody else took it. */
static bool reap(pid_t pid, int flags, int *ret_status)
{
	pid_t r;

	*ret_status = -1;
	do
		r = waitpid(pid, ret_status, flags);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

static void set_status(pawl_process *p, int status)
{
	bool is_known = status != -1;

	p->exit_code = is_known && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	p->signal = is_known && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void tell_end(pawl_process *p, int status)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(p);

	set_status(p, status);
	p->watch_ = NULL;
	pawl_waitq_grant_all(&p->waitq_, &woken);
	pawl_port_unlock(p, was);
	pawl_woken_schedule(&woken);
}

static void forget(struct pawl_process_watch **list, const struct pawl_process_watch *w)
{
	while (*list != w)
		list = &(*list)->next;
	*list = w->next;
}

/* The descriptor of a process can be read once it ended. */
static void on_end(uv_poll_t *poll, int error, int events)
{
	struct pawl_process_watch *w = PAWL_OF(poll, struct pawl_process_watch, poll);
	pawl_process *p = w->process;
	int status;

	(void)events;
	if (!reap(w->pid, error < 0 ? 0 : WNOHANG, &status))
		return;
	if (!p)
		forget(&((pawl_host *)poll->data)->left, w);
	watch_end(w);
	if (p)
		tell_end(p, status);
}

/* On failure nobody watches it, and nothing of it is left. */
static int watch(pawl_host *h, struct pawl_process_watch *w)
{
	int r;

	w->fd = pidfd_open(w->pid, 0);
	r = w->fd < 0 ? -errno : uv_poll_init(pawl_host_loop(h), &w->poll, w->fd);
	if (r < 0) {
		int status;

		kill(w->pid, SIGKILL);
		reap(w->pid, 0, &status);
		if (w->fd >= 0)
			close(w->fd);
		return result_of(-r);
	}
	w->poll.data = h;
	r = uv_poll_start(&w->poll, UV_READABLE, on_end);
	PAWL_ASSERT(r == 0); /* only a second watcher of the descriptor could be refused */
	return 0;
}

/* What a start needs, until the program runs. */
struct start {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int child[3]; /* descriptors for it, none below 3; -1: none is needed */
};

/* Out of the way of the three, so that placing one does not overwrite what the next one needs. */
static int lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/* A pipe to or from the child; our end becomes the stream. */
static int open_pipe(pawl_host *h, struct start *s, int i, pawl_stream *stream)
{
	int ends[2], ours = i ? 0 : 1, r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return pawl_result_of(errno);
	s->child[i] = lift(ends[!ours]);
	r = s->child[i] < 0 ? pawl_result_of(errno) : 0;
	close(ends[!ours]);
	if (r == 0)
		r = pawl_stream_adopt(pawl_host_exec(h), stream, ends[ours]);
	if (r < 0)
		close(ends[ours]);
	return r;
}

static int place(pawl_host *h, struct start *s, int i, int what, pawl_stream *stream)
{
	int r = 0;

	switch (what) {
	case PAWL_PROCESS_INHERIT:
		return 0;
	case PAWL_PROCESS_NULL:
		return result_of(posix_spawn_file_actions_addopen(&s->actions, i, "/dev/null",
								  i ? O_WRONLY : O_RDONLY, 0));
	case PAWL_PROCESS_OUT:
		return i == 2 ? result_of(posix_spawn_file_actions_adddup2(&s->actions, 1, 2))
			      : PAWL_EINVAL;
	case PAWL_PROCESS_PIPE:
		r = open_pipe(h, s, i, stream);
		break;
	default:
		s->child[i] = what > 0 ? lift(what - 1) : -1;
		r = what < 0 ? PAWL_EINVAL : s->child[i] < 0 ? result_of(errno) : 0;
	}
	if (r == 0)
		r = result_of(posix_spawn_file_actions_adddup2(&s->actions, s->child[i], i));
	return r;
}

static int set_actions(pawl_host *h, struct start *s, pawl_process *p,
		       const pawl_process_options *o)
{
	int r = place(h, s, 0, o->in, &p->in);

	if (r == 0)
		r = place(h, s, 1, o->out, &p->out);
	if (r == 0)
		r = place(h, s, 2, o->err, &p->err);
	if (r == 0)
		r = result_of(posix_spawn_file_actions_addclosefrom_np(&s->actions, 3));
	if (r == 0 && o->cwd)
		r = result_of(posix_spawn_file_actions_addchdir_np(&s->actions, o->cwd));
	return r;
}

static void set_attr(struct start *s, const pawl_process_options *o)
{
	short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t set;

	sigemptyset(&set);
	posix_spawnattr_setsigmask(&s->attr, &set);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&s->attr, &set);
	if (o->detached)
		flags |= POSIX_SPAWN_SETSID;
	else if (o->group)
		flags |= POSIX_SPAWN_SETPGROUP; /* a new one, since no other is set */
	posix_spawnattr_setflags(&s->attr, flags);
}

static int run(struct start *s, const pawl_process_options *o, pid_t *ret_pid)
{
	char *const *env = o->env ? (char *const *)o->env : environ;

	set_attr(s, o);
	return result_of(posix_spawnp(ret_pid, o->argv[0], &s->actions, &s->attr,
				      (char *const *)o->argv, env));
}

static int prepare_and_run(pawl_host *h, pawl_process *p, const pawl_process_options *o,
			   pid_t *ret_pid)
{
	struct start s = { .child = { -1, -1, -1 } };
	int i, r;

	if (posix_spawn_file_actions_init(&s.actions) != 0)
		return PAWL_ENOMEM;
	if (posix_spawnattr_init(&s.attr) != 0) {
		r = PAWL_ENOMEM;
		goto destroy_actions;
	}
	r = set_actions(h, &s, p, o);
	if (r == 0)
		r = run(&s, o, ret_pid);
	for (i = 0; i < 3; i++)
		if (s.child[i] >= 0)
			close(s.child[i]);
	posix_spawnattr_destroy(&s.attr);
destroy_actions:
	posix_spawn_file_actions_destroy(&s.actions);
	return r;
}

static void close_streams(pawl_process *p)
{
	pawl_stream_close(&p->in);
	pawl_stream_close(&p->out);
	pawl_stream_close(&p->err);
}

static int start(pawl_host *h, pawl_process *p, const pawl_process_options *o,
		 struct pawl_process_watch *w)
{
	int r = prepare_and_run(h, p, o, &w->pid);

	if (r == 0)
		r = watch(h, w);
	if (r < 0) {
		close_streams(p);
		return r;
	}
	w->process = p;
	w->is_killed = false;
	p->pid_ = w->pid;
	p->watch_ = w;
	p->is_open_ = true;
	return 0;
}

int pawl_process_start(pawl_exec *x, pawl_process *p, const pawl_process_options *options)
{
	pawl_host *h = pawl_host_of(x);
	struct pawl_process_watch *w;
	int r;

	if (!h || !pawl_is_main_thread(x))
		return PAWL_ENOTSUP;
	PAWL_ASSERT(options->argv && options->argv[0]);
	PAWL_ASSERT(!p->is_open_ && pawl_waitq_is_empty(&p->waitq_));
	w = malloc(sizeof(*w));
	if (!w)
		return PAWL_ENOMEM;
	*p = (pawl_process){ .host_ = h,
			     .has_group_ = options->group || options->detached,
			     .is_detached_ = options->detached };
	pawl_waitq_init(&p->waitq_, p, NULL);
	r = start(h, p, options, w);
	if (r < 0)
		free(w);
	return r;
}

static int wait_locked(pawl_task *t, pawl_process *p)
{
	if (pawl_cancelled(t)) {
		pawl_waitq_leave(&p->waitq_, t); /* the others were told, too */
		return PAWL_ECANCELED;
	}
	pawl_waitq_take(&p->waitq_, t);
	if (!p->is_open_)
		return PAWL_ECLOSED;
	if (!p->watch_)
		return 0;
	pawl_waitq_join(&p->waitq_, t, "a process");
	return PAWL_PENDING;
}

int pawl_process_wait(pawl_task *t, pawl_process *p)
{
	pawl_host *h = pawl_io_host_(t);
	uintptr_t was;
	int r;

	if (!h)
		return PAWL_ENOTSUP;
	PAWL_ASSERT(!p->is_open_ || p->host_ == h);
	was = pawl_port_lock(p);
	r = wait_locked(t, p);
	pawl_port_unlock(p, was);
	return r;
}

static bool is_here(const pawl_process *p)
{
	return pawl_is_main_thread(pawl_host_exec(p->host_));
}

int pawl_process_kill(pawl_process *p, int number)
{
	int r;

	if (!p->is_open_ || !p->watch_)
		return PAWL_ECLOSED;
	PAWL_ASSERT(is_here(p));
	if (p->has_group_)
		r = kill(-(pid_t)p->pid_, number);
	else
		r = pidfd_send_signal(p->watch_->fd, number, NULL, 0);
	return r < 0 ? result_of(errno) : 0;
}

int pawl_process_pid(const pawl_process *p)
{
	PAWL_ASSERT(p->is_open_);
	return p->pid_;
}

/* It runs, and nobody asks any more: the loop takes what is left of it when it ends. */
static void leave(pawl_process *p)
{
	struct pawl_process_watch *w = p->watch_;

	/* One that took another user's rights cannot be killed: it goes on, too. */
	w->is_killed = !p->is_detached_ && pawl_process_kill(p, SIGKILL) == 0;
	w->process = NULL;
	w->next = p->host_->left;
	p->host_->left = w;
}

void pawl_process_close(pawl_process *p)
{
	pawl_woken woken = { 0 };
	uintptr_t was;

	if (!p || !p->is_open_)
		return;
	PAWL_ASSERT(is_here(p));
	close_streams(p);
	if (p->watch_)
		leave(p);
	was = pawl_port_lock(p);
	p->is_open_ = false;
	p->watch_ = NULL;
	pawl_waitq_grant_all(&p->waitq_, &woken);
	pawl_port_unlock(p, was);
	pawl_woken_schedule(&woken);
}

void pawl_processes_fini_(pawl_host *h)
{
	struct pawl_process_watch *w = h->left, *next;
	int status;

	for (; w; w = next) {
		next = w->next;
		reap(w->pid, w->is_killed ? 0 : WNOHANG, &status);
		watch_end(w);
	}
	h->left = NULL;
}
