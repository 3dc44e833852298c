/* SPDX-License-Identifier: MIT */
/* The floor: two threads that wake each other through a futex, without any spinning. */
#include "measure.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t there, back;

static void set(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wait(uint32_t *word)
{
	while (!__atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static void *answer(void *arg)
{
	for (long left = *(long *)arg; left; left--) {
		wait(&there);
		set(&back);
	}
	return NULL;
}

static void batch(void *arg, long count)
{
	pthread_t other;

	(void)arg;
	measure_must(pthread_create(&other, NULL, answer, &count) == 0, "pthread_create");
	for (long i = 0; i < count; i++) {
		set(&there);
		wait(&back);
	}
	pthread_join(other, NULL);
}

static double run(bool quick)
{
	return measure(quick, batch, NULL, 1);
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "pingpong", "x", run },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
