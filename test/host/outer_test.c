/* SPDX-License-Identifier: MIT */
/* The host's foreground inside another main loop, here the smallest there is: one around poll. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/outer.h>
#include <pawl/pawl.h>
#include <pawl/stream.h>

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>
#include <uv.h>

static struct outer {
	pawl_outer outer;
	pawl_host *host;
	unsigned rounds, turns, ends;
	void (*in_between)(void); /* what else the loop looks after, once */
} loop;

static pawl_exec *x;

static int timeout_ms(void)
{
	pawl_time left = pawl_outer_timeout(loop.host);

	return left == PAWL_NEVER ? -1 : (int)((left + PAWL_MS(1) - 1) / PAWL_MS(1));
}

static bool is_readable(int ms)
{
	struct pollfd p = { .fd = pawl_outer_fd(loop.host), .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

static void iterate(pawl_outer *o, bool may_sleep)
{
	int ms = timeout_ms();
	bool is_ready = is_readable(may_sleep ? ms : 0);
	void (*also)(void) = loop.in_between;

	CHECK(o == &loop.outer);
	loop.rounds++;
	loop.in_between = NULL;
	if (also)
		also();
	if (is_ready || timeout_ms() == 0) {
		loop.turns++;
		pawl_outer_turn(loop.host);
	}
}

static void is_over(pawl_outer *o)
{
	CHECK(o == &loop.outer);
	loop.ends++;
}

static void begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers };

	loop = (struct outer){ .outer = { iterate, is_over } };
	CHECK_INT(pawl_host_new(&o, &loop.host), 0);
	x = pawl_host_exec(loop.host);
	pawl_outer_begin(loop.host, &loop.outer);
}

static void end(void)
{
	pawl_host_free(loop.host);
	CHECK_UINT(loop.ends, 1);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

TEST(idle_host_wants_nothing)
{
	begin(1);
	pawl_outer_turn(loop.host); /* libuv looks at its descriptors for the first time */
	CHECK_INT(pawl_outer_timeout(loop.host), PAWL_NEVER);
	CHECK(!is_readable(0));
	CHECK(!pawl_outer_turn(loop.host));
	end();
}

TEST(ready_task_wants_a_turn_at_once)
{
	static pawl_task t;

	begin(1);
	pawl_outer_turn(loop.host);
	CHECK_INT(pawl_spawn_foreground(x, &t, ends), 0);
	CHECK_INT(pawl_outer_timeout(loop.host), 0);
	CHECK(!is_readable(0)); /* which nobody had to write */
	CHECK(pawl_outer_turn(loop.host));
	CHECK(pawl_task_is_finished(&t));
	CHECK_INT(pawl_outer_timeout(loop.host), PAWL_NEVER);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_UINT(loop.rounds, 0);
	end();
}

static int naps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(3));
}

TEST(timer_is_what_it_waits_for)
{
	static pawl_task t;
	pawl_time left;

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t, naps), 0);
	pawl_outer_turn(loop.host);
	left = pawl_outer_timeout(loop.host);
	CHECK(left <= PAWL_MS(3)); /* on a busy machine it may be due already */
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK(loop.rounds >= 1);
	end();
}

static unsigned woken;

static int waits_for_a_wake(pawl_task *t)
{
	(void)t;
	return woken++ == 0 ? PAWL_PENDING : 0;
}

static void *wakes(void *t)
{
	pawl_wake(t);
	return NULL;
}

static void in_a_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, fn, arg), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
}

TEST(wake_of_another_thread_is_readable)
{
	static pawl_task t;

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t, waits_for_a_wake), 0);
	pawl_outer_turn(loop.host);
	CHECK_INT(pawl_outer_timeout(loop.host), PAWL_NEVER);
	in_a_thread(wakes, &t);
	CHECK(is_readable(0));
	CHECK_INT(pawl_outer_timeout(loop.host), 0);
	CHECK(pawl_outer_turn(loop.host));
	CHECK_UINT(woken, 2);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_INT(pawl_outer_timeout(loop.host), PAWL_NEVER);
	CHECK(!is_readable(0));
	end();
}

/* Before the loop asks how long it may sleep, nobody has to write: it will hear of it then. */
TEST(wake_before_the_timeout_is_not_readable)
{
	static pawl_task t;

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t, waits_for_a_wake), 0);
	pawl_outer_turn(loop.host);
	in_a_thread(wakes, &t);
	CHECK(!is_readable(0));
	CHECK_INT(pawl_outer_timeout(loop.host), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	end();
}

static int joins_background(pawl_task *t)
{
	static pawl_task child;

	PAWL_BEGIN(t);
	CHECK_INT(pawl_spawn_background(pawl_here(t), &child, naps), 0);
	PAWL_AWAIT(t, pawl_join(t, &child, NULL));
	CHECK(pawl_is_main_thread(pawl_here(t)));
	PAWL_END(t);
}

TEST(end_of_a_background_task_ends_the_sleep)
{
	static pawl_task foreground, background;

	begin(2);
	CHECK_INT(pawl_spawn_foreground(x, &foreground, joins_background), 0);
	CHECK_INT(pawl_spawn_background(x, &background, naps), 0);
	CHECK_INT(pawl_block_on(x, &foreground, NULL), 0);
	CHECK_INT(pawl_block_on(x, &background, NULL), 0);
	end();
}

/* Input and output in turns of another loop. */
static struct reader {
	pawl_task task;
	pawl_stream s;
	char buf[8];
	size_t size;
} reader;

static int pipe_end;

static int reads(pawl_task *t)
{
	return pawl_stream_read(t, &reader.s, reader.buf, sizeof(reader.buf), &reader.size);
}

static void writes(void)
{
	CHECK_INT(write(pipe_end, "abc", 3), 3);
}

TEST(input_arrives)
{
	int fd[2];

	begin(1);
	CHECK_INT(pipe(fd), 0);
	pipe_end = fd[1];
	CHECK_INT(pawl_stream_adopt(x, &reader.s, fd[0]), 0);
	CHECK_INT(pawl_spawn_foreground(x, &reader.task, reads), 0);
	loop.in_between = writes; /* before the loop has heard of the descriptor */
	CHECK_INT(pawl_block_on(x, &reader.task, NULL), 0);
	CHECK_MEM(reader.buf, "abc", 3);
	CHECK_UINT(reader.size, 3);
	pawl_stream_close(&reader.s);
	close(pipe_end);
	end();
}

static bool has_fired;

static void on_timer(uv_timer_t *t)
{
	(void)t;
	has_fired = true;
}

TEST(handles_of_others_have_their_timeouts)
{
	uv_timer_t timer;

	begin(1);
	uv_timer_init(pawl_host_loop(loop.host), &timer);
	uv_timer_start(&timer, on_timer, 2, 0);
	while (!has_fired) {
		CHECK(pawl_outer_timeout(loop.host) != PAWL_NEVER);
		iterate(&loop.outer, true);
	}
	uv_close((uv_handle_t *)&timer, NULL);
	end();
}

/* A task blocks on one that blocks on one, each inside of the other's round. */
static struct nested {
	pawl_task task;
	unsigned depth;
} nested[4];

static int nests(pawl_task *t)
{
	struct nested *n = PAWL_OF(t, struct nested, task);

	if (n->depth == 3)
		return naps(t);
	CHECK_INT(pawl_spawn_foreground(x, &n[1].task, nests), 0);
	CHECK_INT(pawl_block_on(x, &n[1].task, NULL), 0);
	return 0;
}

TEST(rounds_nest)
{
	unsigned i;

	begin(1);
	for (i = 0; i < 4; i++)
		nested[i].depth = i;
	CHECK_INT(pawl_spawn_foreground(x, &nested[0].task, nests), 0);
	CHECK_INT(pawl_block_on(x, &nested[0].task, NULL), 0);
	end();
}

static void blocks(void)
{
	static pawl_task t;

	CHECK_INT(pawl_spawn_foreground(x, &t, naps), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
}

TEST(callback_of_the_loop_may_block)
{
	begin(1);
	loop.in_between = blocks;
	iterate(&loop.outer, false);
	CHECK(loop.rounds >= 2);
	end();
}

static int sleeps_long(pawl_task *t)
{
	return pawl_sleep(t, PAWL_S(1000));
}

TEST(free_cancels_and_lets_go)
{
	static pawl_task t[2];

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t[0], sleeps_long), 0);
	CHECK_INT(pawl_spawn_background(x, &t[1], sleeps_long), 0);
	pawl_detach(&t[0]);
	pawl_detach(&t[1]);
	pawl_outer_turn(loop.host);
	CHECK_UINT(loop.ends, 0);
	end();
}

TEST(host_has_its_own_loop_again)
{
	static pawl_task t;

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t, naps), 0);
	pawl_outer_turn(loop.host);
	pawl_outer_end(loop.host);
	CHECK_UINT(loop.ends, 1);
	pawl_outer_end(loop.host);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_UINT(loop.rounds, 0);
	end();
}

/* What is left for the next turn is said by the timeout. */
static unsigned polls;

static int gives_way(pawl_task *t)
{
	if (++polls == 1000)
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

TEST(turn_ends_though_tasks_are_ready)
{
	static pawl_task t;
	unsigned before;

	begin(1);
	CHECK_INT(pawl_spawn_foreground(x, &t, gives_way), 0);
	while (!pawl_task_is_finished(&t)) {
		CHECK_INT(pawl_outer_timeout(loop.host), 0);
		before = polls;
		CHECK(pawl_outer_turn(loop.host));
		CHECK(polls - before <= 64);
	}
	CHECK_INT(pawl_outer_timeout(loop.host), PAWL_NEVER);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	end();
}

/* The only worker is held up by a task that waits for one behind it. */
static struct holder {
	pawl_task task, other;
	sem_t ran;
} holder;

static int lets_go(pawl_task *t)
{
	(void)t;
	CHECK(pawl_is_main_thread(x));
	sem_post(&holder.ran);
	return 0;
}

static int holds_up(pawl_task *t)
{
	(void)t;
	CHECK_INT(pawl_spawn_background(x, &holder.other, lets_go), 0);
	while (sem_wait(&holder.ran) != 0) {}
	return 0;
}

TEST(rounds_go_on_while_the_main_thread_helps)
{
	begin(1);
	sem_init(&holder.ran, 0, 0);
	CHECK_INT(pawl_spawn_background(x, &holder.task, holds_up), 0);
	CHECK_INT(pawl_block_on(x, &holder.task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &holder.other, NULL), 0);
	sem_destroy(&holder.ran);
	end();
}

static const struct kit_case cases[] = {
	CASE(idle_host_wants_nothing),
	CASE(ready_task_wants_a_turn_at_once),
	CASE(timer_is_what_it_waits_for),
	CASE(wake_of_another_thread_is_readable),
	CASE(wake_before_the_timeout_is_not_readable),
	CASE(end_of_a_background_task_ends_the_sleep),
	CASE(input_arrives),
	CASE(handles_of_others_have_their_timeouts),
	CASE(rounds_nest),
	CASE(callback_of_the_loop_may_block),
	CASE(free_cancels_and_lets_go),
	CASE(host_has_its_own_loop_again),
	CASE(turn_ends_though_tasks_are_ready),
	CASE(rounds_go_on_while_the_main_thread_helps),
};
KIT_MAIN(cases)
