/* SPDX-License-Identifier: MIT */
/* Who is who from run to run: tasks and their work by numbers, as addresses differ. */
#include "sim/sim.h"

#include "core/core.h"

#include <stdlib.h>

/* One life of a task: its memory, and how often that was used before. */
struct key {
	uintptr_t what; /* with what it is; 0: free, GONE: it is no more */
	uint32_t life;
	uint32_t number;
};

/* Other memory of that address is somebody else's. */
#define GONE 1u

struct sim_numbers {
	struct key *keys;
	uint32_t room; /* a power of two, at most half of it used */
	uint32_t used;
	uint32_t count; /* numbers given */
	uint32_t *who;  /* room for pawl_sim_numbers_room_ */
	uint32_t who_room;
};

int pawl_sim_numbers_new_(struct sim_numbers **ret)
{
	struct sim_numbers *n = calloc(1, sizeof *n);

	if (!n)
		return PAWL_ENOMEM;
	n->room = 64;
	n->keys = calloc(n->room, sizeof *n->keys);
	if (!n->keys) {
		free(n);
		return PAWL_ENOMEM;
	}
	*ret = n;
	return 0;
}

void pawl_sim_numbers_free_(struct sim_numbers *n)
{
	if (!n)
		return;
	free(n->keys);
	free(n->who);
	free(n);
}

static struct key *find(struct key *keys, uint32_t room, const struct key *k)
{
	uint64_t hash = (k->what ^ (uint64_t)k->life << 40) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t at = (uint32_t)(hash >> 32) & (room - 1);

	while (keys[at].what && (keys[at].what != k->what || keys[at].life != k->life))
		at = (at + 1) & (room - 1);
	return &keys[at];
}

static void enlarge(struct sim_numbers *n)
{
	uint32_t room = 2 * n->room, i;
	struct key *keys = calloc(room, sizeof *keys);

	if (!keys)
		pawl_port_fatal("the simulator is out of memory");
	n->used = 0;
	for (i = 0; i < n->room; i++) {
		if (n->keys[i].what <= GONE)
			continue;
		*find(keys, room, &n->keys[i]) = n->keys[i];
		n->used++;
	}
	free(n->keys);
	n->keys = keys;
	n->room = room;
}

static struct key key_of(const pawl_task *t, enum sim_what kind)
{
	return (struct key){ .what = (uintptr_t)t | kind,
			     .life = pawl_load(&t->state_) / PAWL_TASK_GENERATION_ };
}

uint32_t pawl_sim_number_(struct sim_numbers *n, const pawl_task *t, enum sim_what kind)
{
	struct key k = key_of(t, kind), *at = find(n->keys, n->room, &k);

	if (at->what)
		return at->number;
	if (2 * (n->used + 1) > n->room) {
		enlarge(n);
		at = find(n->keys, n->room, &k);
	}
	n->used++;
	*at = (struct key){ k.what, k.life, ++n->count };
	return at->number;
}

void pawl_sim_numbers_forget_(struct sim_numbers *n, const pawl_task *t)
{
	static const enum sim_what kinds[] = { SIM_TASK, SIM_WORK };
	unsigned i;

	for (i = 0; i < PAWL_COUNT(kinds); i++) {
		struct key k = key_of(t, kinds[i]), *at = find(n->keys, n->room, &k);

		if (at->what)
			at->what = GONE;
	}
}

uint32_t *pawl_sim_numbers_room_(struct sim_numbers *n, uint32_t count)
{
	if (count > n->who_room) {
		free(n->who);
		n->who_room = 2 * count;
		n->who = malloc(n->who_room * sizeof *n->who);
		if (!n->who)
			pawl_port_fatal("the simulator is out of memory");
	}
	return n->who;
}
