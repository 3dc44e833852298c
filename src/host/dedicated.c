/* SPDX-License-Identifier: MIT */
/* Dedicated threads: each drives a local executor of its own, and ends with the last task there. */
#define _GNU_SOURCE
#include "host/host.h"

#include "core/core.h"

#include <pawl/local.h>

#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 16 /* what the system keeps of a thread's name */

/*
 * A thread, its executor, and a task that stands for both among the host's: that is what the host
 * or a session counts, lists, cancels and waits for. The thread itself polls it, and frees all of
 * this when it is over. A task that was marked has yet to be handed over by whoever did so; the
 * thread does not end before.
 */
struct dedicated {
	pawl_local local;
	pawl_exec_ops ops; /* those of the local executor, but for some */
	const pawl_exec_ops *local_ops;
	pawl_host *host;
	struct dedicated *next, *prev; /* others of the host; guarded by its lock of these */
	struct dedicated *parent; /* whose session has this thread? NULL: it is among the host's */
	uint32_t children;        /* how many is it the parent of? guarded by the lock of `local` */
	pawl_exec outside;        /* runs `stands_in` */
	pawl_task stands_in;
	pawl_poll_fn *poll; /* of the first task */
	int outcome;        /* of the first task */
	bool is_over;       /* no task is left */
	bool is_refused;    /* there is no thread for the first task */
	bool is_woken;      /* `stands_in` has to be polled; guarded by the lock of `local` */
};

/* Whose thread is this? */
static _Thread_local const struct dedicated *here;

static struct dedicated *dedicated_of(pawl_exec *x)
{
	return PAWL_OF(x, struct dedicated, local.exec);
}

/* Under the lock, because the thread may end as soon as it knows: it takes the lock once more. */
static void tell(struct dedicated *d, bool *what)
{
	uintptr_t was = pawl_port_lock(&d->local);

	*what = true;
	pawl_port_wake(&d->local.event_);
	pawl_port_unlock(&d->local, was);
}

static bool take(struct dedicated *d, bool *what)
{
	uintptr_t was = pawl_port_lock(&d->local);
	bool is_told = *what;

	*what = false;
	pawl_port_unlock(&d->local, was);
	return is_told;
}

static void await(struct dedicated *d, bool *what)
{
	while (!take(d, what))
		pawl_port_sleep(&d->local.event_, PAWL_NEVER);
}

/* From wherever it was cancelled: the tasks of the thread hear of it also while it blocks. */
static void outside_schedule(pawl_exec *x, pawl_task *t)
{
	struct dedicated *d = PAWL_OF(x, struct dedicated, outside);

	if (pawl_cancelled(t))
		pawl_shutdown(&d->local.exec);
	tell(d, &d->is_woken);
}

static pawl_time outside_now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

static pawl_crew *outside_crew(pawl_exec *x)
{
	struct dedicated *d = PAWL_OF(x, struct dedicated, outside);
	pawl_exec *among = d->parent ? &d->parent->local.exec : &d->host->exec;

	return among->ops->crew(among);
}

static const pawl_exec_ops outside_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "dedicated thread",
	.schedule = outside_schedule,
	.now = outside_now,
	.crew = outside_crew,
};

static int stands_in_poll(pawl_task *t)
{
	const struct dedicated *d = PAWL_OF(t, struct dedicated, stands_in);

	return d->is_over ? d->outcome : PAWL_PENDING;
}

static void become_child(struct dedicated *parent)
{
	uintptr_t was = pawl_port_lock(&parent->local);

	parent->children++;
	pawl_port_unlock(&parent->local, was);
}

/* Until then the parent is there, and it has to look whether it has tasks left. */
static void leave_parent(struct dedicated *parent)
{
	uintptr_t was = pawl_port_lock(&parent->local);

	parent->children--;
	pawl_port_wake(&parent->local.event_);
	pawl_port_unlock(&parent->local, was);
}

static void enlist(struct dedicated *d)
{
	struct pawl_dedicated *all = &d->host->dedicated;

	pthread_mutex_lock(&all->lock);
	d->next = all->first;
	if (d->next)
		d->next->prev = d;
	all->first = d;
	all->count++;
	pthread_mutex_unlock(&all->lock);
}

static void delist(struct dedicated *d)
{
	struct pawl_dedicated *all = &d->host->dedicated;

	pthread_mutex_lock(&all->lock);
	if (d->prev)
		d->prev->next = d->next;
	else
		all->first = d->next;
	if (d->next)
		d->next->prev = d->prev;
	all->count--;
	pthread_mutex_unlock(&all->lock);
}

/* The last that is done with it, by the thread, or for want of one. */
static void end(struct dedicated *d)
{
	struct dedicated *parent = d->parent;
	pawl_host *h = d->host;

	delist(d);
	d->is_over = true;
	pawl_wake(&d->stands_in);
	await(d, &d->is_woken);
	pawl_run(&d->stands_in);
	free(d);
	if (parent)
		leave_parent(parent);
	if (pawl_load(&h->is_closing) && pawl_crew_count(&h->crew) == 0)
		pawl_loop_wake_(h);
}

/* From here on the host waits for this thread. */
static bool retire(pawl_host *h, pthread_t *ret_before)
{
	bool has_before;

	pthread_mutex_lock(&h->dedicated.lock);
	has_before = pawl_ended_swap_(&h->dedicated.ended, ret_before);
	pthread_mutex_unlock(&h->dedicated.lock);
	return has_before;
}

/* A child leaves the crew before it leaves its parent. */
static bool has_tasks(struct dedicated *d)
{
	uintptr_t was = pawl_port_lock(&d->local);
	bool has_children = d->children;

	pawl_port_unlock(&d->local, was);
	return has_children || pawl_crew_count(d->ops.crew(&d->local.exec));
}

static void run_tasks(struct dedicated *d)
{
	for (;;) {
		pawl_local_run(&d->local);
		if (take(d, &d->is_woken))
			pawl_run(&d->stands_in);
		if (!has_tasks(d))
			return;
		pawl_port_sleep(&d->local.event_, pawl_local_next(&d->local));
	}
}

static void set_name(const char *name)
{
	char cut[NAME_SIZE] = "";

	strncpy(cut, name, sizeof cut - 1);
	pthread_setname_np(pthread_self(), cut);
}

static void *run(void *arg)
{
	struct dedicated *d = arg;
	pthread_t before;
	bool has_before;

	pawl_thread_begin_();
	here = d;
	set_name(pawl_task_name(&d->stands_in));
	run_tasks(d);
	has_before = retire(d->host, &before);
	end(d);
	if (has_before)
		pthread_join(before, NULL);
	return NULL;
}

static void say_outside(struct dedicated *d, const pawl_task *t, int r)
{
#if PAWL_DIAG
	const char *wait = t->wait_ ? t->wait_ : "a wake";

	pawl_say_wait_(&d->stands_in, r == PAWL_PENDING ? wait : "the tasks of its thread");
#else
	(void)d, (void)t, (void)r;
#endif
}

/* The first task of the thread. */
static int poll_first(pawl_task *t)
{
	struct dedicated *d = dedicated_of(t->exec_);
	int r;

	if (d->is_refused)
		return PAWL_ECANCELED;
	d->outcome = PAWL_EPANIC; /* unless the poll comes back */
	pawl_say_wait_(&d->stands_in, "running on its thread");
	r = d->poll(t);
	d->outcome = r;
	say_outside(d, t, r);
	return r;
}

static bool dedicated_is_here(pawl_exec *x)
{
	return here == dedicated_of(x);
}

static int dedicated_poll_once(pawl_exec *x)
{
	return dedicated_is_here(x) ? dedicated_of(x)->local_ops->poll_once(x) : PAWL_ENOTSUP;
}

/* Of the task's executor only the address is asked: it may have ended with the task. */
int pawl_dedicated_block_on_(pawl_exec *x, pawl_task *t)
{
	if (here && t->exec_ == &here->local.exec)
		return here->local_ops->block_on(t->exec_, t);
	return pawl_host_block_on_(x, t);
}

static int dedicated_block_on(pawl_exec *x, pawl_task *t)
{
	return pawl_dedicated_block_on_(&dedicated_of(x)->host->exec, t);
}

static int dedicated_blocking(pawl_exec *x, pawl_work *w)
{
	return pawl_blockers_submit_(&dedicated_of(x)->host->bl, w);
}

static int dedicated_unblock(pawl_exec *x, pawl_work *w)
{
	return pawl_blockers_withdraw_(&dedicated_of(x)->host->bl, w);
}

static int dedicated_dedicate(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			      const pawl_spawn_options *options, const char *place);

static void init_local(struct dedicated *d)
{
	pawl_local_init(&d->local);
	d->local_ops = d->local.exec.ops;
	d->ops = *d->local_ops;
	d->ops.name = "dedicated";
	d->ops.knob = NULL;
	d->ops.is_main_thread = dedicated_is_here;
	d->ops.poll_once = dedicated_poll_once;
	d->ops.block_on = dedicated_block_on;
	d->ops.blocking = dedicated_blocking;
	d->ops.unblock = dedicated_unblock;
	d->ops.dedicate = dedicated_dedicate;
	d->local.exec.ops = &d->ops;
	pawl_crew_init(d->ops.crew(&d->local.exec), 0);
}

static struct dedicated *make(pawl_host *h, struct dedicated *parent, pawl_poll_fn *poll)
{
	struct dedicated *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	init_local(d);
	d->outside.ops = &outside_ops;
	d->host = h;
	d->parent = parent;
	d->poll = poll;
	d->outcome = PAWL_ECANCELED; /* unless there is a first poll */
	return d;
}

/* Its first poll is here, so that it waits, and every cancel is handed over at once. */
static int begin_outside(struct dedicated *d, const pawl_spawn_options *options, const char *place)
{
	pawl_spawn_options o = { .session = options->session, .label = options->label };
	int r = pawl_spawn_on(&d->outside, &d->stands_in, stands_in_poll, &o, place);

	if (r < 0)
		return r;
	if (d->parent)
		become_child(d->parent);
	if (!o.session)
		pawl_detach(&d->stands_in);
	await(d, &d->is_woken);
	pawl_run(&d->stands_in);
	pawl_say_wait_(&d->stands_in, "its thread");
	return 0;
}

/* A session has the thread as a whole, and nobody may ask for the task's outcome. */
static int begin_first(struct dedicated *d, pawl_task *t, const pawl_spawn_options *options,
		       const char *place)
{
	pawl_spawn_options o = *options;
	int r;

	o.session = NULL;
	r = pawl_spawn_on(&d->local.exec, t, poll_first, &o, place);
	if (r == 0 && options->session)
		pawl_detach(t);
	return r;
}

/* There is no thread, so its one task ends here, before its first poll. */
static void take_back(struct dedicated *d, pawl_task *t, bool is_detached)
{
	d->is_refused = true;
	if (!is_detached)
		pawl_detach(t);
	pawl_cancel(t); /* also when it was to begin later */
	pawl_local_run(&d->local);
	PAWL_ASSERT(!has_tasks(d));
}

/* The thread has the task from its first moment on; it need not wait for anything. */
static int begin_thread(struct dedicated *d, pawl_task *t, const pawl_spawn_options *options,
			const char *place)
{
	int r = begin_outside(d, options, place);
	pthread_t thread;

	if (r < 0) {
		take_back(d, t, options->session);
		free(d);
		return r;
	}
	enlist(d);
	r = pawl_thread_start_(&thread, NULL, run, d);
	if (r < 0) {
		take_back(d, t, options->session);
		end(d);
	}
	return r;
}

static int dedicate(struct dedicated *d, pawl_task *t, const pawl_spawn_options *options,
		    const char *place)
{
	int r;

	if (!d)
		return pawl_spawn_refuse(t, PAWL_ENOMEM);
	r = begin_first(d, t, options, place);
	if (r < 0) {
		free(d);
		return r;
	}
	return begin_thread(d, t, options, place);
}

int pawl_host_dedicate_(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			const pawl_spawn_options *options, const char *place)
{
	return dedicate(make(pawl_host_from_(x), NULL, poll), t, options, place);
}

/* From a dedicated thread it is one more of the host's, unless it is for a session there. */
static int dedicated_dedicate(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll,
			      const pawl_spawn_options *options, const char *place)
{
	struct dedicated *from = dedicated_of(x);
	struct dedicated *parent = options->session ? from : NULL;

	return dedicate(make(from->host, parent, poll), t, options, place);
}

#if PAWL_CREW

/* Some tasks, copied: they may end at any moment. */
struct some {
	unsigned skip, count;
	pawl_task tasks[16];
};

static void copy_task(struct some *s, const pawl_task *t)
{
	pawl_task *to = &s->tasks[s->count];

	if (s->skip) {
		s->skip--;
		return;
	}
	if (s->count == PAWL_COUNT(s->tasks))
		return;
	*to = (pawl_task){ .state_ = pawl_load(&t->state_), .prev_ = to };
#if PAWL_DIAG
	to->label_ = t->label_;
	to->place_ = t->place_;
	to->wait_ = __atomic_load_n(&t->wait_, __ATOMIC_RELAXED);
#endif
	s->count++;
}

/* But for the first task of the thread: the host knows the one that stands for it. */
static void copy_list(struct some *s, const pawl_task *t)
{
	for (; t; t = t->peer_)
		if (t->poll_ != poll_first)
			copy_task(s, t);
}

static void copy_tasks(struct some *s, struct dedicated *d)
{
	pawl_crew *c = d->ops.crew(&d->local.exec);
	uintptr_t was = pawl_port_lock(c);

	copy_list(s, c->first_);
#if PAWL_SESSIONS_
	for (const pawl_session *of = c->sessions_; of; of = of->next_)
		copy_list(s, of->first_);
#endif
	pawl_port_unlock(c, was);
}

void pawl_dedicated_each_(struct pawl_dedicated *all, void (*fn)(void *arg, const pawl_task *t),
			  void *arg)
{
	struct some s;
	unsigned done = 0, i;

	do {
		s.skip = done;
		s.count = 0;
		pthread_mutex_lock(&all->lock);
		for (struct dedicated *d = all->first; d; d = d->next)
			copy_tasks(&s, d);
		pthread_mutex_unlock(&all->lock);
		for (i = 0; i < s.count; i++)
			fn(arg, &s.tasks[i]);
		done += s.count;
	} while (s.count == PAWL_COUNT(s.tasks));
}

#else

void pawl_dedicated_each_(struct pawl_dedicated *all, void (*fn)(void *arg, const pawl_task *t),
			  void *arg)
{
	(void)all, (void)fn, (void)arg;
}

#endif

void pawl_dedicated_init_(struct pawl_dedicated *all)
{
	pthread_mutex_init(&all->lock, NULL);
}

void pawl_dedicated_fini_(struct pawl_dedicated *all)
{
	bool has_last;

	pthread_mutex_lock(&all->lock);
	has_last = all->ended.has_last;
	pthread_mutex_unlock(&all->lock);
	if (has_last)
		pthread_join(all->ended.last, NULL);
	pthread_mutex_destroy(&all->lock);
}
