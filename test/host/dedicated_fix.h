/* SPDX-License-Identifier: MIT */
/* Tasks for tests of dedicated threads: one that stays, one that pends, one that counts drops. */
#ifndef TEST_HOST_DEDICATED_FIX_H
#define TEST_HOST_DEDICATED_FIX_H

#include "threads_fix.h"

#include <pawl/host.h>
#include <pawl/pawl.h>

#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

static inline pawl_host *begin(uint32_t tasks_max)
{
	pawl_host_options o = { .workers = 1, .tasks_max = tasks_max };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

static inline void wait_for(sem_t *s)
{
	while (sem_wait(s) != 0) {}
}

/* Says where it runs, stays there until it is let go, and ends with -4. */
struct settler {
	pawl_task task;
	sem_t here, go;
	unsigned polls;
	pid_t tid;
	bool is_main;
	char name[16];
};

static inline int settles(pawl_task *t)
{
	struct settler *s = PAWL_OF(t, struct settler, task);

	s->polls++;
	s->tid = gettid();
	s->is_main = pawl_is_main_thread(pawl_here(t));
	pthread_getname_np(pthread_self(), s->name, sizeof s->name);
	sem_post(&s->here);
	wait_for(&s->go);
	return -4;
}

static inline void settler_init(struct settler *s)
{
	memset(s, 0, sizeof *s);
	sem_init(&s->here, 0, 0);
	sem_init(&s->go, 0, 0);
}

static inline int on_worker(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	return pawl_spawn_background(x, t, poll);
}

static inline int on_main(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	return pawl_spawn_foreground(x, t, poll);
}

static inline int on_own(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	return pawl_spawn_dedicated(x, t, poll, NULL);
}

static inline int four(pawl_task *t)
{
	(void)t;
	return -4;
}

static inline int panics(pawl_task *t)
{
	(void)t;
	pawl_panic("on purpose");
}

/* Sleeps for ever, with a child that does so; or computes until it is asked to stop. */
struct pending {
	pawl_task task, child;
	sem_t started;
	unsigned polls, cancelled;
};

static inline int pends(pawl_task *t, unsigned *cancelled)
{
	int r = pawl_sleep(t, PAWL_S(1000));

	if (r == PAWL_ECANCELED)
		++*cancelled;
	return r;
}

static inline int pending_child_poll(pawl_task *t)
{
	return pends(t, &PAWL_OF(t, struct pending, child)->cancelled);
}

static inline int pending_poll(pawl_task *t)
{
	struct pending *p = PAWL_OF(t, struct pending, task);

	if (p->polls++ == 0) {
		CHECK_INT(pawl_spawn(pawl_here(t), &p->child, pending_child_poll), 0);
		pawl_detach(&p->child);
		sem_post(&p->started);
	}
	/* A cancel may come before it sleeps. */
	return pends(t, &p->cancelled);
}

static inline int computes(pawl_task *t)
{
	struct pending *p = PAWL_OF(t, struct pending, task);

	p->polls++;
	sem_post(&p->started);
	while (!pawl_cancelled(t))
		sched_yield();
	p->cancelled++;
	return PAWL_ECANCELED;
}

static inline void pending_begin(struct pending *p, pawl_exec *x, pawl_poll_fn *poll,
				 pawl_session *session)
{
	pawl_spawn_options o = { .session = session };

	memset(p, 0, sizeof *p);
	sem_init(&p->started, 0, 0);
	CHECK_INT(pawl_spawn_dedicated(x, &p->task, poll, &o), 0);
	wait_for(&p->started);
}

/* A task whose owner counts what it gets back. */
struct lodger {
	pawl_task_owner owner;
	PAWL_OWNED(task);
	unsigned drops;
};

static inline void lodger_drop(pawl_task_owner *o, pawl_task *t)
{
	struct lodger *l = PAWL_OF(o, struct lodger, owner);

	CHECK(t == &l->task);
	l->drops++;
}

static inline void lodger_init(struct lodger *l)
{
	memset(l, 0, sizeof *l);
	l->owner.drop = lodger_drop;
	pawl_task_own(l, task, &l->owner);
}

#endif
