/* SPDX-License-Identifier: MIT */
/* The rings of what is ready, as fast as can be: each step of the simulator goes through here. */
#ifndef PAWL_SIM_RING_H
#define PAWL_SIM_RING_H

#include "sim/sim.h"

void pawl_sim_enlarge_(pawl_sim *sim, struct sim_ring *r);
void pawl_sim_push_apart_(pawl_sim *sim, uintptr_t entry, int8_t priority);
uintptr_t pawl_sim_take_specially_(pawl_sim *sim);

/* Perhaps one of those whose executor is not busy, by choice; 0: none, which is the plainest. */
uintptr_t pawl_sim_take_beside_(pawl_sim *sim);

static inline void pawl_sim_push_entry_(pawl_sim *sim, struct sim_ring *r, uintptr_t entry)
{
	if (__builtin_expect(r->count == r->room, 0))
		pawl_sim_enlarge_(sim, r);
	r->ready[(r->first + r->count++) & (r->room - 1)] = entry;
}

/* Who is ready longest comes where the one was that is taken: it is that one which is delayed. */
static inline uintptr_t pawl_sim_take_at_(struct sim_ring *r, uint32_t at)
{
	uint32_t mask = r->room - 1;
	uintptr_t entry = r->ready[(r->first + at) & mask];

	r->ready[(r->first + at) & mask] = r->ready[r->first & mask];
	r->first++;
	r->count--;
	return entry;
}

/* In a session, foreground tasks have an order. */
static inline bool pawl_sim_is_ordered_(const pawl_task *t)
{
	const uint8_t ordered = PAWL_TASK_FOREGROUND_ | PAWL_TASK_SESSION_;

	return (t->kind_ & ordered) == ordered;
}

/* Ready, in its turn. */
static inline void pawl_sim_push_(pawl_sim *sim, void *what, enum sim_what kind, int8_t priority)
{
	uintptr_t entry = (uintptr_t)what | kind;

	if (__builtin_expect(priority != 0, 0))
		pawl_sim_push_apart_(sim, entry, priority);
	else
		pawl_sim_push_entry_(sim, &sim->rings[SIM_NORMAL], entry);
}

/* All answers make the hash that stands for the schedule. */
static inline void pawl_sim_mix_(pawl_sim *sim, uint32_t answer, uint32_t below)
{
	sim->hash = (sim->hash ^ answer ^ (uint64_t)below << 32) * UINT64_C(0x9e3779b97f4a7c15);
	sim->hash ^= sim->hash >> 29;
}

/* Which of how many. */
static inline uint32_t pawl_sim_draw_(pawl_sim *sim, uint32_t below)
{
	uint32_t at = 0;

	if (below > 1) {
		at = pawl_search_choose_(sim->search, below);
		sim->has_choices = true;
	}
	pawl_sim_mix_(sim, at, below);
	return at;
}

/* Once in so many (0: never), and mostly not. */
static inline bool pawl_sim_chance_(pawl_sim *sim, uint32_t once_in)
{
	bool is_so = pawl_search_chance_(sim->search, once_in);

	if (once_in)
		pawl_sim_mix_(sim, is_so, once_in);
	sim->has_choices |= once_in > 0;
	return is_so;
}

/* Whatever is next. Something is ready. */
static inline uintptr_t pawl_sim_take_(pawl_sim *sim)
{
	struct sim_ring *r = &sim->rings[SIM_NORMAL];

	if (__builtin_expect(sim->apart || sim->is_special, 0))
		return pawl_sim_take_specially_(sim);
	return pawl_sim_take_at_(r, pawl_sim_draw_(sim, r->count));
}

#endif
