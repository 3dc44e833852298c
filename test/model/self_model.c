/* SPDX-License-Identifier: MIT */
/* The checker itself: it sees every order, finds what is planted, and reduction loses no end. */
#include "model.h"

#include "threads.h"

#include <port/atomic.h>
#include <pawl/port.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint32_t words[4], plain_word, lock_a, lock_b;

static void begin(void)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		words[i] = 0;
	plain_word = 0;
}

static void see_words(void)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		model_see(words[i]);
}

static void add_thrice(void)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		pawl_fetch_add(&words[0], 1);
}

static void add_thrice_apart(void)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		pawl_fetch_add(&words[2], 1);
}

/* Two actors of three steps each: 6! / (3! 3!) orders. */
TEST(whole_space_has_all_orders)
{
	struct model m = { .begin = begin,
			   .actor = { add_thrice, add_thrice_apart },
			   .end = see_words,
			   .is_full = true };

	CHECK_UINT(model_check(&m).schedules, 20);
	m.actor[1] = add_thrice;
	CHECK_UINT(model_check(&m).schedules, 20);
	m.actor[2] = add_thrice;
	CHECK_UINT(model_check(&m).schedules, 1680);
}

TEST(what_does_not_touch_is_not_reordered)
{
	struct model m = { .begin = begin,
			   .actor = { add_thrice, add_thrice_apart },
			   .end = see_words };

	CHECK_UINT(model_check(&m).schedules, 1);
	m.actor[1] = add_thrice;
	CHECK_UINT(model_check(&m).schedules, 20);
}

TEST(few_switches_are_fewer_schedules)
{
	struct model m = { .begin = begin,
			   .actor = { add_thrice, add_thrice },
			   .end = see_words,
			   .preemptions = 1 };

	/* Who begins, and after how many steps the other comes: once, or at the end. */
	CHECK_UINT(model_check(&m).schedules, 6);
	/* What is nobody else's is no reason to switch. */
	m.actor[1] = add_thrice_apart;
	CHECK_UINT(model_check(&m).schedules, 2);
}

/* Loads and stores of three words in a tangle, so that many ends differ. */
static void tangle(unsigned a)
{
	uint32_t seen = pawl_load(&words[a]);

	pawl_store(&words[(a + 1) % 3], seen * 3 + a + 1);
	if (pawl_load(&words[(a + 2) % 3]) & 1)
		pawl_fetch_xor(&words[3], 1u << a);
	else
		pawl_fetch_add(&words[a], 7);
}

static void tangle_0(void)
{
	tangle(0);
}

static void tangle_1(void)
{
	tangle(1);
}

static void tangle_2(void)
{
	tangle(2);
}

TEST(reduction_keeps_all_ends)
{
	struct model m = { .begin = begin,
			   .actor = { tangle_0, tangle_1, tangle_2 },
			   .end = see_words };
	struct model_count reduced = model_check(&m), full;

	m.is_full = true;
	full = model_check(&m);
	CHECK(reduced.schedules < full.schedules / 4);
	CHECK_UINT(reduced.ends, full.ends);
	CHECK_UINT(reduced.hash, full.hash);
	CHECK(full.ends > 10);
}

static void under_locks(uint32_t by)
{
	uintptr_t was = pawl_port_lock(&lock_a);
	uint32_t v;

	v = ++plain_word;
	pawl_port_unlock(&lock_a, was);
	was = pawl_port_lock(&lock_b);
	words[v & 1] = words[v & 1] * 5 + by;
	pawl_port_unlock(&lock_b, was);
	pawl_fetch_add(&words[2], by);
}

static void locks_1(void)
{
	under_locks(1);
}

static void locks_2(void)
{
	under_locks(2);
}

static void locks_3(void)
{
	under_locks(3);
}

TEST(reduction_keeps_all_ends_with_locks)
{
	struct model m = { .begin = begin,
			   .actor = { locks_1, locks_2, locks_3 },
			   .end = see_words };
	struct model_count reduced = model_check(&m), full;

	m.is_full = true;
	full = model_check(&m);
	CHECK_UINT(reduced.ends, full.ends);
	CHECK_UINT(reduced.hash, full.hash);
	CHECK(full.ends > 5);
}

/* What must be found: each runs the checker on something wrong, which ends its program. */

static void lost_update(void)
{
	pawl_store(&words[0], pawl_load(&words[0]) + 1);
}

static void both_counted(void)
{
	MUST(words[0] == 2);
}

MODEL_UNWATCHED static bool is_set(void *arg)
{
	return *(uint32_t *)arg;
}

static void waits_for_one(void)
{
	model_wait(&words[0], is_set, &words[0], "wait");
	model_wait(&words[1], is_set, &words[1], "wait");
}

static void sets_one(void)
{
	if (!pawl_load(&words[2])) {
		model_step(&words[0], "set");
		words[0] = 1;
	}
	pawl_store(&words[2], 1);
}

static void reads_plainly(void)
{
	if (pawl_load(&words[0]))
		MUST(plain_word == 5);
}

static void publishes(void)
{
	plain_word = 5;
	pawl_store(&words[0], 1);
}

static void publishes_late(void)
{
	pawl_store(&words[0], 1);
	plain_word = 5;
}

static void publishes_relaxed(void)
{
	plain_word = 5;
	__atomic_store_n(&words[0], 1, __ATOMIC_RELAXED);
}

/* Threads' own means: a value behind a mutex, and a condition variable that tells of it. */

static pthread_mutex_t mutex;
static pthread_cond_t cond;

static void puts_and_signals(void)
{
	pthread_mutex_lock(&mutex);
	plain_word = 5;
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
}

static void puts_and_signals_first(void)
{
	pthread_cond_signal(&cond);
	pthread_mutex_lock(&mutex);
	plain_word = 5;
	pthread_mutex_unlock(&mutex);
}

static void waits_for_five(void)
{
	pthread_mutex_lock(&mutex);
	while (plain_word != 5)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void waits_once(void)
{
	pthread_mutex_lock(&mutex);
	if (plain_word != 5)
		pthread_cond_wait(&cond, &mutex);
	MUST(plain_word == 5);
	pthread_mutex_unlock(&mutex);
}

static void waits_for_long(void)
{
	pthread_mutex_lock(&mutex);
	if (plain_word != 5)
		words[0] = (uint32_t)pthread_cond_timedwait(&cond, &mutex, NULL);
	words[1] = plain_word;
	pthread_mutex_unlock(&mutex);
}

static void begin_spurious(void)
{
	begin();
	model_spurious_max = 1;
}

static void spins(void)
{
	while (!pawl_load(&words[3])) {}
}

static void nothing(void)
{
}

static const struct wrong {
	const char *message;
	struct model model;
} wrong[] = {
	{ "words[0] == 2",
	  { .begin = begin, .actor = { lost_update, lost_update }, .end = both_counted } },
	{ "deadlock",
	  { .begin = begin, .actor = { waits_for_one, sets_one, sets_one }, .end = nothing } },
	{ "data race",
	  { .begin = begin, .actor = { reads_plainly, publishes_late }, .end = nothing } },
	{ "data race",
	  { .begin = begin, .actor = { reads_plainly, publishes_relaxed }, .end = nothing } },
	{ "deadlock",
	  { .begin = begin, .actor = { waits_for_five, puts_and_signals_first }, .end = nothing } },
	{ "plain_word == 5",
	  { .begin = begin_spurious, .actor = { waits_once, puts_and_signals }, .end = nothing } },
	{ "without an end", { .begin = begin, .actor = { spins, add_thrice }, .end = nothing } },
};

static void check_wrong(void *arg)
{
	const struct wrong *w = arg;

	model_plant(w->message);
	model_check(&w->model);
}

TEST(finds)
{
	CHECK(kit_aborts(check_wrong, (void *)&wrong[param]));
}

static const char *const modes[] = { "--mode=whole", "--mode=random", "--mode=pct",
				     "--mode=exhaustive" };

/* Each mode does, and what is left of its schedule is the one switch that it takes. */
TEST(each_mode_finds_and_shrinks)
{
	struct model_result r;
	char schedule[100];

	CHECK(model_option(modes[param]));
	model_try(&wrong[0].model, &r);
	CHECK(r.failure.what && strstr(r.failure.what, "words[0] == 2"));
	CHECK(r.failure.after > 0 && r.failure.after < 100);
	CHECK_UINT(r.switches, 1);
	CHECK(r.switches_found >= 1);
	snprintf(schedule, sizeof schedule, "%s", r.schedule);
	CHECK_STR(schedule, "0110");
	model_replay(schedule);
	model_try(&wrong[0].model, &r);
	CHECK(r.failure.what && strstr(r.failure.what, "words[0] == 2"));
}

/* What is read is a part of the schedule. */
static void publish_late(void)
{
	__atomic_store_n(&words[0], 1, __ATOMIC_RELAXED);
	__atomic_store_n(&words[1], 1, __ATOMIC_RELAXED);
}

static void read_both(void)
{
	if (__atomic_load_n(&words[1], __ATOMIC_RELAXED))
		MUST(__atomic_load_n(&words[0], __ATOMIC_RELAXED) == 1);
}

TEST(each_mode_finds_an_old_store)
{
	struct model m = { .begin = begin, .actor = { publish_late, read_both }, .end = nothing };
	struct model_result r;

	CHECK(model_option(modes[param]));
	model_try(&m, &r);
	CHECK(!r.failure.what);
	m.weak = true;
	model_try(&m, &r);
	CHECK(r.failure.what);
	CHECK_UINT(r.switches, 1);
	CHECK_STR(r.schedule, "001a1b");
}

TEST(conditions_are_waited_for)
{
	struct model m = { .begin = begin_spurious,
			   .actor = { puts_and_signals, waits_for_five, waits_for_five },
			   .resting = 2,
			   .end = nothing };

	CHECK(model_schedules_from(&m, 10));
	m.begin = begin;
	m.actor[1] = waits_once;
	CHECK(model_schedules_from(&m, 5));
}

/* In time, late, or without a wait at all. */
TEST(waits_have_an_end)
{
	struct model m = { .begin = begin,
			   .actor = { waits_for_long, puts_and_signals_first },
			   .end = see_words };

	CHECK_UINT(model_check(&m).ends, 3);
	m.actor[1] = puts_and_signals;
	CHECK_UINT(model_check(&m).ends, 1);
	m.actor[1] = nothing;
	CHECK_UINT(model_check(&m).ends, 1);
	CHECK_UINT(words[0], ETIMEDOUT);
}

TEST(release_and_acquire_are_an_order)
{
	struct model m = { .begin = begin, .actor = { reads_plainly, publishes }, .end = nothing };

	CHECK_UINT(model_check(&m).schedules, 2);
}

static const struct kit_case cases[] = {
	CASE(whole_space_has_all_orders),
	CASE(what_does_not_touch_is_not_reordered),
	CASE(few_switches_are_fewer_schedules),
	CASE(reduction_keeps_all_ends),
	CASE(reduction_keeps_all_ends_with_locks),
	CASE(release_and_acquire_are_an_order),
	CASE_N(finds, 0),
	CASE_N(finds, 1),
	CASE_N(finds, 2),
	CASE_N(finds, 3),
	CASE_N(finds, 4),
	CASE_N(finds, 5),
	CASE_N(finds, 6),
	CASE(conditions_are_waited_for),
	CASE(waits_have_an_end),
	CASE_N(each_mode_finds_and_shrinks, 0),
	CASE_N(each_mode_finds_and_shrinks, 1),
	CASE_N(each_mode_finds_and_shrinks, 2),
	CASE_N(each_mode_finds_and_shrinks, 3),
	CASE_N(each_mode_finds_an_old_store, 0),
	CASE_N(each_mode_finds_an_old_store, 1),
	CASE_N(each_mode_finds_an_old_store, 2),
	CASE_N(each_mode_finds_an_old_store, 3),
};

MODEL_MAIN(cases)
