/* SPDX-License-Identifier: MIT */
/* Seen from outside: a poll that takes too long, what was counted, and a trace for Perfetto. */
#include <pawl/counters.h>
#include <pawl/pawl.h>
#include <pawl/tracer.h>

#include <stdatomic.h>
#include <stdio.h>

static atomic_bool is_told;

static void warn(void *arg, const pawl_long_poll *p)
{
	(void)arg;
	printf("%s holds up %s\n", p->name, p->worker < 0 ? "the main thread" : "a worker");
	atomic_store(&is_told, true);
}

static int write_to(void *arg, const char *text, size_t size)
{
	return fwrite(text, 1, size, arg) == size ? 0 : PAWL_EIO;
}

/* Should be blocking work, or give way now and then. */
static int crunch(pawl_task *t)
{
	(void)t;
	while (!atomic_load(&is_told)) {}
	return 0;
}

static int step(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_YIELD(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
	PAWL_END(t);
}

int main(int argc, char **argv)
{
	pawl_host_options options = { .workers = 1,
				      .long_poll = PAWL_MS(20),
				      .on_long_poll = warn };
	FILE *trace = argc > 1 ? fopen(argv[1], "w") : tmpfile();
	pawl_tracer_options to = { write_to, trace, 0 };
	pawl_task tasks[2] = { 0 };
	pawl_thread_counters worker;
	pawl_counters rest;
	pawl_host *h;

	if (!trace || pawl_host_new(&options, &h) != 0 || pawl_tracer_start(h, &to) != 0)
		return 1;
	pawl_spawn(pawl_host_exec(h), &tasks[0], crunch);
	pawl_spawn(pawl_host_exec(h), &tasks[1], step);
	for (int i = 0; i < 2; i++)
		pawl_block_on(pawl_host_exec(h), &tasks[i], NULL);
	if (pawl_tracer_stop(h, NULL) == 0 && fclose(trace) == 0)
		printf("the trace is written\n");
	pawl_counters_worker(h, 0, &worker);
	pawl_counters_host(h, &rest); /* the main thread helps a worker that is held up */
	printf("%d polls, %d timer\n", (int)(worker.polls + rest.main.polls),
	       (int)(worker.fired + rest.main.fired));
	pawl_host_free(h);
	return 0;
}
