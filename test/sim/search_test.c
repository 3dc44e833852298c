/* SPDX-License-Identifier: MIT */
/* The search: its random numbers, PCT's guarantee, all schedules counted, the fewest switches. */
#include <kit.h>
#include <pawl/sim.h>

#include "sim/search.h"

#include <stdio.h>
#include <string.h>

/* The first two blocks of ChaCha8 with a key and a nonce of zeroes, as published. */
TEST(numbers_are_those_of_chacha8)
{
	static const unsigned char want[2][64] = {
		{ 0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6, 0x7f, 0x5b, 0xb8, 0xe8, 0x1f,
		  0x09, 0xa5, 0xa1, 0x2c, 0x84, 0x0e, 0xc3, 0xce, 0x9a, 0x7f, 0x3b, 0x18, 0x1b,
		  0xe1, 0x88, 0xef, 0x71, 0x1a, 0x1e, 0x98, 0x4c, 0xe1, 0x72, 0xb9, 0x21, 0x6f,
		  0x41, 0x9f, 0x44, 0x53, 0x67, 0x45, 0x6d, 0x56, 0x19, 0x31, 0x4a, 0x42, 0xa3,
		  0xda, 0x86, 0xb0, 0x01, 0x38, 0x7b, 0xfd, 0xb8, 0x0e, 0x0c, 0xfe, 0x42 },
		{ 0xd2, 0xae, 0xfa, 0x0d, 0xea, 0xa5, 0xc1, 0x51, 0xbf, 0x0a, 0xdb, 0x6c, 0x01,
		  0xf2, 0xa5, 0xad, 0xc0, 0xfd, 0x58, 0x12, 0x59, 0xf9, 0xa2, 0xaa, 0xdc, 0xf2,
		  0x0f, 0x8f, 0xd5, 0x66, 0xa2, 0x6b, 0x50, 0x32, 0xec, 0x38, 0xbb, 0xc5, 0xda,
		  0x98, 0xee, 0x0c, 0x6f, 0x56, 0x8b, 0x87, 0x2a, 0x65, 0xa0, 0x8a, 0xbf, 0x25,
		  0x1d, 0xeb, 0x21, 0xbb, 0x4b, 0x56, 0xe5, 0xd8, 0x82, 0x1e, 0x68, 0xaa },
	};
	uint32_t numbers[64];
	struct pawl_chacha c;
	unsigned block, word, i;

	pawl_chacha_init_(&c, 0, 0);
	for (i = 0; i < 64; i++)
		numbers[i] = pawl_chacha_next_(&c);
	for (block = 0; block < 2; block++)
		for (word = 0; word < 16; word++)
			for (i = 0; i < 4; i++)
				CHECK_UINT(numbers[4 * word + block] >> 8 * i & 0xff,
					   want[block][4 * word + i]);
}

/* Word 0 of each refill's first lane: the counter goes on by four, and streams are apart. */
TEST(streams_are_independent_and_do_not_repeat)
{
	struct pawl_chacha a, b;
	unsigned same = 0, again = 0, i;
	uint32_t first[64], n;

	pawl_chacha_init_(&a, 7, 0);
	pawl_chacha_init_(&b, 7, 1);
	for (i = 0; i < 4096; i++) {
		n = pawl_chacha_next_(&a);
		same += n == pawl_chacha_next_(&b);
		if (i < 64)
			first[i] = n;
		else
			again += n == first[i % 64];
	}
	CHECK(same <= 1);
	CHECK(again <= 1);
}

/* 3 does not divide 2^32, and of large bounds a cut would leave some out. */
TEST(choices_are_even)
{
	static const uint32_t bounds[] = { 2, 3, 7, 0xc0000000u };
	unsigned counts[8], b, i;
	struct pawl_search s;

	pawl_search_init_(&s, PAWL_SIM_RANDOM, 0);
	for (b = 0; b < KIT_COUNT(bounds); b++) {
		uint32_t parts = bounds[b] < 8 ? bounds[b] : 3, n;

		memset(counts, 0, sizeof counts);
		pawl_search_begin_(&s, 11 + b, false);
		for (i = 0; i < 30000; i++) {
			n = pawl_search_choose_(&s, bounds[b]);
			CHECK(n < bounds[b]);
			counts[bounds[b] < 8 ? n : n / 0x40000000u]++;
		}
		for (i = 0; i < parts; i++)
			CHECK(counts[i] > 30000 / parts * 9 / 10 &&
			      counts[i] < 30000 / parts * 11 / 10);
	}
	pawl_search_fini_(&s);
}

TEST(chances_come_as_often_as_they_should)
{
	unsigned n = 0, i;
	struct pawl_search s;

	pawl_search_init_(&s, PAWL_SIM_RANDOM, 0);
	pawl_search_begin_(&s, 3, false);
	for (i = 0; i < 20000; i++) {
		n += pawl_search_chance_(&s, 10);
		CHECK(!pawl_search_chance_(&s, 0));
		CHECK(pawl_search_chance_(&s, 1));
	}
	CHECK(n > 1800 && n < 2200);
	pawl_search_fini_(&s);
}

/* Programs as numbers of steps per task, where each task is always ready; 1: a bug was met. */
struct program {
	unsigned tasks, steps[8];
	bool (*is_bug)(const unsigned *order, unsigned count);
};

static bool run_program(const struct program *p, struct pawl_search *s)
{
	unsigned order[64], left[8], count = 0, i;
	uint32_t who[8], n, at;

	memcpy(left, p->steps, sizeof left);
	for (;;) {
		n = 0;
		for (i = 0; i < p->tasks; i++)
			if (left[i])
				who[n++] = i + 1;
		if (!n)
			break;
		at = pawl_search_pick_(s, who, n);
		left[who[at] - 1]--;
		order[count++] = who[at] - 1;
	}
	return p->is_bug && p->is_bug(order, count);
}

/* Where the n'th step of a task is in the order. */
static unsigned place_of(const unsigned *order, unsigned count, unsigned task, unsigned nth)
{
	unsigned i, n = 0;

	for (i = 0; i < count; i++)
		if (order[i] == task && n++ == nth)
			return i;
	return count;
}

static bool before(const unsigned *order, unsigned count, unsigned a, unsigned i, unsigned b,
		   unsigned j)
{
	return place_of(order, count, a, i) < place_of(order, count, b, j);
}

/* Depth 1: the last task is done before the first begins. */
static bool is_order_bug(const unsigned *o, unsigned n)
{
	return before(o, n, 4, 3, 0, 0);
}

/* Depth 2: one step of the second task comes between two of the first. */
static bool is_atomicity_bug(const unsigned *o, unsigned n)
{
	return before(o, n, 0, 3, 1, 0) && before(o, n, 1, 0, 0, 4);
}

/* Depth 2: each of two holds the one lock and wants the other. */
static bool is_deadlock_bug(const unsigned *o, unsigned n)
{
	return before(o, n, 0, 4, 1, 5) && before(o, n, 1, 4, 0, 5);
}

/* Depth 3: round all three. */
static bool is_ring_bug(const unsigned *o, unsigned n)
{
	return before(o, n, 0, 2, 1, 3) && before(o, n, 1, 2, 2, 3) && before(o, n, 2, 2, 0, 3);
}

/* Depth 4: into each other, and out in the reverse order. */
static bool is_nested_bug(const unsigned *o, unsigned n)
{
	return before(o, n, 0, 2, 1, 2) && before(o, n, 1, 2, 2, 0) && before(o, n, 2, 3, 1, 3) &&
	       before(o, n, 1, 5, 0, 3);
}

static void check_guarantee(const struct program *p, unsigned depth, unsigned runs)
{
	double k = 0, n = p->tasks, bound;
	unsigned found = 0, i;
	struct pawl_search s;

	for (i = 0; i < p->tasks; i++)
		k += p->steps[i];
	bound = runs / n;
	for (i = 1; i < depth; i++)
		bound /= k;
	pawl_search_init_(&s, PAWL_SIM_PCT, depth);
	s.steps_expected = (uint32_t)k;
	for (i = 0; i < runs; i++) {
		pawl_search_begin_(&s, i + 1, false);
		found += run_program(p, &s);
	}
	pawl_search_fini_(&s);
	printf("depth %u: %u of %u runs, promised are %.1f\n", depth, found, runs, bound);
	kit_at("depth", depth);
	CHECK(found >= bound);
	CHECK(found > 0);
	kit_at(NULL, 0);
}

TEST(pct_keeps_its_guarantee)
{
	static const struct program order = { 5, { 4, 4, 4, 4, 4 }, is_order_bug };
	static const struct program atomicity = { 3, { 8, 3, 8 }, is_atomicity_bug };
	static const struct program deadlock = { 3, { 7, 7, 2 }, is_deadlock_bug };
	static const struct program ring = { 3, { 5, 5, 5 }, is_ring_bug };
	static const struct program nested = { 3, { 6, 6, 4 }, is_nested_bug };

	check_guarantee(&order, 1, 4000);
	check_guarantee(&atomicity, 2, 8000);
	check_guarantee(&deadlock, 2, 8000);
	check_guarantee(&ring, 3, 40000);
	check_guarantee(&nested, 4, 80000);
}

/* Who gave way comes last, so that the others have their turn, however long that goes on. */
TEST(pct_lets_nobody_starve_who_yields)
{
	static const uint32_t who[] = { 1, 2, 3 };
	unsigned counts[3] = { 0 }, seed, i;
	struct pawl_search s;
	uint32_t at;

	pawl_search_init_(&s, PAWL_SIM_PCT, 3);
	for (seed = 1; seed <= 20; seed++) {
		memset(counts, 0, sizeof counts);
		pawl_search_begin_(&s, seed, false);
		for (i = 0; i < 3000; i++) {
			at = pawl_search_pick_(&s, who, 3);
			counts[at]++;
			pawl_search_yields_(&s, who[at]);
		}
		for (i = 0; i < 3; i++)
			CHECK(counts[i] >= 999);
	}
	pawl_search_fini_(&s);
}

/* Runs all, and counts those that are new; each of them differs from all others. */
static unsigned count_all(const struct program *p, unsigned bound, unsigned *ret_most)
{
	unsigned runs = 0, switches = 0;
	struct pawl_search s;

	pawl_search_init_(&s, PAWL_SIM_EXHAUSTIVE, bound);
	do {
		bool is_new = pawl_search_is_new_(&s);

		pawl_search_begin_(&s, 1, false);
		run_program(p, &s);
		if (!is_new)
			continue;
		runs++;
		/* Fewest first. */
		CHECK(pawl_search_switches_(s.log, s.count) >= switches);
		switches = pawl_search_switches_(s.log, s.count);
	} while (pawl_search_next_(&s));
	pawl_search_fini_(&s);
	*ret_most = switches;
	return runs;
}

TEST(exhaustive_makes_each_schedule_once)
{
	static const struct {
		struct program p;
		unsigned schedules;
	} all[] = {
		{ { 1, { 5 }, NULL }, 1 },          { { 2, { 1, 1 }, NULL }, 2 },
		{ { 3, { 1, 1, 1 }, NULL }, 6 },    { { 2, { 3, 3 }, NULL }, 20 },
		{ { 3, { 2, 2, 2 }, NULL }, 90 },   { { 5, { 1, 1, 1, 1, 1 }, NULL }, 120 },
		{ { 3, { 3, 3, 3 }, NULL }, 1680 }, { { 4, { 1, 2, 1, 2 }, NULL }, 180 },
	};
	unsigned i, most;

	for (i = 0; i < KIT_COUNT(all); i++)
		CHECK_UINT(count_all(&all[i].p, 0, &most), all[i].schedules);
}

/*
 * Two tasks of three steps: answers are asked as long as both have steps left. With one switch at
 * most there are the plainest and one for each of its questions.
 */
TEST(bound_is_kept)
{
	static const struct program two = { 2, { 3, 3 }, NULL };
	unsigned most, bound, count, last = 0;

	CHECK_UINT(count_all(&two, 1, &most), 4);
	CHECK_UINT(most, 1);
	for (bound = 1; bound < 6; bound++) {
		count = count_all(&two, bound, &most);
		CHECK(most <= bound && count >= last && count <= 20);
		last = count;
	}
	CHECK_UINT(last, 20);
}

TEST(recorded_runs_are_replayed)
{
	static const struct program p = { 4, { 3, 3, 3, 3 }, NULL };
	static const enum pawl_sim_mode modes[] = { PAWL_SIM_RANDOM, PAWL_SIM_PCT };
	struct pawl_search s, again;
	unsigned seed, m;

	for (m = 0; m < 2; m++) {
		for (seed = 1; seed <= 50; seed++) {
			pawl_search_init_(&s, modes[m], 3);
			pawl_search_begin_(&s, seed, true);
			run_program(&p, &s);
			pawl_search_init_(&again, modes[m], 3);
			pawl_search_replay_(&again, s.log, s.count);
			pawl_search_begin_(&again, 0, true);
			run_program(&p, &again);
			CHECK_UINT(again.count, s.count);
			CHECK_MEM(again.log, s.log, s.count * sizeof *s.log);
			pawl_search_fini_(&s);
			pawl_search_fini_(&again);
		}
	}
}

/* A failure that takes a 1 as the third answer and anything but 0 as the seventh. */
struct known {
	unsigned runs;
	uint32_t first, second; /* which answers it takes */
};

static bool fails(void *arg, struct pawl_choice *log, uint32_t *count)
{
	struct known *k = arg;
	struct pawl_search s;
	uint32_t i;
	bool r;

	k->runs++;
	pawl_search_init_(&s, PAWL_SIM_RANDOM, 0);
	pawl_search_replay_(&s, log, *count);
	pawl_search_begin_(&s, 0, true);
	for (i = 0; i < 40; i++)
		pawl_search_choose_(&s, 5);
	r = s.log[k->first].value >= 1 && s.log[k->second].value >= 2;
	memcpy(log, s.log, s.count * sizeof *log);
	*count = s.count;
	pawl_search_fini_(&s);
	return r;
}

static unsigned shrink(uint64_t seed, struct known *k, struct pawl_choice *log, uint32_t *count)
{
	struct pawl_search s;
	uint32_t i;

	pawl_search_init_(&s, PAWL_SIM_RANDOM, 0);
	pawl_search_begin_(&s, seed, true);
	for (i = 0; i < 40; i++)
		pawl_search_choose_(&s, 5);
	*count = s.count;
	memcpy(log, s.log, s.count * sizeof *log);
	pawl_search_fini_(&s);
	if (log[k->first].value < 1 || log[k->second].value < 2)
		return 0;
	return pawl_search_shrink_(log, count, 1000, fails, k);
}

TEST(shrinking_reaches_the_known_minimum)
{
	static struct pawl_choice log[PAWL_SEARCH_LOG_], again[PAWL_SEARCH_LOG_];
	uint32_t count, count_again, tried = 0, i;
	uint64_t seed;
	unsigned runs;

	for (seed = 1; seed <= 60; seed++) {
		struct known k = { 0, 2, (uint32_t)(seed % 30) + 6 }, l = k;

		runs = shrink(seed, &k, log, &count);
		if (!runs)
			continue;
		tried++;
		CHECK_UINT(runs, k.runs);
		CHECK_UINT(pawl_search_switches_(log, count), 2);
		for (i = 0; i < count; i++)
			CHECK_UINT(log[i].value, i == k.first ? 1 : i == k.second ? 2 : 0);
		CHECK_UINT(shrink(seed, &l, again, &count_again), runs);
		CHECK_UINT(count_again, count);
		CHECK_MEM(again, log, count * sizeof *log);
	}
	CHECK(tried > 10);
}

static bool always_fails(void *arg, struct pawl_choice *log, uint32_t *count)
{
	(void)log, (void)count;
	++*(unsigned *)arg;
	return true;
}

static bool never_fails(void *arg, struct pawl_choice *log, uint32_t *count)
{
	(void)log, (void)count;
	++*(unsigned *)arg;
	return false;
}

TEST(shrinking_ends)
{
	static struct pawl_choice log[PAWL_SEARCH_LOG_];
	unsigned asked = 0;
	uint32_t count = 8, i;

	for (i = 0; i < 8; i++)
		log[i] = (struct pawl_choice){ 3, 4 };
	CHECK_UINT(pawl_search_shrink_(log, &count, 5, never_fails, &asked), 5);
	CHECK_UINT(asked, 5);
	CHECK_UINT(pawl_search_switches_(log, count), 8);
	asked = 0;
	CHECK_UINT(pawl_search_shrink_(log, &count, 1000, always_fails, &asked), 1);
	CHECK_UINT(pawl_search_switches_(log, count), 0);
	CHECK_UINT(pawl_search_shrink_(log, &count, 1000, always_fails, &asked), 0);
}

static const struct kit_case cases[] = {
	CASE(numbers_are_those_of_chacha8),
	CASE(streams_are_independent_and_do_not_repeat),
	CASE(choices_are_even),
	CASE(chances_come_as_often_as_they_should),
	CASE(pct_keeps_its_guarantee),
	CASE(pct_lets_nobody_starve_who_yields),
	CASE(exhaustive_makes_each_schedule_once),
	CASE(bound_is_kept),
	CASE(recorded_runs_are_replayed),
	CASE(shrinking_reaches_the_known_minimum),
	CASE(shrinking_ends),
};

KIT_MAIN(cases)
