/* SPDX-License-Identifier: MIT */
/* What is ready, and which of it is next: rings by priority, and a choice of the search. */
#include "sim/ring.h"
#include "sim/world.h"

#include "port/port.h"

#include <stdlib.h>

/* A wake cannot fail, so there is nobody to tell that memory is out. */
void pawl_sim_enlarge_(pawl_sim *sim, struct sim_ring *r)
{
	uint32_t room = 2 * r->room, i;
	uintptr_t *ready = malloc(room * sizeof *ready);

	if (!ready)
		pawl_port_fatal("the simulator is out of memory");
	for (i = 0; i < r->count; i++)
		ready[i] = r->ready[(r->first + i) & (r->room - 1)];
	if (r->ready != sim->room[r - sim->rings])
		free(r->ready);
	*r = (struct sim_ring){ ready, 0, r->count, room };
}

void pawl_sim_push_apart_(pawl_sim *sim, uintptr_t entry, int8_t priority)
{
	if (!sim->has_priorities) {
		pawl_sim_push_entry_(sim, &sim->rings[SIM_NORMAL], entry);
		return;
	}
	sim->apart++;
	pawl_sim_push_entry_(sim, &sim->rings[priority > 0 ? 0 : SIM_NORMAL + 1], entry);
}

void pawl_sim_purge_(pawl_sim *sim, bool (*is_wanted)(void *arg, void *what, enum sim_what kind),
		     void *arg)
{
	struct sim_ring *r;

	for (r = sim->rings; r < sim->rings + SIM_RINGS; r++) {
		uint32_t count = r->count, i;

		for (i = 0; i < count; i++) {
			uintptr_t e = r->ready[r->first++ & (r->room - 1)];

			r->count--;
			if (!is_wanted(arg, (void *)(e & ~(uintptr_t)3), e & 3))
				pawl_sim_push_entry_(sim, r, e);
			else
				sim->apart -= r != &sim->rings[SIM_NORMAL];
		}
	}
}

uint32_t pawl_sim_choose_(pawl_sim *sim, uint32_t below)
{
	return pawl_sim_draw_(sim, below);
}

/*
 * By priority: each is twice as likely as the next, and none is left out for ever: as what the
 * answers mean goes round with the steps, not even when all of them are the plainest.
 */
static struct sim_ring *choose_ring(pawl_sim *sim)
{
	uint32_t sum = 0, at, i;

	for (i = 0; i < SIM_RINGS; i++)
		sum += sim->rings[i].count ? 4u >> i : 0;
	at = (uint32_t)((pawl_sim_draw_(sim, sum) + sim->steps) % sum);
	for (i = 0; at >= (sim->rings[i].count ? 4u >> i : 0); i++)
		at -= sim->rings[i].count ? 4u >> i : 0;
	return &sim->rings[i];
}

/* Of a session it is its first foreground task that is meant. */
static const pawl_task *who_is(uintptr_t entry)
{
	void *what = (void *)(entry & ~(uintptr_t)3);

	if ((entry & 3) == SIM_SESSION)
		return ((const pawl_session *)what)->lane_.ready_.head_;
	return (entry & 3) == SIM_WORK ? ((const pawl_work *)what)->task_ : what;
}

static bool is_beside(uintptr_t entry)
{
	void *what = (void *)(entry & ~(uintptr_t)3);
	pawl_exec *x;

	if ((entry & 3) == SIM_WORK)
		return true;
	x = (entry & 3) == SIM_SESSION ? ((pawl_session *)what)->exec_ : ((pawl_task *)what)->exec_;
	return x->ops == &pawl_sim_ops_ && !sim_exec_of_(x)->is_busy;
}

static uint32_t count_beside(const struct sim_ring *r)
{
	uint32_t n = 0, i;

	for (i = 0; i < r->count; i++)
		n += is_beside(r->ready[(r->first + i) & (r->room - 1)]);
	return n;
}

static uintptr_t take_nth_beside(pawl_sim *sim, struct sim_ring *r, uint32_t nth)
{
	uint32_t at = 0;

	while (!is_beside(r->ready[(r->first + at) & (r->room - 1)]) || nth-- > 0)
		at++;
	sim->apart -= r != &sim->rings[SIM_NORMAL];
	return pawl_sim_take_at_(r, at);
}

uintptr_t pawl_sim_take_beside_(pawl_sim *sim)
{
	uint32_t counts[SIM_RINGS], sum = 0, nth, i;
	uintptr_t e;

	for (i = 0; i < SIM_RINGS; i++)
		sum += counts[i] = count_beside(&sim->rings[i]);
	nth = sum ? pawl_sim_draw_(sim, sum + 1) : 0;
	if (!nth--)
		return 0;
	for (i = 0; nth >= counts[i]; i++)
		nth -= counts[i];
	e = take_nth_beside(sim, &sim->rings[i], nth);
	SIM_TAPE(sim, SIM_EVENT_BEFORE, who_is(e), (intptr_t)sim->current, NULL);
	return e;
}

static uintptr_t take_taped(pawl_sim *sim, struct sim_ring *r, uint32_t at)
{
	uintptr_t first = r->ready[r->first & (r->room - 1)];

	if (at > 0) {
		uintptr_t it = r->ready[(r->first + at) & (r->room - 1)];

		pawl_sim_tape_(sim, SIM_EVENT_BEFORE, who_is(it), (intptr_t)who_is(first), NULL);
	}
	return pawl_sim_take_at_(r, at);
}

/* For PCT all of them are candidates, and known by their numbers. */
static uintptr_t take_numbered(pawl_sim *sim)
{
	struct sim_ring *r = &sim->rings[SIM_NORMAL];
	uint32_t *who = pawl_sim_numbers_room_(sim->numbers, r->count), at, i;

	for (i = 0; i < r->count; i++) {
		uintptr_t e = r->ready[(r->first + i) & (r->room - 1)];

		who[i] = pawl_sim_number_(sim->numbers, who_is(e),
					  (e & 3) == SIM_WORK ? SIM_WORK : SIM_TASK);
	}
	at = pawl_search_pick_(sim->search, who, r->count);
	sim->has_choices |= r->count > 1;
	pawl_sim_mix_(sim, at, r->count);
	return sim->tape ? take_taped(sim, r, at) : pawl_sim_take_at_(r, at);
}

uintptr_t pawl_sim_take_specially_(pawl_sim *sim)
{
	struct sim_ring *r = &sim->rings[SIM_NORMAL];

	if (sim->search->mode == PAWL_SIM_PCT)
		return take_numbered(sim);
	if (sim->apart) {
		r = choose_ring(sim);
		sim->apart -= r != &sim->rings[SIM_NORMAL];
	}
	if (sim->tape)
		return take_taped(sim, r, pawl_sim_draw_(sim, r->count));
	return pawl_sim_take_at_(r, pawl_sim_draw_(sim, r->count));
}

bool pawl_sim_is_ready_(const pawl_sim *sim)
{
	return sim->rings[SIM_NORMAL].count || sim->apart;
}
