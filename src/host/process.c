/* SPDX-License-Identifier: MIT */
/* Child processes: start, wait on the loop, kill; sandboxed or in a group. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

/* pawl_world_process.state_ */
enum { NOT_STARTED = 0, RUNNING, ENDED };

/* What belongs to a running process; freed when the loop has let go of `poll`. */
struct running {
	uv_poll_t poll;
	struct pawl_machine *machine;
	pawl_world_process *process;
	/*
	 * this process's own largest size at the start, which an exec in borrowed memory inherits
	 */
	int64_t peak;
	int status;           /* where pid 1 of the sandbox reports; -1: none */
	struct pawl_net *net; /* the network namespace that it runs in; NULL: the host's */
	bool guarded;         /* the guard knows its group */
	bool watched;         /* `poll` is on the loop */
};

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static int64_t peak_size(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (int64_t)ru.ru_maxrss * 1024;
}

static int explain(pawl_world_process *p, int result, const char *what)
{
	snprintf(p->error, sizeof p->error, "%s: %s", what, strerrordesc_np(errno));
	return result;
}

static void set_status(pawl_world_process *p, int status)
{
	p->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	p->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool read_report(int fd, struct pawl_init_report *ret)
{
	ssize_t n;

	do
		n = read(fd, ret, sizeof *ret);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof *ret;
}

/*
 * A zombie keeps its number, and with it its group's: until it is taken, the group can be killed
 * safely.
 */
static void take_zombie(struct running *n, pawl_world_process *p)
{
	struct rusage ru = { 0 };
	int status = 0;

	if (n->guarded) {
		kill(-(pid_t)p->pid_, SIGKILL);
		pawl_guard_forget(n->machine, (pid_t)p->pid_);
	}
	while (wait4((pid_t)p->pid_, &status, 0, &ru) < 0 && errno == EINTR)
		;
	set_status(p, status);
	p->cpu = ((int64_t)ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000000000 +
		 ((int64_t)ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000;
	p->memory = (int64_t)ru.ru_maxrss * 1024;
	if (p->memory <= n->peak)
		p->memory = 0;
}

/*
 * In a sandbox pid 1 knows better: it tells of the command, not of itself. It says nothing when it
 * was killed.
 */
static void take_report(const struct running *n, pawl_world_process *p)
{
	struct pawl_init_report report;

	if (n->status < 0)
		return;
	if (read_report(n->status, &report) && report.kind == PAWL_INIT_ENDED) {
		set_status(p, report.value);
		p->cpu = report.cpu_us * 1000;
		p->memory = report.memory;
	}
	close(n->status);
}

static void finish(struct running *n)
{
	pawl_world_process *p = n->process;

	assert(p->state_ == RUNNING);
	take_zombie(n, p);
	take_report(n, p);
	pawl_space_give(n->machine, n->net);
	close(p->fd_);
	p->fd_ = -1;
	p->handle_ = NULL;
	p->state_ = ENDED;
}

static int kept_for(struct pawl_machine *m, bool sandboxed)
{
	int r;

	pthread_mutex_lock(&m->lock);
	r = sandboxed ? pawl_kept_init(m) : pawl_guard_start(m);
	pthread_mutex_unlock(&m->lock);
	return r;
}

/* Hears from pid 1 whether the command's program runs. */
static int hear_start(struct pawl_launch *l, int status)
{
	struct pawl_init_report report;

	if (!read_report(status, &report)) {
		l->step = PAWL_STEP_SEAL;
		l->error = ESRCH;
	} else if (report.kind == PAWL_INIT_FAILED) {
		l->step = PAWL_STEP_EXEC;
		l->error = report.value;
		l->path = l->argv[1];
	}
	return l->error;
}

/* Runs what is prepared; on success the process is the running one's. */
static int run(struct running *n, struct pawl_launch *l)
{
	pawl_world_process *p = n->process;

	n->peak = peak_size();
	pawl_launch_run(l);
	if (l->status >= 0)
		close(l->status);
	p->pid_ = l->pid;
	if (l->error || (n->status >= 0 && hear_start(l, n->status))) {
		pawl_launch_explain(l, p->error, sizeof p->error);
		if (l->pid > 0)
			take_zombie(n, p);
		if (l->pidfd >= 0)
			close(l->pidfd);
		return l->step == PAWL_STEP_EXEC && l->error == EPERM ? PAWL_EACCES
								      : pawl_result_of(l->error);
	}
	p->fd_ = l->pidfd;
	p->handle_ = n;
	p->state_ = RUNNING;
	return PAWL_OK;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

static int start_own(struct running *n, struct pawl_launch *l, const pawl_command *c)
{
	struct pawl_view *view = NULL;
	pawl_world_process *p = n->process;
	const char **argv;
	int ends[2], r;

	r = pawl_view_new(c->sandbox, &view, p->error, sizeof p->error);
	if (r < 0)
		return r;
	argv = malloc((count(c->argv) + 2) * sizeof *argv);
	if (!argv || pipe2(ends, O_CLOEXEC) < 0) {
		r = explain(p, pawl_result_of(errno), "sandbox");
		goto free_view;
	}
	argv[0] = PAWL_INIT_NAME;
	memcpy(argv + 1, c->argv, (count(c->argv) + 1) * sizeof *argv);
	n->status = ends[0];
	l->argv = argv;
	l->view = view;
	l->init = n->machine->init;
	l->life = n->machine->life[0];
	l->status = ends[1];
	if (pawl_space_take(n->machine, l, &n->net) < 0) {
		pawl_launch_explain(l, p->error, sizeof p->error);
		r = pawl_result_of(l->error);
		close(l->status);
	} else {
		r = run(n, l);
	}
	if (r < 0) {
		pawl_space_give(n->machine, n->net);
		close(n->status);
	}
free_view:
	free(argv);
	pawl_view_free(view);
	return r;
}

/* bubblewrap makes the view; for us it is a command like others, whose group the guard knows. */
static int start_bubblewrap(struct running *n, struct pawl_launch *l, const pawl_command *c)
{
	struct pawl_view *view = NULL;
	pawl_world_process *p = n->process;
	struct pawl_bwrap b;
	int r;

	r = pawl_view_new(c->sandbox, &view, p->error, sizeof p->error);
	if (r < 0)
		return r;
	r = pawl_bwrap_init(&b, n->machine->bubblewrap, view, c);
	if (r < 0) {
		snprintf(p->error, sizeof p->error, "bubblewrap: %s", pawl_strerror(r));
		goto free_view;
	}
	l->argv = b.argv;
	l->cwd = "/";
	l->extra = b.data;
	l->extra_count = view->etc ? PAWL_ETC_COUNT : 0;
	r = run(n, l);
	pawl_bwrap_fini(&b);
free_view:
	pawl_view_free(view);
	return r;
}

static int start_way(struct running *n, struct pawl_launch *l, const pawl_command *c)
{
	struct pawl_machine *m = n->machine;
	bool own = false;
	int r;

	if (c->sandbox) {
		r = pawl_sandbox_probe(&m->world, n->process->error, sizeof n->process->error);
		if (r < 0)
			return r;
		own = m->way == PAWL_WAY_NAMESPACES;
	}
	if (kept_for(m, own) < 0)
		return explain(n->process, pawl_result_of(errno), "preparing a start");
	if (own)
		return start_own(n, l, c);
	n->guarded = true;
	l->guard = m->guard;
	return c->sandbox ? start_bubblewrap(n, l, c) : run(n, l);
}

int pawl_machine_start(pawl_world *w, pawl_world_process *p, const pawl_command *c)
{
	struct pawl_machine *m = pawl_machine_of(w);
	struct running *n = calloc(1, sizeof *n);
	struct pawl_launch l = { .argv = c->argv,
				 .env = c->env,
				 .cwd = c->cwd,
				 .keyless = c->sandbox != NULL,
				 .null = m->null,
				 .out = c->out,
				 .jobs = { -1, -1 },
				 .guard = -1,
				 .init = -1,
				 .status = -1,
				 .life = -1 };
	int r;

	assert(c->argv && c->argv[0] && c->env && c->cwd);
	*p = (pawl_world_process){ .fd_ = -1 };
	if (!n)
		return explain(p, PAWL_ENOMEM, "start");
	n->machine = m;
	n->process = p;
	n->status = -1;
	if (c->jobs && m->slots)
		pawl_slots_fds(m->slots, &l.jobs[0], &l.jobs[1]);
	r = start_way(n, &l, c);
	if (r < 0)
		free(n);
	return r;
}

static void closed(uv_handle_t *h)
{
	free(h->data);
}

/* The pidfd is readable: it ended. */
static void ended(uv_poll_t *poll, int status, int events)
{
	struct running *n = poll->data;
	pawl_world_process *p = n->process;
	pawl_task *t = p->waiter_;

	(void)status;
	(void)events;
	uv_poll_stop(poll);
	uv_close((uv_handle_t *)poll, closed);
	finish(n);
	p->waiter_ = NULL;
	if (t)
		pawl_wake(t);
}

static int watch(struct running *n, int fd)
{
	int r = uv_poll_init(n->machine->loop, &n->poll, fd);

	if (r < 0)
		return r;
	n->poll.data = n;
	n->watched = true;
	return uv_poll_start(&n->poll, UV_READABLE, ended);
}

int pawl_machine_wait(pawl_world *w, pawl_task *t, pawl_world_process *p)
{
	struct pawl_machine *m = pawl_machine_of(w);
	struct running *n = p->handle_;

	assert(p->state_ != NOT_STARTED && m->loop);
	if (p->state_ == ENDED)
		return PAWL_OK;
	assert(!p->waiter_ || p->waiter_ == t);
	p->waiter_ = t;
	if (!n->watched && watch(n, p->fd_) < 0)
		pawl_machine_reap(m, p); /* no memory for a watcher: wait the hard way */
	return p->state_ == ENDED ? PAWL_OK : PAWL_PENDING;
}

void pawl_machine_reap(struct pawl_machine *m, pawl_world_process *p)
{
	struct running *n = p->handle_;

	struct pollfd end = { .fd = p->fd_, .events = POLLIN };

	(void)m;
	assert(p->state_ == RUNNING);
	while (poll(&end, 1, -1) < 0)
		assert(errno == EINTR);
	finish(n);
	if (n->watched)
		uv_close((uv_handle_t *)&n->poll, closed);
	else
		free(n);
}

/* SIGKILL to pid 1 ends the whole sandbox; without one, the group is what there is. */
void pawl_machine_kill(pawl_world *w, pawl_world_process *p, enum pawl_kill how)
{
	(void)w;
	if (p->state_ == RUNNING)
		kill(-(pid_t)p->pid_, how == PAWL_KILL_NOW ? SIGKILL : SIGTERM);
}
