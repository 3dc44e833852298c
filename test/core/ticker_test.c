/* SPDX-License-Identifier: MIT */
/* Tickers on a virtual clock: the grid holds, and what was missed is counted. */
#include <kit.h>
#include <pawl/sim.h>

struct worker {
	pawl_task task;
	pawl_ticker ticker;
	pawl_time works; /* how long it is busy after each tick */
	pawl_time at;
	unsigned ticks;
};

static int works(pawl_task *t)
{
	struct worker *w = PAWL_OF(t, struct worker, task);

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT(t, pawl_tick(t, &w->ticker));
		w->at = pawl_now(pawl_here(t));
		w->ticks++;
		if (w->works)
			PAWL_AWAIT(t, pawl_sleep(t, w->works));
	}
	PAWL_END(t);
}

static int ticks_once(pawl_task *t)
{
	return pawl_tick(t, &PAWL_OF(t, struct worker, task)->ticker);
}

static pawl_sim *begin(void)
{
	pawl_sim *sim = NULL;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	return sim;
}

static void end(pawl_sim *sim, struct worker *w)
{
	int outcome = 1;

	pawl_cancel(&w->task);
	CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &w->task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	pawl_sim_free(sim);
}

TEST(grid_does_not_drift)
{
	pawl_sim *sim = begin();
	pawl_exec *x = pawl_sim_exec(sim);
	pawl_time begun = pawl_now(x);
	struct worker w = { .works = 7 };
	unsigned i;

	pawl_ticker_init(&w.ticker, x, 10);
	CHECK_INT(pawl_spawn(x, &w.task, works), 0);
	pawl_sim_advance_time(sim, 9);
	CHECK_UINT(w.ticks, 0);
	pawl_sim_advance_time(sim, 1);
	for (i = 1; i < 1000; i++) {
		CHECK_UINT(w.ticks, i);
		CHECK_INT(w.at, begun + 10 * (pawl_time)i);
		pawl_sim_advance_time(sim, 10);
	}
	CHECK_UINT(w.ticker.overruns, 0);
	end(sim, &w);
}

/* Busy for two and a half periods: each tick that it hears is the third. */
TEST(missed_ticks_are_counted)
{
	pawl_sim *sim = begin();
	pawl_exec *x = pawl_sim_exec(sim);
	struct worker w = { .works = 25 };

	pawl_ticker_init(&w.ticker, x, 10);
	CHECK_INT(pawl_spawn(x, &w.task, works), 0);
	pawl_sim_advance_time(sim, 10);
	CHECK_UINT(w.ticks, 1);
	pawl_sim_advance_time(sim, 25); /* due at 20, heard at 35: the one at 30 was missed */
	CHECK_UINT(w.ticks, 2);
	CHECK_UINT(w.ticker.overruns, 1);
	CHECK_INT(w.ticker.next - w.at, 5);
	end(sim, &w);
}

/* Exactly one period late: that tick is due now, and not missed. */
TEST(tick_that_is_due_now_is_not_missed)
{
	pawl_sim *sim = begin();
	pawl_exec *x = pawl_sim_exec(sim);
	struct worker w = { .works = 20 };

	pawl_ticker_init(&w.ticker, x, 10);
	CHECK_INT(pawl_spawn(x, &w.task, works), 0);
	pawl_sim_advance_time(sim, 30);
	CHECK_UINT(w.ticks, 2);
	CHECK_INT(w.ticker.next, w.at);
	CHECK_UINT(w.ticker.overruns, 0);
	end(sim, &w);
}

static void late_by(pawl_sim *sim, pawl_time period, pawl_time late)
{
	pawl_exec *x = pawl_sim_exec(sim);
	struct worker w = { .ticker = { pawl_now(x), period, 5 } };
	pawl_time due = w.ticker.next, next = due + period;
	uint32_t missed = 0;
	int outcome = 1;

	pawl_sim_advance_time(sim, late);
	CHECK_INT(pawl_spawn(x, &w.task, ticks_once), 0);
	CHECK_INT(pawl_block_on(x, &w.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	for (; next < due + late; next += period)
		missed++;
	CHECK_INT(pawl_now(x), due + late);
	CHECK_INT(w.ticker.next, next);
	CHECK_UINT(w.ticker.overruns, 5 + missed);
}

TEST(missed_ticks_against_a_plain_loop)
{
	pawl_sim *sim = begin();
	pawl_time period, late;

	for (period = 1; period < 9; period++)
		for (late = 0; late < 80; late++)
			late_by(sim, period, late);
	late_by(sim, 3, 100000);
	late_by(sim, 1000, 12345678);
	pawl_sim_free(sim);
}

TEST(years_are_missed_at_once)
{
	pawl_sim *sim = begin();
	pawl_exec *x = pawl_sim_exec(sim);
	pawl_time begun = pawl_now(x), years = PAWL_S(3600) * 24 * 3650;
	struct worker w = { .ticker = { begun, PAWL_MS(100), 0 } };

	pawl_sim_advance_time(sim, years + 1);
	CHECK_INT(pawl_spawn(x, &w.task, ticks_once), 0);
	CHECK_INT(pawl_block_on(x, &w.task, NULL), 0);
	CHECK_INT(w.ticker.next, begun + years + PAWL_MS(100));
	CHECK_UINT(w.ticker.overruns, years / PAWL_MS(100));
	pawl_sim_free(sim);
}

TEST(cancelled_tick_is_still_to_come)
{
	pawl_sim *sim = begin();
	pawl_exec *x = pawl_sim_exec(sim);
	struct worker w = { 0 };
	pawl_time next;
	int outcome = 1;

	pawl_ticker_init(&w.ticker, x, 10);
	next = w.ticker.next;
	CHECK_INT(pawl_spawn(x, &w.task, ticks_once), 0);
	pawl_sim_advance_time(sim, 3);
	pawl_wake(&w.task); /* for nothing */
	pawl_sim_advance_time(sim, 3);
	CHECK(!pawl_task_is_finished(&w.task));
	pawl_cancel(&w.task);
	CHECK_INT(pawl_block_on(x, &w.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_INT(w.ticker.next, next);
	CHECK_INT(pawl_spawn(x, &w.task, ticks_once), 0);
	CHECK_INT(pawl_block_on(x, &w.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(pawl_now(x), next);
	pawl_sim_free(sim);
}

static const struct kit_case cases[] = {
	CASE(grid_does_not_drift),
	CASE(missed_ticks_are_counted),
	CASE(tick_that_is_due_now_is_not_missed),
	CASE(missed_ticks_against_a_plain_loop),
	CASE(years_are_missed_at_once),
	CASE(cancelled_tick_is_still_to_come),
};

KIT_MAIN(cases)
