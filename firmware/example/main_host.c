/* SPDX-License-Identifier: MIT */
/* The examples on a desktop: the host executor, and a thread that plays the sensor. */
#include "ground.h"

#include <pawl/host.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static sem_t asked;
static void (*on_ready)(int sample);

/* NULL: there is nothing more to measure. */
static void *sensor(void *arg)
{
	for (;;) {
		while (sem_wait(&asked) != 0) {}
		if (!on_ready)
			return arg;
		on_ready(ground_sample());
	}
}

void ground_measure(void (*ready)(int sample))
{
	on_ready = ready;
	sem_post(&asked);
}

int main(void)
{
	pawl_task task = { 0 };
	pawl_host *h = NULL;
	pthread_t thread;
	int outcome = 1;

	if (sem_init(&asked, 0, 0) != 0 || pthread_create(&thread, NULL, sensor, NULL) != 0 ||
	    pawl_host_new(NULL, &h) < 0)
		return 2;
	if (pawl_spawn(pawl_host_exec(h), &task, app) == 0)
		pawl_block_on(pawl_host_exec(h), &task, &outcome);
	pawl_host_free(h);
	ground_measure(NULL);
	pthread_join(thread, NULL);
	sem_destroy(&asked);
	return outcome != 0;
}
