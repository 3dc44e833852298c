/* SPDX-License-Identifier: MIT */
/* A task of a model that counts its polls and drops, and whose memory is used again at once. */
#ifndef PAWL_TEST_MODEL_LIFE_H
#define PAWL_TEST_MODEL_LIFE_H

#include "exec.h"

struct life {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	int (*body)(struct life *l); /* what a poll does */
	unsigned polls, drops;
	int outcome; /* PAWL_PENDING until a poll answered something else */
	int step;    /* the body's */
};

static inline struct life *life_of(pawl_task *t)
{
	return PAWL_OF(t, struct life, task);
}

static int life_poll(pawl_task *t)
{
	struct life *l = life_of(t);
	int r;

	l->polls++;
	r = l->body(l);
	if (r != PAWL_PENDING)
		l->outcome = r;
	return r;
}

/* Whoever still touches the task is in a race with this. Its word stays, as it does in a pool. */
static void life_drop(pawl_task_owner *o, pawl_task *t)
{
	struct life *l = PAWL_OF(o, struct life, owner);
	size_t from = offsetof(pawl_task, state_) + sizeof t->state_;

	l->drops++;
	model_scribble((char *)t + from, sizeof *t - from);
}

/* For `begin`: zeroes all of it and spawns. */
static inline void life_begin(struct life *l, struct model_exec *x, int (*body)(struct life *l),
			      const pawl_spawn_options *options)
{
	*l = (struct life){ .body = body, .outcome = PAWL_PENDING, .owner = { life_drop } };
	pawl_task_own(l, task, &l->owner);
	model_name(&l->task, sizeof l->task, "task");
	MUST(pawl_spawn_with(&x->exec, &l->task, life_poll, options) == 0);
}

/* For `begin`: it has been polled and waits. */
static inline void life_begin_waiting(struct life *l, struct model_exec *x,
				      int (*body)(struct life *l))
{
	life_begin(l, x, body, NULL);
	model_exec_turn(x);
	MUST(l->polls == 1 && l->drops == 0);
}

/* For `end`: polls what is ready. */
static inline void life_drain(struct model_exec *x)
{
	while (x->ready.head_)
		model_exec_turn(x);
}

/* For `end`: a detached one that may still wait is asked to stop, and does. */
static inline void life_end(struct life *l, struct model_exec *x)
{
	if (l->drops == 0)
		pawl_cancel(&l->task);
	life_drain(x);
	MUST(l->drops == 1);
	MUST(l->outcome != PAWL_PENDING);
}

#endif
