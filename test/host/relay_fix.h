/* SPDX-License-Identifier: MIT */
/* An executor that moves every task at every wait, and what coroutines of its tests begin with. */
#ifndef TEST_HOST_RELAY_FIX_H
#define TEST_HOST_RELAY_FIX_H

#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/pawl.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

/*
 * Two threads take turns, one poll each, until nothing is ready. `begins` and `ends` look at the
 * thread around each poll.
 */
static struct relay {
	pawl_exec exec;
	pawl_runq ready;
	struct lane {
		pthread_t thread;
		sem_t turn;
		int index;
		unsigned polls;
	} lanes[2];
	void (*begins)(int thread);
	void (*ends)(int thread);
	bool is_over;
} relay;

static inline void relay_schedule(pawl_exec *x, pawl_task *t)
{
	(void)x;
	pawl_runq_push(&relay.ready, t);
}

static inline pawl_time relay_now(pawl_exec *x)
{
	(void)x;
	return pawl_port_now();
}

static const pawl_exec_ops relay_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "relay",
	.schedule = relay_schedule,
	.now = relay_now,
};

static inline void poll_one(struct lane *l)
{
	pawl_task *t = pawl_runq_pop(&relay.ready);

	if (!t) {
		relay.is_over = true;
		return;
	}
	if (relay.begins)
		relay.begins(l->index);
	pawl_run(t);
	l->polls++;
	if (relay.ends)
		relay.ends(l->index);
}

static inline void *take_turns(void *arg)
{
	struct lane *l = arg, *other = &relay.lanes[!l->index];
	bool is_over = false;

	while (!is_over) {
		while (sem_wait(&l->turn) < 0 && errno == EINTR) {}
		if (!relay.is_over)
			poll_one(l);
		is_over = relay.is_over;
		sem_post(&other->turn);
	}
	return NULL;
}

static inline pawl_exec *begin_relay(void)
{
	memset(&relay, 0, sizeof relay);
	relay.exec.ops = &relay_ops;
	return &relay.exec;
}

static inline void run_relay(void)
{
	for (int i = 0; i < 2; i++) {
		relay.lanes[i].index = i;
		sem_init(&relay.lanes[i].turn, 0, i == 0);
	}
	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&relay.lanes[i].thread, NULL, take_turns, &relay.lanes[i]),
			  0);
	for (int i = 0; i < 2; i++)
		pthread_join(relay.lanes[i].thread, NULL);
}

/* A coroutine that waits so many times, on a different thread after each when there is one. */
struct mover {
	pawl_task task;
	pawl_co co;
	int index;
	int left;
	int wrong; /* how often was something not as it should be? */
	FILE *file;
	pthread_t thread;
};

static inline struct mover *mover_of(pawl_co *co)
{
	return PAWL_OF(co, struct mover, co);
}

#endif
