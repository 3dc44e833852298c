/* SPDX-License-Identifier: MIT */
/* A task pins a stack to itself for a while, and yields to its worker from there; then several. */
#include <pawl/co_await.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <stdio.h>

struct job {
	pawl_task task;
	pawl_co co;
	FILE *out;
	int id, sum, polls;
};

/* On a stack, over several polls; `j` and `i` are where they were. */
static int generate(pawl_co *co)
{
	struct job *j = PAWL_OF(co, struct job, co);
	int i, r = 0;

	for (i = 1; i <= 3 && r == 0; i++) {
		fprintf(j->out, "job %d yields %d\n", j->id, i);
		j->sum += i;
		r = pawl_co_yield(co);
	}
	return r;
}

static int job(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);

	j->polls++;
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_pin(t, &j->co, generate));
	fprintf(j->out, "job %d gave its stack back: %d in %d polls\n", j->id, j->sum, j->polls);
	PAWL_END(t);
}

int main(void)
{
	struct job one = { .out = stdout, .id = 1 }, several[] = { { .id = 2 }, { .id = 3 } };
	pawl_host *h;
	int i, c;

	pawl_spawn(pawl_current_executor(), &one.task, job);
	pawl_block_on(pawl_current_executor(), &one.task, NULL);
	if (pawl_host_new(NULL, &h) != 0)
		return 1;
	for (i = 0; i < 2; i++) { /* on several threads: each prints to a file of its own */
		several[i].out = tmpfile();
		pawl_spawn(pawl_host_exec(h), &several[i].task, job);
	}
	for (i = 0; i < 2; i++) {
		pawl_block_on(pawl_host_exec(h), &several[i].task, NULL);
		rewind(several[i].out);
		while ((c = getc(several[i].out)) != EOF)
			putchar(c);
		fclose(several[i].out);
	}
	pawl_host_free(h);
	return 0;
}
