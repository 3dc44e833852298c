/* SPDX-License-Identifier: MIT */
/* Scopes: children end before, the first failure stops the rest, a cancel reaches all. */
#include "fix.h"

#include <pawl/sim.h>
#include <stdlib.h>

struct child {
	PAWL_OWNED(task);
	struct parent *of;
	pawl_time nap; /* before it ends */
	int outcome;
	int heard; /* what its nap answered */
	unsigned polls;
	struct child *sibling; /* to spawn when it begins */
};

struct parent {
	pawl_task task;
	pawl_scope scope;
	pawl_task_owner owner;
	pawl_exec *children_on;
	struct child child[5];
	unsigned count;
	unsigned drops;
	unsigned polls;
	unsigned left; /* children when the scope's end answered */
	int spawned;   /* what the last spawn answered */
	int ended;
	int outcome;
	bool cancels;
};

static void drop(pawl_task_owner *o, pawl_task *t)
{
	(void)t;
	PAWL_OF(o, struct parent, owner)->drops++;
}

static int naps(pawl_task *t)
{
	struct child *c = PAWL_OF(t, struct child, task);

	c->polls++;
	if (c->sibling) {
		c->sibling->nap = 0;
		CHECK_INT(pawl_scope_spawn(&c->of->scope, &c->sibling->task, naps), 0);
		c->sibling = NULL;
	}
	c->heard = c->nap ? pawl_sleep(t, c->nap) : 0;
	return c->heard ? c->heard : c->outcome;
}

static void add(struct parent *p, pawl_time nap, int outcome)
{
	p->child[p->count++] = (struct child){ .of = p, .nap = nap, .outcome = outcome };
}

static int spawn_all(pawl_task *t, struct parent *p)
{
	p->owner.drop = drop;
	p->ended = p->outcome = 1;
	pawl_scope_begin(t, &p->scope, p->children_on ? p->children_on : pawl_here(t));
	for (unsigned i = 0; i < p->count; i++) {
		pawl_task_own(&p->child[i], task, &p->owner);
		if (p->child[i].nap < 0)
			continue; /* a sibling will */
		p->spawned = pawl_scope_spawn(&p->scope, &p->child[i].task, naps);
	}
	return 0;
}

static int holds_scope(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	p->polls++;
	PAWL_BEGIN(t);
	spawn_all(t, p);
	if (p->cancels)
		pawl_scope_cancel(&p->scope);
	PAWL_AWAIT_AS(t, p->ended, pawl_scope_end(t, &p->scope, &p->outcome));
	p->left = pawl_scope_count(&p->scope);
	PAWL_END(t);
}

static void check_end(const struct parent *p, int ended, int outcome)
{
	CHECK_INT(p->ended, ended);
	CHECK_INT(p->outcome, outcome);
	CHECK_UINT(p->left, 0);
	CHECK_UINT(p->drops, p->count);
}

TEST(empty_scope_ends_at_once)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { 0 };

	CHECK_INT(run_one(x, &p.task, holds_scope), 0);
	check_end(&p, 0, 0);
	CHECK_UINT(p.polls, 1);
}

TEST(children_end_before_it)
{
	pawl_sim *sim = NULL;
	struct parent p = { 0 };
	pawl_exec *x;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	x = pawl_sim_exec(sim);
	add(&p, 0, 0);
	add(&p, PAWL_S(3), 0);
	add(&p, PAWL_S(1), 0);
	CHECK_INT(run_one(x, &p.task, holds_scope), 0);
	check_end(&p, 0, 0);
	CHECK_UINT(p.polls, 2);
	CHECK(pawl_now(x) >= PAWL_S(3));
	pawl_sim_free(sim);
}

TEST(first_failure_cancels_the_rest)
{
	pawl_sim *sim = NULL;
	struct parent p = { 0 };
	pawl_exec *x;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	x = pawl_sim_exec(sim);
	add(&p, PAWL_S(30), 0);
	add(&p, PAWL_S(1), PAWL_EIO);
	add(&p, PAWL_S(30), 0);
	CHECK_INT(run_one(x, &p.task, holds_scope), 0);
	check_end(&p, 0, PAWL_EIO);
	CHECK_INT(p.child[0].heard, PAWL_ECANCELED);
	CHECK_INT(p.child[2].heard, PAWL_ECANCELED);
	CHECK_UINT(p.child[0].polls, 2);
	CHECK_UINT(p.polls, 2);
	CHECK(pawl_now(x) < PAWL_S(2));
	pawl_sim_free(sim);
}

/* What others answer once they were cancelled is not the first failure. */
TEST(outcome_is_that_of_the_first)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { 0 };

	add(&p, 0, PAWL_EINVAL);
	add(&p, 0, PAWL_EIO);
	CHECK_INT(run_one(x, &p.task, holds_scope), 0);
	check_end(&p, 0, PAWL_EINVAL);
}

static int panics(pawl_task *t)
{
	(void)t;
	pawl_panic("out of order");
}

static int holds_panic(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	spawn_all(t, p);
	p->count = 2;
	pawl_task_own(&p->child[1], task, &p->owner);
	CHECK_INT(pawl_scope_spawn(&p->scope, &p->child[1].task, panics), 0);
	PAWL_AWAIT_AS(t, p->ended, pawl_scope_end(t, &p->scope, &p->outcome));
	PAWL_END(t);
}

TEST(panic_is_a_failure)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { 0 };

	add(&p, PAWL_S(100), 0);
	CHECK_INT(run_one(x, &p.task, holds_panic), 0);
	check_end(&p, 0, PAWL_EPANIC);
	CHECK_INT(p.child[0].heard, PAWL_ECANCELED);
}

TEST(cancel_of_the_parent_reaches_the_children)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { 0 };

	add(&p, PAWL_S(100), 0);
	add(&p, PAWL_S(200), 0);
	CHECK_INT(pawl_spawn(x, &p.task, holds_scope), 0);
	while (pawl_poll_once(x) == 0) {}
	CHECK_UINT(pawl_scope_count(&p.scope), 2);
	pawl_cancel(&p.task);
	CHECK_INT(pawl_block_on(x, &p.task, NULL), 0);
	check_end(&p, PAWL_ECANCELED, 1);
	CHECK_INT(p.child[0].heard, PAWL_ECANCELED);
	CHECK_INT(p.child[1].heard, PAWL_ECANCELED);
}

TEST(cancelled_scope_did_not_fail)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { .cancels = true };

	add(&p, PAWL_S(100), 0);
	add(&p, 0, 0);
	CHECK_INT(run_one(x, &p.task, holds_scope), 0);
	check_end(&p, 0, 0);
	CHECK_INT(p.child[0].heard, PAWL_ECANCELED);
	CHECK_UINT(p.child[0].polls, 1);
}

TEST(children_spawn_siblings)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { 0 };

	add(&p, 0, 0);
	add(&p, -1, 0);
	p.child[0].sibling = &p.child[1];
	CHECK_INT(run_one(x, &p.task, holds_scope), 0);
	check_end(&p, 0, 0);
	CHECK_UINT(p.child[1].polls, 1);
}

static int spawns_late(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);

	PAWL_BEGIN(t);
	spawn_all(t, p);
	PAWL_AWAIT(t, pawl_task_yield(t));
	p->spawned = pawl_scope_spawn(&p->scope, &p->child[1].task, naps);
	PAWL_AWAIT_AS(t, p->ended, pawl_scope_end(t, &p->scope, &p->outcome));
	PAWL_END(t);
}

TEST(failed_scope_takes_no_more)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct parent p = { 0 };

	add(&p, 0, PAWL_ENOSPC);
	CHECK_INT(run_one(x, &p.task, spawns_late), 0);
	check_end(&p, 0, PAWL_ENOSPC);
	CHECK_INT(p.spawned, PAWL_ESTOPPED);
	CHECK_UINT(p.child[1].polls, 0);
}

/* The children run elsewhere, on an executor that is driven by hand. */
TEST(children_live_on_another_executor)
{
	pawl_local here, there;
	pawl_exec *x = local_begin(&here);
	struct parent p = { .children_on = local_begin(&there) };

	add(&p, 0, 0);
	add(&p, 0, PAWL_EIO);
	CHECK_INT(pawl_spawn(x, &p.task, holds_scope), 0);
	pawl_local_run(&here);
	CHECK_UINT(pawl_scope_count(&p.scope), 2);
	pawl_local_run(&there);
	CHECK_INT(p.ended, PAWL_PENDING);
	CHECK_INT(pawl_block_on(x, &p.task, NULL), 0);
	check_end(&p, 0, PAWL_EIO);
}

struct nest {
	pawl_task task;
	pawl_scope scope;
	struct parent inner;
	int outcome;
};

static int inner_fails(pawl_task *t)
{
	struct parent *p = PAWL_OF(t, struct parent, task);
	int r = holds_scope(t);

	return r ? r : p->outcome;
}

static int holds_nest(pawl_task *t)
{
	struct nest *n = PAWL_OF(t, struct nest, task);

	PAWL_BEGIN(t);
	pawl_scope_begin(t, &n->scope, pawl_here(t));
	CHECK_INT(pawl_scope_spawn(&n->scope, &n->inner.task, inner_fails), 0);
	PAWL_AWAIT(t, pawl_scope_end(t, &n->scope, &n->outcome));
	PAWL_END(t);
}

TEST(failures_pass_through_nested_scopes)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct nest n = { 0 };

	add(&n.inner, 0, 0);
	add(&n.inner, 0, PAWL_EEXIST);
	CHECK_INT(run_one(x, &n.task, holds_nest), 0);
	CHECK_INT(n.outcome, PAWL_EEXIST);
	check_end(&n.inner, 0, PAWL_EEXIST);
}

static int leaves_scope(pawl_task *t)
{
	return spawn_all(t, PAWL_OF(t, struct parent, task));
}

static void leave_scope(void *arg)
{
	static struct parent p;
	pawl_local l;
	pawl_exec *x = local_begin(&l);

	(void)arg;
	add(&p, 0, 0);
	run_one(x, &p.task, leaves_scope);
	pawl_local_run(&l);
}

static void spawn_after_the_end(void *arg)
{
	static struct parent p;
	static struct child late;
	pawl_local l;
	pawl_exec *x = local_begin(&l);

	(void)arg;
	run_one(x, &p.task, holds_scope);
	pawl_scope_spawn(&p.scope, &late.task, naps);
}

TEST(misuse_is_noticed)
{
	CHECK_ABORTS(leave_scope, NULL);
	CHECK_ABORTS(spawn_after_the_end, NULL);
}

/* Each order in which children and parent can run, as far as seeds find them. */
TEST(any_order)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		pawl_sim *sim = NULL;
		struct parent p = { 0 };

		kit_at("seed", (int64_t)seed);
		CHECK_INT(pawl_sim_new(seed, &sim), 0);
		add(&p, 0, 0);
		add(&p, PAWL_US((pawl_time)seed % 5), PAWL_EIO);
		add(&p, PAWL_US(2), PAWL_EINVAL);
		add(&p, PAWL_US(3), 0);
		CHECK_INT(pawl_spawn(pawl_sim_exec(sim), &p.task, holds_scope), 0);
		if (seed % 3 == 0)
			pawl_cancel(&p.task);
		CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &p.task, NULL), 0);
		CHECK_UINT(p.drops, p.count);
		CHECK_INT(p.ended, seed % 3 ? 0 : PAWL_ECANCELED);
		if (p.ended == 0)
			CHECK(p.outcome == PAWL_EIO || p.outcome == PAWL_EINVAL);
		pawl_sim_free(sim);
	}
}

static const struct kit_case cases[] = {
	CASE(empty_scope_ends_at_once),
	CASE(children_end_before_it),
	CASE(first_failure_cancels_the_rest),
	CASE(outcome_is_that_of_the_first),
	CASE(panic_is_a_failure),
	CASE(cancel_of_the_parent_reaches_the_children),
	CASE(cancelled_scope_did_not_fail),
	CASE(children_spawn_siblings),
	CASE(failed_scope_takes_no_more),
	CASE(children_live_on_another_executor),
	CASE(failures_pass_through_nested_scopes),
	CASE(misuse_is_noticed),
	CASE(any_order),
};

KIT_MAIN(cases)
