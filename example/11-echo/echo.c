/* SPDX-License-Identifier: MIT */
/* An echo server over TCP for four guests at once, and a client in the same program. */
#include <pawl/listener.h>
#include <stdio.h>

static struct guest {
	pawl_task task;
	pawl_stream s;
	char buf[256];
	size_t n, done;
	int r;
} guests[4], me;

static pawl_listener door;
static pawl_addr at;

static int serve(pawl_task *t)
{
	struct guest *g = PAWL_OF(t, struct guest, task);

	PAWL_BEGIN(t);
	for (;; pawl_stream_close(&g->s)) {
		PAWL_AWAIT(t, pawl_listener_accept(t, &door, &g->s));
		for (;; g->done = 0) {
			PAWL_AWAIT_AS(t, g->r, pawl_stream_read(t, &g->s, g->buf, 256, &g->n));
			if (g->r != 0)
				break;
			PAWL_AWAIT_AS(t, g->r,
				      pawl_stream_write_all(t, &g->s, g->buf, g->n, &g->done));
		}
	}
	PAWL_END(t);
}

static int talk(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_stream_connect(t, &me.s, &at));
	PAWL_AWAIT(t, pawl_stream_write_all(t, &me.s, "hello", 5, &me.done));
	PAWL_AWAIT(t, pawl_stream_read(t, &me.s, me.buf, sizeof(me.buf), &me.n));
	printf("the server says: %.*s\n", (int)me.n, me.buf);
	pawl_stream_close(&me.s);
	PAWL_END(t);
}

int main(void)
{
	struct guest *g;
	pawl_host *h;

	if (pawl_host_new(NULL, &h) || pawl_addr_ip("127.0.0.1", 0, &at) ||
	    pawl_listener_open(pawl_host_exec(h), &door, &at, 0) || pawl_listener_local(&door, &at))
		return 1;
	for (g = guests; g < guests + PAWL_COUNT(guests); pawl_detach(&g++->task))
		pawl_spawn_foreground(pawl_host_exec(h), &g->task, serve);
	pawl_spawn_foreground(pawl_host_exec(h), &me.task, talk);
	pawl_block_on(pawl_host_exec(h), &me.task, NULL);
	pawl_listener_close(&door);
	pawl_host_free(h);
}
