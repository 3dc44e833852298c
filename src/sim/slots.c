/* SPDX-License-Identifier: MIT */
/* Job slots of the simulated machine: a jobserver that tasks, and processes inside them, share. */
#include "sim/slots.h"

#include "sim/process.h"

#include <stdio.h>
#include <stdlib.h>

/* A task that waits for a slot; the same file says what the real one does. */
struct waiter {
	struct waiter *next;
	pawl_task *task;
	bool is_granted; /* a slot was taken out for it */
	bool is_process; /* of a process; it is the group's that inherited the slots */
};

/* The pipe, as the real machine has it: it does not know who took what. */
struct sim_slots {
	struct waiter *first; /* first come, first served */
	unsigned users;       /* who keep it */
	unsigned count;
	unsigned free;  /* tokens in the pipe */
	unsigned taken; /* by the tasks of the program that opened it */
};

/* As many as a pipe is sure to hold. */
#define COUNT_MAX 4096

unsigned pawl_sim_cpus_(pawl_world *w)
{
	return pawl_sim_world_from_(w)->machine->how.cpus;
}

struct sim_slots *pawl_sim_slots_keep_(struct sim_slots *s)
{
	if (s)
		s->users++;
	return s;
}

void pawl_sim_slots_let_go_(struct sim_slots *s)
{
	if (!s || --s->users)
		return;
	PAWL_ASSERT(!s->first);
	free(s);
}

static bool take_token(struct sim_slots *s)
{
	if (!s->free)
		return false;
	s->free--;
	return true;
}

/* Whoever has waited longest gets what is there. */
static void serve(struct sim_slots *s)
{
	struct waiter *n;

	for (n = s->first; n; n = n->next) {
		if (n->is_granted || !take_token(s))
			continue;
		n->is_granted = true;
		s->taken += !n->is_process;
		pawl_wake(n->task);
	}
}

static void put_tokens(struct sim_slots *s, unsigned count)
{
	s->free += count;
	serve(s);
}

static struct waiter **find(struct sim_slots *s, const pawl_task *t)
{
	struct waiter **at = &s->first;

	while (*at && (*at)->task != t)
		at = &(*at)->next;
	return at;
}

static int join_queue(struct waiter **end, pawl_task *t, bool is_process)
{
	struct waiter *n = malloc(sizeof *n);

	if (!n)
		return PAWL_ENOMEM;
	*n = (struct waiter){ .task = t, .is_process = is_process };
	*end = n;
	return PAWL_PENDING;
}

/* Leaves the queue, with the slot or because it was cancelled. */
static int leave_queue(struct sim_slots *s, struct waiter **at, bool is_cancelled)
{
	struct waiter *n = *at;
	bool is_granted = n->is_granted;

	if (!is_granted && !is_cancelled)
		return PAWL_PENDING;
	*at = n->next;
	if (is_cancelled && is_granted) {
		s->taken -= !n->is_process;
		put_tokens(s, 1);
	}
	free(n);
	return is_cancelled ? PAWL_ECANCELED : PAWL_OK;
}

/* An awaitable. */
static int take(struct sim_slots *s, pawl_task *t, bool is_process)
{
	struct waiter **at = find(s, t);

	if (*at)
		return leave_queue(s, at, pawl_cancelled(t));
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (s->first || !take_token(s))
		return join_queue(at, t, is_process);
	s->taken += !is_process;
	return PAWL_OK;
}

static struct sim_slots *slots_of(pawl_world *w)
{
	struct sim_slots *s = pawl_sim_seat_of_(pawl_sim_world_from_(w))->slots;

	PAWL_ASSERT(s);
	return s;
}

int pawl_sim_slots_open_(pawl_world *w, unsigned count, char *ret_makeflags, size_t size)
{
	struct sim_seat *seat = pawl_sim_seat_of_(pawl_sim_world_from_(w));
	struct sim_slots *s;

	pawl_sim_point_(&seat->world, "slots_open", NULL);
	PAWL_ASSERT(!seat->slots && count > 0);
	if (count > COUNT_MAX)
		return PAWL_EINVAL;
	s = malloc(sizeof *s);
	if (!s)
		return PAWL_ENOMEM;
	*s = (struct sim_slots){ .users = 1, .count = count, .free = count };
	seat->slots = s;
	snprintf(ret_makeflags, size, "-j --jobserver-auth=20,21");
	return PAWL_OK;
}

int pawl_sim_slot_take_(pawl_world *w, pawl_task *t)
{
	pawl_sim_point_(pawl_sim_world_from_(w), "slot_take", NULL);
	return take(slots_of(w), t, false);
}

void pawl_sim_slot_give_(pawl_world *w)
{
	struct sim_slots *s = slots_of(w);

	pawl_sim_point_(pawl_sim_world_from_(w), "slot_give", NULL);
	PAWL_ASSERT(s->taken > 0);
	s->taken--;
	put_tokens(s, 1);
}

/* Nothing runs, so all but the program's own must be in the pipe, whatever went with the killed. */
void pawl_sim_slots_refill_(pawl_world *w)
{
	struct sim_slots *s = slots_of(w);

	PAWL_ASSERT(s->taken <= s->count);
	s->free = s->count - s->taken;
	serve(s);
}

void pawl_sim_slots_close_(pawl_world *w)
{
	struct sim_seat *seat = pawl_sim_seat_of_(pawl_sim_world_from_(w));
	struct sim_slots *s = seat->slots;

	if (!s)
		return;
	seat->slots = NULL;
	pawl_sim_slots_let_go_(s);
}

void pawl_sim_slots_dead_(struct sim_slots *s)
{
	struct waiter **at = &s->first;

	while (*at) {
		struct waiter *n = *at;

		if (n->is_process) {
			at = &n->next;
			continue;
		}
		*at = n->next;
		free(n);
	}
	pawl_sim_slots_let_go_(s);
}

/* ---- the processes' side ---- */

void pawl_sim_slots_forget_(struct sim_slots *s, const pawl_task *t)
{
	struct waiter **at = find(s, t);
	struct waiter *n = *at;

	if (!n)
		return;
	*at = n->next;
	free(n);
}

int pawl_sim_process_slot_take(pawl_sim_process *face)
{
	struct sim_process *p = face->inside_;
	struct sim_slots *s = p->group->slots;
	int r;

	if (!s)
		return PAWL_ENOTSUP;
	pawl_sim_point_(&p->seat.world, "slot_take", NULL);
	PAWL_CO_AWAIT(face->co, r, take(s, pawl_co_task(face->co), true));
	p->slots += r == 0;
	return r;
}

void pawl_sim_process_slot_give(pawl_sim_process *face)
{
	struct sim_process *p = face->inside_;

	PAWL_ASSERT(p->slots > 0);
	pawl_sim_point_(&p->seat.world, "slot_give", NULL);
	p->slots--;
	put_tokens(p->group->slots, 1);
}
