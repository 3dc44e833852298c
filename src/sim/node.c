/* SPDX-License-Identifier: MIT */
/* Programs on the simulated machine: their tasks, their blocking work, and how they are killed. */
#include "sim/ring.h"
#include "sim/world.h"

#include "core/core.h"

#include <stdlib.h>

#define STACK_SIZE ((size_t)256 * 1024)

/* Blocking work on a stack of its own, so that it can be left at any call of the world. */
struct sim_thread {
	PAWL_OWNED(task);
	pawl_co co; /* behind the task */
	pawl_task_owner owner;
	pawl_sim_node *node;
	pawl_work *work; /* NULL: it was taken back */
	bool has_begun;
	char label[48];
	struct sim_thread *next; /* idle, or with `all` */
	struct sim_thread *all;
};

static const char killed[] = "its program was killed";

/* Nothing is done for tasks whose program is gone. */
static void gone_schedule(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
}

static pawl_time gone_now(pawl_exec *x)
{
	(void)x;
	return 0;
}

static pawl_time gone_disarm(pawl_exec *x, pawl_task *t)
{
	(void)x, (void)t;
	return PAWL_NEVER;
}

static pawl_crew *gone_crew(pawl_exec *x)
{
	static pawl_crew stopped = { .is_stopped_ = 1 };

	(void)x;
	return &stopped;
}

static const pawl_exec_ops gone_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "gone",
	.schedule = gone_schedule,
	.now = gone_now,
	.disarm = gone_disarm,
	.crew = gone_crew,
};

pawl_exec pawl_sim_gone_ = { &gone_ops };

static void exec_init(struct sim_exec *x, pawl_sim *sim, pawl_sim_node *n)
{
	*x = (struct sim_exec){ .exec = { &pawl_sim_ops_ }, .sim = sim, .node = n };
	pawl_crew_init(&x->crew, 0);
}

void pawl_sim_node_init_(pawl_sim_node *n, pawl_sim *sim, const char *name)
{
	*n = (pawl_sim_node){ .name = name };
	exec_init(&n->tasks, sim, n);
	exec_init(&n->threads, sim, n);
}

int pawl_sim_node_new(pawl_sim *sim, const char *name, pawl_sim_node **ret)
{
	pawl_sim_node *n = malloc(sizeof *n);

	if (!n)
		return PAWL_ENOMEM;
	pawl_sim_node_init_(n, sim, name);
	n->next = sim->nodes;
	sim->nodes = n;
	*ret = n;
	return 0;
}

pawl_sim_node *pawl_sim_first_node(pawl_sim *sim)
{
	return &sim->first;
}

pawl_exec *pawl_sim_node_exec(pawl_sim_node *n)
{
	return &n->tasks.exec;
}

bool pawl_sim_node_is_dead(const pawl_sim_node *n)
{
	return n->is_dead;
}

pawl_exec *pawl_sim_threads_(pawl_sim *sim)
{
	return &sim->hidden.tasks.exec;
}

/* The thread may be used again: its task was dropped. */
static void rest(pawl_task_owner *o, pawl_task *t)
{
	struct sim_thread *th = PAWL_OF(o, struct sim_thread, owner);

	(void)t;
	th->next = th->node->idle;
	th->node->idle = th;
}

static int call_work(pawl_co *co)
{
	struct sim_thread *th = PAWL_OF(co, struct sim_thread, co);

	th->has_begun = true;
	if (th->work)
		th->work->fn(th->work);
	return 0;
}

/* A panic in the work ends the coroutine, and is the work's result. */
static int poll_thread(pawl_task *t)
{
	struct sim_thread *th = PAWL_OF(t, struct sim_thread, task);
	int r = pawl_co_poll(t);

	if (r == PAWL_PENDING || pawl_sim_is_lost_(t) || !th->work)
		return r == PAWL_PENDING ? r : 0;
	th->work->result_ = r;
	th->work->why = r == PAWL_EPANIC ? th->co.fiber_.why_ : NULL;
	pawl_work_tell_(th->work);
	return 0;
}

static struct sim_thread *thread_of(pawl_sim_node *n)
{
	struct sim_thread *th = n->idle;

	if (th) {
		n->idle = th->next;
		return th;
	}
	th = calloc(1, sizeof *th);
	if (!th)
		return NULL;
	th->owner.drop = rest;
	th->node = n;
	th->all = n->all;
	n->all = th;
	return th;
}

/* As who is waiting for the work, for traces. */
static const char *name_it(struct sim_thread *th, const pawl_work *w)
{
	struct pawl_text x;

	if (!th->node->tasks.sim->tape)
		return NULL;
	pawl_text_begin_(&x, th->label, sizeof th->label);
	pawl_text_put_(&x, "work of ");
	pawl_text_put_(&x, pawl_task_name(w->task_));
	pawl_text_end_(&x);
	return th->label;
}

/* It was spawned where that task was. */
static const char *place_of(const pawl_work *w)
{
#if PAWL_DIAG
	if (w->task_->place_)
		return w->task_->place_;
#else
	(void)w;
#endif
	return PAWL_PLACE_(poll_thread);
}

int pawl_sim_work_(pawl_sim_node *n, pawl_work *w)
{
	static const pawl_stack_options stack = { .size = STACK_SIZE };
	struct sim_thread *th = thread_of(n);
	pawl_spawn_options o = { 0 };
	int r;

	if (!th)
		return PAWL_ENOMEM;
	o.label = name_it(th, w);
	th->work = w;
	th->has_begun = false;
	w->prev_ = (pawl_work *)(void *)th;
	pawl_co_init(th, call_work, &stack);
	pawl_task_own(th, task, &th->owner);
	r = pawl_spawn_at_(&n->threads.exec, &th->task, poll_thread, &o, place_of(w));
	if (r == 0)
		pawl_detach(&th->task);
	return r;
}

int pawl_sim_unwork_(pawl_sim_node *n, pawl_work *w)
{
	struct sim_thread *th = (struct sim_thread *)(void *)w->prev_;

	(void)n;
	if (!th || th->work != w || th->has_begun)
		return PAWL_EBUSY;
	th->work = NULL;
	return 0;
}

static void lose_tasks(pawl_sim *sim, pawl_task *first)
{
	pawl_task *t;

	for (t = first; t; t = t->peer_) {
		pawl_sim_forget_task_(sim, t);
		t->exec_ = &pawl_sim_gone_;
	}
}

static void lose_exec(struct sim_exec *x)
{
	pawl_session *s, *next;

	lose_tasks(x->sim, x->crew.first_);
	for (s = x->crew.sessions_; s; s = next) {
		next = s->next_;
		lose_tasks(x->sim, s->first_);
		s->exec_ = &pawl_sim_gone_;
		s->lane_ = (struct pawl_lane_){ 0 };
	}
	pawl_crew_init(&x->crew, 0);
}

static bool is_lost(void *arg, void *what, enum sim_what kind)
{
	(void)arg;
	if (kind == SIM_SESSION)
		return ((pawl_session *)what)->exec_ == &pawl_sim_gone_;
	if (kind == SIM_WORK)
		return pawl_sim_is_lost_(((pawl_work *)what)->task_);
	return pawl_sim_is_lost_(what);
}

static void lose_timers(pawl_sim *sim)
{
	uint32_t i = 0;

	while (i < sim->timers.count_) {
		pawl_task *t = sim->timers.heap_[i].task;

		if (!pawl_sim_is_lost_(t)) {
			i++;
			continue;
		}
		pawl_timers_disarm(&sim->timers, t);
		i = 0;
	}
}

/* Suspended stacks are given back as they are; nothing on them is called any more. */
static void free_threads(pawl_sim_node *n, const pawl_task *current)
{
	struct sim_thread *th, *next;

	for (th = n->all; th; th = next) {
		next = th->all;
		if (&th->task == current)
			continue;
		th->co.fiber_.defers_ = NULL;
		pawl_co_fini(&th->co);
		free(th);
	}
	n->all = n->idle = NULL;
}

/* Nothing that is ready, sleeps or waits belongs to it any more. */
static void lose(pawl_sim_node *n)
{
	pawl_sim *sim = n->tasks.sim;

	lose_exec(&n->tasks);
	lose_exec(&n->threads);
	pawl_sim_purge_(sim, is_lost, NULL);
	lose_timers(sim);
	free_threads(n, sim->current);
}

void pawl_sim_lose_all_(pawl_sim *sim)
{
	pawl_sim_node *n;

	lose(&sim->first);
	lose(&sim->hidden);
	for (n = sim->nodes; n; n = n->next)
		lose(n);
}

static void kill_node(pawl_sim_node *n)
{
	if (n->is_dead)
		return;
	n->is_dead = true;
	SIM_TAPE(n->tasks.sim, SIM_EVENT_NODE, n->name, 0, "killed");
	if (n->world)
		pawl_sim_world_dead_(n->world);
	lose(n);
	n->tasks.crew.is_stopped_ = n->threads.crew.is_stopped_ = 1;
}

/* Whoever runs now does not go on, if it was of a program that is no more. */
static void leave_lost(const pawl_sim *sim)
{
	if (sim->current && pawl_sim_is_lost_(sim->current))
		pawl_sim_throw_killed_();
}

void pawl_sim_node_kill(pawl_sim_node *n)
{
	kill_node(n);
	leave_lost(n->tasks.sim);
}

static void tell_lost(pawl_sim *sim, char *before)
{
	char *after = pawl_sim_list(sim);

	if (after)
		pawl_sim_tape_lost_(sim, before, after);
	free(before);
	free(after);
}

void pawl_sim_power_cut(pawl_sim *sim)
{
	pawl_sim_node *n;

	char *before = sim->tape && sim->machine ? pawl_sim_list(sim) : NULL;

	SIM_TAPE(sim, SIM_EVENT_CUT, NULL, 0, NULL);
	kill_node(&sim->first);
	for (n = sim->nodes; n; n = n->next)
		kill_node(n);
	lose(&sim->hidden);
	if (sim->machine)
		pawl_sim_machine_cut_(sim->machine);
	if (before)
		tell_lost(sim, before);
	leave_lost(sim);
}

_Noreturn void pawl_sim_throw_killed_(void)
{
	pawl_port_throw(killed);
}

bool pawl_sim_was_killed_(pawl_sim *sim, const char *why)
{
	(void)sim;
	return why == killed;
}

struct sim_machine *pawl_sim_machine_of_(pawl_sim *sim)
{
	if (!sim->machine && pawl_sim_machine_new_(sim, &sim->how, &sim->machine) < 0)
		return NULL;
	return sim->machine;
}

pawl_world *pawl_sim_node_world(pawl_sim_node *n)
{
	struct sim_machine *m = pawl_sim_machine_of_(n->tasks.sim);

	if (m && !n->world)
		n->world = pawl_sim_world_new_(m, n);
	return n->world ? &n->world->world : NULL;
}

void pawl_sim_nodes_free_(pawl_sim *sim)
{
	pawl_sim_node *n, *next;

	free_threads(&sim->first, NULL);
	free_threads(&sim->hidden, NULL);
	for (n = sim->nodes; n; n = next) {
		next = n->next;
		free_threads(n, NULL);
		free(n);
	}
	if (sim->machine)
		pawl_sim_machine_free_(sim->machine);
}

void pawl_sim_set_machine(pawl_sim *sim, const pawl_sim_machine *m)
{
	PAWL_ASSERT(!sim->machine);
	sim->how = *m;
}

void pawl_sim_set_faults(pawl_sim *sim, const pawl_sim_faults *f)
{
	sim->faults = f ? *f : (pawl_sim_faults){ 0 };
}

const pawl_sim_faults *pawl_sim_faults_(const pawl_sim *sim)
{
	return &sim->faults;
}

void pawl_sim_power_cut_at(pawl_sim *sim, uint64_t call)
{
	sim->cut_at = call;
}

void pawl_sim_kill_at(pawl_sim *sim, uint64_t call)
{
	sim->kill_at = call;
}

uint64_t pawl_sim_world_calls(const pawl_sim *sim)
{
	return sim->calls;
}

bool pawl_sim_fault_(struct sim_world *w, uint32_t once_in, const char *fault)
{
	pawl_sim *sim = w->node->tasks.sim;

	if (!once_in || !sim->current || !pawl_sim_chance_(sim, once_in))
		return false;
	SIM_TAPE(sim, SIM_EVENT_FAULT, sim->current, 0, fault);
	return true;
}

/* On whose stack the caller is, which can be left for a while; NULL: on none. */
static pawl_co *stack_of(const struct sim_world *w)
{
	pawl_sim *sim = w->node->tasks.sim;

	if (w->process)
		return w->process->co;
	if (sim->current->exec_ != &w->node->threads.exec)
		return NULL;
	return &PAWL_OF(sim->current, struct sim_thread, task)->co;
}

/* Others have their turn, or time passes. */
static void let_others(struct sim_world *w)
{
	pawl_sim *sim = w->node->tasks.sim;
	pawl_co *co = stack_of(w);

	if (!co) {
		if (pawl_sim_is_ready_(sim))
			pawl_sim_beside_(sim, &w->node->tasks);
		return;
	}
	/* One that was asked to stop goes on at once. */
	if (sim->faults.delay_max > 0 &&
	    pawl_sim_fault_(w, sim->faults.delay_in, "the call is late"))
		(void)!pawl_co_sleep(co,
				     1 + pawl_sim_choose_(sim, (uint32_t)sim->faults.delay_max));
	else if (pawl_sim_is_ready_(sim))
		(void)!pawl_co_yield(co);
}

/* Is this the last call of the program, or of the machine? */
static void end_here(struct sim_world *w)
{
	pawl_sim *sim = w->node->tasks.sim;
	const pawl_sim_faults *f = &sim->faults;

	if (sim->calls == sim->cut_at || pawl_sim_chance_(sim, f->power_cut_in))
		pawl_sim_power_cut(sim);
	if (w->process)
		return;
	if (sim->calls == sim->kill_at || pawl_sim_chance_(sim, f->kill_in))
		pawl_sim_node_kill(w->node);
}

/* Who calls again and again, and nobody else is ready, makes no steps. */
static void limit_calls(pawl_sim *sim, const char *call)
{
	if (sim->calls != sim->options.steps_max || !sim->report.is_test || sim->report.failure)
		return;
	pawl_sim_note_parked_(sim);
	pawl_sim_fail_(sim, SIM_ENDLESS, "no end after %llu calls of the world, the last one %s",
		       (unsigned long long)sim->calls, call);
	pawl_sim_tell_left_(sim);
	pawl_sim_leave_test_();
}

void pawl_sim_point_alone_(struct sim_world *w, const char *call, const char *path)
{
	pawl_sim *sim = w->node->tasks.sim;

	if (!sim->current)
		return;
	sim->calls++;
	if (__builtin_expect(sim->tape != NULL, 0))
		pawl_sim_tape_call_(sim, call, path);
	limit_calls(sim, call);
	end_here(w);
}

void pawl_sim_point_(struct sim_world *w, const char *call, const char *path)
{
	if (!w->node->tasks.sim->current)
		return;
	let_others(w);
	pawl_sim_point_alone_(w, call, path);
}
