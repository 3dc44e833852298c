/* SPDX-License-Identifier: MIT */
/* The queue of a worker: its owner against thieves, empty, full and around its end. */
#include "model.h"

#include <host/ring.h>

#define ITEMS 8

/* What is pushed: an item's address stands for a task's, and its content for what a task holds. */
static struct pawl_ring ring;
static unsigned items[ITEMS];
static uint32_t start; /* at which counts the ring begins */

/* What each actor took, in its order. */
static struct taken {
	unsigned count;
	unsigned item[ITEMS];
} taken[MODEL_ACTORS];

static void begin(void)
{
	unsigned i;

	ring = (struct pawl_ring){ .head_ = start, .tail_ = start };
	for (i = 0; i < ITEMS; i++)
		items[i] = 0;
	for (i = 0; i < MODEL_ACTORS; i++)
		taken[i].count = 0;
	model_name(&ring.head_, sizeof ring.head_, "head");
	model_name(&ring.tail_, sizeof ring.tail_, "tail");
	model_name(&ring.next_, sizeof ring.next_, "next");
	model_name(ring.slots_, sizeof ring.slots_, "slots");
}

static pawl_task *item(unsigned i)
{
	items[i] = i + 1;
	return (pawl_task *)(void *)&items[i];
}

/* Its content must be there by then, and nobody else may have it. */
static void take(unsigned actor, pawl_task *t)
{
	unsigned *at = (unsigned *)(void *)t, i = (unsigned)(at - items);

	MUST(i < ITEMS && *at == i + 1);
	*at = 100;
	taken[actor].item[taken[actor].count++] = i;
}

static bool pop(void)
{
	pawl_task *t = pawl_ring_pop_(&ring);

	if (t)
		take(0, t);
	return t;
}

static void steal(unsigned actor, uint32_t room)
{
	pawl_task *got[PAWL_RING_ROOM];
	uint32_t n = pawl_ring_steal_(&ring, got, room), i;

	MUST(n <= room && n <= PAWL_RING_ROOM / 2 + PAWL_RING_ROOM % 2);
	for (i = 0; i < n; i++)
		take(actor, got[i]);
}

static void thief_1(void)
{
	steal(1, PAWL_RING_ROOM);
}

static void thief_2(void)
{
	steal(2, PAWL_RING_ROOM);
}

static void thief_1_twice(void)
{
	thief_1();
	thief_1();
}

static void thief_1_of_one(void)
{
	steal(1, 1);
	steal(1, 1);
}

/* Each of so many was taken once, by each actor in their order. */
static void check_all(unsigned count)
{
	unsigned seen = 0, a, i;

	for (a = 0; a < MODEL_ACTORS; a++) {
		for (i = 0; i < taken[a].count; i++) {
			MUST(!(seen & 1u << taken[a].item[i]));
			MUST(i == 0 || taken[a].item[i - 1] < taken[a].item[i]);
			seen |= 1u << taken[a].item[i];
		}
		model_see(taken[a].count);
	}
	MUST(seen == (1u << count) - 1);
	MUST(pawl_ring_count_(&ring) == 0 && !ring.next_);
}

/* With three actors only the smallest ring, which goes around the soonest. */
static bool weakly(const struct model *m, uint64_t ends)
{
	struct model bounded = *m;

	if (PAWL_RING_ROOM > 2)
		bounded.preemptions = 1;
	return (m->actor[2] && PAWL_RING_ROOM > 2) || model_ends_weakly(&bounded, ends);
}

/* Pushes some and takes what the others left. */

static void owner_of_two(void)
{
	MUST(pawl_ring_push_(&ring, item(0)));
	MUST(pawl_ring_push_(&ring, item(1)));
	while (pop()) {}
}

static void end_two(void)
{
	check_all(2);
}

TEST(pop_meets_steal)
{
	struct model m = { .begin = begin,
			   .actor = { owner_of_two, thief_1_twice },
			   .end = end_two };

	start = (uint32_t)param;
	CHECK(model_ends(&m, 3));
	CHECK(weakly(&m, 3));
	m.actor[1] = thief_1_of_one;
	CHECK(model_ends(&m, 3));
	CHECK(weakly(&m, 3));
	m.actor[1] = thief_1;
	m.actor[2] = thief_2;
	CHECK(model_ends(&m, 4));
	CHECK(weakly(&m, 4));
}

/* With three actors: the whole space of the ring of two, but not of a larger one. */
static unsigned few_switches(void)
{
	return !kit_long() ? 2 : PAWL_RING_ROOM > 2 ? 4 : 0;
}

/* Pops in between, so that slots are written again: as many as the ring has, and more. */

static void push_or_make_room(unsigned i)
{
	pawl_task *out[PAWL_RING_ROOM];
	uint32_t n, k;

	while (!pawl_ring_push_(&ring, item(i))) {
		n = pawl_ring_spill_(&ring, out);
		for (k = 0; k < n; k++)
			take(0, out[k]);
	}
}

static void owner_around(void)
{
	unsigned i;

	for (i = 0; i < PAWL_RING_ROOM + 1; i++)
		push_or_make_room(i);
	while (pop()) {}
}

static void end_around(void)
{
	check_all(PAWL_RING_ROOM + 1);
}

TEST(full_meets_steal)
{
	struct model m = { .begin = begin, .actor = { owner_around, thief_1 }, .end = end_around };

	start = (uint32_t)param;
	CHECK(model_ends_from(&m, 2));
	CHECK(weakly(&m, 2));
	m.actor[1] = thief_1_twice;
	CHECK(model_ends_from(&m, 3));
	CHECK(weakly(&m, 3));
	m.actor[1] = thief_1;
	m.actor[2] = thief_2;
	m.preemptions = few_switches();
	CHECK(model_ends_from(&m, 4));
	CHECK(weakly(&m, 4));
}

static void owner_in_turns(void)
{
	unsigned i;

	for (i = 0; i < PAWL_RING_ROOM + 1; i++) {
		MUST(pawl_ring_push_(&ring, item(i)));
		if (i)
			pop();
	}
	while (pop()) {}
}

TEST(turns_meet_steal)
{
	struct model m = { .begin = begin,
			   .actor = { owner_in_turns, thief_1 },
			   .end = end_around };

	start = (uint32_t)param;
	CHECK(model_ends_from(&m, 2));
	CHECK(weakly(&m, 2));
	m.actor[2] = thief_2;
	m.preemptions = few_switches();
	CHECK(model_ends_from(&m, 4));
	CHECK(weakly(&m, 4));
}

/* The place before all others. */

static bool take_next(unsigned actor)
{
	pawl_task *t = pawl_ring_take_next_(&ring);

	if (t)
		take(actor, t);
	return t;
}

static void owner_of_next(void)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		if (!pawl_ring_put_next_(&ring, item(i)))
			MUST(pawl_ring_push_(&ring, item(i)));
	take_next(0);
	while (pop()) {}
	take_next(0);
}

static void thief_of_next_1(void)
{
	take_next(1);
	thief_1();
}

static void thief_of_next_2(void)
{
	take_next(2);
}

/* The one before all others comes before; and who came later may find that place empty again. */
static void end_next(void)
{
	unsigned seen = 0, a, i;

	for (a = 0; a < MODEL_ACTORS; a++) {
		for (i = 0; i < taken[a].count; i++) {
			MUST(!(seen & 1u << taken[a].item[i]));
			seen |= 1u << taken[a].item[i];
		}
		model_see(taken[a].count);
	}
	MUST(seen == 7);
}

TEST(next_meets_steal)
{
	struct model m = { .begin = begin,
			   .actor = { owner_of_next, thief_of_next_1 },
			   .end = end_next };

	CHECK(model_ends_from(&m, 2));
	CHECK(weakly(&m, 2));
	m.actor[2] = thief_of_next_2;
	CHECK(model_ends_from(&m, 3));
	CHECK(weakly(&m, 3));
}

#define AROUND (-1L) /* the counts wrap to 0 with the first task */

static const struct kit_case cases[] = {
	CASE_N(pop_meets_steal, 0),  CASE_N(pop_meets_steal, AROUND),
	CASE_N(full_meets_steal, 0), CASE_N(full_meets_steal, AROUND),
	CASE_N(turns_meet_steal, 0), CASE_N(turns_meet_steal, AROUND),
	CASE(next_meets_steal),
};

MODEL_MAIN(cases)
