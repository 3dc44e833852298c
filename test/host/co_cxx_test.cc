/* SPDX-License-Identifier: MIT */
/* Coroutines and generators in C++: exceptions, destructors and deferred calls on their stacks. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/co_io.h>
#include <pawl/dedicated.h>
#include <pawl/gen.h>
#include <pawl/heap.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/sim.h>
#include <pawl/stacks.h>

#include <atomic>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

static std::atomic<int> made, destroyed, deferred;

/* Counts how often it was made and destroyed. */
struct Guest {
	Guest()
	{
		made++;
	}
	~Guest()
	{
		destroyed++;
	}
	Guest(const Guest &) = delete;
};

struct Runner {
	pawl_task task;
	pawl_co co;
	int left;
	int caught;
};

static Runner *runner_of(pawl_co *co)
{
	return PAWL_OF(co, Runner, co);
}

static void defers(void *arg)
{
	deferred += *static_cast<int *>(arg);
}

static void forget()
{
	made = destroyed = deferred = 0;
}

static int run_on(pawl_exec *x, Runner *s, int spawned)
{
	int outcome = 1;

	CHECK_INT(spawned, 0);
	CHECK_INT(pawl_block_on(x, &s->task, &outcome), 0);
	return outcome;
}

/* Runs one on an executor of its own: its outcome. */
#define OUTCOME_OF(s, fn)                                                    \
	[](Runner *s_) {                                                     \
		pawl_local l;                                                \
		pawl_local_init(&l);                                         \
		int r_ = run_on(pawl_local_exec(&l), s_,                     \
				pawl_co_spawn(pawl_local_exec(&l), s_, fn)); \
		pawl_local_fini(&l);                                         \
		return r_;                                                   \
	}(s)

/* Waits on the way down, and throws at the end of it. */
static int throws_below(pawl_co *co, int depth)
{
	Guest guest;
	int r = pawl_co_yield(co);

	if (r < 0)
		return r;
	if (depth == 0)
		throw std::runtime_error("from below: " + std::to_string(runner_of(co)->left));
	return throws_below(co, depth - 1);
}

static int catches(pawl_co *co)
{
	Runner *s = runner_of(co);
	int r = 0;

	while (s->left-- > 0 && r == 0) {
		std::string what;

		/* It is over before the next wait: what is caught belongs to the thread. */
		try {
			r = throws_below(co, s->left % 5);
		} catch (const std::runtime_error &e) {
			what = e.what();
		}
		s->caught += what == "from below: " + std::to_string(s->left);
		if (r == 0)
			r = pawl_co_yield(co);
	}
	return r;
}

TEST(exceptions_inside)
{
	Runner s{};

	forget();
	s.left = 200;
	CHECK_INT(OUTCOME_OF(&s, catches), 0);
	CHECK_INT(s.caught, 200);
	CHECK_INT(made, 600);
	CHECK_INT(destroyed, 600);
}

TEST(exceptions_on_threads_that_steal)
{
	static Runner all[20];
	pawl_host_options o{};
	pawl_host *h;

	forget();
	o.workers = 4;
	CHECK_INT(pawl_host_new(&o, &h), 0);
	for (Runner &s : all) {
		s.left = 100;
		CHECK_INT(pawl_co_spawn(pawl_host_exec(h), &s, catches), 0);
	}
	for (Runner &s : all) {
		CHECK_INT(run_on(pawl_host_exec(h), &s, 0), 0);
		CHECK_INT(s.caught, 100);
	}
	pawl_host_free(h);
	CHECK_INT(made, destroyed);
}

/* One that nobody catches is the task's panic; what it went past was destroyed. */
static int lets_go(pawl_co *co)
{
	return throws_below(co, 3);
}

static int says_why(pawl_task *t)
{
	Runner *s = PAWL_OF(t, Runner, task);

	return pawl_pin(t, &s->co, lets_go);
}

TEST(exception_that_leaves_is_a_panic)
{
	Runner s{};
	char text[300];

	for (int i = 0; i < 50; i++) {
		forget();
		CHECK_INT(OUTCOME_OF(&s, lets_go), PAWL_EPANIC);
		CHECK_INT(made, 4);
		CHECK_INT(destroyed, 4);
		CHECK(!std::uncaught_exceptions());
		CHECK(!std::current_exception());
	}
	pawl_co_text(&s.co, text, sizeof text);
	CHECK(strstr(text, "lets_go") != nullptr);
	CHECK(strstr(text, "a C++ exception left a coroutine") != nullptr);
}

TEST(exception_that_leaves_a_pinned_one)
{
	Runner s{};
	pawl_local l;

	forget();
	pawl_local_init(&l);
	CHECK_INT(run_on(pawl_local_exec(&l), &s,
			 pawl_spawn(pawl_local_exec(&l), &s.task, says_why)),
		  PAWL_EPANIC);
	CHECK_INT(destroyed, 4);
	pawl_local_fini(&l);
}

/* Cancelling lets its waits fail, so it returns. */
static int holds_guests(pawl_co *co)
{
	Guest a, b;

	return pawl_co_sleep(co, PAWL_S(3600));
}

TEST(cancelled_one_destroys)
{
	Runner s{};
	pawl_local l;

	forget();
	pawl_local_init(&l);
	CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &s, holds_guests), 0);
	pawl_local_run(&l);
	CHECK_INT(made, 2);
	CHECK_INT(destroyed, 0);
	pawl_cancel(&s.task);
	CHECK_INT(run_on(pawl_local_exec(&l), &s, 0), PAWL_ECANCELED);
	CHECK_INT(destroyed, 2);
	pawl_local_fini(&l);
}

/* Deferred calls come in their places among the destructors; an exception makes them, too. */
static int one = 1, hundred = 100;

static int defers_and_throws(pawl_co *co)
{
	Guest guest;

	PAWL_DEFER(co, defers, &one);
	{
		PAWL_DEFER(co, defers, &hundred);
		if (pawl_co_yield(co) < 0)
			return PAWL_ECANCELED;
	}
	if (deferred != 100)
		return PAWL_EINVAL;
	throw 1;
}

TEST(deferred_calls_of_an_exception)
{
	Runner s{};

	forget();
	CHECK_INT(OUTCOME_OF(&s, defers_and_throws), PAWL_EPANIC);
	CHECK_INT(deferred, 101);
	CHECK_INT(destroyed, 1);
}

/* A panic is no exception: it makes deferred calls, and destroys nothing. */
static int defers_and_panics(pawl_co *co)
{
	alignas(Guest) static char memory[sizeof(Guest)];
	Guest *guest = new (memory) Guest;

	PAWL_DEFER(co, defers, &one);
	if (pawl_co_yield(co) == 0)
		pawl_panic("on purpose");
	guest->~Guest();
	return 0;
}

TEST(deferred_calls_of_a_panic)
{
	Runner s{};

	forget();
	CHECK_INT(OUTCOME_OF(&s, defers_and_panics), PAWL_EPANIC);
	CHECK_INT(deferred, 1);
	CHECK_INT(made, 1);
	CHECK_INT(destroyed, 0);
}

/* Generators */

PAWL_GEN(ints, int);

static int counts(pawl_gen *g)
{
	int limit = *static_cast<int *>(g->arg);
	Guest guest;

	PAWL_DEFER(g, defers, &one);
	for (int i = 0;; i++) {
		int r = 0;

		try {
			if (i == limit)
				throw i;
		} catch (int at) {
			r = at == limit ? 1 : PAWL_EINVAL;
		}
		if (r)
			return r < 0 ? r : 0;
		r = ints_yield(g, i);
		if (r < 0)
			return r;
	}
}

TEST(generator_catches_its_own)
{
	int limit = 10, v = -1;
	pawl_gen g;

	forget();
	pawl_gen_init(&g, counts, &limit);
	for (int i = 0; i < limit; i++) {
		CHECK_INT(ints_next(&g, &v), 0);
		CHECK_INT(v, i);
	}
	CHECK_INT(ints_next(&g, &v), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_INT(made, 1);
	CHECK_INT(destroyed, 1);
	CHECK_INT(deferred, 1);
}

TEST(generator_that_is_finished_destroys)
{
	int limit = 10, v = -1;
	pawl_gen g;

	forget();
	pawl_gen_init_with(&g, counts, &limit, nullptr);
	CHECK_INT(ints_next(&g, &v), 0);
	CHECK_INT(destroyed, 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_INT(destroyed, 1);
	CHECK_INT(deferred, 1);
}

static int throws_at_once(pawl_gen *g)
{
	Guest guest;
	int i = 7;

	if (ints_yield(g, i) < 0)
		return PAWL_ECANCELED;
	throw std::runtime_error("too far");
}

static void run_throwing(pawl_gen *g)
{
	char text[300];
	int v = -1;

	CHECK_INT(ints_next(g, &v), 0);
	CHECK_INT(v, 7);
	CHECK_INT(ints_next(g, &v), PAWL_EPANIC);
	CHECK_INT(ints_next(g, &v), PAWL_ECLOSED);
	CHECK(!std::current_exception());
	pawl_gen_text(g, text, sizeof text);
	CHECK(strstr(text, "throws_at_once") != nullptr);
	CHECK(strstr(text, "a C++ exception left a generator") != nullptr);
}

TEST(exception_that_leaves_a_generator)
{
	pawl_gen g;

	forget();
	pawl_gen_init(&g, throws_at_once, nullptr);
	run_throwing(&g);
	pawl_gen_reset(&g, throws_at_once, nullptr);
	run_throwing(&g);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_INT(made, 2);
	CHECK_INT(destroyed, 2);
}

/* It ends there; the coroutine that asked goes on, with its own exceptions. */
static int asks_and_throws(pawl_co *co)
{
	Guest guest;
	pawl_gen g;
	int r;

	pawl_gen_init(&g, throws_at_once, nullptr);
	run_throwing(&g);
	r = pawl_gen_fini(&g);
	if (r == 0)
		r = pawl_co_yield(co);
	if (r == 0)
		throw 2;
	return r;
}

TEST(generator_in_a_coroutine)
{
	Runner s{};

	forget();
	CHECK_INT(OUTCOME_OF(&s, asks_and_throws), PAWL_EPANIC);
	CHECK_INT(made, 2);
	CHECK_INT(destroyed, 2);
}

static const struct kit_case cases[] = {
	CASE(exceptions_inside),
	CASE(exceptions_on_threads_that_steal),
	CASE(exception_that_leaves_is_a_panic),
	CASE(exception_that_leaves_a_pinned_one),
	CASE(cancelled_one_destroys),
	CASE(deferred_calls_of_an_exception),
	CASE(deferred_calls_of_a_panic),
	CASE(generator_catches_its_own),
	CASE(generator_that_is_finished_destroys),
	CASE(exception_that_leaves_a_generator),
	CASE(generator_in_a_coroutine),
};

KIT_MAIN(cases)
