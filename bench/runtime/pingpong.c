/* SPDX-License-Identifier: MIT */
/* Two tasks notify each other in turn, there and back: on one thread, and across threads. */
#include "measure.h"

#include <pawl/host.h>
#include <pawl/local.h>
#include <pawl/notify.h>

#include <pthread.h>

struct player {
	pawl_task task;
	pawl_exec *x;
	pawl_notify *mine, *theirs;
	long left;
};

static struct player ping, pong;
static pawl_notify there, back;

static int serve(pawl_task *t)
{
	struct player *p = PAWL_OF(t, struct player, task);

	PAWL_BEGIN(t);
	for (; p->left; p->left--) {
		pawl_notify_one(p->theirs);
		PAWL_AWAIT(t, pawl_notify_wait(t, p->mine));
	}
	PAWL_END(t);
}

static int answer(pawl_task *t)
{
	struct player *p = PAWL_OF(t, struct player, task);

	PAWL_BEGIN(t);
	for (; p->left; p->left--) {
		PAWL_AWAIT(t, pawl_notify_wait(t, p->mine));
		pawl_notify_one(p->theirs);
	}
	PAWL_END(t);
}

static void begin(long count)
{
	pawl_notify_init(&there);
	pawl_notify_init(&back);
	ping.left = pong.left = count;
	ping.mine = pong.theirs = &back;
	ping.theirs = pong.mine = &there;
}

static void block_on(struct player *p)
{
	int outcome = -1;

	measure_must(pawl_block_on(p->x, &p->task, &outcome) == 0 && outcome == 0, "block_on");
}

static void batch_local(void *arg, long count)
{
	(void)arg;
	begin(count);
	measure_must(pawl_spawn(pong.x, &pong.task, answer) == 0, "spawn");
	measure_must(pawl_spawn(ping.x, &ping.task, serve) == 0, "spawn");
	block_on(&ping);
	block_on(&pong);
}

static double run_local(bool quick)
{
	static pawl_local local;
	double ns;

	pawl_local_init(&local);
	ping.x = pong.x = pawl_local_exec(&local);
	ns = measure(quick, batch_local, NULL, 1);
	pawl_local_fini(&local);
	return ns;
}

static void batch_host(void *arg, long count)
{
	(void)arg;
	begin(count);
	measure_must(pawl_spawn_background(pong.x, &pong.task, answer) == 0, "spawn");
	measure_must(pawl_spawn_foreground(ping.x, &ping.task, serve) == 0, "spawn");
	block_on(&ping);
	block_on(&pong);
}

/* A foreground task and one on a worker. */
static double run_host(bool quick)
{
	const pawl_host_options options = { .workers = 1 };
	pawl_host *h;
	double ns;

	measure_must(pawl_host_new(&options, &h) == 0, "pawl_host_new");
	ping.x = pong.x = pawl_host_exec(h);
	ns = measure(quick, batch_host, NULL, 1);
	pawl_host_free(h);
	return ns;
}

static void *thread(void *arg)
{
	block_on(arg);
	return NULL;
}

static void batch_locals(void *arg, long count)
{
	pthread_t other;

	(void)arg;
	begin(count);
	measure_must(pawl_spawn(pong.x, &pong.task, answer) == 0, "spawn");
	measure_must(pawl_spawn(ping.x, &ping.task, serve) == 0, "spawn");
	measure_must(pthread_create(&other, NULL, thread, &pong) == 0, "pthread_create");
	block_on(&ping);
	pthread_join(other, NULL);
}

/* Two local executors, each driven by a thread of its own. */
static double run_locals(bool quick)
{
	static pawl_local one, two;
	double ns;

	pawl_local_init(&one);
	pawl_local_init(&two);
	ping.x = pawl_local_exec(&one);
	pong.x = pawl_local_exec(&two);
	ns = measure(quick, batch_locals, NULL, 1);
	pawl_local_fini(&one);
	pawl_local_fini(&two);
	return ns;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "pingpong", "t1", run_local },
		{ "pingpong", "x", run_host },
		{ "pingpong", "xlocal", run_locals },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
