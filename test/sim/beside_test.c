/* SPDX-License-Identifier: MIT */
/* Tasks that call the world are not alone: others go on between two of their calls. */
#include "kit.h"

#include <pawl/sim_world.h>

#include <string.h>

/* A program that counts in a file, without a lock, in one poll. */
struct counter {
	pawl_task task;
	pawl_work work;
	pawl_world *w;
	int result;
};

static int count_one(pawl_world *w)
{
	char c = '0';
	size_t got = 0;
	int file, r = w->ops->open(w, "/n", 0, 0, &file);

	if (r == 0) {
		r = w->ops->read(w, file, &c, 1, &got);
		w->ops->close(w, file);
	}
	if (r == 0)
		r = w->ops->open(w, "/n", PAWL_OPEN_WRITE, 0, &file);
	if (r == 0) {
		c++;
		r = w->ops->write(w, file, &c, 1);
		w->ops->close(w, file);
	}
	return r;
}

static int counts(pawl_task *t)
{
	struct counter *c = PAWL_OF(t, struct counter, task);

	c->result = count_one(c->w);
	return 0;
}

static void work(pawl_work *w)
{
	struct counter *c = PAWL_OF(w, struct counter, work);

	c->result = count_one(c->w);
}

static int works(pawl_task *t)
{
	struct counter *c = PAWL_OF(t, struct counter, task);

	PAWL_BEGIN(t);
	c->work.fn = work;
	PAWL_AWAIT(t, pawl_blocking(t, &c->work));
	PAWL_END(t);
}

static void begin(struct counter *c, pawl_sim *sim, pawl_sim_node *n, pawl_poll_fn *fn)
{
	memset(c, 0, sizeof *c);
	c->w = pawl_sim_node_world(n);
	pawl_sim_check(sim, pawl_spawn_foreground(pawl_sim_node_exec(n), &c->task, fn) == 0,
		       "spawned", __FILE__, __LINE__);
	pawl_detach(&c->task);
}

static char counted(pawl_sim *sim)
{
	char c = 0;
	size_t size = 0;

	pawl_sim_run(sim);
	pawl_sim_check(sim, pawl_sim_get_file(sim, "/n", &c, 1, &size) == 0 && size == 1, "there",
		       __FILE__, __LINE__);
	return c;
}

static void two(pawl_sim *sim, bool is_other_program, pawl_poll_fn *fn)
{
	static struct counter a, b;
	pawl_sim_node *n = pawl_sim_first_node(sim);

	pawl_sim_check(sim, pawl_sim_put_file(sim, "/n", "0", 1, 0644) == 0, "put", __FILE__,
		       __LINE__);
	begin(&a, sim, n, counts);
	if (is_other_program)
		pawl_sim_check(sim, pawl_sim_node_new(sim, "other", &n) == 0, "made", __FILE__,
			       __LINE__);
	begin(&b, sim, n, fn);
	pawl_sim_check(sim, counted(sim) == '2', "both have counted", __FILE__, __LINE__);
}

static void two_tasks(pawl_sim *sim)
{
	two(sim, false, counts);
}

static void two_programs(pawl_sim *sim)
{
	two(sim, true, counts);
}

static void task_and_work(pawl_sim *sim)
{
	two(sim, false, works);
}

static pawl_sim_result search(void (*fn)(pawl_sim *sim), enum pawl_sim_mode mode)
{
	const pawl_sim_case c = { .name = "counts", .fn = fn, .mode = mode, .depth = 2 };
	pawl_sim_result r;

	CHECK_INT(pawl_sim_many(&c, 1, 1000, &r), 0);
	return r;
}

static void check_found(void (*fn)(pawl_sim *sim))
{
	enum pawl_sim_mode mode;

	for (mode = PAWL_SIM_RANDOM; mode <= PAWL_SIM_EXHAUSTIVE; mode++) {
		pawl_sim_result r = search(fn, mode);

		CHECK(r.has_failed);
		CHECK(strstr(r.why, "both have counted") != NULL);
		CHECK(r.switches >= 1 && r.switches <= 2);
	}
}

TEST(another_program_comes_between_two_calls)
{
	check_found(two_programs);
}

TEST(so_does_blocking_work_of_the_same)
{
	check_found(task_and_work);
}

/* They have one thread. */
TEST(another_task_of_the_same_does_not)
{
	CHECK(!search(two_tasks, PAWL_SIM_RANDOM).has_failed);
	CHECK(!search(two_tasks, PAWL_SIM_PCT).has_failed);
	CHECK(search(two_tasks, PAWL_SIM_EXHAUSTIVE).is_complete);
}

static void killed_between(pawl_sim *sim)
{
	static struct counter a, b;
	pawl_sim_node *n;

	pawl_sim_check(sim, pawl_sim_put_file(sim, "/n", "0", 1, 0644) == 0, "put", __FILE__,
		       __LINE__);
	pawl_sim_check(sim, pawl_sim_node_new(sim, "other", &n) == 0, "made", __FILE__, __LINE__);
	begin(&a, sim, pawl_sim_first_node(sim), counts);
	begin(&b, sim, n, counts);
	pawl_sim_power_cut_at(sim, 1 + pawl_sim_random(sim, 12));
	pawl_sim_run(sim);
	pawl_sim_check(sim, pawl_sim_pending(sim).tasks == 0, "nothing is left", __FILE__,
		       __LINE__);
}

/* The power goes in a call of the one, in the middle of a poll of the other. */
TEST(what_is_killed_meanwhile_does_not_go_on)
{
	pawl_sim_result r = search(killed_between, PAWL_SIM_RANDOM);

	CHECK_STR(r.why, "");
	CHECK(!r.has_failed);
}

static const struct kit_case cases[] = {
	CASE(another_program_comes_between_two_calls),
	CASE(so_does_blocking_work_of_the_same),
	CASE(another_task_of_the_same_does_not),
	CASE(what_is_killed_meanwhile_does_not_go_on),
};

KIT_MAIN(cases)
