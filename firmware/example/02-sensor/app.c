/* SPDX-License-Identifier: MIT */
/* A sensor's interrupt puts samples into a channel; a task takes them out and reckons. */
#include "ground.h"

#define SAMPLES 5

PAWL_CHAN(samples, int, 2);

static int lost;

/* In the interrupt: it never waits, so it has to say what becomes of a sample without room. */
static void on_ready(int sample)
{
	if (samples_try_send(&sample) < 0)
		lost++;
}

struct reader {
	pawl_task task;
	int n, sample, sum;
};

static int read(pawl_task *t)
{
	struct reader *r = PAWL_OF(t, struct reader, task);

	PAWL_BEGIN(t);
	for (r->n = 1; r->n <= SAMPLES; r->n++) {
		ground_measure(on_ready);
		PAWL_AWAIT(t, samples_recv(t, &r->sample));
		r->sum += r->sample;
		say("sample %d: %d degrees", r->n, r->sample);
	}
	PAWL_END(t);
}

int app(pawl_task *t)
{
	static struct reader reader;
	int r;

	PAWL_BEGIN(t);
	samples_init();
	if ((r = pawl_spawn(pawl_here(t), &reader.task, read)) < 0)
		return r;
	PAWL_AWAIT(t, pawl_join(t, &reader.task, NULL));
	say("mean: %d degrees, %d samples lost", reader.sum / SAMPLES, lost);
	PAWL_END(t);
}
