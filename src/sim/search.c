/* SPDX-License-Identifier: MIT */
/* The search: random answers, priorities, all answers one run after the other, fewer switches. */
#include "sim/search.h"

#include "port/assert.h"

#include <stdlib.h>
#include <string.h>

void pawl_search_init_(struct pawl_search *s, enum pawl_sim_mode mode, unsigned bound)
{
	memset(s, 0, offsetof(struct pawl_search, random));
	s->mode = mode;
	s->bound = bound;
	if (mode == PAWL_SIM_PCT && !bound)
		s->bound = 3;
}

void pawl_search_fini_(struct pawl_search *s)
{
	if (!s->is_lent)
		free(s->log);
	free(s->priorities);
	s->log = NULL;
	s->priorities = NULL;
}

void pawl_search_lend_(struct pawl_search *s, struct pawl_choice *log, uint32_t room)
{
	s->log = log;
	s->room = room;
	s->is_lent = true;
}

static bool enlarge(struct pawl_search *s)
{
	uint32_t room = s->room ? 2 * s->room : 256;
	struct pawl_choice *log = s->is_lent ? NULL : realloc(s->log, room * sizeof *log);

	if (!log) {
		s->is_out_of_memory = true;
		return false;
	}
	s->log = log;
	s->room = room;
	return true;
}

static bool note(struct pawl_search *s, uint32_t value, uint32_t below)
{
	if (s->count == s->room && !enlarge(s))
		return false;
	s->log[s->count++] = (struct pawl_choice){ value, below };
	return true;
}

/*
 * PCT's priorities: the highest for who was not changed, the next, one each, for the changes, below
 * for who gave way.
 */
#define UNCHANGED (UINT32_MAX / 2 + 1)
#define CHANGED (UNCHANGED - PAWL_SEARCH_DEPTH_)

/* At which steps the one that would go on comes last. */
static void begin_pct(struct pawl_search *s)
{
	uint32_t steps = s->steps_expected ? s->steps_expected : 100;
	unsigned i;

	PAWL_ASSERT(s->bound <= PAWL_SEARCH_DEPTH_);
	s->steps = 0;
	s->lowest = CHANGED - 1;
	if (s->priorities)
		memset(s->priorities, 0, s->priority_room * sizeof *s->priorities);
	for (i = 0; i + 1 < s->bound; i++)
		s->changes[i] = pawl_chacha_below_(&s->random, steps);
}

void pawl_search_begin_(struct pawl_search *s, uint64_t seed, bool is_recording)
{
	bool is_exhaustive = s->mode == PAWL_SIM_EXHAUSTIVE;

	pawl_chacha_init_(&s->random, seed, 0);
	if (!s->is_replay && !is_exhaustive)
		s->given = 0;
	s->count = 0;
	s->is_recording = is_recording || is_exhaustive;
	s->is_plain = !s->is_recording && !s->is_replay && s->mode == PAWL_SIM_RANDOM;
	if (s->mode == PAWL_SIM_PCT && !s->is_replay)
		begin_pct(s);
}

void pawl_search_replay_(struct pawl_search *s, const struct pawl_choice *log, uint32_t count)
{
	uint32_t i;

	s->is_replay = true;
	s->count = 0;
	for (i = 0; i < count; i++)
		if (!note(s, log[i].value, log[i].below))
			break;
	s->given = s->count;
}

uint32_t pawl_search_switches_(const struct pawl_choice *log, uint32_t count)
{
	uint32_t n = 0, i;

	for (i = 0; i < count; i++)
		n += log[i].value != 0;
	return n;
}

/*
 * What was given is answered again; it may no longer fit, as the run differs from the one before.
 */
static bool is_given(struct pawl_search *s, uint32_t below, uint32_t *ret)
{
	if (s->count >= s->given)
		return false;
	*ret = s->log[s->count].value < below ? s->log[s->count].value : 0;
	s->log[s->count++] = (struct pawl_choice){ *ret, below };
	return true;
}

uint32_t pawl_search_choose_specially_(struct pawl_search *s, uint32_t below)
{
	uint32_t value = 0;

	if (is_given(s, below, &value))
		return value;
	if (!s->is_replay && s->mode != PAWL_SIM_EXHAUSTIVE)
		value = pawl_chacha_below_(&s->random, below);
	if (s->is_recording)
		note(s, value, below);
	return value;
}

bool pawl_search_chance_(struct pawl_search *s, uint32_t once_in)
{
	uint32_t value = 0;

	if (!once_in)
		return false;
	if (is_given(s, 2, &value))
		return value;
	if (!s->is_replay && s->mode != PAWL_SIM_EXHAUSTIVE)
		value = pawl_chacha_below_(&s->random, once_in) == 0;
	if (s->is_recording)
		note(s, value, 2);
	return value;
}

/* Of one that was not seen yet: among those that are above all that came last. */
static uint32_t *priority_of(struct pawl_search *s, uint32_t who)
{
	static uint32_t none;

	if (who >= s->priority_room) {
		uint32_t room = 2 * who + 16;
		uint32_t *all = realloc(s->priorities, room * sizeof *all);

		if (!all) {
			s->is_out_of_memory = true;
			return &none;
		}
		memset(all + s->priority_room, 0, (room - s->priority_room) * sizeof *all);
		s->priorities = all;
		s->priority_room = room;
	}
	if (!s->priorities[who])
		s->priorities[who] = UNCHANGED + pawl_chacha_next_(&s->random) / 2;
	return &s->priorities[who];
}

static uint32_t highest(struct pawl_search *s, const uint32_t *who, uint32_t count)
{
	uint32_t best = 0, i;

	for (i = 1; i < count; i++)
		if (*priority_of(s, who[i]) > *priority_of(s, who[best]))
			best = i;
	return best;
}

/*
 * The n'th change gives the n'th of the low priorities. As the steps of the changes were drawn one
 * independently of the other, so is the order in which they come.
 */
static uint32_t pick_by_priority(struct pawl_search *s, const uint32_t *who, uint32_t count)
{
	uint32_t first = highest(s, who, count);
	unsigned i;

	for (i = 0; i + 1 < s->bound; i++) {
		if (s->changes[i] != s->steps)
			continue;
		*priority_of(s, who[first]) = CHANGED + i;
		first = highest(s, who, count);
	}
	s->steps++;
	return first;
}

uint32_t pawl_search_pick_(struct pawl_search *s, const uint32_t *who, uint32_t count)
{
	uint32_t value;

	PAWL_ASSERT(count > 0);
	if (s->mode != PAWL_SIM_PCT || s->is_replay)
		return pawl_search_choose_(s, count);
	value = pick_by_priority(s, who, count);
	if (s->is_recording)
		note(s, value, count);
	return value;
}

void pawl_search_yields_(struct pawl_search *s, uint32_t who)
{
	if (s->mode == PAWL_SIM_PCT && !s->is_replay)
		*priority_of(s, who) = s->lowest--;
}

/* The last answer that can be one more, with all before it as they are and 0s after. */
static bool increase(struct pawl_search *s)
{
	uint32_t switches = pawl_search_switches_(s->log, s->count);

	while (s->count > 0) {
		struct pawl_choice *last = &s->log[s->count - 1];
		uint32_t before = switches - (last->value != 0);
		bool has_more = last->value + 1 < last->below;

		if (has_more && before < s->switches) {
			last->value++;
			s->given = s->count;
			return true;
		}
		s->was_bounded |= has_more;
		switches = before;
		s->count--;
	}
	s->given = 0;
	return false;
}

bool pawl_search_next_(struct pawl_search *s)
{
	if (s->is_replay || s->mode != PAWL_SIM_EXHAUSTIVE || s->is_out_of_memory)
		return false;
	if (increase(s))
		return true;
	/* The next round has all runs of this one, too: it is at most as long again. */
	if (!s->was_bounded || (s->bound && s->switches == s->bound))
		return false;
	s->switches++;
	s->was_bounded = false;
	return true;
}

/* After what is given come 0s. */
bool pawl_search_is_new_(const struct pawl_search *s)
{
	return pawl_search_switches_(s->log, s->given) == s->switches;
}

/* How a schedule is made smaller: what is tried, and how often that may be. */
struct shrinking {
	struct pawl_choice *log, *tried;
	uint32_t *count;
	unsigned runs, runs_max;
	bool (*fails)(void *arg, struct pawl_choice *log, uint32_t *count);
	void *arg;
};

/*
 * Runs what is in `tried`; what failed with fewer switches, or smaller ones, is the new schedule.
 */
static bool try_it(struct shrinking *s, uint32_t count)
{
	uint32_t was = pawl_search_switches_(s->log, *s->count), now;
	uint64_t sum = 0, sum_was = 0;
	uint32_t i;

	if (s->runs >= s->runs_max)
		return false;
	s->runs++;
	if (!s->fails(s->arg, s->tried, &count))
		return false;
	now = pawl_search_switches_(s->tried, count);
	for (i = 0; i < count; i++)
		sum += s->tried[i].value;
	for (i = 0; i < *s->count; i++)
		sum_was += s->log[i].value;
	if (now > was || (now == was && sum >= sum_was))
		return false;
	memcpy(s->log, s->tried, count * sizeof *s->log);
	*s->count = count;
	return true;
}

/* The switches from the first'th on, so many of them, become 0. */
static bool try_without(struct shrinking *s, uint32_t first, uint32_t many)
{
	uint32_t i, nth = 0;

	memcpy(s->tried, s->log, *s->count * sizeof *s->log);
	for (i = 0; i < *s->count; i++) {
		if (!s->tried[i].value)
			continue;
		if (nth >= first && nth < first + many)
			s->tried[i].value = 0;
		nth++;
	}
	return try_it(s, *s->count);
}

/* Fewer switches: all of them, halves, quarters, ... down to each one. */
static bool remove_switches(struct shrinking *s)
{
	uint32_t many = pawl_search_switches_(s->log, *s->count), first;
	bool did = false;

	for (; many > 0; many /= 2) {
		for (first = 0; first < pawl_search_switches_(s->log, *s->count);) {
			if (try_without(s, first, many))
				did = true;
			else
				first += many;
		}
	}
	return did;
}

/* The same switches, but nearer to 0. */
static bool reduce_switches(struct shrinking *s)
{
	bool did = false;
	uint32_t i, to;

	for (i = 0; i < *s->count; i++) {
		for (to = 1; i < *s->count && to < s->log[i].value; to++) {
			memcpy(s->tried, s->log, *s->count * sizeof *s->log);
			s->tried[i].value = to;
			if (try_it(s, *s->count))
				did = true;
		}
	}
	return did;
}

unsigned pawl_search_shrink_(struct pawl_choice *log, uint32_t *count, unsigned runs_max,
			     bool (*fails)(void *arg, struct pawl_choice *log, uint32_t *count),
			     void *arg)
{
	struct shrinking s = { log, NULL, count, 0, runs_max, fails, arg };

	/* A run with other answers may ask more often. */
	s.tried = calloc(PAWL_SEARCH_LOG_, sizeof *s.tried);
	if (!s.tried)
		return 0;
	while (s.runs < s.runs_max && (remove_switches(&s) || reduce_switches(&s))) {}
	free(s.tried);
	return s.runs;
}
