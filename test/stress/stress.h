/* SPDX-License-Identifier: MIT */
/* Stress: threads that are late at any shared access, and what the programs of it share. */
#ifndef PAWL_TEST_STRESS_H
#define PAWL_TEST_STRESS_H

#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

/*
 * Before each shared access of core and of the scheduler a thread may give way, spin or sleep for
 * some microseconds: seldom, or all the time, as the seed says. A generator for each thread makes
 * the choices, from the seed and from how many threads there were before. So a seed does not
 * repeat a run, but it repeats its manner. It is printed, and taken from PAWL_STRESS_SEED.
 */

/* A random number below n. */
uint32_t stress_random(uint32_t *state, uint32_t n);

/* Begins a case: says its seed, which differs from run to run, and prepares this thread. */
uint32_t stress_begin(void);

/* How many rounds: so many, or fifty times as many in `make check-long`. */
unsigned stress_rounds(unsigned n);

/* A host with so many workers. */
pawl_host *stress_host(unsigned workers);

#endif
