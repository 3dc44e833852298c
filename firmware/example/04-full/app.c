/* SPDX-License-Identifier: MIT */
/* Seven jobs and a pool of three: the fourth claim finds it full, and waits for the oldest job. */
#include "ground.h"

#define JOBS 7

struct job {
	pawl_task task;
	int n;
};

PAWL_TASK_POOL(jobs, struct job, 3);

static int work(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(PAWL_OF(t, struct job, task)->n));
}

/* Those that were not joined yet, in the order of their spawns. */
static struct job *running[JOBS];
static int spawned, joined;

static int start(pawl_exec *x, struct job *j)
{
	j->n = spawned + 1;
	running[spawned++] = j;
	return pawl_spawn(x, &j->task, work);
}

static void say_full(void)
{
	char text[96];

	pawl_pool_full_text(&jobs, text, sizeof text);
	say("%s", text);
}

int app(pawl_task *t)
{
	struct job *j;
	int r;

	PAWL_BEGIN(t);
	while (joined < JOBS) {
		while (spawned < JOBS && (j = jobs_claim()))
			if ((r = start(pawl_here(t), j)) < 0)
				return r;
		if (spawned < JOBS)
			say_full();
		PAWL_AWAIT(t, pawl_join(t, &running[joined]->task, NULL));
		joined++;
		say("job %d is done", joined);
	}
	say("at most %d of %d in use, %d claims refused", (int)pawl_pool_peak(&jobs),
	    (int)pawl_pool_size(&jobs), (int)pawl_pool_refused(&jobs));
	PAWL_END(t);
}
