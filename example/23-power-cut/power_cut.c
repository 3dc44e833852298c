/* SPDX-License-Identifier: MIT */
/* Programs count in one file, and the power fails at any call: no count is lost. */
#include <pawl/sim_world.h>

static struct program {
	pawl_task task;
	pawl_work work;
	pawl_world *w;
} programs[3];
static unsigned acknowledged; /* to somebody who relies on it from then on */

static void save(pawl_world *w, unsigned number)
{
	int file;

	w->ops->open(w, "/count.new", PAWL_OPEN_WRITE | PAWL_OPEN_CREATE, 0644, &file);
	w->ops->write(w, file, &number, sizeof number);
	w->ops->sync(w, file); /* or its name may be there before its content is */
	w->ops->close(w, file);
	w->ops->rename(w, "/count.new", "/count");
	w->ops->sync_all(w, "/");
	acknowledged = number;
}

static void add(pawl_work *work)
{
	pawl_world *w = PAWL_OF(work, struct program, work)->w;
	unsigned number = 0;
	int lock, file;
	size_t size;

	if (w->ops->lock(w, "/lock", &lock) < 0)
		return; /* another one counts */
	if (w->ops->open(w, "/count", 0, 0, &file) == 0) {
		w->ops->read(w, file, &number, sizeof number, &size);
		w->ops->close(w, file);
	}
	save(w, number + 1);
	w->ops->close(w, lock);
}

static int count(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct program, task)->work);
}

PAWL_SIM_TEST(no_count_is_lost, .seeds = 1000)
{
	unsigned number = acknowledged = 0;
	pawl_sim_node *n;
	size_t size;

	pawl_sim_power_cut_at(sim, 1 + pawl_sim_random(sim, 40));
	for (int i = 0; i < 3; i++) {
		CHECK(pawl_sim_node_new(sim, "counter", &n) == 0);
		programs[i] = (struct program){ .work.fn = add, .w = pawl_sim_node_world(n) };
		pawl_spawn(pawl_sim_node_exec(n), &programs[i].task, count);
		pawl_detach(&programs[i].task);
	}
	pawl_sim_run(sim);
	CHECK(pawl_sim_get_file(sim, "/count", &number, sizeof number, &size) == 0 || number == 0);
	CHECK(number >= acknowledged);
}

PAWL_SIM_MAIN(&no_count_is_lost_case)
