/* SPDX-License-Identifier: MIT */
/* Taking and giving memory of the size of a task; who includes this says how: take and give. */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

#include "measure.h"

#include <sched.h>

enum { SLOT = 160, BATCH = 1000, BELT = 4096 };

static void *take(void);
static void give(void *slot);

static void pairs(void *arg, long count)
{
	for (long i = 0; i < count; i++) {
		void *volatile slot = take();

		give(slot);
	}
	(void)arg;
}

/* As a task does that spawns a thousand and then joins them. */
static void batches(void *arg, long count)
{
	void **slots = (void **)arg;

	for (; count; count--) {
		for (int i = 0; i < BATCH; i++)
			slots[i] = take();
		for (int i = 0; i < BATCH; i++)
			give(slots[i]);
	}
}

/* One thread takes, another gives. */
struct belt {
	_Alignas(64) long taken;
	_Alignas(64) long given;
	long count;
	void *slots[BELT];
};

static void *give_all(void *arg)
{
	struct belt *b = (struct belt *)arg;

	for (long i = 0; i < b->count; i++) {
		while (__atomic_load_n(&b->taken, __ATOMIC_ACQUIRE) == i)
			sched_yield();
		give(b->slots[i % BELT]);
		__atomic_store_n(&b->given, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void across(void *arg, long count)
{
	struct belt *b = (struct belt *)arg;
	pthread_t other;

	b->taken = b->given = 0;
	b->count = count;
	measure_must(pthread_create(&other, NULL, give_all, b) == 0, "pthread_create");
	for (long i = 0; i < count; i++) {
		while (i - __atomic_load_n(&b->given, __ATOMIC_ACQUIRE) == BELT)
			sched_yield();
		b->slots[i % BELT] = take();
		__atomic_store_n(&b->taken, i + 1, __ATOMIC_RELEASE);
	}
	pthread_join(other, NULL);
}

static double run_pairs(bool quick)
{
	return measure(quick, pairs, NULL, 1);
}

static double run_batches(bool quick)
{
	static void *slots[BATCH];

	return measure(quick, batches, slots, BATCH);
}

static double run_across(bool quick)
{
	static struct belt belt;

	return measure(quick, across, &belt, 1);
}

#define SLOT_ROWS                                                            \
	{ "slot", "t1pair", run_pairs }, { "slot", "t1b1000", run_batches }, \
	{                                                                    \
		"slot", "t2", run_across                                     \
	}

#endif
