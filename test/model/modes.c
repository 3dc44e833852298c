/* SPDX-License-Identifier: MIT */
/* The simulator's search over the choices of a model: who goes next, and what it reads. */
#include "modes.h"

#include "inner.h"

#include <stdlib.h>
#include <string.h>

#define LOG_MAX 4096 /* more than a run has steps */
#define SHRINK_RUNS_MAX 4000

static struct {
	bool is_on, is_asked;
	enum pawl_sim_mode mode;
	uint64_t seed, runs;
	unsigned bound;
	struct pawl_search search;
} m = { .seed = 1, .runs = 10000 };

bool model_mode_is_on(void)
{
	return m.is_on;
}

bool model_mode_asks(void)
{
	return m.is_asked;
}

/* Their numbers are from 1 up, the plainest first. */
static uint32_t list(uint32_t enabled, int plainest, uint32_t *ret)
{
	uint32_t n = 0, a;

	ret[n++] = (uint32_t)plainest + 1;
	for (a = 0; a < MODEL_ACTORS; a++)
		if (enabled & 1u << a && (int)a != plainest)
			ret[n++] = a + 1;
	return n;
}

int model_mode_pick(uint32_t enabled, int plainest)
{
	uint32_t who[MODEL_ACTORS], n = list(enabled, plainest, who);

	return n == 1 ? plainest : (int)who[pawl_search_pick_(&m.search, who, n)] - 1;
}

unsigned model_mode_choose(unsigned below)
{
	return pawl_search_choose_(&m.search, below);
}

struct pawl_choice model_mode_place(uint32_t enabled, int plainest, int actor)
{
	uint32_t who[MODEL_ACTORS], n = list(enabled, plainest, who), i = 0;

	while ((int)who[i] != actor + 1)
		i++;
	return (struct pawl_choice){ i, n };
}

static const struct model_failure *run(void)
{
	const struct model_failure *f;

	model_free();
	m.is_asked = true;
	f = model_run();
	m.is_asked = false;
	return f;
}

const struct model_failure *model_mode_search(void)
{
	const struct model_failure *f = NULL;
	uint64_t n = 0;

	pawl_search_init_(&m.search, m.mode, m.bound);
	do {
		pawl_search_begin_(&m.search, m.seed + n, true);
		f = run();
		if (m.search.steps > m.search.steps_expected)
			m.search.steps_expected = m.search.steps;
	} while (!f && ++n < m.runs &&
		 (m.mode != PAWL_SIM_EXHAUSTIVE || pawl_search_next_(&m.search)));
	pawl_search_fini_(&m.search);
	return f;
}

/* Not where, when that is an address. */
static bool is_same(const struct model_failure *a, const struct model_failure *b)
{
	static const char race[] = "data race";

	return a->line == b->line && strcmp(a->file, b->file) == 0 &&
	       (strcmp(a->what, b->what) == 0 || strncmp(a->what, race, sizeof race - 1) == 0);
}

static bool fails(void *arg, struct pawl_choice *log, uint32_t *count)
{
	const struct model_failure *f;

	pawl_search_replay_(&m.search, log, *count);
	pawl_search_begin_(&m.search, m.seed, false);
	f = run();
	*count = model_log(log, LOG_MAX);
	return f && is_same(f, arg);
}

void model_mode_shrink(struct model_failure *f, struct model_result *ret)
{
	static struct pawl_choice log[LOG_MAX];
	static char text[256];
	uint64_t after = f->after;
	uint32_t count = model_log(log, LOG_MAX);

	strncpy(text, f->what, sizeof text - 1);
	f->what = text;
	ret->switches_found = pawl_search_switches_(log, count);
	pawl_search_init_(&m.search, PAWL_SIM_RANDOM, 0);
	ret->runs = pawl_search_shrink_(log, &count, SHRINK_RUNS_MAX, fails, f);
	ret->switches = pawl_search_switches_(log, count);
	/* The last run need not have been the best. */
	if (fails(f, log, &count))
		ret->runs++;
	f->depth = model_depth();
	f->after = after;
	pawl_search_fini_(&m.search);
}

static bool set_mode(const char *name)
{
	static const char *const names[] = {
		[PAWL_SIM_RANDOM] = "random",
		[PAWL_SIM_PCT] = "pct",
		[PAWL_SIM_EXHAUSTIVE] = "exhaustive",
	};
	unsigned i;

	m.is_on = false;
	for (i = 0; i < KIT_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0) {
			m.mode = (enum pawl_sim_mode)i;
			m.is_on = true;
			m.bound = i == PAWL_SIM_RANDOM ? 0 : 3;
			return true;
		}
	return strcmp(name, "whole") == 0; /* the checker's own */
}

static bool set(const char *key, const char *value)
{
	if (strcmp(key, "mode") == 0)
		return set_mode(value);
	if (strcmp(key, "seed") == 0)
		m.seed = strtoull(value, NULL, 0);
	else if (strcmp(key, "runs") == 0)
		m.runs = strtoull(value, NULL, 0);
	else if (strcmp(key, "bound") == 0)
		m.bound = (unsigned)strtoul(value, NULL, 0);
	else
		return false;
	return true;
}

bool model_option(const char *option)
{
	const char *value = strchr(option, '=');
	char key[8] = "";

	if (strncmp(option, "--", 2) != 0 || !value || (size_t)(value - option - 2) >= sizeof key)
		return false;
	memcpy(key, option + 2, (size_t)(value - option - 2));
	return set(key, value + 1);
}

void model_mode_environment(void)
{
	static const char *const names[][2] = { { "MODEL_MODE", "mode" },
						{ "MODEL_SEED", "seed" },
						{ "MODEL_RUNS", "runs" },
						{ "MODEL_BOUND", "bound" } };
	unsigned i;

	for (i = 0; i < KIT_COUNT(names); i++) {
		const char *value = getenv(names[i][0]);

		if (value && !set(names[i][1], value))
			kit_fail(__FILE__, __LINE__, "no such mode");
	}
}
