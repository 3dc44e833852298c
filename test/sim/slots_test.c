/* SPDX-License-Identifier: MIT */
/* Simulated job slots: as many as there are, in order, shared with processes that take some. */
#include "machine_fix.h"

#include <pawl/co_await.h>

struct taker {
	pawl_task task;
	pawl_world *world;
	int *order; /* who came when */
	int *next;
	int me;
	int keeps; /* polls for which it keeps its slot; -1: it never gives it back */
	bool has;
};

static int taker_poll(pawl_task *t)
{
	struct taker *k = PAWL_OF(t, struct taker, task);
	const pawl_world_ops *ops = k->world->ops;
	int r;

	if (!k->has) {
		r = ops->slot_take(k->world, t);
		if (r)
			return r;
		k->has = true;
		k->order[(*k->next)++] = k->me;
	}
	if (k->keeps < 0)
		return 0;
	if (k->keeps-- > 0) {
		pawl_wake(t);
		return PAWL_PENDING;
	}
	ops->slot_give(k->world);
	return 0;
}

static void open_slots(struct fix *f, uint64_t seed, unsigned count)
{
	char flags[64];

	fix_open(f, seed);
	CHECK_INT(f->w->ops->slots_open(f->w, count, flags, sizeof flags), 0);
	CHECK_STR(flags, "-j --jobserver-auth=20,21");
}

static void close_slots(struct fix *f)
{
	f->w->ops->slots_close(f->w);
	fix_close(f);
}

static void spawn(struct fix *f, struct taker *k)
{
	CHECK_INT(pawl_spawn_foreground(pawl_sim_exec(f->sim), &k->task, taker_poll), 0);
}

static int finish(struct fix *f, struct taker *k)
{
	int outcome = -1;

	CHECK_INT(pawl_block_on(pawl_sim_exec(f->sim), &k->task, &outcome), 0);
	return outcome;
}

/* Those that ask in a certain order get theirs in that order, whatever the seed. */
TEST(first_come_first_served)
{
	enum { MANY = 20 };
	struct taker k[MANY];
	int order[MANY], next = 0;
	struct fix f;

	open_slots(&f, 7, (unsigned)param);
	for (int i = 0; i < MANY; i++) {
		k[i] = (struct taker){
			.world = f.w, .order = order, .next = &next, .me = i, .keeps = -1
		};
		spawn(&f, &k[i]);
		pawl_sim_run_until_idle(f.sim);
	}
	for (int i = 0; next < MANY; i++) {
		CHECK_INT(next, param + i);
		f.w->ops->slot_give(f.w);
		pawl_sim_run_until_idle(f.sim);
	}
	for (int i = 0; i < MANY; i++) {
		CHECK_INT(finish(&f, &k[i]), 0);
		CHECK_INT(order[i], i);
	}
	close_slots(&f);
}

TEST(never_more_than_there_are)
{
	enum { MANY = 12 };
	struct taker k[MANY];
	int order[MANY], next;
	struct fix f;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		kit_at("seed", (int64_t)seed);
		open_slots(&f, seed, 3);
		next = 0;
		for (int i = 0; i < MANY; i++) {
			k[i] = (struct taker){
				.world = f.w, .order = order, .next = &next, .me = i, .keeps = 3
			};
			spawn(&f, &k[i]);
		}
		while (pawl_sim_step(f.sim) == 0) {
			int holders = 0;

			for (int i = 0; i < MANY; i++)
				holders += k[i].has && !pawl_task_is_finished(&k[i].task);
			CHECK(holders <= 3);
		}
		for (int i = 0; i < MANY; i++)
			CHECK_INT(finish(&f, &k[i]), 0);
		close_slots(&f);
	}
}

TEST(who_is_cancelled_leaves_the_queue)
{
	int order[3], next = 0;
	struct fix f;

	open_slots(&f, 1, 1);
	struct taker first = { .world = f.w, .order = order, .next = &next, .me = 1, .keeps = -1 };
	struct taker second = { .world = f.w, .order = order, .next = &next, .me = 2 };
	struct taker third = { .world = f.w, .order = order, .next = &next, .me = 3 };

	spawn(&f, &first);
	CHECK_INT(finish(&f, &first), 0); /* it has the only slot now */
	spawn(&f, &second);
	CHECK_UINT(pawl_sim_run_until_idle(f.sim), 1);
	spawn(&f, &third);
	CHECK_UINT(pawl_sim_run_until_idle(f.sim), 2);
	pawl_cancel(&second.task);
	f.w->ops->slot_give(f.w);
	CHECK_INT(finish(&f, &second), PAWL_ECANCELED);
	CHECK_INT(finish(&f, &third), 0);
	CHECK_INT(next, 2);
	close_slots(&f);
}

TEST(too_many_are_refused)
{
	char flags[64];
	struct fix f;

	fix_open(&f, 1);
	CHECK_INT(f.w->ops->slots_open(f.w, 100000, flags, sizeof flags), PAWL_EINVAL);
	f.w->ops->slots_close(f.w);
	fix_close(&f);
}

TEST(processors_are_as_many_as_were_asked_for)
{
	struct fix f;

	CHECK_INT(pawl_sim_new(1, &f.sim), 0);
	pawl_sim_set_machine(f.sim, &(pawl_sim_machine){ .cpus = 5 });
	f.w = pawl_sim_node_world(pawl_sim_first_node(f.sim));
	CHECK_UINT(f.w->ops->cpus(f.w), 5);
	fix_close(&f);
}

/* ---- processes that take slots ---- */

static int makes(pawl_sim_process *p)
{
	if (pawl_sim_process_slot_take(p) < 0)
		return 1;
	if (pawl_co_sleep(p->co, PAWL_S(1)) < 0)
		return 2;
	pawl_sim_process_slot_give(p);
	return 0;
}

static void start_make(struct fix *f, pawl_world_process *p, bool jobs)
{
	static const char *const argv[] = { "/bin/make", NULL };

	CHECK_INT(fix_try_start(f, f->w, p, &(struct fix_command){ .argv = argv, .jobs = jobs }),
		  0);
}

TEST(makes_share_the_slots)
{
	enum { MANY = 6 };
	pawl_world_process p[MANY];
	struct fix f;

	for (uint64_t seed = 1; seed <= 100; seed++) {
		kit_at("seed", (int64_t)seed);
		open_slots(&f, seed, 2);
		CHECK_INT(pawl_sim_install(f.sim, "/bin/make", makes), 0);
		for (int i = 0; i < MANY; i++)
			start_make(&f, &p[i], true);
		for (int i = 0; i < MANY; i++) {
			fix_wait(&f, &p[i]);
			CHECK_INT(p[i].exit_code, 0);
		}
		CHECK_INT(f.w->ops->now(f.w), PAWL_S(3)); /* two at a time */
		close_slots(&f);
	}
}

static int is_without(pawl_sim_process *p)
{
	return pawl_sim_process_slot_take(p) == PAWL_ENOTSUP ? 0 : 1;
}

TEST(slots_are_inherited_by_who_asked_for_them)
{
	pawl_world_process p;
	struct fix f;

	open_slots(&f, 1, 2);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/make", is_without), 0);
	start_make(&f, &p, false);
	fix_wait(&f, &p);
	CHECK_INT(p.exit_code, 0);
	close_slots(&f);
}

static int keeps_it(pawl_sim_process *p)
{
	if (pawl_sim_process_slot_take(p) < 0)
		return 1;
	return pawl_co_sleep(p->co, PAWL_S(1000)) < 0;
}

/* A killed make takes its slots along, also one for which it only waits. */
TEST(refill_brings_back_what_was_lost)
{
	pawl_world_process p[3];
	int order[4], next = 0;
	struct taker k[2];
	struct fix f;

	open_slots(&f, 1, 2);
	CHECK_INT(pawl_sim_install(f.sim, "/bin/make", keeps_it), 0);
	for (int i = 0; i < 3; i++)
		start_make(&f, &p[i], true);
	pawl_sim_run_until_idle(f.sim);
	for (int i = 0; i < 3; i++) {
		f.w->ops->kill(f.w, &p[i], PAWL_KILL_NOW);
		fix_wait(&f, &p[i]);
	}
	for (int i = 0; i < 2; i++) {
		k[i] = (struct taker){
			.world = f.w, .order = order, .next = &next, .me = i, .keeps = -1
		};
		spawn(&f, &k[i]);
	}
	CHECK_UINT(pawl_sim_run_until_idle(f.sim), 2);
	CHECK_INT(next, 0);
	f.w->ops->slots_refill(f.w);
	CHECK_INT(finish(&f, &k[0]), 0);
	CHECK_INT(finish(&f, &k[1]), 0);
	CHECK_INT(next, 2);
	close_slots(&f);
}

static const struct kit_case cases[] = {
	CASE_N(first_come_first_served, 1),
	CASE_N(first_come_first_served, 3),
	CASE_N(first_come_first_served, 20),
	CASE(never_more_than_there_are),
	CASE(who_is_cancelled_leaves_the_queue),
	CASE(too_many_are_refused),
	CASE(processors_are_as_many_as_were_asked_for),
	CASE(makes_share_the_slots),
	CASE(slots_are_inherited_by_who_asked_for_them),
	CASE(refill_brings_back_what_was_lost),
};

KIT_MAIN(cases)
