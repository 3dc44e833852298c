/* SPDX-License-Identifier: MIT */
/* The simulator's executor: what is ready waits in rings; the search says what comes next. */
#include "sim/ring.h"
#include "sim/world.h"

#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 1000000
#define CPUS 2

static pawl_sim *sim_of(pawl_exec *x)
{
	return sim_exec_of_(x)->sim;
}

static bool is_blocked(const pawl_sim *sim, const pawl_session *s)
{
	const struct sim_block *b;

	for (b = sim->block; b; b = b->outer)
		if (b->session == s)
			return true;
	return false;
}

/* A session is ready as long as it has ready tasks; `next_` says whether it is in the ring. */
static void push_session(pawl_sim *sim, pawl_session *s)
{
	if (s->lane_.next_ || !s->lane_.ready_.head_ || is_blocked(sim, s))
		return;
	s->lane_.next_ = &s->lane_;
	pawl_sim_push_(sim, s, SIM_SESSION, 0);
}

void pawl_sim_push_task_(pawl_sim *sim, pawl_task *t)
{
	if (__builtin_expect(pawl_sim_is_ordered_(t), 0)) {
		pawl_runq_push_(&t->of_.session_->lane_.ready_, t);
		push_session(sim, t->of_.session_);
		return;
	}
	pawl_sim_push_(sim, t, SIM_TASK, t->priority_);
}

static void sim_schedule(pawl_exec *x, pawl_task *t)
{
	pawl_sim *sim = sim_of(x);

	if (__builtin_expect(!pawl_sim_is_own_(sim), 0)) {
		pawl_sim_schedule_foreign_(sim, t);
		return;
	}
	t->kind_ |= PAWL_TASK_WATCHED_;
	SIM_TAPE(sim, SIM_EVENT_WAKE, t, 0, NULL);
	pawl_sim_push_task_(sim, t);
}

static pawl_time sim_now(pawl_exec *x)
{
	return sim_of(x)->clock;
}

static void enlarge_timers(pawl_timers *ts)
{
	uint32_t room = ts->room_ ? 2 * ts->room_ : 32;
	pawl_timer_entry *heap = realloc(ts->heap_, room * sizeof *heap);

	if (!heap)
		pawl_port_fatal("the simulator is out of memory");
	pawl_timers_place(ts, heap, room);
}

static int sim_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	pawl_sim *sim = sim_of(x);

	if (!pawl_sim_is_here_(sim, "started a timer", t))
		return PAWL_ENOTSUP;
	if (sim->timers.count_ == sim->timers.room_)
		enlarge_timers(&sim->timers);
	SIM_TAPE(sim, SIM_EVENT_TIMER, t, due, NULL);
	return pawl_timers_arm(&sim->timers, t, due);
}

static pawl_time sim_disarm(pawl_exec *x, pawl_task *t)
{
	return pawl_timers_disarm(&sim_of(x)->timers, t);
}

static pawl_crew *sim_crew(pawl_exec *x)
{
	return &sim_exec_of_(x)->crew;
}

static bool sim_is_main_thread(pawl_exec *x)
{
	pawl_sim *sim = sim_of(x);

	return pawl_sim_is_own_(sim) && sim->side == SIM_MAIN;
}

static bool sim_is_running(pawl_exec *x)
{
	return !pawl_crew_is_stopped(&sim_exec_of_(x)->crew);
}

static int sim_shutdown(pawl_exec *x)
{
	return pawl_crew_stop(&sim_exec_of_(x)->crew);
}

static int sim_blocking(pawl_exec *x, pawl_work *w)
{
	pawl_sim_node *n = sim_exec_of_(x)->node;

	if (!pawl_sim_is_here_(n->tasks.sim, "brought blocking work", w->task_))
		return PAWL_ENOTSUP;
	if (n->world)
		return pawl_sim_work_(n, w);
	pawl_sim_push_(n->tasks.sim, w, SIM_WORK, 0);
	return 0;
}

static bool is_work(void *arg, void *what, enum sim_what kind)
{
	return kind == SIM_WORK && what == arg;
}

static int sim_unblock(pawl_exec *x, pawl_work *w)
{
	pawl_sim_node *n = sim_exec_of_(x)->node;
	uint32_t was = n->tasks.sim->rings[SIM_NORMAL].count;

	if (n->world)
		return pawl_sim_unwork_(n, w);
	pawl_sim_purge_(n->tasks.sim, is_work, w);
	return n->tasks.sim->rings[SIM_NORMAL].count < was ? 0 : PAWL_EBUSY;
}

/*
 * A poll takes time: it begins when its CPU is free, the first for the main thread and else the one
 * that is free first, and that one is busy for a while.
 */
static void spend(pawl_sim *sim, enum sim_side side)
{
	unsigned cpu = 0, i;

	for (i = 1; side != SIM_MAIN && i < sim->options.cpus; i++)
		if (sim->busy_until[i] < sim->busy_until[cpu])
			cpu = i;
	if (sim->busy_until[cpu] > sim->clock)
		pawl_sim_pass_(sim, sim->busy_until[cpu]);
	sim->busy_until[cpu] =
		sim->clock + pawl_sim_draw_(sim, (uint32_t)sim->options.poll_max + 1);
}

static void forget_ended(pawl_sim *sim, pawl_task *t, int outcome)
{
	SIM_TAPE(sim, SIM_EVENT_END, t, outcome, NULL);
	sim->is_ending = true;
	pawl_end_(t, outcome);
	sim->is_ending = false;
}

/* As pawl_settle_, without leaving for the executor's table and back. */
static inline void settle(pawl_sim *sim, pawl_task *t)
{
	if (t->kind_ & PAWL_TASK_YIELDING_)
		pawl_say_wait_(t, pawl_yielded_);
	else if (!(pawl_fetch_xor(&t->state_, PAWL_TASK_RUNNING_) & PAWL_TASK_SCHEDULED_))
		return;
	if (__builtin_expect(sim->numbers != NULL, 0))
		pawl_search_yields_(sim->search, pawl_sim_number_(sim->numbers, t, SIM_TASK));
	if (t->exec_->ops == &pawl_sim_ops_)
		pawl_sim_push_task_(sim, t);
	else
		pawl_dispatch_(t);
}

static inline void poll(pawl_sim *sim, pawl_task *t)
{
	int r;

	sim->side = t->kind_ & PAWL_TASK_FOREGROUND_ ? SIM_MAIN : SIM_BACKGROUND;
	sim->current = t;
	if (__builtin_expect(sim->options.poll_max > 0, 0))
		spend(sim, sim->side);
	SIM_TAPE(sim, SIM_EVENT_POLL, t, 0, NULL);
	r = pawl_poll_(t);
	if (__builtin_expect(pawl_sim_is_lost_(t), 0))
		return;
	sim->current = NULL;
	if (r == PAWL_PENDING)
		settle(sim, t);
	else
		forget_ended(sim, t, r);
}

static void poll_of_session(pawl_sim *sim, pawl_session *s)
{
	pawl_task *t = pawl_runq_pop_(&s->lane_.ready_);

	s->lane_.next_ = NULL;
	push_session(sim, s);
	poll(sim, t);
}

static void run_work(pawl_sim *sim, pawl_work *w)
{
	sim->side = SIM_BACKGROUND;
	SIM_TAPE(sim, SIM_EVENT_WORK, w->task_, 0, NULL);
	pawl_work_run(w);
}

static void run_one(pawl_sim *sim, uintptr_t e)
{
	void *what = (void *)(e & ~(uintptr_t)3);

	switch (e & 3) {
	case SIM_TASK:
		poll(sim, what);
		break;
	case SIM_SESSION:
		poll_of_session(sim, what);
		break;
	default:
		run_work(sim, what);
	}
}

/* Until when it goes on: nothing is ready, or a task ended, or so many steps were done. */
struct batch {
	pawl_sim *sim;
	const pawl_task *until;
	uint64_t steps_end;
	const char *why;
	uintptr_t first; /* what was taken already; 0: nothing */
};

static bool is_over(const struct batch *b)
{
	/* A poll may have made steps of its own: more than there were to be. */
	return b->sim->steps >= b->steps_end || (b->until && pawl_task_is_finished(b->until));
}

static void fail_endless(pawl_sim *sim)
{
	if (sim->report.failure)
		return;
	pawl_sim_note_parked_(sim);
	pawl_sim_fail_(sim, SIM_ENDLESS, "no end after %llu steps", (unsigned long long)sim->steps);
	pawl_sim_tell_left_(sim);
}

static void count_step(pawl_sim *sim)
{
	if (++sim->steps == sim->options.steps_max && sim->report.is_test)
		fail_endless(sim);
	if (sim->options.hurry_in && sim->timers.count_ &&
	    pawl_sim_chance_(sim, sim->options.hurry_in)) {
		SIM_TAPE(sim, SIM_EVENT_HURRY, NULL, 0, NULL);
		pawl_sim_jump_(sim, sim->until);
	}
}

/* No CPU is free before time has to stand still. */
static bool is_too_late(const pawl_sim *sim)
{
	unsigned i;

	for (i = 0; i < sim->options.cpus; i++)
		if (sim->busy_until[i] <= sim->until)
			return false;
	return true;
}

static int run_batch(void *arg)
{
	struct batch *b = arg;
	pawl_sim *sim = b->sim;
	uintptr_t first = b->first;

	b->first = 0;
	if (first) {
		count_step(sim);
		run_one(sim, first);
	}
	while (!is_over(b)) {
		if (__builtin_expect(pawl_load(&sim->has_foreign), 0))
			pawl_sim_take_foreign_(sim);
		/* A test that failed stands still, so that nothing hides why. */
		if (!pawl_sim_is_ready_(sim) || __builtin_expect(sim->must_stop, 0))
			return PAWL_PENDING;
		if (__builtin_expect(sim->options.poll_max > 0, 0) && is_too_late(sim))
			return PAWL_PENDING;
		count_step(sim);
		run_one(sim, pawl_sim_take_(sim));
	}
	return 0;
}

/* The task that left the batch by a throw has ended, or all of its program. */
static void recover(struct batch *b)
{
	pawl_sim *sim = b->sim;
	pawl_task *t = sim->current;

	if (pawl_sim_was_killed_(sim, b->why))
		return;
	/* Nobody's poll: an owner's drop. */
	if (sim->is_ending || !t) {
		if (!sim->report.is_test)
			pawl_port_fatal(b->why);
		pawl_sim_fail_(sim, SIM_PANIC, "panic as a task was dropped: %s", b->why);
		return;
	}
	sim->current = NULL;
	pawl_say_wait_(t, b->why);
	forget_ended(sim, t, PAWL_EPANIC);
}

/* 0: it is over; PAWL_PENDING: nothing is ready. */
static int run(struct batch *b)
{
	pawl_sim *sim = b->sim;
	const struct sim_block *block = sim->block;
	enum sim_side side = sim->side;
	pawl_task *outer = sim->current;
	pawl_time until = sim->until;
	bool is_ending = sim->is_ending;
	int r;

	PAWL_ASSERT(pawl_sim_is_own_(sim));
	for (;;) {
		b->why = NULL;
		sim->current = NULL;
		sim->is_ending = false;
		r = pawl_port_try(run_batch, b, &b->why);
		if (!b->why)
			break;
		/* What was begun inside of what was left is over. */
		sim->block = block;
		sim->until = until;
		recover(b);
	}
	sim->side = side;
	sim->current = outer;
	sim->is_ending = is_ending;
	/* Inside of the poll of a program that was killed meanwhile: nothing of it goes on. */
	if (outer && pawl_sim_is_lost_(outer))
		pawl_sim_throw_killed_();
	return r;
}

/* A test that failed is left, and so are its tasks: what they would see is no run of the test. */
static void leave_failed(pawl_sim *sim)
{
	if (sim->must_stop)
		pawl_sim_leave_test_();
}

int pawl_sim_step(pawl_sim *sim)
{
	struct batch b = { .sim = sim, .steps_end = sim->steps + 1 };
	int r = run(&b);

	leave_failed(sim);
	return r;
}

void pawl_sim_beside_(pawl_sim *sim, struct sim_exec *x)
{
	bool was_busy = x->is_busy;
	struct batch b = { .sim = sim };

	x->is_busy = true;
	while (!sim->must_stop && (b.first = pawl_sim_take_beside_(sim))) {
		b.steps_end = sim->steps + 1;
		run(&b);
	}
	x->is_busy = was_busy;
}

static int sim_poll_once(pawl_exec *x)
{
	if (!pawl_sim_is_here_(sim_of(x), "polled", NULL))
		return PAWL_ENOTSUP;
	return pawl_sim_step(sim_of(x));
}

unsigned pawl_sim_run_until_idle(pawl_sim *sim)
{
	struct batch b = { .sim = sim, .steps_end = UINT64_MAX };

	run(&b);
	leave_failed(sim);
	return pawl_sim_note_parked_(sim);
}

static unsigned run_until(pawl_sim *sim, pawl_time until, uint64_t steps_end)
{
	struct batch b = { .sim = sim, .steps_end = steps_end };
	pawl_time was = sim->until;

	sim->until = until;
	do
		run(&b);
	while (sim->steps < steps_end && pawl_sim_jump_(sim, until));
	sim->until = was;
	leave_failed(sim);
	return pawl_sim_note_parked_(sim);
}

unsigned pawl_sim_run(pawl_sim *sim)
{
	return run_until(sim, PAWL_NEVER, UINT64_MAX);
}

unsigned pawl_sim_run_for(pawl_sim *sim, pawl_time time)
{
	PAWL_ASSERT(time >= 0);
	return run_until(sim, pawl_later_(sim->clock, time), UINT64_MAX);
}

unsigned pawl_sim_advance_time(pawl_sim *sim, pawl_time by)
{
	pawl_time until = pawl_later_(sim->clock, by);

	PAWL_ASSERT(by >= 0);
	run_until(sim, until, UINT64_MAX);
	if (until > sim->clock)
		sim->clock = until;
	return sim->report.parked;
}

int pawl_sim_advance_to_next_timer(pawl_sim *sim)
{
	return pawl_sim_jump_(sim, PAWL_NEVER) ? 0 : PAWL_ENOENT;
}

static bool is_session(void *arg, void *what, enum sim_what kind)
{
	return kind == SIM_SESSION && what == arg;
}

/* The thread of this session's foreground waits: none of its tasks can run. */
static void block(pawl_sim *sim, struct sim_block *b)
{
	pawl_task *t = sim->current;

	*b = (struct sim_block){ .outer = sim->block };
	sim->block = b;
	if (!t || !(t->kind_ & PAWL_TASK_FOREGROUND_) || !(t->kind_ & PAWL_TASK_SESSION_))
		return;
	b->session = t->of_.session_;
	if (t->of_.session_->lane_.next_) {
		pawl_sim_purge_(sim, is_session, t->of_.session_);
		t->of_.session_->lane_.next_ = NULL;
	}
}

static void unblock(pawl_sim *sim, const struct sim_block *b)
{
	sim->block = b->outer;
	if (b->session)
		push_session(sim, sim->current->of_.session_);
}

/* The memory of the task, or of its whole program, may be gone once this is left by a throw. */
static int drive(pawl_sim *sim, pawl_task *t, uint64_t steps_end)
{
	struct batch b = { .sim = sim, .until = t, .steps_end = steps_end };

	while (!pawl_task_is_finished(t)) {
		if (run(&b) == 0) {
			if (sim->steps >= steps_end)
				return pawl_task_is_finished(t) ? 0 : PAWL_ETIMEDOUT;
		} else if (!pawl_sim_jump_(sim, PAWL_NEVER)) {
			return PAWL_EBUSY;
		}
	}
	return 0;
}

static int block_on(pawl_sim *sim, pawl_task *t, uint64_t steps_end)
{
	struct sim_block b;
	int r;

	PAWL_ASSERT_OF(t, !pawl_is_polled_(t));
	block(sim, &b);
	r = drive(sim, t, steps_end);
	unblock(sim, &b);
	if (r == PAWL_EBUSY) {
		pawl_sim_note_parked_(sim);
		if (!sim->must_stop && sim->report.is_test && !sim->options.may_park)
			pawl_sim_fail_(sim, SIM_PARKED, NULL);
	}
	leave_failed(sim);
	return r;
}

static int sim_block_on(pawl_exec *x, pawl_task *t)
{
	if (!pawl_sim_is_here_(sim_of(x), "blocked on a task", t))
		return PAWL_ENOTSUP;
	return block_on(sim_of(x), t, UINT64_MAX);
}

int pawl_sim_block_on_for(pawl_sim *sim, pawl_task *t, uint32_t steps_max, int *ret_outcome)
{
	/* The plainest is that the time is long enough. */
	uint32_t less = pawl_sim_draw_(sim, steps_max < UINT32_MAX ? steps_max + 1 : steps_max);
	unsigned n = pawl_fiber_block_ ? pawl_fiber_block_() : 0;
	int r = block_on(sim, t, sim->steps + steps_max - less);

	if (n)
		pawl_fiber_unblock_(n);
	if (r == 0)
		pawl_take_(t, ret_outcome);
	return r;
}

static int sim_stay(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
	return 0;
}

const pawl_exec_ops pawl_sim_ops_ = {
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

static void init(pawl_sim *sim, const pawl_sim_options *o, struct pawl_search *s)
{
	unsigned i;

	memset(sim, 0, offsetof(pawl_sim, report.text));
	sim->report.text[0] = 0;
	if (o->poll_max)
		memset(sim->busy_until, 0, sizeof sim->busy_until);
	sim->options = *o;
	if (!sim->options.cpus)
		sim->options.cpus = CPUS;
	if (!sim->options.steps_max)
		sim->options.steps_max = STEPS_MAX;
	for (i = 0; i < SIM_RINGS; i++) {
		sim->rings[i].ready = sim->room[i];
		sim->rings[i].room = PAWL_COUNT(sim->room[i]);
	}
	pawl_sim_own_(sim);
	sim->search = s;
	sim->until = PAWL_NEVER;
	pawl_chacha_init_(&sim->body, o->seed, 1);
	pawl_sim_node_init_(&sim->first, sim, "main");
	pawl_sim_node_init_(&sim->hidden, sim, "machine");
}

static int new_with(const pawl_sim_options *o, struct pawl_search *s, pawl_sim **ret)
{
	pawl_sim *sim;

	if (o->cpus > SIM_CPUS || o->poll_max < 0 || o->poll_max >= UINT32_MAX)
		return PAWL_EINVAL;
	sim = malloc(sizeof *sim);
	if (!sim)
		return PAWL_ENOMEM;
	if (o->is_fifo)
		s = NULL;
	init(sim, o, s ? s : &sim->own_search);
	if (!s) {
		pawl_search_init_(&sim->own_search, PAWL_SIM_RANDOM, 0);
		if (o->is_fifo)
			pawl_search_replay_(&sim->own_search, NULL, 0);
		pawl_search_begin_(&sim->own_search, o->seed, false);
	}
	if (sim->search->mode == PAWL_SIM_PCT && pawl_sim_numbers_new_(&sim->numbers) < 0) {
		pawl_sim_forget_(sim);
		return PAWL_ENOMEM;
	}
	sim->is_special = sim->numbers;
	sim->has_priorities = sim->search->mode == PAWL_SIM_RANDOM && !o->is_fifo;
	*ret = sim;
	return 0;
}

int pawl_sim_new_searching_(const pawl_sim_options *o, struct pawl_search *s, pawl_sim **ret)
{
	return new_with(o, s, ret);
}

int pawl_sim_new_with(const pawl_sim_options *o, pawl_sim **ret)
{
	return new_with(o, NULL, ret);
}

int pawl_sim_new(uint64_t seed, pawl_sim **ret)
{
	const pawl_sim_options o = { .seed = seed };

	return new_with(&o, NULL, ret);
}

void pawl_sim_forget_(pawl_sim *sim)
{
	unsigned i;

	pawl_sim_disown_(sim);
	pawl_sim_nodes_free_(sim);
	for (i = 0; i < SIM_RINGS; i++)
		if (sim->rings[i].ready != sim->room[i])
			free(sim->rings[i].ready);
	free(sim->timers.heap_);
	pawl_sim_numbers_free_(sim->numbers);
	if (sim->search == &sim->own_search)
		pawl_search_fini_(&sim->own_search);
	free(sim);
}

void pawl_sim_free(pawl_sim *sim)
{
	pawl_sim_node *n;

	if (!sim)
		return;
	pawl_crew_stop(&sim->first.tasks.crew);
	for (n = sim->nodes; n; n = n->next)
		pawl_crew_stop(&n->tasks.crew);
	/* Those that never end, though they were asked to, do not hold it up. */
	run_until(sim, PAWL_NEVER, sim->steps + sim->options.steps_max);
	pawl_sim_lose_all_(sim);
	pawl_sim_forget_(sim);
}

pawl_exec *pawl_sim_exec(pawl_sim *sim)
{
	return &sim->first.tasks.exec;
}

uint64_t pawl_sim_seed(const pawl_sim *sim)
{
	return sim->options.seed;
}

uint32_t pawl_sim_random(pawl_sim *sim, uint32_t below)
{
	PAWL_ASSERT(below >= 1);
	return pawl_chacha_below_(&sim->body, below);
}

uint64_t pawl_sim_trace(const pawl_sim *sim)
{
	return sim->hash;
}

void pawl_sim_allow_parking(pawl_sim *sim, bool may)
{
	sim->options.may_park = may;
}

static void count_ready(pawl_sim_counts *c, uintptr_t entry)
{
	const void *what = (const void *)(entry & ~(uintptr_t)3);
	const pawl_session *s = what;
	const pawl_task *t = what;

	if ((entry & 3) == SIM_WORK)
		c->works++;
	else if ((entry & 3) == SIM_TASK && !pawl_task_is_foreground(t))
		c->background++;
	else if ((entry & 3) == SIM_TASK)
		c->foreground++;
	else
		for (t = s->lane_.ready_.head_; t; t = t->u_.next_)
			c->foreground++;
}

pawl_sim_counts pawl_sim_pending(const pawl_sim *sim)
{
	pawl_sim_counts c = { .timers = sim->timers.count_ };
	const struct sim_ring *r;
	const pawl_sim_node *n;
	uint32_t i;

	for (r = sim->rings; r < sim->rings + SIM_RINGS; r++)
		for (i = 0; i < r->count; i++)
			count_ready(&c, r->ready[(r->first + i) & (r->room - 1)]);
	c.tasks = pawl_crew_count(&sim->first.tasks.crew);
	for (n = sim->nodes; n; n = n->next)
		c.tasks += pawl_crew_count(&n->tasks.crew);
	return c;
}
