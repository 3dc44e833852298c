/* SPDX-License-Identifier: MIT */
/* Timeouts on a virtual clock: who answers, when, and what is left behind. */
#include <kit.h>
#include <pawl/sim.h>

struct user {
	pawl_task task;
	pawl_timeout outer, inner;
	pawl_time after, inner_after, sleep;
	pawl_sem *sem;
	pawl_task *child;
	int r, polls;
	pawl_time at;
};

static struct user *user_of(pawl_task *t)
{
	return PAWL_OF(t, struct user, task);
}

/* The answer, and when it came; then the task is over. */
static int leave(pawl_task *t, int r)
{
	struct user *u = user_of(t);

	u->r = r;
	u->at = pawl_now(pawl_here(t));
	return r == PAWL_PENDING ? PAWL_PENDING : 0;
}

static int limits_a_sem(pawl_task *t)
{
	struct user *u = user_of(t);

	u->polls++;
	return leave(t, PAWL_TIMEOUT(t, &u->outer, u->after, pawl_sem_acquire(t, u->sem)));
}

static int limits_a_sleep(pawl_task *t)
{
	struct user *u = user_of(t);

	u->polls++;
	return leave(t, PAWL_TIMEOUT(t, &u->outer, u->after, pawl_sleep(t, u->sleep)));
}

static int limits_twice(pawl_task *t)
{
	struct user *u = user_of(t);

	u->polls++;
	return leave(t, PAWL_TIMEOUT(t, &u->outer, u->after,
				     PAWL_TIMEOUT(t, &u->inner, u->inner_after,
						  pawl_sleep(t, u->sleep))));
}

static int limits_a_join(pawl_task *t)
{
	struct user *u = user_of(t);
	int outcome;

	return leave(t, PAWL_TIMEOUT(t, &u->outer, u->after, pawl_join(t, u->child, &outcome)));
}

static int waits_for_ever(pawl_task *t)
{
	return pawl_sleep(t, PAWL_NEVER);
}

static pawl_sim *begin(struct user *u, pawl_poll_fn *poll, pawl_time *ret_begun)
{
	pawl_sim *sim = NULL;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	*ret_begun = pawl_now(pawl_sim_exec(sim));
	u->r = PAWL_PENDING;
	if (poll)
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &u->task, poll), 0);
	return sim;
}

static void end(pawl_sim *sim, struct user *u)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &u->task, &outcome), 0);
	CHECK_INT(outcome, 0);
	pawl_sim_free(sim);
}

TEST(time_over_leaves_the_queue)
{
	pawl_sem sem;
	struct user u = { .after = 100, .sem = &sem };
	pawl_time begun;
	pawl_sim *sim;

	pawl_sem_init(&sem, 0);
	sim = begin(&u, limits_a_sem, &begun);
	pawl_sim_advance_time(sim, 99);
	CHECK_INT(u.r, PAWL_PENDING);
	CHECK_INT(u.polls, 1);
	pawl_sim_advance_time(sim, 1);
	CHECK_INT(u.r, PAWL_ETIMEDOUT);
	CHECK_INT(u.at, begun + 100);
	CHECK_INT(u.polls, 2);
	/* Nobody waits any more: the permit stays. */
	pawl_sem_release(&sem);
	CHECK_UINT(pawl_sem_available(&sem), 1);
	end(sim, &u);
}

TEST(what_comes_in_time_is_the_answer)
{
	pawl_sem sem;
	struct user u = { .after = 100, .sem = &sem };
	pawl_time begun;
	pawl_sim *sim;

	pawl_sem_init(&sem, 0);
	sim = begin(&u, limits_a_sem, &begun);
	pawl_sim_advance_time(sim, 50);
	pawl_sem_release(&sem);
	pawl_sim_run_until_idle(sim);
	CHECK_INT(u.r, 0);
	CHECK_INT(u.at, begun + 50);
	CHECK_UINT(pawl_sem_available(&sem), 0);
	/* The timer is gone with the wait. */
	pawl_sim_advance_time(sim, 1000);
	CHECK_INT(u.polls, 2);
	end(sim, &u);
}

/* The permit was set aside for a task whose time was over as well: it takes it. */
TEST(granted_at_the_last_instant_is_taken)
{
	pawl_sem sem;
	struct user u = { .after = 100, .sem = &sem };
	pawl_time begun;
	pawl_sim *sim;
	pawl_task *t = &u.task;

	pawl_sem_init(&sem, 0);
	sim = begin(&u, limits_a_sem, &begun);
	pawl_sim_run_until_idle(sim);
	pawl_sem_release(&sem);
	CHECK(!pawl_task_is_finished(t));
	pawl_sim_advance_time(sim, 100);
	CHECK_INT(u.r, 0);
	CHECK_UINT(pawl_sem_available(&sem), 0);
	end(sim, &u);
}

TEST(shorter_sleep_inside_ends_first)
{
	struct user u = { .after = 100, .sleep = 30 };
	pawl_time begun;
	pawl_sim *sim = begin(&u, limits_a_sleep, &begun);

	pawl_sim_advance_time(sim, 29);
	CHECK_INT(u.r, PAWL_PENDING);
	pawl_sim_advance_time(sim, 1);
	CHECK_INT(u.r, 0);
	CHECK_INT(u.at, begun + 30);
	CHECK_INT(u.polls, 2);
	end(sim, &u);
}

TEST(longer_sleep_inside_is_cut_off)
{
	struct user u = { .after = 100, .sleep = 300 };
	pawl_time begun;
	pawl_sim *sim = begin(&u, limits_a_sleep, &begun);

	pawl_sim_advance_time(sim, 100);
	CHECK_INT(u.r, PAWL_ETIMEDOUT);
	CHECK_INT(u.at, begun + 100);
	end(sim, &u);
}

TEST(sleep_for_ever_inside_is_cut_off)
{
	struct user u = { .after = 100, .sleep = PAWL_NEVER };
	pawl_time begun;
	pawl_sim *sim = begin(&u, limits_a_sleep, &begun);

	pawl_sim_advance_time(sim, 50);
	pawl_wake(&u.task);
	pawl_sim_advance_time(sim, 49);
	CHECK_INT(u.r, PAWL_PENDING);
	CHECK_INT(u.polls, 2);
	pawl_sim_advance_time(sim, 1);
	CHECK_INT(u.r, PAWL_ETIMEDOUT);
	CHECK_INT(u.at, begun + 100);
	end(sim, &u);
}

/* Each wake that is not for it leaves all the timers as they were. */
TEST(wakes_in_between_move_nothing)
{
	static const pawl_time cases[][4] = {
		/* outer, inner, sleep, and which of them is first */
		{ 100, 200, 300, 100 }, { 200, 100, 300, 100 }, { 300, 200, 100, 100 },
		{ 100, 300, 200, 100 }, { 300, 100, 200, 100 }, { 200, 300, 100, 100 },
	};
	unsigned c, i;

	for (c = 0; c < PAWL_COUNT(cases); c++) {
		struct user u = { .after = cases[c][0],
				  .inner_after = cases[c][1],
				  .sleep = cases[c][2] };
		pawl_time begun;
		pawl_sim *sim = begin(&u, limits_twice, &begun);

		kit_at("case", c);
		for (i = 0; i < 99; i++) {
			pawl_sim_advance_time(sim, 1);
			pawl_wake(&u.task);
			pawl_sim_run_until_idle(sim);
			CHECK_INT(u.r, PAWL_PENDING);
		}
		pawl_sim_advance_time(sim, 1);
		CHECK_INT(u.r, cases[c][2] == 100 ? 0 : PAWL_ETIMEDOUT);
		CHECK_INT(u.at, begun + cases[c][3]);
		end(sim, &u);
	}
}

TEST(cancelled_task_hears_that_and_not_the_time)
{
	struct user u = { .after = 100, .sleep = 300 };
	pawl_time begun;
	pawl_sim *sim = begin(&u, limits_a_sleep, &begun);

	pawl_sim_advance_time(sim, 50);
	pawl_cancel(&u.task);
	pawl_sim_run_until_idle(sim);
	CHECK_INT(u.r, PAWL_ECANCELED);
	CHECK_INT(u.at, begun + 50);
	end(sim, &u);
}

TEST(child_of_a_join_that_took_too_long_goes_on)
{
	pawl_task child = { 0 };
	struct user u = { .after = 100, .child = &child };
	pawl_time begun;
	pawl_sim *sim = begin(&u, NULL, &begun);
	int outcome = 1;

	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &child, waits_for_ever), 0);
	CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &u.task, limits_a_join), 0);
	pawl_sim_advance_time(sim, 100);
	CHECK_INT(u.r, PAWL_ETIMEDOUT);
	CHECK(!pawl_task_is_finished(&child));
	pawl_cancel(&child);
	CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &child, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	end(sim, &u);
}

/* A limit in a loop: each round has the whole time again. */
static int limits_in_a_loop(pawl_task *t)
{
	struct user *u = user_of(t);

	PAWL_BEGIN(t);
	for (; u->polls < 3; u->polls++) {
		PAWL_AWAIT_AS(t, u->r, PAWL_TIMEOUT(t, &u->outer, u->after, pawl_sleep(t, 300)));
		CHECK_INT(u->r, PAWL_ETIMEDOUT);
	}
	u->at = pawl_now(pawl_here(t));
	PAWL_END(t);
}

TEST(limit_is_ready_again_after_its_answer)
{
	struct user u = { .after = 100 };
	pawl_time begun;
	pawl_sim *sim = begin(&u, limits_in_a_loop, &begun);

	pawl_sim_advance_time(sim, 1000);
	CHECK_INT(u.polls, 3);
	CHECK_INT(u.at, begun + 300);
	end(sim, &u);
}

/* The inner limit is left by the outer one, and has its whole time in the next round. */
static int limits_twice_in_a_loop(pawl_task *t)
{
	struct user *u = user_of(t);

	PAWL_BEGIN(t);
	for (; u->polls < 3; u->polls++) {
		u->at = pawl_now(pawl_here(t));
		PAWL_AWAIT_AS(
			t, u->r,
			PAWL_TIMEOUT(t, &u->outer, u->polls == 0 ? 100 : 1000,
				     PAWL_TIMEOUT(t, &u->inner, 150, pawl_sem_acquire(t, u->sem))));
		CHECK_INT(u->r, PAWL_ETIMEDOUT);
		CHECK_INT(pawl_now(pawl_here(t)) - u->at, u->polls == 0 ? 100 : 150);
	}
	PAWL_END(t);
}

TEST(limit_that_was_left_is_ready_again)
{
	pawl_sem sem;
	struct user u = { .sem = &sem };
	pawl_time begun;
	pawl_sim *sim;

	pawl_sem_init(&sem, 0);
	sim = begin(&u, limits_twice_in_a_loop, &begun);
	pawl_sim_advance_time(sim, 1000);
	CHECK_INT(u.polls, 3);
	CHECK_INT(pawl_now(pawl_sim_exec(sim)), begun + 1000);
	end(sim, &u);
}

/* Work that runs already is waited for; its result is the answer, though late. */
struct heavy {
	pawl_work work;
	struct user user;
	bool worked;
};

static void works(pawl_work *w)
{
	PAWL_OF(w, struct heavy, work)->worked = true;
}

static int limits_work(pawl_task *t)
{
	struct heavy *h = PAWL_OF(t, struct heavy, user.task);

	h->user.polls++;
	return leave(t, PAWL_TIMEOUT(t, &h->user.outer, 0, pawl_blocking(t, &h->work)));
}

TEST(work_is_withdrawn_or_waited_for)
{
	uint64_t seed;
	unsigned late = 0, left = 0;

	for (seed = 1; seed <= 50; seed++) {
		struct heavy h = { .work = { .fn = works } };
		pawl_sim *sim = NULL;

		kit_at("seed", seed);
		CHECK_INT(pawl_sim_new(seed, &sim), 0);
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &h.user.task, limits_work), 0);
		end(sim, &h.user);
		CHECK_INT(h.user.r, h.worked ? 0 : PAWL_ETIMEDOUT);
		late += h.worked;
		left += !h.worked;
	}
	CHECK(left > 0);
	CHECK_UINT(late + left, 50);
}

static const struct kit_case cases[] = {
	CASE(time_over_leaves_the_queue),
	CASE(what_comes_in_time_is_the_answer),
	CASE(granted_at_the_last_instant_is_taken),
	CASE(shorter_sleep_inside_ends_first),
	CASE(longer_sleep_inside_is_cut_off),
	CASE(sleep_for_ever_inside_is_cut_off),
	CASE(wakes_in_between_move_nothing),
	CASE(cancelled_task_hears_that_and_not_the_time),
	CASE(child_of_a_join_that_took_too_long_goes_on),
	CASE(limit_is_ready_again_after_its_answer),
	CASE(limit_that_was_left_is_ready_again),
	CASE(work_is_withdrawn_or_waited_for),
};

KIT_MAIN(cases)
