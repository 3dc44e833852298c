/* SPDX-License-Identifier: MIT */
/* Memory that runs out at a certain allocation of the build tool. */
#ifndef PAWL_TEST_SIMBUILD_MEMORY_H
#define PAWL_TEST_SIMBUILD_MEMORY_H

#include <stdint.h>

/* From the next allocation on: `after` succeed, `count` fail, all others succeed. */
void memory_fails(uint64_t after, uint64_t count);

/* How many there were since then. */
uint64_t memory_asked(void);

#endif
