/* SPDX-License-Identifier: MIT */
/* What the benchmarks of the runtime and of its peers in C and C++ share: rows, batches, clocks. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * A program measures one row and prints one number:
 *
 *	PROGRAM NAME PARAM [--quick]
 *	PROGRAM --list			the rows it has, `name,param`, one a line
 */
struct measure_row {
	const char *name;
	const char *param;
	double (*run)(bool quick);
};

/* Does its work `count` times. */
typedef void measure_batch(void *arg, long count);

enum { MEASURE_BATCHES = 3 };
#define MEASURE_LEAST_NS 50000000 /* how long a batch lasts at least */

static inline int64_t measure_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static inline int64_t measure_now(void)
{
	return measure_clock(CLOCK_MONOTONIC);
}

/* CPU time of all threads of this process. */
static inline int64_t measure_cpu(void)
{
	return measure_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static inline int64_t measure_once(measure_batch *batch, void *arg, long count)
{
	int64_t from = measure_now();

	batch(arg, count);
	return measure_now() - from;
}

static inline int measure_compare(const void *a, const void *b)
{
	const int64_t *x = (const int64_t *)a, *y = (const int64_t *)b;

	return (*x > *y) - (*x < *y);
}

/*
 * Nanoseconds per operation, of which one unit of a batch has `ops`. Batches grow until one lasts
 * long enough, which is the warm-up too; then the median of three counts.
 */
static inline double measure(bool quick, measure_batch *batch, void *arg, double ops)
{
	int64_t took[MEASURE_BATCHES];
	long count = 1;

	while (measure_once(batch, arg, count) < (quick ? 0 : MEASURE_LEAST_NS))
		count *= 2;
	for (int i = 0; i < MEASURE_BATCHES; i++)
		took[i] = measure_once(batch, arg, count);
	qsort(took, MEASURE_BATCHES, sizeof took[0], measure_compare);
	return (double)took[MEASURE_BATCHES / 2] / ((double)count * ops);
}

static inline void measure_must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

/* For threads that report to each other outside of what is measured. */
static inline void measure_wait_for(uint32_t *counter, uint32_t value)
{
	const struct timespec ms = { 0, 1000000 };

	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < value)
		nanosleep(&ms, NULL);
}

/* The timers of the row `fire_cpu_10us`: so many, due 10 us after each other. */
#define MEASURE_GRID_NS 10000
#define MEASURE_GRID_LEAD_NS 500000000 /* the first is due so long after the first was made */

static inline uint32_t measure_grid_count(bool quick)
{
	return quick ? 1000 : 100000;
}

static inline int64_t measure_grid_lead(bool quick)
{
	return quick ? MEASURE_GRID_LEAD_NS / 10 : MEASURE_GRID_LEAD_NS;
}

static inline void *measure_idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/*
 * While a process has one thread, libc's locks go without atomic instructions. A program that lives
 * has others, so here is one that does nothing.
 */
static inline void measure_be_threaded(void)
{
	pthread_t idle;

	measure_must(pthread_create(&idle, NULL, measure_idle, NULL) == 0, "pthread_create");
	pthread_detach(idle);
}

static inline int measure_main(int argc, char **argv, const struct measure_row *rows)
{
	bool quick = argc == 4 && strcmp(argv[3], "--quick") == 0;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (; rows->name; rows++)
			printf("%s,%s\n", rows->name, rows->param);
		return 0;
	}
	for (; (argc == 3 || quick) && rows->name; rows++) {
		if (strcmp(rows->name, argv[1]) || strcmp(rows->param, argv[2]))
			continue;
		measure_be_threaded();
		printf("%.2f\n", rows->run(quick));
		return 0;
	}
	fprintf(stderr, "usage: %s --list | NAME PARAM [--quick]\n", argv[0]);
	return 2;
}

#endif
