/* SPDX-License-Identifier: MIT */
/* Counting: one thread counts by plain stores, and all others may look. */
#ifndef PAWL_HOST_COUNTS_H
#define PAWL_HOST_COUNTS_H

#include <stdint.h>

/* What a thread that polls did. It alone counts. */
struct pawl_counts {
	uint64_t polls;  /* polls of tasks */
	uint64_t steals; /* times it took tasks from another worker */
	uint64_t stolen; /* tasks it took so */
	uint64_t parks;  /* times it went to sleep */
	uint64_t wakes;  /* times it woke another */
	uint64_t fired;  /* timers */
};

static inline uint64_t pawl_counted_(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

/* By the one thread that counts there, or under a lock. */
static inline void pawl_count_(uint64_t *n, uint64_t by)
{
	__atomic_store_n(n, *n + by, __ATOMIC_RELAXED);
}

/* By anybody. */
static inline void pawl_count_shared_(uint64_t *n, uint64_t by)
{
	__atomic_fetch_add(n, by, __ATOMIC_RELAXED);
}

#endif
