/* SPDX-License-Identifier: MIT */
/* A device that makes its caller wait: a task with a thread of its own feeds it. */
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <stdio.h>
#include <threads.h>

PAWL_CHAN(readings, int, 4);

struct feeder {
	pawl_task task;
	int reading, count, total, r;
};

static int feed(pawl_task *t)
{
	struct feeder *f = PAWL_OF(t, struct feeder, task);

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT_AS(t, f->r, readings_recv(t, &f->reading));
		if (f->r < 0)
			break;
		thrd_sleep(&(struct timespec){ .tv_nsec = 1000 }, NULL); /* the device */
		f->count++;
		f->total += f->reading;
	}
	PAWL_END(t);
}

static int measure(pawl_task *t)
{
	static int next;

	PAWL_BEGIN(t);
	for (next = 1; next <= 20; next++)
		PAWL_AWAIT(t, readings_send(t, &next));
	pawl_chan_close(&readings);
	PAWL_END(t);
}

int main(void)
{
	pawl_spawn_options named = { .label = "feeder" };
	struct feeder f = { 0 };
	pawl_task source = { 0 };
	pawl_host *h;

	readings_init();
	if (pawl_host_new(NULL, &h) != 0)
		return 1;
	pawl_spawn_dedicated(pawl_host_exec(h), &f.task, feed, &named);
	pawl_spawn(pawl_host_exec(h), &source, measure);
	pawl_block_on(pawl_host_exec(h), &source, NULL);
	pawl_block_on(pawl_host_exec(h), &f.task, NULL);
	printf("%d readings, total %d\n", f.count, f.total);
	pawl_host_free(h);
	return 0;
}
