/* SPDX-License-Identifier: MIT */
/* The simulator's executor: what is ready waits in arrays; the seed says what comes next. */
#include "sim/sim.h"

#include "core/core.h"

#include <stdlib.h>
#include <string.h>

static pawl_sim *sim_of(pawl_exec *x)
{
	return PAWL_OF(x, pawl_sim, exec);
}

/*
 * Room for one more entry of that size. A wake cannot fail, so there is nobody to tell that memory
 * is out.
 */
static void *grow(void *array, uint32_t count, uint32_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 32;
	array = realloc(array, *room * size);
	if (!array)
		pawl_port_fatal("the simulator is out of memory");
	return array;
}

static void sim_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_sim *sim = sim_of(x);

	sim->ready = grow(sim->ready, sim->ready_count, &sim->ready_room, sizeof(*sim->ready));
	sim->ready[sim->ready_count++] = t;
}

static pawl_time sim_now(pawl_exec *x)
{
	return sim_of(x)->clock;
}

static int sim_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	pawl_sim *sim = sim_of(x);
	uint32_t room = sim->timers.room_;

	if (sim->timers.count_ == room) {
		pawl_timer_entry *heap =
			grow(sim->timers.heap_, sim->timers.count_, &room, sizeof(*heap));

		pawl_timers_place(&sim->timers, heap, room);
	}
	return pawl_timers_arm(&sim->timers, t, due);
}

static pawl_time sim_disarm(pawl_exec *x, pawl_task *t)
{
	return pawl_timers_disarm(&sim_of(x)->timers, t);
}

static pawl_crew *sim_crew(pawl_exec *x)
{
	return &sim_of(x)->crew;
}

static bool sim_is_main_thread(pawl_exec *x)
{
	return sim_of(x)->side == SIM_MAIN;
}

static bool sim_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&sim_of(x)->crew);
}

static int sim_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&sim_of(x)->crew);
}

static int sim_blocking(pawl_exec *x, pawl_work *w)
{
	pawl_sim *sim = sim_of(x);

	sim->works = grow(sim->works, sim->work_count, &sim->work_room, sizeof(*sim->works));
	sim->works[sim->work_count++] = w;
	return 0;
}

static void take_out(void *array, uint32_t *count, uint32_t at)
{
	void **a = array;

	--*count;
	memmove(a + at, a + at + 1, (*count - at) * sizeof(*a));
}

static int sim_unblock(pawl_exec *x, pawl_work *w)
{
	pawl_sim *sim = sim_of(x);
	uint32_t i;

	for (i = 0; i < sim->work_count; i++) {
		if (sim->works[i] == w) {
			take_out(sim->works, &sim->work_count, i);
			return 0;
		}
	}
	return PAWL_EBUSY;
}

/* Foreground tasks of one session keep their order: in place of a later one, the first of them. */
static uint32_t first_of_session(const pawl_sim *sim, uint32_t at)
{
	pawl_session *s = pawl_task_session(sim->ready[at]);
	uint32_t i;

	if (!s || !pawl_task_is_foreground(sim->ready[at]))
		return at;
	for (i = 0; i < at; i++)
		if (pawl_task_is_foreground(sim->ready[i]) && pawl_task_session(sim->ready[i]) == s)
			return i;
	return at;
}

/* What was taken of how many; equal for equal schedules. */
static void note(pawl_sim *sim, uint32_t at, uint32_t among)
{
	sim->trace = (sim->trace ^ at ^ (uint64_t)among << 32) * UINT64_C(0x9e3779b97f4a7c15);
	sim->trace ^= sim->trace >> 29;
}

static void run_task(pawl_sim *sim, uint32_t at)
{
	enum sim_side side = sim->side;
	pawl_task *t = sim->ready[at];

	take_out(sim->ready, &sim->ready_count, at);
	sim->side = pawl_task_is_foreground(t) ? SIM_MAIN : SIM_BACKGROUND;
	pawl_run(t);
	sim->side = side;
}

static void run_work(pawl_sim *sim, uint32_t at)
{
	enum sim_side side = sim->side;
	pawl_work *w = sim->works[at];

	take_out(sim->works, &sim->work_count, at);
	sim->side = SIM_BACKGROUND;
	pawl_work_run(w);
	sim->side = side;
}

int pawl_sim_step(pawl_sim *sim)
{
	uint32_t among = sim->ready_count + sim->work_count, at;

	/* A test that failed stands still, so that nothing hides why. */
	if (among == 0 || sim->report.has_failed)
		return PAWL_PENDING;
	at = pawl_chacha_below_(&sim->schedule, among);
	if (at < sim->ready_count)
		at = first_of_session(sim, at);
	note(sim, at, among);
	if (at < sim->ready_count)
		run_task(sim, at);
	else
		run_work(sim, at - sim->ready_count);
	return 0;
}

static int sim_poll_once(pawl_exec *x)
{
	return pawl_sim_step(sim_of(x));
}

/* Lets time jump to the next timer, if that is not later than `until`. */
static bool jump(pawl_sim *sim, pawl_time until)
{
	pawl_time due = pawl_timers_next(&sim->timers);
	pawl_runq ready = { 0 };

	if (due == PAWL_NEVER || due > until || sim->report.has_failed)
		return false;
	if (due > sim->clock)
		sim->clock = due;
	pawl_timers_expire(&sim->timers, sim->clock, &ready);
	pawl_schedule_all(&ready);
	return true;
}

static void note_line(void *arg, const char *text)
{
	struct pawl_sim_report *r = arg;
	char *line;

	if (r->line_count == SIM_LINES)
		return;
	line = r->lines[r->line_count++];
	strncpy(line, text, sizeof r->lines[0] - 1);
}

/*
 * Who is left now that nothing is ready. It has to be written down at once: a test's tasks may live
 * on its stack.
 */
static unsigned note_parked(pawl_sim *sim)
{
	sim->report.parked = pawl_crew_count(&sim->crew);
	if (sim->report.is_wanted && !sim->report.has_failed) {
		sim->report.line_count = 0;
		if (sim->report.parked)
			pawl_dump(&sim->exec, note_line, &sim->report);
	}
	return sim->report.parked;
}

unsigned pawl_sim_run_ready(pawl_sim *sim)
{
	while (pawl_sim_step(sim) == 0) {}
	return note_parked(sim);
}

static void run_until(pawl_sim *sim, pawl_time until)
{
	do {
		while (pawl_sim_step(sim) == 0) {}
	} while (jump(sim, until));
}

unsigned pawl_sim_run(pawl_sim *sim)
{
	run_until(sim, PAWL_NEVER);
	return note_parked(sim);
}

unsigned pawl_sim_advance_time(pawl_sim *sim, pawl_time by)
{
	pawl_time until = by < PAWL_NEVER - sim->clock ? sim->clock + by : PAWL_NEVER;

	PAWL_ASSERT(by >= 0);
	run_until(sim, until);
	sim->clock = until;
	return note_parked(sim);
}

static int sim_block_on(pawl_exec *x, pawl_task *t)
{
	pawl_sim *sim = sim_of(x);

	PAWL_ASSERT(!pawl_is_polled_(t));
	while (!pawl_task_is_finished(t)) {
		if (pawl_sim_step(sim) == 0 || jump(sim, PAWL_NEVER))
			continue;
		note_parked(sim);
		return PAWL_EBUSY;
	}
	return 0;
}

static int sim_stay(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
	return 0;
}

static const pawl_exec_ops sim_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "sim",
	.schedule = sim_schedule,
	.now = sim_now,
	.arm = sim_arm,
	.disarm = sim_disarm,
	.crew = sim_crew,
	.is_main_thread = sim_is_main_thread,
	.poll_once = sim_poll_once,
	.block_on = sim_block_on,
	.is_running = sim_is_running,
	.shutdown = sim_shutdown,
	.blocking = sim_blocking,
	.unblock = sim_unblock,
	.dedicate = pawl_spawn_on, /* there are no threads: one more task in the background */
	.stay = sim_stay,
};

int pawl_sim_new(uint64_t seed, pawl_sim **ret)
{
	pawl_sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return PAWL_ENOMEM;
	sim->exec.ops = &sim_ops;
	sim->seed = seed;
	pawl_chacha_init_(&sim->schedule, seed, 0);
	pawl_chacha_init_(&sim->body, seed, 1);
	*ret = sim;
	return 0;
}

void pawl_sim_forget_(pawl_sim *sim)
{
	free(sim->ready);
	free(sim->works);
	free(sim->timers.heap_);
	free(sim);
}

void pawl_sim_free(pawl_sim *sim)
{
	if (!sim)
		return;
	pawl_crew_stop(&sim->crew);
	pawl_sim_run(sim);
	pawl_sim_forget_(sim);
}

pawl_exec *pawl_sim_exec(pawl_sim *sim)
{
	return &sim->exec;
}

uint64_t pawl_sim_seed(const pawl_sim *sim)
{
	return sim->seed;
}

uint32_t pawl_sim_random(pawl_sim *sim, uint32_t below)
{
	PAWL_ASSERT(below >= 1);
	return pawl_chacha_below_(&sim->body, below);
}

uint64_t pawl_sim_trace(const pawl_sim *sim)
{
	return sim->trace;
}
