/* SPDX-License-Identifier: MIT */
/* What tests of a simulated world's files share: a machine that is a disk, and faults on demand. */
#ifndef PAWL_TEST_FILES_FIX_H
#define PAWL_TEST_FILES_FIX_H

#include "kit.h"
#include "sim/files.h"

/* In the place of the simulator: what it was told, and what it is to answer. */
struct stage {
	unsigned points, alone;
	char call[32], path[256]; /* of the last point */
	pawl_sim_faults faults;
	uint64_t random;
	uint64_t seed;
	void (*at_point)(struct sim_world *w); /* of those where nobody else runs */
};

extern struct stage stage;

/* A machine with one world that has files, a clock, and nothing else. */
struct fix {
	struct sim_machine machine;
	struct sim_seat seat;
	pawl_world *w;
	int64_t clock;
};

uint32_t stage_next(uint32_t below);

void fix_open(struct fix *f);

/* The same with a copy of a disk, and nothing of the stage changes. */
void fix_open_copy(struct fix *f, const struct sim_disk *d);
void fix_close(struct fix *f);

/* One more world on its machine. */
void fix_open_seat(struct fix *f, struct sim_seat *s);

#endif
