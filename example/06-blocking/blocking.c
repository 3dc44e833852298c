/* SPDX-License-Identifier: MIT */
/* Work that blocks its thread, off the main thread, while the main thread goes on ticking. */
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <stdio.h>

struct sum {
	pawl_task task;
	pawl_work work;
	unsigned upto;
	unsigned long result;
};

static void add_up(pawl_work *w)
{
	struct sum *s = PAWL_OF(w, struct sum, work);
	unsigned i;

	for (i = 1; i <= s->upto; i++)
		s->result += i;
}

static int sum(pawl_task *t)
{
	struct sum *s = PAWL_OF(t, struct sum, task);

	PAWL_BEGIN(t);
	s->work.fn = add_up;
	PAWL_AWAIT(t, pawl_blocking(t, &s->work));
	printf("main thread: %s, sum: %lu\n", pawl_is_main_thread(pawl_here(t)) ? "yes" : "no",
	       s->result);
	PAWL_END(t);
}

int main(void)
{
	struct sum s = { .upto = 1000 };
	pawl_host *h;

	if (pawl_host_new(NULL, &h) != 0)
		return 1;
	pawl_spawn_foreground(pawl_host_exec(h), &s.task, sum);
	pawl_block_on(pawl_host_exec(h), &s.task, NULL);
	pawl_host_free(h);
	return 0;
}
