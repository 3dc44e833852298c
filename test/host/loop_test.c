/* SPDX-License-Identifier: MIT */
/* The main thread's loop: who is next, who waits for how long, and what a wake costs. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/port.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/*
 * What the linker puts in between (--wrap): writes to the loop's eventfd, and passes of the loop.
 */
static uint32_t writes, passes, sleeps;
static unsigned polls_since, polls_since_max, passes_since, passes_since_max;

int __real_uv_async_send(uv_async_t *a);
int __wrap_uv_async_send(uv_async_t *a);
int __real_uv_run(uv_loop_t *loop, uv_run_mode mode);
int __wrap_uv_run(uv_loop_t *loop, uv_run_mode mode);

int __wrap_uv_async_send(uv_async_t *a)
{
	__atomic_add_fetch(&writes, 1, __ATOMIC_RELAXED);
	return __real_uv_async_send(a);
}

int __wrap_uv_run(uv_loop_t *loop, uv_run_mode mode)
{
	passes++;
	if (++passes_since > passes_since_max)
		passes_since_max = passes_since;
	polls_since = 0;
	if (mode != UV_RUN_NOWAIT)
		__atomic_add_fetch(&sleeps, 1, __ATOMIC_RELEASE);
	return __real_uv_run(loop, mode);
}

static void count_poll(void)
{
	if (++polls_since > polls_since_max)
		polls_since_max = polls_since;
	passes_since = 0;
}

static pawl_host *host;
static pawl_exec *x;

static void begin(void)
{
	pawl_host_options o = { .workers = 1 };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
	writes = passes = sleeps = 0;
	polls_since = polls_since_max = passes_since = passes_since_max = 0;
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

/* Tasks that write down when they were polled: a letter for the group, a figure for the task. */
struct scribe {
	pawl_task task;
	char name[3];
	unsigned more; /* how many polls after the first */
	void (*then)(struct scribe *s);
};

static char paper[256];
static size_t written;

static int scribbles(pawl_task *t)
{
	struct scribe *s = PAWL_OF(t, struct scribe, task);
	const char *c;

	for (c = s->name; *c; c++)
		paper[written++] = *c;
	if (s->then)
		s->then(s);
	if (s->more == 0)
		return 0;
	s->more--;
	pawl_wake(t);
	return PAWL_PENDING;
}

static void hire(struct scribe *s, pawl_session *in, char group, unsigned n, unsigned more)
{
	pawl_spawn_options o = { .session = in, .foreground = true };
	unsigned i;

	for (i = 0; i < n; i++) {
		s[i].name[0] = group;
		s[i].name[1] = (char)('1' + i);
		s[i].more = more;
		CHECK_INT(pawl_spawn_with(in ? NULL : x, &s[i].task, scribbles, &o), 0);
		if (!in)
			pawl_detach(&s[i].task);
	}
}

static void run_all(void)
{
	while (pawl_crew_count(x->ops->crew(x)) != 0)
		pawl_poll_once(x);
	paper[written] = 0;
}

TEST(sessions_take_turns)
{
	static struct scribe a[5], b[2], n[3];
	static pawl_session sa, sb;

	begin();
	pawl_session_init(&sa, x);
	pawl_session_init(&sb, x);
	hire(a, &sa, 'a', 5, 0);
	hire(b, &sb, 'b', 2, 0);
	hire(n, NULL, 'n', 3, 0);
	run_all();
	CHECK_STR(paper, "a1b1n1a2b2n2a3n3a4a5");
	end();
}

TEST(tasks_that_give_way_stay_in_order)
{
	static struct scribe a[3], b[1], n[2];
	static pawl_session sa, sb;

	begin();
	pawl_session_init(&sa, x);
	pawl_session_init(&sb, x);
	hire(n, NULL, 'n', 2, 1);
	hire(a, &sa, 'a', 3, 1);
	hire(b, &sb, 'b', 1, 2);
	run_all();
	CHECK_STR(paper, "n1a1b1n2a2b1n1a3b1n2a1a2a3");
	end();
}

/* The memory of a session that ran out of tasks is its owner's, while others go on. */
static pawl_session *short_lived;

static void uses_memory_again(struct scribe *s)
{
	if (short_lived && s->name[1] == '2') {
		CHECK_UINT(pawl_session_count(short_lived), 0);
		memset(short_lived, 0xff, sizeof(*short_lived));
		free(short_lived);
		short_lived = NULL;
	}
}

TEST(session_without_tasks_is_let_go)
{
	static struct scribe a[1], n[3];
	unsigned i;

	begin();
	short_lived = malloc(sizeof(*short_lived));
	CHECK(short_lived != NULL);
	pawl_session_init(short_lived, x);
	for (i = 0; i < 3; i++)
		n[i].then = uses_memory_again;
	hire(n, NULL, 'n', 3, 2);
	hire(a, short_lived, 'a', 1, 0);
	run_all();
	CHECK_STR(paper, "n1a1n2n3n1n2n3n1n2n3");
	CHECK(!short_lived);
	end();
}

/* One session has very much to do, and the first of its tasks wakes one of another. */
#define CROWD 10000

struct one_of_many {
	pawl_task task;
	unsigned at; /* which poll of all was its first? */
};

static unsigned polled;
static struct one_of_many many[CROWD], single;

static int is_one_of_many(pawl_task *t)
{
	struct one_of_many *o = PAWL_OF(t, struct one_of_many, task);

	o->at = ++polled;
	count_poll();
	if (o == many)
		pawl_wake(&single.task);
	return 0;
}

static int waits_for_many(pawl_task *t)
{
	(void)t;
	return many[0].at ? is_one_of_many(t) : PAWL_PENDING;
}

TEST(large_session_delays_another_by_a_poll)
{
	static pawl_session large, small;
	unsigned i;

	begin();
	pawl_session_init(&large, x);
	pawl_session_init(&small, x);
	CHECK_INT(pawl_spawn_in(&small, &single.task, waits_for_many), 0);
	CHECK_INT(pawl_poll_once(x), 0);
	for (i = 0; i < CROWD; i++)
		CHECK_INT(pawl_spawn_in(&large, &many[i].task, is_one_of_many), 0);
	run_all();
	CHECK_UINT(many[0].at, 1);
	CHECK_UINT(many[1].at, 2);
	CHECK_UINT(single.at, 3);
	for (i = 2; i < CROWD; i++)
		CHECK_UINT(many[i].at, i + 2);
	end();
}

/* Tasks of one session that several threads wake, one after the other. */
#define WOKEN 300

static struct one_of_many woken[WOKEN];
static uint32_t is_open;

static int waits_for_a_wake(pawl_task *t)
{
	if (!is_open)
		return PAWL_PENDING;
	PAWL_OF(t, struct one_of_many, task)->at = ++polled;
	return 0;
}

static void *wakes_a_third(void *arg)
{
	struct one_of_many *o = arg;
	unsigned i;

	for (i = 0; i < WOKEN / 3; i++)
		pawl_wake(&o[i].task);
	return NULL;
}

static void in_a_thread(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, fn, arg), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
}

static void spawn_woken(void)
{
	static pawl_session s;
	unsigned i;

	pawl_session_init(&s, x);
	for (i = 0; i < WOKEN; i++)
		CHECK_INT(pawl_spawn_in(&s, &woken[i].task, waits_for_a_wake), 0);
	while (pawl_poll_once(x) == 0) {}
	is_open = 1;
}

TEST(wakes_of_several_threads_keep_their_order)
{
	unsigned i;

	begin();
	spawn_woken();
	in_a_thread(wakes_a_third, woken);
	wakes_a_third(woken + WOKEN / 3);
	in_a_thread(wakes_a_third, woken + 2 * (WOKEN / 3));
	run_all();
	for (i = 0; i < WOKEN; i++)
		CHECK_UINT(woken[i].at, i + 1);
	CHECK_UINT(writes, 0); /* the loop never slept */
	end();
}

/* What the main thread itself wakes is seen without a write. */
struct guest {
	pawl_task task;
	uv_timer_t timer;
	unsigned fired;
};

static void on_guest_timer(uv_timer_t *timer)
{
	struct guest *g = PAWL_OF(timer, struct guest, timer);

	g->fired++;
	pawl_wake(&g->task);
}

static int waits_for_guest(pawl_task *t)
{
	return PAWL_OF(t, struct guest, task)->fired == 5 ? 0 : PAWL_PENDING;
}

TEST(wakes_of_callbacks_write_nothing)
{
	static struct guest g;

	begin();
	uv_timer_init(pawl_host_loop(host), &g.timer);
	uv_timer_start(&g.timer, on_guest_timer, 1, 1);
	CHECK_INT(pawl_spawn_foreground(x, &g.task, waits_for_guest), 0);
	CHECK_INT(pawl_block_on(x, &g.task, NULL), 0);
	CHECK_UINT(g.fired, 5);
	CHECK_UINT(writes, 0);
	uv_close((uv_handle_t *)&g.timer, NULL);
	end();
}

/* A callback that starts a timer for a task: the loop must not sleep past it. */
static pawl_task late;
static bool is_late_spawned;

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

static void on_spawning_timer(uv_timer_t *timer)
{
	pawl_spawn_options o = { .foreground = true, .after = PAWL_MS(1) };

	(void)timer;
	CHECK_INT(pawl_spawn_with(x, &late, ends, &o), 0);
	is_late_spawned = true;
}

TEST(timers_of_callbacks_end_the_sleep)
{
	static uv_timer_t timer;

	begin();
	uv_timer_init(pawl_host_loop(host), &timer);
	uv_timer_start(&timer, on_spawning_timer, 1, 0);
	while (!is_late_spawned)
		pawl_poll_once(x);
	CHECK_INT(pawl_block_on(x, &late, NULL), 0);
	CHECK_UINT(writes, 0);
	uv_close((uv_handle_t *)&timer, NULL);
	end();
}

struct sleeper {
	pawl_task task;
	unsigned i;
};

static int sleeps_ten_times(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	PAWL_BEGIN(t);
	for (s->i = 0; s->i < 10; s->i++)
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(1300)));
	PAWL_END(t);
}

TEST(loop_passes_once_per_sleep)
{
	static struct sleeper s;

	begin();
	CHECK_INT(pawl_spawn_foreground(x, &s.task, sleeps_ten_times), 0);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	CHECK_UINT(sleeps, 10);
	CHECK_UINT(writes, 0);
	end();
}

/* Another thread wakes while the loop sleeps, as fast as it can. */
struct waker {
	pawl_task task;
	uint32_t wakes, is_done;
};

static void *wakes_a_sleeper(void *arg)
{
	struct waker *w = arg;

	while (!__atomic_load_n(&sleeps, __ATOMIC_ACQUIRE)) {}
	for (; w->wakes < 20000; w->wakes++)
		pawl_wake(&w->task);
	__atomic_store_n(&w->is_done, 1, __ATOMIC_RELEASE);
	pawl_wake(&w->task);
	return NULL;
}

static int is_woken_often(pawl_task *t)
{
	struct waker *w = PAWL_OF(t, struct waker, task);

	return __atomic_load_n(&w->is_done, __ATOMIC_ACQUIRE) ? 0 : PAWL_PENDING;
}

TEST(wakes_of_others_write_once_per_pass)
{
	static struct waker w;
	pthread_t thread;

	begin();
	CHECK_INT(pawl_spawn_foreground(x, &w.task, is_woken_often), 0);
	CHECK_INT(pthread_create(&thread, NULL, wakes_a_sleeper, &w), 0);
	CHECK_INT(pawl_block_on(x, &w.task, NULL), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(writes >= 1);
	CHECK(writes <= passes); /* each time it was about to sleep */
	end();
}

/* Tasks that are always ready, beside events that always are. */
struct restless {
	pawl_task task;
	unsigned left;
	pawl_time takes;
};

static int is_restless(pawl_task *t)
{
	struct restless *r = PAWL_OF(t, struct restless, task);
	pawl_time until = r->takes ? pawl_port_now() + r->takes : 0;

	count_poll();
	while (r->takes && pawl_port_now() < until) {}
	if (--r->left == 0)
		return 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static void run_restless(struct restless *r, unsigned count, unsigned polls, pawl_time takes)
{
	unsigned i;

	for (i = 0; i < count; i++) {
		r[i] = (struct restless){ .left = polls, .takes = takes };
		CHECK_INT(pawl_spawn_foreground(x, &r[i].task, is_restless), 0);
	}
	for (i = 0; i < count; i++)
		CHECK_INT(pawl_block_on(x, &r[i].task, NULL), 0);
}

TEST(few_tasks_do_not_shut_out_events)
{
	struct restless r[3];

	begin();
	run_restless(r, 3, 3000, 0);
	CHECK(polls_since_max <= 64);
	CHECK(passes >= 9000 / 64);
	end();
}

TEST(many_tasks_have_one_poll_each_before_events)
{
	static struct restless r[200];

	begin();
	run_restless(r, 200, 100, 0);
	CHECK(polls_since_max <= 200);
	CHECK(passes >= 99);
	end();
}

TEST(slow_tasks_do_not_shut_out_events)
{
	static struct restless r[20];

	begin();
	run_restless(r, 20, 2, PAWL_MS(1) + PAWL_US(1));
	CHECK_UINT(polls_since_max, 1);
	CHECK(passes >= 39);
	end();
}

/* Who blocks on one task after the other never lets the loop find nothing to do. */
TEST(tasks_awaited_in_turn_do_not_shut_out_events)
{
	unsigned i;

	begin();
	for (i = 0; i < 6400; i++) {
		struct restless r;

		run_restless(&r, 1, 1, 0);
	}
	CHECK(polls_since_max <= 64);
	CHECK(passes >= 100);
	end();
}

static void on_flood(uv_async_t *a)
{
	__real_uv_async_send(a);
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle;
}

TEST(events_do_not_shut_out_tasks)
{
	struct restless r;
	uv_async_t flood;
	uv_idle_t idle;

	begin();
	uv_async_init(pawl_host_loop(host), &flood, on_flood);
	uv_idle_init(pawl_host_loop(host), &idle);
	uv_idle_start(&idle, on_idle);
	__real_uv_async_send(&flood);
	run_restless(&r, 1, 6400, 0);
	CHECK_UINT(passes_since_max, 1);
	CHECK(polls_since_max <= 64);
	uv_close((uv_handle_t *)&flood, NULL);
	uv_close((uv_handle_t *)&idle, NULL);
	end();
}

TEST(poll_once_runs_what_was_ready)
{
	struct restless r[2] = { { .left = 5 }, { .left = 5 } };
	unsigned i;

	begin();
	for (i = 0; i < 2; i++)
		CHECK_INT(pawl_spawn_foreground(x, &r[i].task, is_restless), 0);
	CHECK_INT(pawl_poll_once(x), 0);
	CHECK_UINT(r[0].left, 4);
	CHECK_UINT(r[1].left, 4);
	CHECK_UINT(passes, 1);
	for (i = 0; i < 2; i++)
		CHECK_INT(pawl_block_on(x, &r[i].task, NULL), 0);
	CHECK_INT(pawl_poll_once(x), PAWL_PENDING);
	end();
}

/* A task that holds up its worker until another one ran, which is queued behind it. */
struct holder {
	pawl_task task, other;
	sem_t ran;
	pawl_time after;
	bool was_main;
};

static int lets_go(pawl_task *t)
{
	struct holder *h = PAWL_OF(t, struct holder, other);
	int r = h->after ? pawl_sleep(t, h->after) : 0;

	if (r == PAWL_PENDING)
		return r;
	h->was_main = pawl_is_main_thread(x);
	sem_post(&h->ran);
	return r;
}

static int holds_up(pawl_task *t)
{
	struct holder *h = PAWL_OF(t, struct holder, task);

	CHECK(!pawl_is_main_thread(x));
	CHECK_INT(pawl_spawn_background(x, &h->other, lets_go), 0);
	while (sem_wait(&h->ran) != 0) {}
	return 0;
}

static void hold_up(struct holder *h)
{
	sem_init(&h->ran, 0, 0);
	CHECK_INT(pawl_spawn_background(x, &h->task, holds_up), 0);
	CHECK_INT(pawl_block_on(x, &h->task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &h->other, NULL), 0);
	CHECK(h->was_main);
	sem_destroy(&h->ran);
}

TEST(main_thread_helps_workers_that_are_held_up)
{
	static struct holder h;

	begin();
	hold_up(&h);
	end();
}

TEST(main_thread_minds_timers_of_workers_that_are_held_up)
{
	static struct holder h = { .after = PAWL_MS(1) };

	begin();
	hold_up(&h);
	end();
}

/* The main thread sleeps for as long as it takes when the workers begin to hold each other up. */
static uint32_t is_woken;

static int holds_up_later(pawl_task *t)
{
	return __atomic_load_n(&is_woken, __ATOMIC_ACQUIRE) ? holds_up(t) : PAWL_PENDING;
}

static void *wakes_holder(void *arg)
{
	struct holder *h = arg;

	while (!__atomic_load_n(&sleeps, __ATOMIC_ACQUIRE)) {}
	__atomic_store_n(&is_woken, 1, __ATOMIC_RELEASE);
	pawl_wake(&h->task);
	return NULL;
}

TEST(main_thread_is_woken_to_help)
{
	static struct holder h;
	pthread_t thread;

	begin();
	sem_init(&h.ran, 0, 0);
	CHECK_INT(pawl_spawn_background(x, &h.task, holds_up_later), 0);
	CHECK_INT(pthread_create(&thread, NULL, wakes_holder, &h), 0);
	CHECK_INT(pawl_block_on(x, &h.task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &h.other, NULL), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(h.was_main);
	sem_destroy(&h.ran);
	end();
}

static const struct kit_case cases[] = {
	CASE(sessions_take_turns),
	CASE(tasks_that_give_way_stay_in_order),
	CASE(session_without_tasks_is_let_go),
	CASE(large_session_delays_another_by_a_poll),
	CASE(wakes_of_several_threads_keep_their_order),
	CASE(wakes_of_callbacks_write_nothing),
	CASE(timers_of_callbacks_end_the_sleep),
	CASE(loop_passes_once_per_sleep),
	CASE(wakes_of_others_write_once_per_pass),
	CASE(few_tasks_do_not_shut_out_events),
	CASE(many_tasks_have_one_poll_each_before_events),
	CASE(slow_tasks_do_not_shut_out_events),
	CASE(tasks_awaited_in_turn_do_not_shut_out_events),
	CASE(events_do_not_shut_out_tasks),
	CASE(poll_once_runs_what_was_ready),
	CASE(main_thread_helps_workers_that_are_held_up),
	CASE(main_thread_minds_timers_of_workers_that_are_held_up),
	CASE(main_thread_is_woken_to_help),
};
KIT_MAIN(cases)
