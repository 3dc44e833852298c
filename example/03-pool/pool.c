/* SPDX-License-Identifier: MIT */
/* A pool without a heap: claiming is the step that can fail, and a full pool says what to raise. */
#include <pawl/pawl.h>

#include <stdio.h>

struct job {
	pawl_task task;
	int number;
};

PAWL_TASK_POOL(jobs, struct job, 3);

static int job(pawl_task *t)
{
	printf("job %d runs\n", PAWL_OF(t, struct job, task)->number);
	return 0;
}

static int job_start(pawl_exec *x, int number)
{
	struct job *j = jobs_claim();

	if (!j)
		return PAWL_EFULL;
	j->number = number;
	pawl_spawn(x, &j->task, job);
	pawl_detach(&j->task); /* nobody will ask how it ended */
	return 0;
}

int main(void)
{
	pawl_local local;
	char text[128];
	int i;

	pawl_local_init(&local);
	for (i = 1; i <= 5; i++) {
		if (job_start(pawl_local_exec(&local), i) == PAWL_EFULL) {
			pawl_pool_full_text(&jobs, text, sizeof text);
			printf("job %d: %s\n", i, text);
			pawl_local_run(&local); /* the slots come back */
		}
	}
	pawl_local_run(&local);
	printf("%u in use, %u at most, %u refused\n", pawl_pool_in_use(&jobs),
	       pawl_pool_peak(&jobs), pawl_pool_refused(&jobs));
	pawl_local_fini(&local);
	return 0;
}
