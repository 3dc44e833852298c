/* SPDX-License-Identifier: MIT */
/* Every planted bug is found, by which modes it has to be, and its mended twin never fails. */
#include <kit.h>

#include "planted.h"

#include <stdio.h>
#include <string.h>

enum { MODES = 3, TWIN_SEEDS = 300, TWIN_SCHEDULES = 3000 };

static bool finds(const struct planted *p, unsigned mode)
{
	pawl_sim_result r;

	CHECK_INT(planted_run(&p->bug, (enum pawl_sim_mode)mode, 1, &r), 0);
	if (!r.has_failed)
		return false;
	CHECK(strstr(r.why, "nondeterministic") == NULL);
	CHECK(r.shrunk_in > 0);
	return true;
}

TEST(each_is_found_by_a_mode)
{
	unsigned i, mode;

	for (i = 0; planted_all[i]; i++) {
		unsigned found = 0;

		for (mode = 0; mode < MODES; mode++)
			found += finds(planted_all[i], mode);
		if (!found)
			printf("nothing finds %s\n", planted_all[i]->name);
		CHECK(found > 0);
	}
}

TEST(random_seeds_find_all_but_the_hard_ones)
{
	unsigned i;

	for (i = 0; planted_all[i]; i++) {
		if (planted_all[i]->is_hard || finds(planted_all[i], PAWL_SIM_RANDOM))
			continue;
		printf("1,000 random seeds do not find %s\n", planted_all[i]->name);
		CHECK(false);
	}
}

static void twin_passes(const struct planted *p, unsigned mode)
{
	bool is_exhaustive = mode == PAWL_SIM_EXHAUSTIVE;
	pawl_sim_case c = p->mended;
	pawl_sim_result r;

	c.mode = (enum pawl_sim_mode)mode;
	CHECK_INT(pawl_sim_many(&c, 1, is_exhaustive ? TWIN_SCHEDULES : TWIN_SEEDS, &r), 0);
	if (r.has_failed)
		printf("%s, mode %u, seed %llu: %s\n", c.name, mode, (unsigned long long)r.seed,
		       r.why);
	CHECK(!r.has_failed);
}

TEST(mended_twins_pass_under_all_modes)
{
	unsigned i, mode;

	for (i = 0; planted_all[i]; i++)
		for (mode = 0; mode < MODES; mode++)
			twin_passes(planted_all[i], mode);
}

static const struct kit_case cases[] = {
	CASE(each_is_found_by_a_mode),
	CASE(random_seeds_find_all_but_the_hard_ones),
	CASE(mended_twins_pass_under_all_modes),
};

KIT_MAIN(cases)
