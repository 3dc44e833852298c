/* SPDX-License-Identifier: MIT */
/* What has a stack of its own: switched to, made, ended; who includes this says how. */
#ifndef BENCH_FLOWS_H
#define BENCH_FLOWS_H

#include "measure.h"

enum { FLOWS = 1000, FRESH_WAVES = 11, FLOW_STACK = 65536 };

/* Starts one of FLOWS, whose function does nothing but to yield, until the program ends. */
static void flow_start(int i);
/* Resumes it, until it yields. */
static void flow_resume(int i);
/* On a stack of a pool: makes one, whose function returns at once, resumes it, ends it. */
static void flow_pooled(void);
/* On a guarded stack that was never used: makes one of FLOWS and resumes it, as above. */
static void flow_fresh(int i);
/* Ends it; what that stack is good for afterwards is up to the subject. */
static void flow_end(int i);
/* Sees to it, outside of what is measured, that stacks of the wave before are not used again. */
static void flow_waste(int wave, int count);

static void resume_one(void *arg, long count)
{
	for (; count; count--)
		flow_resume(0);
	(void)arg;
}

static void resume_round(void *arg, long count)
{
	for (; count; count--)
		for (int i = 0; i < FLOWS; i++)
			flow_resume(i);
	(void)arg;
}

static void make_pooled(void *arg, long count)
{
	for (; count; count--)
		flow_pooled();
	(void)arg;
}

static double run_one(bool quick)
{
	flow_start(0);
	return measure(quick, resume_one, NULL, 1);
}

static double run_round(bool quick)
{
	for (int i = 0; i < FLOWS; i++)
		flow_start(i);
	return measure(quick, resume_round, NULL, FLOWS);
}

static double run_pooled(bool quick)
{
	return measure(quick, make_pooled, NULL, 1);
}

/* All of a wave live together, so that each has a stack of its own; then all of them end. */
static int64_t wave(int count)
{
	int64_t from = measure_now();

	for (int i = 0; i < count; i++)
		flow_fresh(i);
	for (int i = 0; i < count; i++)
		flow_end(i);
	return measure_now() - from;
}

/* Stacks that were never used run out: so these are fixed numbers of them, and their median. */
static double run_fresh(bool quick)
{
	int count = quick ? 10 : FLOWS;
	int64_t took[FRESH_WAVES];

	for (int i = 0; i < FRESH_WAVES; i++) {
		took[i] = wave(count);
		flow_waste(i, count);
	}
	qsort(took, FRESH_WAVES, sizeof took[0], measure_compare);
	return (double)took[FRESH_WAVES / 2] / count;
}

#define FLOW_ROWS                                                        \
	{ "switch", "co1", run_one }, { "switch", "co1000", run_round }, \
		{ "co_create", "pooled", run_pooled },                   \
	{                                                                \
		"co_create", "fresh", run_fresh                          \
	}

#endif
