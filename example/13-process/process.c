/* SPDX-License-Identifier: MIT */
/* Two child processes: one sorts what it is told, one takes too long and is killed. */
#include <pawl/process.h>
#include <pawl/timeout.h>

#include <signal.h>
#include <stdio.h>

static struct boss {
	pawl_task task;
	pawl_process p;
	pawl_timeout limit;
	char text[64];
	size_t n, done;
	int r;
} boss;

static const char *const sort[] = { "sort", "-n", NULL }, *const nap[] = { "sleep", "1000", NULL };
static const pawl_process_options napping = { .argv = nap };
static const pawl_process_options sorting = { .argv = sort,
					      .in = PAWL_PROCESS_PIPE,
					      .out = PAWL_PROCESS_PIPE };

static int manage(pawl_task *t)
{
	struct boss *b = PAWL_OF(t, struct boss, task);

	PAWL_BEGIN(t);
	if ((b->r = pawl_process_start(pawl_here(t), &b->p, &sorting)) != 0)
		return b->r;
	PAWL_AWAIT(t, pawl_stream_write_all(t, &b->p.in, "30\n4\n100\n", 9, &b->done));
	pawl_stream_close(&b->p.in);
	for (;;) {
		PAWL_AWAIT_AS(t, b->r, pawl_stream_read(t, &b->p.out, b->text, 64, &b->n));
		if (b->r != 0)
			break;
		printf("%.*s", (int)b->n, b->text);
	}
	PAWL_AWAIT(t, pawl_process_wait(t, &b->p));
	printf("sort ended with %d\n", b->p.exit_code);
	pawl_process_close(&b->p);

	if ((b->r = pawl_process_start(pawl_here(t), &b->p, &napping)) != 0)
		return b->r;
	PAWL_AWAIT_AS(t, b->r,
		      PAWL_TIMEOUT(t, &b->limit, PAWL_MS(10), pawl_process_wait(t, &b->p)));
	printf("sleep: %s\n", pawl_strerror(b->r));
	pawl_process_kill(&b->p, SIGTERM);
	PAWL_AWAIT(t, pawl_process_wait(t, &b->p));
	printf("sleep was ended by a signal: %s\n", b->p.signal == SIGTERM ? "SIGTERM" : "another");
	pawl_process_close(&b->p);
	PAWL_END(t);
}

int main(void)
{
	int outcome = 1;
	pawl_host *h;

	if (pawl_host_new(NULL, &h))
		return 1;
	pawl_spawn_foreground(pawl_host_exec(h), &boss.task, manage);
	pawl_block_on(pawl_host_exec(h), &boss.task, &outcome);
	pawl_host_free(h);
	return outcome;
}
