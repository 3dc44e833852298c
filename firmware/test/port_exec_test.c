/* SPDX-License-Identifier: MIT */
/* Tests of executors in interrupts: who pre-empts whom, wakes from interrupts, timers, panics. */
#include "fix.h"

#include <string.h>

/* What happened, one character each. */
static char story[64];
static size_t story_length;

static void tell(char c)
{
	uintptr_t was = pawl_port_lock(story);

	CHECK(story_length < sizeof story - 1);
	story[story_length++] = c;
	story[story_length] = 0;
	pawl_port_unlock(story, was);
}

static void begin_story(void)
{
	story_length = 0;
	story[0] = 0;
	fix_on_sensor = NULL;
}

/* A task that says a letter at each poll and wakes another in the middle of it. */
struct actor {
	pawl_task task;
	char letter;
	unsigned polls, polls_max;
	struct actor *wakes;
	int outcome;
};

static int act(pawl_task *t)
{
	struct actor *a = PAWL_OF(t, struct actor, task);

	a->polls++;
	tell(a->letter);
	if (a->wakes)
		pawl_wake(&a->wakes->task);
	if (a->polls_max > 1)
		tell((char)(a->letter - 'a' + 'A'));
	return a->polls < a->polls_max ? PAWL_PENDING : a->outcome;
}

static void enter(struct actor *a, enum fix_level level, char letter, unsigned polls)
{
	*a = (struct actor){ .letter = letter, .polls_max = polls };
	CHECK_INT(pawl_spawn(fix_exec(level), &a->task, act), 0);
}

/* The outcome of a task that has ended already. */
static int outcome_of(struct actor *a)
{
	CHECK(pawl_task_is_finished(&a->task));
	return fix_join(&a->task);
}

TEST(spawning_runs_more_urgent_tasks_at_once)
{
	struct actor mid, high;

	begin_story();
	enter(&mid, FIX_MID, 'm', 1);
	tell('1');
	enter(&high, FIX_HIGH, 'h', 1);
	tell('2');
	CHECK_STR(story, "m1h2");
	CHECK_INT(outcome_of(&mid), 0);
	CHECK_INT(outcome_of(&high), 0);
}

TEST(more_urgent_tasks_preempt)
{
	struct actor thread, mid, high;

	begin_story();
	enter(&mid, FIX_MID, 'm', 2);
	enter(&high, FIX_HIGH, 'h', 2);
	mid.wakes = &high;
	CHECK_STR(story, "mMhH");
	begin_story();
	enter(&thread, FIX_THREAD, 't', 1);
	thread.polls_max = 2;
	thread.polls = 1;
	thread.wakes = &mid;
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &thread.task, NULL), 0);
	/* In the middle of the thread's poll came the middle one, and in the middle of that the
	 * high one. */
	CHECK_STR(story, "tmhHMT");
	CHECK_INT(outcome_of(&mid), 0);
	CHECK_INT(outcome_of(&high), 0);
}

TEST(less_urgent_tasks_wait)
{
	struct actor thread, mid, high;

	begin_story();
	enter(&thread, FIX_THREAD, 't', 2);
	CHECK_INT(pawl_poll_once(fix_exec(FIX_THREAD)), 0);
	enter(&mid, FIX_MID, 'm', 2);
	enter(&high, FIX_HIGH, 'h', 2);
	high.wakes = &mid;
	mid.wakes = &thread;
	begin_story();
	pawl_wake(&high.task);
	CHECK_STR(story, "hHmM");
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &thread.task, NULL), 0);
	CHECK_STR(story, "hHmMtT");
	CHECK_INT(outcome_of(&mid), 0);
	CHECK_INT(outcome_of(&high), 0);
}

static struct actor *to_wake[3];

static void wake_them(void)
{
	tell('[');
	for (unsigned i = 0; i < PAWL_COUNT(to_wake); i++)
		if (to_wake[i])
			pawl_wake(&to_wake[i]->task);
	tell(']');
}

TEST(interrupt_wakes_tasks_of_all_executors)
{
	struct actor thread, mid, high;

	begin_story();
	enter(&thread, FIX_THREAD, 't', 2);
	enter(&mid, FIX_MID, 'm', 2);
	enter(&high, FIX_HIGH, 'h', 2);
	CHECK_INT(pawl_poll_once(fix_exec(FIX_THREAD)), 0);
	to_wake[0] = &thread;
	to_wake[1] = &mid;
	to_wake[2] = &high;
	begin_story();
	fix_on_sensor = wake_them;
	/* The core is asleep by then. */
	fix_sensor_at(pawl_port_now() + PAWL_MS(5));
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &thread.task, NULL), 0);
	CHECK_STR(story, "[]hHmMtT");
	CHECK_INT(outcome_of(&mid), 0);
	CHECK_INT(outcome_of(&high), 0);
}

static volatile bool has_come;
static struct actor waiting;

static void come(void)
{
	has_come = true;
	pawl_wake(&waiting.task);
}

static int await_it(pawl_task *t)
{
	(void)t;
	return has_come ? 0 : PAWL_PENDING;
}

/*
 * The interrupt comes at every instruction from the spawn until the core is asleep, one after the
 * other: a wake that is lost would never end this.
 */
TEST(no_wake_is_lost_while_falling_asleep)
{
	begin_story();
	fix_on_sensor = come;
	for (unsigned i = 0; i < 1500; i++) {
		kit_at("offset", i);
		has_come = false;
		fix_sensor_at(pawl_port_now() + 1024 * (pawl_time)i);
		waiting = (struct actor){ 0 };
		CHECK_INT(pawl_spawn(fix_exec(FIX_THREAD), &waiting.task, await_it), 0);
		CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &waiting.task, NULL), 0);
		CHECK(has_come);
	}
}

static struct actor spawned;

static void spawn_it(void)
{
	enter(&spawned, FIX_THREAD, 's', 1);
}

TEST(interrupt_spawns_a_task)
{
	begin_story();
	fix_on_sensor = spawn_it;
	board_sensor();
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &spawned.task, NULL), 0);
	CHECK_STR(story, "s");
}

static pawl_waker stale;

static void wake_stale(void)
{
	tell('!');
	pawl_waker_wake(stale);
}

TEST(stale_wake_from_an_interrupt_wakes_nobody)
{
	struct actor a, witness;

	begin_story();
	enter(&a, (enum fix_level)param, 'a', 1);
	stale = pawl_waker_of(&a.task);
	if (param == FIX_THREAD)
		CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &a.task, NULL), 0);
	else
		CHECK_INT(outcome_of(&a), 0);
	/* The same memory, the next life. */
	a.letter = 'b';
	a.polls = 0;
	a.polls_max = 2;
	CHECK_INT(pawl_spawn(fix_exec((enum fix_level)param), &a.task, act), 0);
	if (param == FIX_THREAD)
		CHECK_INT(pawl_poll_once(fix_exec(FIX_THREAD)), 0);
	fix_on_sensor = wake_stale;
	board_sensor();
	enter(&witness, FIX_THREAD, 'w', 1);
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &witness.task, NULL), 0);
	CHECK_STR(story, "abB!w");
	fix_on_sensor = NULL;
	pawl_wake(&a.task);
	if (param == FIX_THREAD)
		CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &a.task, NULL), 0);
	else
		CHECK_INT(outcome_of(&a), 0);
}

/* A task that sleeps a number of times and notes how late it came. */
struct beat {
	pawl_task task;
	pawl_time every, due, latest;
	unsigned count;
};

static int beat(pawl_task *t)
{
	struct beat *b = PAWL_OF(t, struct beat, task);

	PAWL_BEGIN(t);
	b->due = pawl_now(pawl_here(t));
	for (; b->count > 0; b->count--) {
		b->due = pawl_now(pawl_here(t)) + b->every;
		PAWL_AWAIT(t, pawl_sleep(t, b->every));
		CHECK(pawl_now(pawl_here(t)) >= b->due);
		if (pawl_now(pawl_here(t)) - b->due > b->latest)
			b->latest = pawl_now(pawl_here(t)) - b->due;
	}
	PAWL_END(t);
}

static void begin_beat(struct beat *b, enum fix_level level, pawl_time every, unsigned count)
{
	*b = (struct beat){ .every = every, .count = count };
	CHECK_INT(pawl_spawn(fix_exec(level), &b->task, beat), 0);
}

static void say_latest(const struct beat *b)
{
	kit_put("# latest after ");
	kit_put_int(b->every / 1000);
	kit_put(" us: ");
	kit_put_int(b->latest / 1000);
	kit_put(" us\n");
}

/* All their alarms are in one list; the thread sleeps meanwhile, and has one of its own. */
TEST(executors_share_the_timer)
{
	struct beat b[5];
	static const pawl_time every[] = { PAWL_US(7300), PAWL_US(3100), PAWL_US(5700),
					   PAWL_US(11900), PAWL_US(2500) };

	for (unsigned i = 0; i < PAWL_COUNT(b); i++)
		begin_beat(&b[i], i % 3, every[i], 60);
	for (unsigned i = 0; i < PAWL_COUNT(b); i++) {
		CHECK_INT(fix_join(&b[i].task), 0);
		CHECK_UINT(b[i].count, 0);
		say_latest(&b[i]);
	}
}

/* The thread computes and gives way to nobody. */
TEST(timers_preempt_a_busy_thread)
{
	struct beat mid, high;

	begin_beat(&mid, FIX_MID, PAWL_US(4100), 30);
	begin_beat(&high, FIX_HIGH, PAWL_US(2900), 30);
	while (!pawl_task_is_finished(&mid.task) || !pawl_task_is_finished(&high.task)) {}
	say_latest(&mid);
	say_latest(&high);
	/* 1 us an instruction. */
	CHECK(high.latest < PAWL_MS(4));
	CHECK_INT(fix_join(&mid.task), 0);
	CHECK_INT(fix_join(&high.task), 0);
}

static int panics(pawl_task *t)
{
	(void)t;
	tell('p');
	pawl_panic("as planned");
}

TEST(panic_ends_its_task_and_no_other)
{
	enum fix_level level = (enum fix_level)param;
	struct actor before, bad, after;

	begin_story();
	enter(&before, level, 'a', 1);
	bad = (struct actor){ 0 };
	CHECK_INT(pawl_spawn(fix_exec(level), &bad.task, panics), 0);
	enter(&after, level, 'z', 1);
	pawl_local_run(PAWL_OF(fix_exec(FIX_THREAD), pawl_local, exec));
	CHECK_INT(outcome_of(&before), 0);
	CHECK_INT(outcome_of(&bad), PAWL_EPANIC);
	CHECK_INT(outcome_of(&after), 0);
	CHECK_STR(story, "apz");
}

/* The thread is inside a try of its own when the interrupt's task panics, and then panics too. */
static int is_preempted_by_a_panic(pawl_task *t)
{
	static struct actor high;

	(void)t;
	high = (struct actor){ 0 };
	CHECK_INT(pawl_spawn(fix_exec(FIX_HIGH), &high.task, panics), 0);
	tell('t');
	CHECK_INT(outcome_of(&high), PAWL_EPANIC);
	pawl_panic("mine");
}

TEST(panic_in_an_interrupt_leaves_the_preempted_task_alone)
{
	struct actor thread = { 0 };
	int outcome = 1;

	begin_story();
	CHECK_INT(pawl_spawn(fix_exec(FIX_THREAD), &thread.task, is_preempted_by_a_panic), 0);
	CHECK_INT(pawl_block_on(fix_exec(FIX_THREAD), &thread.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_EPANIC);
	CHECK_STR(story, "pt");
}

static const struct kit_case cases[] = {
	CASE(spawning_runs_more_urgent_tasks_at_once),
	CASE(more_urgent_tasks_preempt),
	CASE(less_urgent_tasks_wait),
	CASE(interrupt_wakes_tasks_of_all_executors),
	CASE(no_wake_is_lost_while_falling_asleep),
	CASE(interrupt_spawns_a_task),
	CASE_N(stale_wake_from_an_interrupt_wakes_nobody, FIX_THREAD),
	CASE_N(stale_wake_from_an_interrupt_wakes_nobody, FIX_MID),
	CASE_N(stale_wake_from_an_interrupt_wakes_nobody, FIX_HIGH),
	CASE(executors_share_the_timer),
	CASE(timers_preempt_a_busy_thread),
	CASE_N(panic_ends_its_task_and_no_other, FIX_THREAD),
	CASE_N(panic_ends_its_task_and_no_other, FIX_MID),
	CASE_N(panic_ends_its_task_and_no_other, FIX_HIGH),
	CASE(panic_in_an_interrupt_leaves_the_preempted_task_alone),
};

KIT_MAIN(cases)
