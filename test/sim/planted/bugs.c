/* SPDX-License-Identifier: MIT */
/* The planted bugs as a program of seeded tests: `make sim T=lost_wake` shows one. */
#include "planted.h"

int main(int argc, char **argv)
{
	static const pawl_sim_case *cases[64];
	unsigned count = 0, i;

	for (i = 0; planted_all[i]; i++) {
		cases[count++] = &planted_all[i]->bug;
		cases[count++] = &planted_all[i]->mended;
	}
	return pawl_sim_main(cases, argc, argv);
}
