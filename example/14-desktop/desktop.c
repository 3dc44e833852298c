/* SPDX-License-Identifier: MIT */
/* A desktop program: tasks of both kinds, a pipe and a GLib timeout, all under one GMainLoop. */
#include <glib-unix.h>
#include <pawl/glib.h>
#include <pawl/stream.h>
#include <stdio.h>
#include <unistd.h>

static GMainLoop *loop;
static pawl_stream orders;
static int fd[2];
static unsigned upto, primes;

static int look(pawl_task *t) /* in the background: what takes long */
{
	unsigned n, d;

	(void)t;
	for (n = 2; n < upto; n++) {
		for (d = 2; n % d; d++) {}
		primes += d == n;
	}
	return 0;
}

static int window(pawl_task *t) /* in the foreground: what the user sees */
{
	static pawl_task search;
	static char text[16];
	static size_t size;

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_stream_read(t, &orders, text, sizeof(text) - 1, &size));
	upto = (unsigned)g_ascii_strtoull(text, NULL, 10);
	pawl_spawn_background(pawl_here(t), &search, look);
	PAWL_AWAIT(t, pawl_join(t, &search, NULL));
	printf("%u primes below %u\n", primes, upto);
	g_main_loop_quit(loop);
	PAWL_END(t);
}

static gboolean press(gpointer text) /* as a button's signal would */
{
	printf("pressed\n");
	return write(fd[1], text, 5) != 5;
}

int main(void)
{
	static pawl_task task;
	pawl_host *h;

	if (pawl_host_new(NULL, &h) || !g_unix_open_pipe(fd, FD_CLOEXEC, NULL) ||
	    pawl_stream_adopt(pawl_host_exec(h), &orders, fd[0]))
		return 1;
	loop = g_main_loop_new(NULL, FALSE);
	pawl_glib_begin(h, NULL);
	pawl_spawn_foreground(pawl_host_exec(h), &task, window);
	g_timeout_add(10, press, "10000");
	g_main_loop_run(loop);
	pawl_block_on(pawl_host_exec(h), &task, NULL);
	pawl_stream_close(&orders);
	pawl_host_free(h);
}
