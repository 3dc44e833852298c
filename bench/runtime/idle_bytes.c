/* SPDX-License-Identifier: MIT */
/* Memory of a task that waits: all bytes that were allocated for it, its own struct among them. */
#include "measure.h"

#include <pawl/event.h>
#include <pawl/host.h>

#include <malloc.h>

static pawl_event go;
static uint32_t waiting;

static int wait_for_it(pawl_task *t)
{
	PAWL_BEGIN(t);
	__atomic_add_fetch(&waiting, 1, __ATOMIC_RELEASE);
	PAWL_AWAIT(t, pawl_event_wait(t, &go));
	PAWL_END(t);
}

static double allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static double run(bool quick)
{
	uint32_t count = quick ? 1000 : 100000;
	pawl_task *tasks;
	double bytes;
	pawl_host *h;

	measure_must(pawl_host_new(NULL, &h) == 0, "pawl_host_new");
	pawl_event_init(&go);
	bytes = allocated();
	tasks = calloc(count, sizeof *tasks);
	measure_must(tasks, "calloc");
	for (uint32_t i = 0; i < count; i++)
		measure_must(pawl_spawn(pawl_host_exec(h), &tasks[i], wait_for_it) == 0, "spawn");
	measure_wait_for(&waiting, count);
	bytes = allocated() - bytes;
	pawl_event_set(&go);
	for (uint32_t i = 0; i < count; i++)
		measure_must(pawl_block_on(pawl_host_exec(h), &tasks[i], NULL) == 0, "block_on");
	pawl_host_free(h);
	free(tasks);
	return bytes / count;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "idle_bytes", "task", run },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
