/* SPDX-License-Identifier: MIT */
/* Memory of a coroutine that waits: all that became resident, stack, page tables and struct. */
#include "resident.h"

#include <pawl/co_await.h>
#include <pawl/host.h>

enum { FRAMES = 4 };

struct waiter {
	pawl_task task;
	pawl_co co;
};

static pawl_event go;
static uint32_t waiting;

/* Not in the frame of who calls. */
__attribute__((noinline)) static int wait_deep(pawl_co *co, int frames)
{
	int r;

	if (frames > 1) {
		r = wait_deep(co, frames - 1);
		__asm__ volatile("" : "+r"(r) : : "memory");
		return r;
	}
	__atomic_add_fetch(&waiting, 1, __ATOMIC_RELEASE);
	return pawl_co_event_wait(co, &go);
}

static int wait_for_it(pawl_co *co)
{
	return wait_deep(co, FRAMES);
}

static double run(bool quick)
{
	uint32_t count = quick ? 1000 : 100000;
	struct waiter *waiters;
	double bytes;
	pawl_host *h;

	measure_must(pawl_host_new(NULL, &h) == 0, "pawl_host_new");
	pawl_event_init(&go);
	bytes = resident();
	waiters = calloc(count, sizeof *waiters);
	measure_must(waiters, "calloc");
	for (uint32_t i = 0; i < count; i++)
		measure_must(pawl_co_spawn(pawl_host_exec(h), &waiters[i], wait_for_it) == 0,
			     "spawn");
	measure_wait_for(&waiting, count);
	bytes = resident() - bytes;
	pawl_event_set(&go);
	for (uint32_t i = 0; i < count; i++)
		measure_must(pawl_block_on(pawl_host_exec(h), &waiters[i].task, NULL) == 0,
			     "block_on");
	pawl_host_free(h);
	free(waiters);
	return bytes / count;
}

int main(int argc, char **argv)
{
	static const struct measure_row rows[] = {
		{ "idle_bytes", "co", run },
		{ 0 },
	};

	return measure_main(argc, argv, rows);
}
