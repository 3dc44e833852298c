/* SPDX-License-Identifier: MIT */
/* The points: before each shared access a thread may be late. */
#define _GNU_SOURCE
#include "stress.h"

#include <port/atomic.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint32_t seed, threads;
static uint32_t spin_every = 64, yield_every = 128, sleep_every = 4096;
static _Thread_local uint32_t mine;

uint32_t stress_random(uint32_t *state, uint32_t n)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return (uint32_t)((uint64_t)x * n >> 32);
}

static uint32_t mixed(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return (x ^ x >> 16) | 1;
}

static void late(void)
{
	static const struct timespec most = { 0, 20000 };

	if (!mine)
		mine = mixed(seed +
			     0x9e3779b9u * __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED));
	if (stress_random(&mine, spin_every) == 0) {
		volatile uint32_t n = stress_random(&mine, 500);

		while (n)
			n = n - 1;
	}
	if (stress_random(&mine, yield_every) == 0)
		sched_yield();
	if (stress_random(&mine, sleep_every) == 0) {
		struct timespec t = { 0, (long)stress_random(&mine, (uint32_t)most.tv_nsec) };

		nanosleep(&t, NULL);
	}
}

void PAWL_ATOMIC_POINT(const void *of, enum pawl_point kind)
{
	(void)of, (void)kind;
	late();
}

/* Locks: before they are taken, and after they were released. */

uintptr_t __real_pawl_port_lock(const void *of);
uintptr_t __wrap_pawl_port_lock(const void *of);
void __real_pawl_port_unlock(const void *of, uintptr_t was);
void __wrap_pawl_port_unlock(const void *of, uintptr_t was);
int __real_pthread_mutex_lock(pthread_mutex_t *m);
int __wrap_pthread_mutex_lock(pthread_mutex_t *m);
int __real_pthread_mutex_unlock(pthread_mutex_t *m);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *m);

uintptr_t __wrap_pawl_port_lock(const void *of)
{
	late();
	return __real_pawl_port_lock(of);
}

void __wrap_pawl_port_unlock(const void *of, uintptr_t was)
{
	__real_pawl_port_unlock(of, was);
	late();
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *m)
{
	late();
	return __real_pthread_mutex_lock(m);
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *m)
{
	int r = __real_pthread_mutex_unlock(m);

	late();
	return r;
}

uint32_t stress_begin(void)
{
	const char *given = getenv("PAWL_STRESS_SEED");
	struct timespec t;
	uint32_t manner;

	clock_gettime(CLOCK_REALTIME, &t);
	seed = given ? (uint32_t)strtoul(given, NULL, 0)
		     : mixed((uint32_t)t.tv_nsec ^ (uint32_t)getpid() << 16);
	printf("PAWL_STRESS_SEED=%u\n", seed);
	mine = mixed(seed);
	manner = mine;
	spin_every = 8u << stress_random(&manner, 8);
	yield_every = 16u << stress_random(&manner, 8);
	sleep_every = 256u << stress_random(&manner, 8);
	return mixed(manner);
}

unsigned stress_rounds(unsigned n)
{
	return kit_long() ? 50 * n : n;
}

pawl_host *stress_host(unsigned workers)
{
	pawl_host_options o = { .workers = workers };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}
