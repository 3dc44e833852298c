/* SPDX-License-Identifier: MIT */
/* Stacks that overflow: an error of who ran there and of nobody else, on each thread. */
#define _GNU_SOURCE
#include "overflow_fix.h"

#include <pawl/heap.h>

#include <pthread.h>
#include <sched.h>

struct runner {
	pawl_task task;
	pawl_co co;
	enum overrun how;
	int value, outcome;
	unsigned polls;
	pawl_gen gen;
};

static enum overrun how;

static int co_overruns(pawl_co *co)
{
	overrun(PAWL_OF(co, struct runner, co)->how);
	return 0;
}

static int in_coroutine(pawl_exec *x, struct runner *r)
{
	CHECK_INT(pawl_co_spawn(x, r, co_overruns), 0);
	CHECK_INT(pawl_block_on(x, &r->task, &r->outcome), 0);
	return r->outcome;
}

static int pins(pawl_task *t)
{
	struct runner *r = PAWL_OF(t, struct runner, task);

	r->polls++;
	return pawl_pin(t, &r->co, co_overruns);
}

static int in_pin(pawl_exec *x, struct runner *r)
{
	CHECK_INT(pawl_spawn(x, &r->task, pins), 0);
	CHECK_INT(pawl_block_on(x, &r->task, &r->outcome), 0);
	CHECK_UINT(r->polls, 1);
	return r->outcome;
}

static int in_generator(pawl_exec *x, struct runner *r)
{
	void *v = NULL;
	int outcome;

	(void)x;
	pawl_gen_init(&r->gen, gen_yields_and_overruns, &r->how);
	CHECK_INT(pawl_next(&r->gen, &v), 0);
	outcome = pawl_next(&r->gen, &v);
	CHECK(pawl_gen_done(&r->gen));
	CHECK_INT(pawl_gen_result(&r->gen), PAWL_ESTACK);
	CHECK_INT(pawl_next(&r->gen, &v), PAWL_ECLOSED);
	/* The same stack is good for another life. */
	pawl_gen_reset(&r->gen, gen_yields_and_overruns, &r->how);
	CHECK_INT(pawl_next(&r->gen, &v), 0);
	CHECK_INT(*(int *)v, 1);
	CHECK_INT(pawl_next(&r->gen, &v), PAWL_ESTACK);
	CHECK_INT(pawl_gen_fini(&r->gen), 0);
	return outcome;
}

static int delegates(pawl_gen *g)
{
	pawl_gen inner;
	int r;

	pawl_gen_init(&inner, gen_yields_and_overruns, g->arg);
	r = pawl_yield_from(g, &inner);
	CHECK_INT(pawl_gen_fini(&inner), 0);
	return pawl_yield(g, &r);
}

static int in_delegated(pawl_exec *x, struct runner *r)
{
	void *v = NULL;
	int outcome;

	(void)x;
	pawl_gen_init(&r->gen, delegates, &r->how);
	CHECK_INT(pawl_next(&r->gen, &v), 0);
	CHECK_INT(*(int *)v, 1);
	CHECK_INT(pawl_next(&r->gen, &v), 0);
	outcome = *(int *)v;
	CHECK_INT(pawl_next(&r->gen, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&r->gen), 0);
	return outcome;
}

/* The coroutine below goes on, and can still wait. */
static int co_asks(pawl_co *co)
{
	struct runner *r = PAWL_OF(co, struct runner, co);
	int slept;

	r->value = in_generator(NULL, r);
	PAWL_CO_AWAIT(co, slept, pawl_sleep(pawl_co_task(co), PAWL_US(1)));
	return slept;
}

static int on_top(pawl_exec *x, struct runner *r)
{
	CHECK_INT(pawl_co_spawn(x, r, co_asks), 0);
	CHECK_INT(pawl_block_on(x, &r->task, &r->outcome), 0);
	CHECK_INT(r->outcome, 0);
	return r->value;
}

static int (*const places[])(pawl_exec *x, struct runner *r) = { in_coroutine, in_pin, in_generator,
								 in_delegated, on_top };
enum { PLACES = KIT_COUNT(places), TIMES = 20 };

TEST(it_is_an_error_of_who_ran_there)
{
	pawl_stacks_stats first, now;
	pawl_local l;
	int i;

	pawl_local_init(&l);
	for (i = 0; i < TIMES; i++) {
		struct runner r = { .how = (enum overrun)(param % WAYS) };

		kit_at("time", i);
		CHECK_INT(places[param / WAYS](pawl_local_exec(&l), &r), PAWL_ESTACK);
		pawl_stacks_stats_get(&now);
		if (i == 0)
			first = now;
		CHECK_UINT(now.made, first.made);
	}
	pawl_local_fini(&l);
}

TEST(thousands_of_times)
{
	enum overrun calls = BY_CALLS;
	pawl_stacks_stats s;
	pawl_gen g;
	void *v;
	int i;

	pawl_gen_init(&g, gen_overruns, &calls);
	for (i = 0; i < 20000; i++) {
		CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
		pawl_gen_reset(&g, gen_overruns, &calls);
	}
	pawl_gen_fini(&g);
	pawl_stacks_stats_get(&s);
	CHECK_UINT(s.made, 1);
}

TEST(the_text_names_it)
{
	struct runner r = { .how = BY_CALLS };
	pawl_local l;
	char text[256];
	pawl_gen g;
	void *v;

	pawl_local_init(&l);
	CHECK_INT(in_coroutine(pawl_local_exec(&l), &r), PAWL_ESTACK);
	CHECK(pawl_co_text(&r.co, text, sizeof text) < (int)sizeof text);
	CHECK(strstr(text, "co_overruns") && strstr(text, "65536 bytes"));
	CHECK(strstr(text, "pawl_stack_options"));
	pawl_gen_init(&g, gen_overruns, &r.how);
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	CHECK(pawl_gen_text(&g, text, sizeof text) < (int)sizeof text);
	CHECK(strstr(text, "gen_overruns") && strstr(text, "65536 bytes"));
#if PAWL_DIAG
	CHECK(strstr(text, "overflow_test.c:"));
#endif
	pawl_gen_fini(&g);
	pawl_local_fini(&l);
}

/* What was deferred */

static char order[8];

static void say(void *arg)
{
	strncat(order, arg, sizeof order - strlen(order) - 1);
}

static int defers(pawl_gen *g)
{
	PAWL_DEFER(g, say, "a");
	{
		PAWL_DEFER(g, say, "b");
	}
	PAWL_DEFER(g, say, "c");
	return gen_yields_and_overruns(g);
}

TEST(what_was_deferred_is_called)
{
	void *v;
	pawl_gen g;

	pawl_gen_init(&g, defers, &how);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_STR(order, "b");
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	CHECK_STR(order, "bca");
	pawl_gen_fini(&g);
	CHECK_STR(order, "bca");
}

/* Others */

struct counter {
	pawl_task task;
	pawl_co co;
	unsigned count;
};

static int counts(pawl_co *co)
{
	struct counter *c = PAWL_OF(co, struct counter, co);
	int r = 0;

	while (r == 0 && c->count < 50) {
		c->count++;
		PAWL_CO_AWAIT(co, r, pawl_sleep(pawl_co_task(co), PAWL_US(1)));
	}
	return r;
}

TEST(other_coroutines_go_on)
{
	struct counter c = { 0 };
	pawl_local l;
	int i, outcome = 1;

	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &c, counts), 0);
	for (i = 0; i < 10; i++) {
		struct runner r = { .how = (enum overrun)(i % WAYS) };

		CHECK_INT(in_coroutine(pawl_local_exec(&l), &r), PAWL_ESTACK);
	}
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &c.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_UINT(c.count, 50);
	pawl_local_fini(&l);
}

/* On hosts */

enum { WORKERS = 3, ROUNDS = 30 };

static pawl_host *host_begin(void)
{
	const pawl_host_options o = { .workers = WORKERS };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

static unsigned arrived;

/* Each has a worker of its own when it overruns. */
static int meets_and_overruns(pawl_co *co)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) % WORKERS)
		sched_yield();
	return co_overruns(co);
}

TEST(on_all_workers_at_once)
{
	pawl_host *h = host_begin();
	pawl_exec *x = pawl_host_exec(h);
	int round, i, outcome;

	for (round = 0; round < ROUNDS; round++) {
		struct runner r[WORKERS];

		for (i = 0; i < WORKERS; i++) {
			r[i] = (struct runner){ .how = (enum overrun)(round % WAYS) };
			CHECK_INT(pawl_co_spawn(x, &r[i], meets_and_overruns), 0);
		}
		for (i = 0; i < WORKERS; i++) {
			CHECK_INT(pawl_block_on(x, &r[i].task, &outcome), 0);
			CHECK_INT(outcome, PAWL_ESTACK);
		}
	}
	CHECK_UINT(arrived, WORKERS * ROUNDS);
	pawl_host_free(h);
}

/*
 * A generator that was asked here first goes on on another thread, which never had a stack: what
 * runs there is the last that is asked of it.
 */
struct traveller {
	pawl_task task;
	pawl_work work;
	pawl_gen gen;
	pthread_t first, second;
	int got;
};

static void begin_here(struct traveller *v)
{
	void *value;

	pawl_gen_init(&v->gen, gen_yields_and_overruns, &how);
	CHECK_INT(pawl_next(&v->gen, &value), 0);
	v->first = pthread_self();
}

static void go_on_there(struct traveller *v)
{
	void *value;

	v->second = pthread_self();
	v->got = pawl_next(&v->gen, &value);
}

static void ended_there(struct traveller *v)
{
	CHECK_INT(v->got, PAWL_ESTACK);
	CHECK(!pthread_equal(v->first, v->second));
	CHECK_INT(pawl_gen_fini(&v->gen), 0);
}

static int travels(pawl_task *t)
{
	go_on_there(PAWL_OF(t, struct traveller, task));
	return 0;
}

static void works(pawl_work *w)
{
	go_on_there(PAWL_OF(w, struct traveller, work));
}

static int travels_by_work(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct traveller, task)->work);
}

enum { ON_WORKER, ON_BLOCKING, ON_DEDICATED, THREADS };

TEST(a_generator_of_another_thread)
{
	pawl_host *h = host_begin();
	pawl_exec *x = pawl_host_exec(h);
	int outcome = 1;
	struct traveller v = { .work = { .fn = works } };

	begin_here(&v);
	if (param == ON_DEDICATED)
		CHECK_INT(pawl_spawn_dedicated(x, &v.task, travels, NULL), 0);
	else
		CHECK_INT(pawl_spawn(x, &v.task, param == ON_WORKER ? travels : travels_by_work),
			  0);
	CHECK_INT(pawl_block_on(x, &v.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	ended_there(&v);
	pawl_host_free(h);
}

static void *travels_by_thread(void *arg)
{
	pawl_stacks_prepare();
	go_on_there(arg);
	return NULL;
}

TEST(a_generator_on_a_thread_of_the_program)
{
	struct traveller v = { .got = 1 };
	pthread_t t;

	begin_here(&v);
	CHECK_INT(pthread_create(&t, NULL, travels_by_thread, &v), 0);
	pthread_join(t, NULL);
	ended_there(&v);
}

static void *begins_by_thread(void *arg)
{
	begin_here(arg);
	return NULL;
}

TEST(a_generator_on_the_main_thread_of_a_host)
{
	pawl_host *h = host_begin();
	struct traveller v = { .got = 1 };
	pthread_t t;

	CHECK_INT(pthread_create(&t, NULL, begins_by_thread, &v), 0);
	pthread_join(t, NULL);
	go_on_there(&v);
	ended_there(&v);
	pawl_host_free(h);
}

/* What a stack that is lost had caught, and what is left of the thread */

static int overruns(void *arg)
{
	overrun(*(enum overrun *)arg);
	return 0;
}

static int catches(pawl_gen *g)
{
	const char *why;

	return pawl_port_try(overruns, g->arg, &why);
}

static int panics(void *arg)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, catches, arg);
	CHECK_INT(pawl_next(&g, &v), PAWL_ESTACK);
	pawl_gen_fini(&g);
	pawl_panic("after it");
}

TEST(who_caught_panics_there_is_gone)
{
	const char *why = NULL;

	CHECK_INT(pawl_port_try(panics, &how, &why), PAWL_EPANIC);
	CHECK_STR(why, "after it");
}

TEST(the_mask_of_signals_is_as_before)
{
	sigset_t set, before, after;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_INT(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	for (sig = 0; sig < 3; sig++) {
		struct runner r = { .how = BY_CALLS };

		CHECK_INT(in_generator(NULL, &r), PAWL_ESTACK);
	}
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	for (sig = 1; sig < 32; sig++)
		CHECK_INT(sigismember(&after, sig), sigismember(&before, sig));
	CHECK_INT(sigismember(&after, SIGSEGV), 0);
}

static void overflow_in_child(void *arg)
{
	struct runner r = { .how = *(enum overrun *)arg };

	_exit(in_generator(NULL, &r) == PAWL_ESTACK ? 3 : 4);
}

TEST(in_a_child_of_the_process)
{
	struct runner r = { .how = BY_CALLS };
	int status;

	CHECK_INT(in_generator(NULL, &r), PAWL_ESTACK);
	status = fate_of(overflow_in_child, &how);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 3);
}

/* What no handler can save */

/* Whoever needs that lock would wait for ever. */
static int locks_and_overruns(pawl_gen *g)
{
	uintptr_t was = pawl_port_lock(g);

	overrun(*(enum overrun *)g->arg);
	pawl_port_unlock(g, was);
	return 0;
}

static void overflow_with_a_lock(void *arg)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, locks_and_overruns, arg);
	(void)pawl_next(&g, &v);
}

TEST(who_holds_one_of_our_locks_ends_the_program)
{
	CHECK_ABORTS(overflow_with_a_lock, &how);
}

static void overflow_unheard(void *arg)
{
	sigset_t set;
	pawl_gen g;
	void *v;

	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pawl_gen_init(&g, gen_overruns, arg);
	_exit(pawl_next(&g, &v) == PAWL_ESTACK ? 3 : 4);
}

TEST(who_blocks_the_signal_is_ended_by_the_system)
{
	int status = fate_of(overflow_unheard, &how);

	CHECK(WIFSIGNALED(status));
	CHECK_INT(WTERMSIG(status), SIGSEGV);
}

#define WAYS_AT(place)                                                            \
	CASE_N(it_is_an_error_of_who_ran_there, (place)*WAYS + BY_CALLS),         \
		CASE_N(it_is_an_error_of_who_ran_there, (place)*WAYS + BY_FRAME), \
		CASE_N(it_is_an_error_of_who_ran_there, (place)*WAYS + IN_LIBC)

static const struct kit_case cases[] = {
	WAYS_AT(0),
	WAYS_AT(1),
	WAYS_AT(2),
	WAYS_AT(3),
	WAYS_AT(4),
	CASE(thousands_of_times),
	CASE(the_text_names_it),
	CASE(what_was_deferred_is_called),
	CASE(other_coroutines_go_on),
	CASE(on_all_workers_at_once),
	CASE_N(a_generator_of_another_thread, ON_WORKER),
	CASE_N(a_generator_of_another_thread, ON_BLOCKING),
	CASE_N(a_generator_of_another_thread, ON_DEDICATED),
	CASE(a_generator_on_a_thread_of_the_program),
	CASE(a_generator_on_the_main_thread_of_a_host),
	CASE(who_caught_panics_there_is_gone),
	CASE(the_mask_of_signals_is_as_before),
	CASE(in_a_child_of_the_process),
	CASE(who_holds_one_of_our_locks_ends_the_program),
	CASE(who_blocks_the_signal_is_ended_by_the_system),
};

KIT_MAIN(cases)
