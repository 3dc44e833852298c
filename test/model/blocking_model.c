/* SPDX-License-Identifier: MIT */
/* The pool for blocking work: submits, withdrawals and its end against threads that come and go. */
#define _GNU_SOURCE
#include "model.h"

#include "threads.h"

#include <core/core.h>
#include <host/host.h>

#include <stdlib.h>
#include <string.h>

/* Work that is only counted; and memory that is at the same place in each run. */
static struct pawl_blocker places[2];

static void call(pawl_work *w);
static void tell(pawl_work *w);

static void *same_memory(size_t count, size_t size)
{
	MUST(count * size <= sizeof places);
	memset(places, 0, sizeof places);
	return places;
}

static void forget(void *at)
{
	MUST(at == places);
}

#define calloc(n, size) same_memory(n, size)
#define free(at) forget(at)
#define pawl_work_call_ call
#define pawl_work_tell_ tell
#include "host/blocking.c"
#undef calloc
#undef free

static pawl_host host;

struct errand {
	pawl_work work;
	unsigned calls, tells;
	bool is_withdrawn, is_refused;
	bool is_told;
};

static struct errand errands[3];
static unsigned errand_count;

/* What the host's files ask of others. */

int pawl_thread_start_(pthread_t *ret, const char *name, void *(*fn)(void *), void *arg)
{
	(void)name;
	return model_thread_start(ret, fn, arg) < 0 ? PAWL_EAGAIN : 0;
}

void pawl_thread_begin_(void)
{
}

void pawl_tracer_call_(pawl_host *h, unsigned thread, pawl_work *w)
{
	(void)h, (void)thread, (void)w;
	MUST(!"no trace");
}

static void call(pawl_work *w)
{
	PAWL_OF(w, struct errand, work)->calls++;
}

static void tell(pawl_work *w)
{
	struct errand *e = PAWL_OF(w, struct errand, work);

	model_step(errands, "tell");
	model_give(e);
	e->tells++;
	e->is_told = true;
}

static unsigned threads_max;

/* Nobody rests while there is work. */
MODEL_UNWATCHED static void late(void)
{
	MUST(host.bl.queued == 0);
}

static void begin(void)
{
	memset(&host, 0, sizeof host);
	memset(errands, 0, sizeof errands);
	errand_count = 2;
	MUST(pawl_blockers_init_(&host.bl, threads_max, PAWL_MS(1)) == 0);
	model_tick = PAWL_MS(1);
	model_naps_max = 1;
	model_name(&host.bl, sizeof host.bl, "pool");
	model_name(places, sizeof places, "threads");
	model_name(errands, sizeof errands, "work");
}

static void submit(struct errand *e)
{
	e->is_refused = pawl_blockers_submit_(&host.bl, &e->work) < 0;
}

MODEL_UNWATCHED static bool is_done(const struct errand *e)
{
	return e->is_told || e->is_withdrawn || e->is_refused;
}

MODEL_UNWATCHED static bool are_done(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < errand_count; i++)
		if (!is_done(&errands[i]))
			return false;
	return true;
}

/* Both came to an end, and then the pool does. */
static void finish(void)
{
	model_wait(errands, are_done, NULL, "wait for the work");
	model_take(&errands[0]);
	model_take(&errands[1]);
	model_take(&errands[2]);
	pawl_blockers_fini_(&host.bl);
}

static void end(void)
{
	unsigned i;

	for (i = 0; i < errand_count; i++) {
		const struct errand *e = &errands[i];

		MUST(e->calls == e->tells);
		MUST(e->calls + e->is_withdrawn + e->is_refused == 1);
		model_see(e->calls);
	}
	MUST(host.bl.queued == 0 && host.bl.looking == 0 && host.bl.starting == 0);
	MUST(model_threads_are_joined());
}

static void submit_both(void)
{
	submit(&errands[0]);
	submit(&errands[1]);
	finish();
}

static void check(struct model *m, uint64_t ends)
{
	m->late = late;
	m->preemptions = !m->actor[2] ? 0 : kit_long() ? 4 : 3;
	CHECK(model_ends(m, ends));
	CHECK(model_ends_weakly(m, ends));
}

/* Nobody wakes by itself. */
static void begin_sound_asleep(void)
{
	begin();
	model_naps_max = 0;
}

TEST(submits_meet_a_thread)
{
	struct model m = { .begin = begin,
			   .actor = { submit_both, model_thread_live },
			   .resting = 1,
			   .end = end };

	threads_max = 1;
	check(&m, 1);
	m.begin = begin_sound_asleep;
	check(&m, 1);
}

TEST(submits_meet_two_threads)
{
	struct model m = { .begin = begin,
			   .actor = { submit_both, model_thread_live, model_thread_live },
			   .resting = 2,
			   .end = end };

	threads_max = 2;
	check(&m, 1);
}

/* Withdrawn in time or not. */
static void submit_and_withdraw(void)
{
	submit(&errands[0]);
	submit(&errands[1]);
	errands[1].is_withdrawn = pawl_blockers_withdraw_(&host.bl, &errands[1].work) == 0;
	finish();
}

TEST(withdrawal_meets_a_thread)
{
	struct model m = { .begin = begin,
			   .actor = { submit_and_withdraw, model_thread_live },
			   .resting = 1,
			   .end = end };

	threads_max = 1;
	check(&m, 2);
}

static void begin_failing(void)
{
	begin();
	model_start_failures_max = 1;
}

/* A start that fails: refused when nobody is there, else somebody else does it. */
TEST(failed_start_meets_a_thread)
{
	struct model m = { .begin = begin_failing,
			   .actor = { submit_both, model_thread_live, model_thread_live },
			   .resting = 2,
			   .end = end };

	threads_max = 2;
	check(&m, 3);
}

/* Two that submit at once; who is done first must not end the pool before the other one is. */

static bool is_submitted;

MODEL_UNWATCHED static bool has_submitted(void *arg)
{
	(void)arg;
	return is_submitted;
}

static void begin_two_clients(void)
{
	begin();
	is_submitted = false;
}

static void submit_first(void)
{
	submit(&errands[0]);
	model_wait(&is_submitted, has_submitted, NULL, "wait for the other");
	finish();
}

static void submit_second(void)
{
	submit(&errands[1]);
	model_step(&is_submitted, "submitted");
	is_submitted = true;
}

TEST(two_submits_meet_a_thread)
{
	struct model m = { .begin = begin_two_clients,
			   .actor = { submit_first, submit_second, model_thread_live },
			   .resting = 1,
			   .end = end };

	threads_max = 1;
	check(&m, 1);
}

/*
 * The third piece relies on a thread that starts, while the first one rests already: when that
 * does not come, the one that rests has to.
 */

static void begin_three(void)
{
	begin_failing();
	is_submitted = false;
	errand_count = 3;
}

static void submit_first_two(void)
{
	submit(&errands[0]);
	submit(&errands[1]);
	model_wait(&is_submitted, has_submitted, NULL, "wait for the other");
	finish();
}

static void submit_third(void)
{
	submit(&errands[2]);
	model_step(&is_submitted, "submitted");
	is_submitted = true;
}

TEST(failed_start_meets_a_thread_at_rest)
{
	struct model m = { .begin = begin_three,
			   .actor = { submit_first_two, submit_third, model_thread_live,
				      model_thread_live },
			   .resting = 2,
			   .late = late,
			   .end = end,
			   .preemptions = kit_long() ? 3 : 2 };

	threads_max = 2;
	CHECK(model_ends_from(&m, 2));
}

static const struct kit_case cases[] = {
	CASE(submits_meet_a_thread),     CASE(submits_meet_two_threads),
	CASE(withdrawal_meets_a_thread), CASE(failed_start_meets_a_thread),
	CASE(two_submits_meet_a_thread), CASE(failed_start_meets_a_thread_at_rest),
};

MODEL_MAIN(cases)
