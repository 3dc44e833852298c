/* SPDX-License-Identifier: MIT */
/* Other threads: no seed brings back when they come, so a test in which they have a hand fails. */
#include "sim/sim.h"

#include "core/core.h"

_Thread_local char pawl_sim_thread_;

/* All simulators of all threads; their address is the lock. */
static pawl_sim *all;

/* The one that this thread made last: most tasks that it drops are of that. */
static _Thread_local pawl_exec *latest;

void pawl_sim_own_(pawl_sim *sim)
{
	uintptr_t was = pawl_port_lock(&all);

	sim->thread = &pawl_sim_thread_;
	sim->next = all;
	all = sim;
	pawl_port_unlock(&all, was);
	latest = &sim->first.tasks.exec;
}

void pawl_sim_disown_(pawl_sim *sim)
{
	uintptr_t was = pawl_port_lock(&all);
	pawl_sim **at;

	for (at = &all; *at != sim; at = &(*at)->next)
		PAWL_ASSERT(*at);
	*at = sim->next;
	pawl_port_unlock(&all, was);
	if (latest == &sim->first.tasks.exec)
		latest = NULL;
}

static void say_locked(pawl_sim *sim, const char *what, const pawl_task *t)
{
	struct pawl_text x;

	if (sim->foreign_text[0])
		return;
	pawl_text_begin_(&x, sim->foreign_text, sizeof sim->foreign_text);
	pawl_text_put_(&x, what);
	if (t) {
		pawl_text_put_(&x, ": ");
		pawl_text_put_(&x, pawl_task_name(t));
#if PAWL_DIAG
		pawl_text_put_(&x, " (");
		pawl_text_put_(&x, t->place_ ? t->place_ : "?");
		pawl_text_put_(&x, ")");
#endif
	}
	pawl_text_end_(&x);
	pawl_store(&sim->has_foreign, 1);
}

bool pawl_sim_is_here_(pawl_sim *sim, const char *what, const pawl_task *t)
{
	uintptr_t was;

	if (pawl_sim_is_own_(sim))
		return true;
	was = pawl_port_lock(&all);
	say_locked(sim, what, t);
	pawl_port_unlock(&all, was);
	return false;
}

/* A wake cannot be refused: the simulator's own thread takes it over. */
void pawl_sim_schedule_foreign_(pawl_sim *sim, pawl_task *t)
{
	uintptr_t was = pawl_port_lock(&all);

	say_locked(sim, "woke or spawned a task", t);
	pawl_runq_push_(&sim->foreign, t);
	pawl_store(&sim->has_foreign, 1);
	pawl_port_unlock(&all, was);
}

void pawl_sim_take_foreign_(pawl_sim *sim)
{
	uintptr_t was = pawl_port_lock(&all);
	pawl_runq q = sim->foreign;
	pawl_task *t;

	sim->foreign = (pawl_runq){ 0 };
	pawl_store(&sim->has_foreign, 0);
	pawl_port_unlock(&all, was);
	while ((t = pawl_runq_pop_(&q)))
		pawl_sim_push_task_(sim, t);
	pawl_sim_fail_(sim, SIM_FOREIGN, "nondeterministic: another thread %s", sim->foreign_text);
}

static bool has_exec(const pawl_sim *sim, const pawl_exec *x)
{
	const pawl_sim_node *n;

	if (x == &sim->first.tasks.exec || x == &sim->first.threads.exec ||
	    x == &sim->hidden.tasks.exec)
		return true;
	for (n = sim->nodes; n; n = n->next)
		if (x == &n->tasks.exec || x == &n->threads.exec)
			return true;
	return false;
}

/*
 * The task's executor may be gone by now, so nothing of it is read: is it one of ours that is
 * there?
 */
void pawl_watch_drop_(const pawl_task *t)
{
	pawl_sim *sim, *its = NULL;
	uintptr_t was;

	if (t->exec_ == latest) {
		pawl_sim_forget_task_(sim_exec_of_(latest)->sim, t);
		return;
	}
	was = pawl_port_lock(&all);
	for (sim = all; sim && !its; sim = sim->next)
		if (has_exec(sim, t->exec_))
			its = sim;
	if (its && !pawl_sim_is_own_(its)) {
		say_locked(its, "dropped a task", t);
		its = NULL;
	}
	pawl_port_unlock(&all, was);
	if (its)
		pawl_sim_forget_task_(its, t);
}
