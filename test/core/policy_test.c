/* SPDX-License-Identifier: MIT */
/* Policies of the local executor: who is next, whose turn is over, and what was counted. */
#include "fix.h"

static char order[64];
static unsigned at;

static void begin(pawl_local *l, const pawl_policy *policy, pawl_stats *stats)
{
	pawl_local_options o = { .policy = policy, .stats = stats };

	pawl_local_init_with(l, &o);
	at = 0;
	__builtin_memset(order, 0, sizeof order);
}

/* A task that says its name each time it runs, and gives way some times. */
struct named {
	pawl_task task;
	char name;
	unsigned yields;
};

static int named_poll(pawl_task *t)
{
	struct named *n = PAWL_OF(t, struct named, task);
	int r;

	PAWL_BEGIN(t);
	for (;;) {
		order[at++] = n->name;
		if (!n->yields)
			return 0;
		n->yields--;
		PAWL_AWAIT_AS(t, r, pawl_task_yield(t));
		if (r)
			return r;
	}
	PAWL_END(t);
}

static void add(pawl_local *l, struct named *n, char name, pawl_spawn_options o)
{
	n->name = name;
	CHECK_INT(pawl_spawn_with(pawl_local_exec(l), &n->task, named_poll, &o), 0);
}

static void end(pawl_local *l, struct named *n, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		CHECK_INT(pawl_block_on(pawl_local_exec(l), &n[i].task, NULL), 0);
}

TEST(priority_comes_first)
{
	struct named n[6] = { 0 };
	pawl_local l;

	begin(&l, &pawl_policy_priority, NULL);
	n[1].yields = n[4].yields = 2;
	add(&l, &n[0], 'a', (pawl_spawn_options){ .priority = 1 });
	add(&l, &n[1], 'b', (pawl_spawn_options){ .priority = 5 });
	add(&l, &n[2], 'c', (pawl_spawn_options){ .priority = 0 });
	add(&l, &n[3], 'd', (pawl_spawn_options){ .priority = 127 });
	add(&l, &n[4], 'e', (pawl_spawn_options){ .priority = 5 });
	add(&l, &n[5], 'f', (pawl_spawn_options){ .priority = 1 });
	pawl_local_run(&l);
	CHECK_STR(order, "dbebebeafc");
	end(&l, n, 6);
}

TEST(without_a_policy_priority_is_nothing)
{
	struct named n[3] = { 0 };
	pawl_local l;

	begin(&l, NULL, NULL);
	add(&l, &n[0], 'a', (pawl_spawn_options){ .priority = 0 });
	add(&l, &n[1], 'b', (pawl_spawn_options){ .priority = 9 });
	add(&l, &n[2], 'c', (pawl_spawn_options){ .priority = 5 });
	pawl_local_run(&l);
	CHECK_STR(order, "abc");
	end(&l, n, 3);
}

/* Whatever comes in whatever order: sorted by priority, and among equals as it came. */
struct numbered {
	pawl_task task;
	unsigned number;
};

static struct numbered *ran[24];

static int numbered_poll(pawl_task *t)
{
	ran[at++] = PAWL_OF(t, struct numbered, task);
	return 0;
}

static bool is_rightly_before(const struct numbered *a, const struct numbered *b, bool by_deadline)
{
	pawl_time da = pawl_task_deadline(&a->task), db = pawl_task_deadline(&b->task);
	int pa = pawl_task_priority(&a->task), pb = pawl_task_priority(&b->task);

	if (by_deadline ? da != db : pa != pb)
		return by_deadline ? da < db : pa > pb;
	return a->number < b->number;
}

static void sorts(const pawl_policy *policy, bool by_deadline)
{
	struct numbered n[24] = { 0 };
	uint32_t seed = 7;
	unsigned round, i;

	for (round = 0; round < 200; round++) {
		pawl_local l;

		kit_at("round", round);
		begin(&l, policy, NULL);
		for (i = 0; i < 24; i++) {
			pawl_spawn_options o;

			seed = seed * 1664525 + 1013904223;
			o = (pawl_spawn_options){ .priority = (int8_t)((seed >> 24) % 6),
						  .deadline = seed >> 16 & 7 };
			n[i].number = i;
			CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &n[i].task, numbered_poll,
						  &o),
				  0);
		}
		CHECK_UINT(pawl_local_run(&l), 24);
		for (i = 1; i < 24; i++)
			CHECK(is_rightly_before(ran[i - 1], ran[i], by_deadline));
		for (i = 0; i < 24; i++)
			CHECK_INT(pawl_block_on(pawl_local_exec(&l), &n[i].task, NULL), 0);
	}
}

TEST(any_order_is_sorted)
{
	sorts(&pawl_policy_priority, false);
	sorts(&pawl_policy_deadline, true);
}

/* A poll is not interrupted, but who becomes ready meanwhile is next. */
static int wakes_the_urgent(pawl_task *t)
{
	struct named *n = PAWL_OF(t, struct named, task);

	order[at++] = '<';
	pawl_wake(&n[1].task);
	order[at++] = '>';
	return 0;
}

static int waits_once(pawl_task *t)
{
	struct named *n = PAWL_OF(t, struct named, task);

	order[at++] = n->name;
	return n->yields++ ? 0 : PAWL_PENDING;
}

TEST(woken_tasks_go_where_they_belong)
{
	struct named n[4] = { 0 };
	pawl_spawn_options urgent = { .priority = 9 };
	pawl_local l;

	begin(&l, &pawl_policy_priority, NULL);
	n[1].name = 'u';
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &n[1].task, waits_once, &urgent), 0);
	pawl_local_run(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &n[0].task, wakes_the_urgent), 0);
	add(&l, &n[2], 'x', (pawl_spawn_options){ .priority = 0 });
	add(&l, &n[3], 'y', (pawl_spawn_options){ .priority = 0 });
	pawl_local_run(&l);
	CHECK_STR(order, "u<>uxy");
	end(&l, n, 4);
}

TEST(timers_obey_the_policy)
{
	struct named n[3] = { 0 };
	pawl_local l;

	begin(&l, &pawl_policy_priority, NULL);
	add(&l, &n[0], 'a', (pawl_spawn_options){ .priority = 1, .after = 1 });
	add(&l, &n[1], 'b', (pawl_spawn_options){ .priority = 2, .after = 2 });
	add(&l, &n[2], 'c', (pawl_spawn_options){ .priority = 3, .after = 3 });
	while (pawl_now(pawl_local_exec(&l)) < pawl_local_next(&l) + 10) {}
	pawl_local_run(&l);
	CHECK_STR(order, "cba");
	end(&l, n, 3);
}

/* Deadlines. */

TEST(earliest_deadline_comes_first)
{
	struct named n[5] = { 0 };
	pawl_local l;

	begin(&l, &pawl_policy_deadline, NULL);
	n[3].yields = 1;
	add(&l, &n[0], 'a', (pawl_spawn_options){ 0 });
	add(&l, &n[1], 'b', (pawl_spawn_options){ .deadline = 300 });
	add(&l, &n[2], 'c', (pawl_spawn_options){ .deadline = 100 });
	add(&l, &n[3], 'd', (pawl_spawn_options){ .deadline = 200 });
	add(&l, &n[4], 'e', (pawl_spawn_options){ .deadline = 100 });
	CHECK_INT(pawl_task_deadline(&n[0].task), PAWL_NEVER);
	CHECK_INT(pawl_task_deadline(&n[3].task), 200);
	pawl_local_run(&l);
	CHECK_STR(order, "ceddba");
	end(&l, n, 5);
}

/* Two periodic tasks: each takes its next deadline before it gives way. */
static int periodic_poll(pawl_task *t)
{
	struct named *n = PAWL_OF(t, struct named, task);
	int r;

	PAWL_BEGIN(t);
	while (n->yields--) {
		order[at++] = n->name;
		pawl_set_deadline(t, pawl_task_deadline(t) + (n->name == 'p' ? 20 : 50));
		PAWL_AWAIT_AS(t, r, pawl_task_yield(t));
		CHECK_INT(r, 0);
	}
	PAWL_END(t);
}

TEST(deadlines_may_move)
{
	struct named n[2] = { { .name = 'p', .yields = 5 }, { .name = 'q', .yields = 2 } };
	pawl_spawn_options p = { .deadline = 20 }, q = { .deadline = 50 };
	pawl_local l;

	begin(&l, &pawl_policy_deadline, NULL);
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &n[0].task, periodic_poll, &p), 0);
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &n[1].task, periodic_poll, &q), 0);
	pawl_local_run(&l);
	/* p at 20, 40; q at 50; p at 60, 80; then both at 100: q waits longer. */
	CHECK_STR(order, "ppqppqp");
	end(&l, n, 2);
}

/* Budgets. */

struct spender {
	pawl_task task;
	char name;
	unsigned step, steps, polls;
};

static int spender_poll(pawl_task *t)
{
	struct spender *s = PAWL_OF(t, struct spender, task);
	int r;

	s->polls++;
	while (s->steps) {
		r = pawl_spend(t, s->step);
		if (r)
			return r;
		order[at++] = s->name;
		s->steps--;
	}
	return 0;
}

static void spend(pawl_local *l, struct spender *s, uint32_t budget)
{
	pawl_spawn_options o = { .budget = budget };

	CHECK_INT(pawl_spawn_with(pawl_local_exec(l), &s->task, spender_poll, &o), 0);
}

TEST(budgets_take_turns)
{
	struct spender a = { .name = 'a', .step = 1, .steps = 7 },
		       b = { .name = 'b', .step = 2, .steps = 4 },
		       c = { .name = 'c', .step = 9, .steps = 3 },
		       d = { .name = 'd', .step = 5, .steps = 6 };
	pawl_local l;

	begin(&l, NULL, NULL);
	spend(&l, &a, 3);
	spend(&l, &b, 5);
	spend(&l, &c, 4);
	spend(&l, &d, 0);
	pawl_local_run(&l);
	/* a: 3 steps a turn; b: 2, since 3 would be 6; c: one that is too large; d: no limit. */
	CHECK_STR(order, "aaabbcddddddaaabbcac");
	CHECK_UINT(a.polls, 3);
	CHECK_UINT(b.polls, 2);
	CHECK_UINT(c.polls, 3);
	CHECK_UINT(d.polls, 1);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &a.task, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &b.task, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &c.task, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &d.task, NULL), 0);
}

/* A task that waits comes back with its whole budget. */
static int waits_between(pawl_task *t)
{
	struct spender *s = PAWL_OF(t, struct spender, task);

	CHECK_INT(pawl_spend(t, 2), 0);
	CHECK_INT(pawl_spend(t, 1), 0);
	return s->polls++ < 4 ? PAWL_PENDING : 0;
}

TEST(each_poll_is_a_turn)
{
	struct spender s = { 0 };
	pawl_spawn_options o = { .budget = 3 };
	pawl_local l;
	unsigned i;

	begin(&l, NULL, NULL);
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &s.task, waits_between, &o), 0);
	for (i = 0; i < 5; i++) {
		CHECK_UINT(pawl_local_run(&l), 1);
		pawl_wake(&s.task);
	}
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, NULL), 0);
}

/* What is more than can be counted is a turn of its own, too. */
static int spends_much(pawl_task *t)
{
	int r = pawl_spend(t, UINT32_MAX);

	return r ? r : pawl_spend(t, UINT32_MAX);
}

TEST(cancelled_tasks_spend_nothing)
{
	struct spender s = { .step = 1, .steps = 100 };
	pawl_task much = { 0 };
	pawl_spawn_options o = { .budget = 10 };
	pawl_local l;
	int outcome = 1;

	begin(&l, NULL, NULL);
	spend(&l, &s, 10);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
	CHECK_UINT(s.steps, 90);
	pawl_cancel(&s.task);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_UINT(s.steps, 90);
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &much, spends_much, &o), 0);
	CHECK_INT(pawl_poll_once(pawl_local_exec(&l)), 0);
	CHECK(!pawl_task_is_finished(&much));
	pawl_cancel(&much);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &much, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
}

/* Figures. */

TEST(statistics_count_exactly)
{
	struct named n[3] = { 0 };
	struct spender s = { .name = 's', .step = 1, .steps = 4 };
	pawl_stats mine = { 0 }, got;
	pawl_local l;

	begin(&l, NULL, &mine);
	n[0].yields = 3;
	add(&l, &n[0], 'a', (pawl_spawn_options){ 0 });
	add(&l, &n[1], 'b', (pawl_spawn_options){ 0 });
	add(&l, &n[2], 'c', (pawl_spawn_options){ 0 });
	spend(&l, &s, 2);
	pawl_local_stats(&l, &got);
	CHECK_UINT(got.spawned, 4);
	CHECK_UINT(got.finished, 0);
	CHECK_UINT(got.polls, 0);
	CHECK_UINT(got.ready, 4);
	CHECK_UINT(pawl_stats_polls_per_task_x100(&got), 0);
	CHECK_UINT(pawl_stats_ready_x100(&got), 0);
	pawl_local_run(&l);
	pawl_local_stats(&l, &got);
	CHECK_UINT(got.spawned, 4);
	CHECK_UINT(got.finished, 4);
	CHECK_UINT(got.polls, 4 + 1 + 1 + 2);
	CHECK_UINT(got.schedules, got.polls);
	CHECK_UINT(got.budget_ends, 1);
	CHECK_UINT(got.missed, 0);
	CHECK_UINT(got.ready, 0);
	CHECK_UINT(got.ready_max, 4);
	CHECK_UINT(pawl_stats_polls_per_task_x100(&got), 200);
	/* a b c s a s a a, out of 4 4 3 2 2 2 1 1. */
	CHECK_UINT(pawl_stats_ready_x100(&got), 237);
	end(&l, n, 3);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s.task, NULL), 0);
}

static int panics(pawl_task *t)
{
	(void)t;
	pawl_panic("as told");
}

TEST(missed_deadlines_and_panics_are_counted)
{
	struct named n[4] = { 0 }, late = { .name = 'p', .yields = 3 };
	pawl_spawn_options once = { .deadline = 1 }, never = { .deadline = PAWL_NEVER - 100 };
	pawl_task hard = { 0 };
	pawl_stats mine = { 0 }, got;
	pawl_local l;

	begin(&l, &pawl_policy_deadline, &mine);
	add(&l, &n[0], 'a', (pawl_spawn_options){ 0 });
	add(&l, &n[1], 'b', once);
	add(&l, &n[2], 'c', never);
	n[3].yields = 5;
	add(&l, &n[3], 'd', once);
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &hard, panics, &once), 0);
	/* Three periods, each over before it began, and the end. */
	CHECK_INT(pawl_spawn_with(pawl_local_exec(&l), &late.task, periodic_poll, &once), 0);
	pawl_local_run(&l);
	pawl_local_stats(&l, &got);
	CHECK_UINT(got.finished, 6);
	CHECK_UINT(got.missed, 1 + 1 + 1 + 4);
	end(&l, n, 4);
	end(&l, &late, 1);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &hard, NULL), 0);
}

TEST(nobody_counts_without_a_place)
{
	pawl_stats got = { .polls = 7 };
	struct named n = { 0 };
	pawl_local l;

	begin(&l, NULL, NULL);
	add(&l, &n, 'a', (pawl_spawn_options){ 0 });
	pawl_local_run(&l);
	pawl_local_stats(&l, &got);
	CHECK_UINT(got.polls, 0);
	CHECK_UINT(got.spawned, 0);
	end(&l, &n, 1);
}

TEST(averages_hold_at_the_edges)
{
	pawl_stats s = { 0 };

	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), 0);
	s.polls = 5;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), 0);
	s.spawned = 3;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), 166);
	s.polls = 1u << 26;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), UINT64_C(100) * (1u << 26) / 3);
	s.polls = UINT64_MAX;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), UINT32_MAX);
	s.spawned = UINT64_MAX;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), 100);
	s.spawned = UINT64_MAX / 2;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s) / 10, 20);
	s.polls = 1;
	CHECK_UINT(pawl_stats_polls_per_task_x100(&s), 0);
}

static const struct kit_case cases[] = {
	CASE(priority_comes_first),
	CASE(without_a_policy_priority_is_nothing),
	CASE(any_order_is_sorted),
	CASE(woken_tasks_go_where_they_belong),
	CASE(timers_obey_the_policy),
	CASE(earliest_deadline_comes_first),
	CASE(deadlines_may_move),
	CASE(budgets_take_turns),
	CASE(each_poll_is_a_turn),
	CASE(cancelled_tasks_spend_nothing),
	CASE(statistics_count_exactly),
	CASE(missed_deadlines_and_panics_are_counted),
	CASE(nobody_counts_without_a_place),
	CASE(averages_hold_at_the_edges),
};

KIT_MAIN(cases)
