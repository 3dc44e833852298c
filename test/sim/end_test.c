/* SPDX-License-Identifier: MIT */
/* Ends of simulators, programs and tests: what is left is forgotten, and nothing touches it. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/sem.h>
#include <pawl/sim.h>
#include <pawl/sim_world.h>

#include <stdlib.h>
#include <string.h>

#define SIM_CHECK(cond) pawl_sim_check(sim, (cond), #cond, __FILE__, __LINE__)

/* A task on the heap that counts its polls and drops. */
struct subject {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	pawl_sem *sem;
	unsigned polls, *drops;
};

static void dropped(pawl_task_owner *o, pawl_task *t)
{
	struct subject *s = PAWL_OF(o, struct subject, owner);

	CHECK(t == &s->task);
	++*s->drops;
	free(s);
}

static struct subject *subject(unsigned *drops)
{
	struct subject *s = calloc(1, sizeof *s);

	CHECK(s != NULL);
	s->owner.drop = dropped;
	s->drops = drops;
	pawl_task_own(s, task, &s->owner);
	return s;
}

static struct subject *subject_of(pawl_task *t)
{
	struct subject *s = PAWL_OF(t, struct subject, task);

	s->polls++;
	return s;
}

static int stalls(pawl_task *t)
{
	subject_of(t);
	return PAWL_PENDING;
}

static int gives_up(pawl_task *t)
{
	subject_of(t);
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int sleeps_on(pawl_task *t)
{
	subject_of(t);
	(void)!pawl_sleep(t, PAWL_S(5));
	return PAWL_PENDING;
}

/* Takes no notice of being asked to stop. */
static int never_stops(pawl_task *t)
{
	subject_of(t);
	pawl_wake(t);
	return PAWL_PENDING;
}

static int acquires(pawl_task *t)
{
	struct subject *s = subject_of(t);

	return pawl_sem_acquire(t, s->sem);
}

/* The kit counts tasks, and those that are forgotten never end. */
__attribute__((weak)) void pawl_count_live_(uint32_t by);

static void forget_all(void)
{
	if (pawl_count_live_)
		pawl_count_live_(0u - pawl_live_tasks());
}

static pawl_sim *sim_of(uint64_t seed)
{
	const pawl_sim_options o = { .seed = seed, .steps_max = 1000 };
	pawl_sim *sim;

	CHECK_INT(pawl_sim_new_with(&o, &sim), 0);
	return sim;
}

/* Whatever is done to them afterwards touches nothing of the simulator, which is gone. */
TEST(tasks_that_do_not_end_are_forgotten)
{
	static pawl_poll_fn *const kinds[] = { stalls, sleeps_on, never_stops };
	unsigned drops = 0, polls, i;
	struct subject *s[3];
	pawl_waker wakers[3];
	pawl_session session;
	pawl_sim *sim = sim_of(1);

	pawl_session_init(&session, pawl_sim_exec(sim));
	for (i = 0; i < 3; i++) {
		s[i] = subject(&drops);
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &s[i]->task, kinds[i]), 0);
		wakers[i] = pawl_waker_of(&s[i]->task);
	}
	CHECK_INT(pawl_sim_step(sim), 0);
	pawl_sim_free(sim);
	for (i = 0; i < 3; i++) {
		CHECK(s[i]->polls > 0);
		polls = s[i]->polls;
		pawl_wake(&s[i]->task);
		pawl_waker_wake(wakers[i]);
		pawl_cancel(&s[i]->task);
		pawl_detach(&s[i]->task);
		CHECK_UINT(s[i]->polls, polls);
		free(s[i]);
	}
	CHECK_UINT(drops, 0);
	forget_all();
}

TEST(sessions_of_forgotten_tasks_may_be_asked)
{
	unsigned drops = 0;
	struct subject *s = subject(&drops);
	pawl_session session;
	pawl_sim *sim = sim_of(2);

	pawl_session_init(&session, pawl_sim_exec(sim));
	CHECK_INT(pawl_spawn_in(&session, &s->task, stalls), 0);
	CHECK_UINT(pawl_sim_run(sim), 1);
	pawl_sim_free(sim);
	CHECK_UINT(pawl_session_count(&session), 1);
	CHECK_INT(pawl_session_validate(&session, NULL, NULL), PAWL_EBUSY);
	pawl_session_cancel(&session);
	pawl_wake(&s->task);
	CHECK_UINT(s->polls, 2);
	free(s);
	forget_all();
}

/* Those that can end do so: a shutdown cancels each once, and detached ones are dropped. */
TEST(freeing_is_a_shutdown)
{
	unsigned drops = 0, i;
	struct subject *s[4];
	pawl_sem sem;
	pawl_sim *sim = sim_of(3);
	pawl_exec *x = pawl_sim_exec(sim);

	pawl_sem_init(&sem, 0);
	for (i = 0; i < 4; i++) {
		s[i] = subject(&drops);
		s[i]->sem = &sem;
		CHECK_INT(pawl_spawn(x, &s[i]->task, i % 2 ? gives_up : acquires), 0);
		pawl_detach(&s[i]->task);
	}
	CHECK_UINT(pawl_sim_run(sim), 4);
	CHECK_INT(pawl_is_running(x), 1);
	pawl_sim_free(sim);
	CHECK_UINT(drops, 4);
}

TEST(shutdown_cancels_each_once)
{
	unsigned drops = 0;
	struct subject *a = subject(&drops), *b = subject(&drops);
	pawl_sim *sim = sim_of(4);
	pawl_exec *x = pawl_sim_exec(sim);
	int outcome = 0;

	CHECK_INT(pawl_spawn(x, &a->task, stalls), 0);
	CHECK_UINT(pawl_sim_run(sim), 1);
	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_shutdown(x), PAWL_ESTOPPED);
	CHECK_INT(pawl_is_running(x), 0);
	CHECK_INT(pawl_spawn(x, &b->task, stalls), PAWL_ESTOPPED);
	/* Refused, and given back to its owner. */
	CHECK_UINT(drops, 1);
	CHECK_UINT(pawl_sim_run(sim), 1);
	CHECK_UINT(a->polls, 2);
	a->task.poll_ = gives_up;
	pawl_wake(&a->task);
	CHECK_INT(pawl_block_on(x, &a->task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_UINT(drops, 2);
	pawl_sim_free(sim);
}

struct nested {
	pawl_task task;
	uint64_t trace, outer_steps;
	pawl_exec *outer;
	bool was_main;
};

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

/* A whole simulator within a task of another one. */
static int simulates(pawl_task *t)
{
	struct nested *n = PAWL_OF(t, struct nested, task);
	pawl_task all[5] = { 0 };
	pawl_sim *sim = sim_of(9);
	unsigned i;

	n->was_main = pawl_is_main_thread(n->outer) != pawl_is_main_thread(pawl_sim_exec(sim));
	for (i = 0; i < 5; i++)
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &all[i], ends), 0);
	for (i = 0; i < 5; i++)
		CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &all[i], NULL), 0);
	n->trace = pawl_sim_trace(sim);
	pawl_sim_free(sim);
	return 0;
}

TEST(simulators_inside_of_simulators)
{
	struct nested n[3] = { 0 };
	pawl_sim *sim = sim_of(1);
	unsigned i;

	for (i = 0; i < 3; i++) {
		n[i].outer = pawl_sim_exec(sim);
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &n[i].task, simulates), 0);
	}
	CHECK_UINT(pawl_sim_run(sim), 0);
	for (i = 0; i < 3; i++) {
		CHECK(n[i].trace == n[0].trace && n[i].trace);
		CHECK(n[i].was_main);
		pawl_detach(&n[i].task);
	}
	pawl_sim_free(sim);
}

static int wakes(pawl_task *t)
{
	struct subject *s = subject_of(t);

	pawl_sem_release(s->sem);
	return 0;
}

/* Tasks of two simulators of one thread wait for each other. */
TEST(simulators_beside_each_other)
{
	unsigned drops = 0;
	struct subject *a = subject(&drops), *b = subject(&drops);
	pawl_sim *one = sim_of(1), *two = sim_of(2);
	pawl_sem sem;

	pawl_sem_init(&sem, 0);
	a->sem = b->sem = &sem;
	CHECK_INT(pawl_spawn(pawl_sim_exec(one), &a->task, acquires), 0);
	CHECK_UINT(pawl_sim_run(one), 1);
	CHECK_INT(pawl_spawn(pawl_sim_exec(two), &b->task, wakes), 0);
	CHECK_INT(pawl_block_on(pawl_sim_exec(two), &b->task, NULL), 0);
	CHECK_UINT(pawl_sim_pending(one).background, 1);
	CHECK_INT(pawl_block_on(pawl_sim_exec(one), &a->task, NULL), 0);
	CHECK_UINT(drops, 2);
	pawl_sim_free(one);
	pawl_sim_free(two);
}

/* A program is killed while one of its tasks blocks on another one: that wait is over. */
struct blocker {
	pawl_task task;
	pawl_exec *x;
	pawl_task *other;
	pawl_sim_node *node;
	bool is_back;
};

static int blocks(pawl_task *t)
{
	struct blocker *b = PAWL_OF(t, struct blocker, task);

	pawl_block_on(b->x, b->other, NULL);
	b->is_back = true;
	return 0;
}

static int kills(pawl_task *t)
{
	struct blocker *b = PAWL_OF(t, struct blocker, task);

	pawl_sim_node_kill(b->node);
	return 0;
}

static int counts(pawl_task *t)
{
	subject_of(t);
	return 0;
}

static void check_killed_while_blocked(uint64_t seed)
{
	unsigned drops = 0, i;
	struct blocker b = { 0 }, k = { 0 };
	pawl_task stalled = { 0 };
	struct subject *s[3];
	pawl_session mine;
	pawl_sim *sim = sim_of(seed);
	pawl_sim_node *n;

	CHECK_INT(pawl_sim_node_new(sim, "victim", &n), 0);
	b.x = pawl_sim_node_exec(n);
	b.other = &stalled;
	k.node = n;
	pawl_session_init(&mine, b.x);
	CHECK_INT(pawl_spawn_after(b.x, &stalled, ends, 50), 0);
	CHECK_INT(pawl_spawn_in(&mine, &b.task, blocks), 0);
	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &k.task, kills), 0);
	CHECK_UINT(pawl_sim_run(sim), 0);
	CHECK(pawl_sim_node_is_dead(n) && !b.is_back);
	/* Another session in the same place is none that is blocked. */
	pawl_session_init(&mine, pawl_sim_exec(sim));
	for (i = 0; i < 3; i++) {
		s[i] = subject(&drops);
		CHECK_INT(pawl_spawn_in(&mine, &s[i]->task, counts), 0);
	}
	CHECK_UINT(pawl_sim_run(sim), 0);
	CHECK_UINT(drops, 3);
	pawl_detach(&k.task);
	pawl_sim_free(sim);
}

static void panics_in_a_drop(pawl_task_owner *o, pawl_task *t)
{
	(void)o, (void)t;
	pawl_panic("in the drop");
}

static void has_a_drop_that_panics(pawl_sim *sim)
{
	struct {
		PAWL_OWNED(task);
		pawl_task_owner owner;
	} s = { .owner = { panics_in_a_drop } };

	pawl_task_own(&s, task, &s.owner);
	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &s.task, ends) == 0);
	pawl_detach(&s.task);
	pawl_sim_run(sim);
	SIM_CHECK(false);
}

/* A task whose nested wait finds the test failed does not go on as if it had an answer. */
static pawl_sim *failing;

static int fails(pawl_task *t)
{
	(void)t;
	pawl_sim_check(failing, false, "the first reason", "file", 1);
	return 0;
}

static int expects_an_answer(pawl_task *t)
{
	pawl_task child = { 0 };

	pawl_spawn(pawl_here(t), &child, fails);
	if (pawl_block_on(pawl_here(t), &child, NULL) != 0)
		abort();
	return 0;
}

static void fails_within_a_wait(pawl_sim *sim)
{
	pawl_task t = { 0 };

	failing = sim;
	SIM_CHECK(pawl_spawn(pawl_sim_exec(sim), &t, expects_an_answer) == 0);
	pawl_sim_run(sim);
	abort();
}

TEST(failures_anywhere_are_the_tests)
{
	pawl_sim_case c = { .name = "x", .seeds = 2, .is_fixed = true };
	pawl_sim_result r;

	c.fn = has_a_drop_that_panics;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK_STR(r.why, "panic as a task was dropped: in the drop");
	c.fn = fails_within_a_wait;
	CHECK_INT(pawl_sim_many(&c, 1, 0, &r), 0);
	CHECK_STR(r.why, "file:1: the first reason");
}

TEST(killed_while_it_blocks)
{
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++)
		check_killed_while_blocked(seed);
	forget_all();
}

static const struct kit_case cases[] = {
	CASE(tasks_that_do_not_end_are_forgotten),
	CASE(sessions_of_forgotten_tasks_may_be_asked),
	CASE(freeing_is_a_shutdown),
	CASE(shutdown_cancels_each_once),
	CASE(simulators_inside_of_simulators),
	CASE(simulators_beside_each_other),
	CASE(failures_anywhere_are_the_tests),
	CASE(killed_while_it_blocks),
};

KIT_MAIN(cases)
