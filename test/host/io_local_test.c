/* SPDX-License-Identifier: MIT */
/* Streams over local sockets, pipes and descriptors of others. */
#define _GNU_SOURCE
#include "io_fix.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* A path in a folder of its own. */
struct place {
	char folder[32], path[48];
	pawl_addr at;
};

static void place_begin(struct place *p)
{
	strcpy(p->folder, "/tmp/pawl-io-XXXXXX");
	CHECK(mkdtemp(p->folder) != NULL);
	snprintf(p->path, sizeof(p->path), "%s/socket", p->folder);
	CHECK_INT(pawl_addr_path(p->path, &p->at), 0);
}

static void place_end(struct place *p)
{
	CHECK_INT(rmdir(p->folder), 0);
}

static int connects(pawl_task *t)
{
	struct io_pair *p = PAWL_OF(t, struct io_pair, task);

	return pawl_stream_connect(t, &p->a, &p->at);
}

TEST(local_socket)
{
	pawl_host *h = io_begin();
	struct io_pair p = { 0 };
	struct place place;
	char text[PAWL_ADDR_TEXT];
	pawl_addr a;

	place_begin(&place);
	p.at = place.at;
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &p.listener, &p.at, 0), 0);
	CHECK_INT(io_run(h, &p.task, io_pair_poll), 0);
	CHECK_INT(pawl_stream_peer(&p.a, &a), 0);
	pawl_addr_text(&a, text, sizeof(text));
	CHECK_STR(text, place.path);
	CHECK_INT(pawl_stream_peer(&p.b, &a), 0);
	pawl_addr_text(&a, text, sizeof(text));
	CHECK_STR(text, "unnamed");
	io_send(h, &p.a, "there");
	io_expect(h, &p.b, "there");
	CHECK_INT(pawl_stream_shutdown(&p.a), 0);
	io_send(h, &p.b, "and back");
	io_expect(h, &p.a, "and back");
	pawl_listener_close(&p.listener);
	io_pair_close(&p);
	place_end(&place);
	pawl_host_free(h);
}

TEST(paths_that_are_taken_or_empty)
{
	pawl_host *h = io_begin();
	pawl_listener l = { 0 };
	struct io_pair p = { 0 };
	struct place place;

	place_begin(&place);
	p.at = place.at;
	CHECK_INT(io_run(h, &p.task, connects), PAWL_ENOENT);
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &l, &p.at, 0), 0);
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &p.listener, &p.at, 0), PAWL_EBUSY);
	CHECK_INT(io_run(h, &p.task, connects), 0);
	pawl_stream_close(&p.a);
	CHECK_INT(link(place.path, strcat(place.folder, "/left")), 0);
	pawl_listener_close(&l);
	CHECK_INT(pawl_addr_path(place.folder, &p.at), 0);
	CHECK_INT(io_run(h, &p.task, connects), PAWL_EREFUSED);
	CHECK_INT(unlink(place.folder), 0);
	*strrchr(place.folder, '/') = 0;
	place_end(&place);
	pawl_host_free(h);
}

TEST(full_queue_of_a_local_listener)
{
	pawl_host *h = io_begin();
	struct io_pair p[8] = { 0 };
	pawl_listener l = { 0 };
	struct place place;
	unsigned i, full = 0;

	place_begin(&place);
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &l, &place.at, 1), 0);
	for (i = 0; i < 8; i++) {
		p[i].at = place.at;
		full += io_run(h, &p[i].task, connects) == PAWL_EAGAIN;
	}
	CHECK_UINT(full, 6);
	for (i = 0; i < 8; i++)
		io_pair_close(&p[i]);
	pawl_listener_close(&l);
	place_end(&place);
	pawl_host_free(h);
}

/* a reads what b writes. */
static void pipe_open(pawl_host *h, struct io_pair *p)
{
	int ends[2];

	memset(p, 0, sizeof(*p));
	CHECK_INT(pipe(ends), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &p->a, ends[0]), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &p->b, ends[1]), 0);
}

TEST(pipe_carries_bytes_and_its_end)
{
	pawl_host *h = io_begin();
	struct io_op r = { 0 };
	struct io_pair p;
	pawl_addr a;

	pipe_open(h, &p);
	r.s = &p.a;
	io_spawn(h, &r.task, io_read_poll);
	io_settle(h);
	io_send(h, &p.b, "bytes");
	CHECK_INT(io_end(h, &r.task), 0);
	CHECK_UINT(r.polls, 2);
	CHECK_MEM(r.buf, "bytes", 5);
	CHECK_INT(fcntl(p.a.io_.fd_, F_GETFD), FD_CLOEXEC);
	CHECK_INT(pawl_stream_shutdown(&p.b), PAWL_ENOTSUP);
	CHECK_INT(pawl_stream_peer(&p.b, &a), PAWL_ENOTSUP);
	CHECK_INT(pawl_stream_local(&p.b, &a), PAWL_ENOTSUP);
	io_spawn(h, &r.task, io_read_poll);
	io_settle(h);
	pawl_stream_close(&p.b);
	CHECK_INT(io_end(h, &r.task), PAWL_ECLOSED);
	io_pair_close(&p);
	pawl_host_free(h);
}

/* Nobody reads any more: a result, and no signal, which would end this process. */
TEST(broken_pipe_is_a_result)
{
	pawl_host *h = io_begin();
	struct io_op w = { .size = 1 };
	struct io_pair p;
	sigset_t pending;

	signal(SIGPIPE, SIG_DFL);
	pipe_open(h, &p);
	pawl_stream_close(&p.a);
	w.s = &p.b;
	CHECK_INT(io_run(h, &w.task, io_write_poll), PAWL_ECLOSED);
	CHECK_UINT(w.n, 0);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGPIPE));
	io_pair_close(&p);
	pawl_host_free(h);
}

/* Fills a pipe until it has to wait. */
static int fills(pawl_task *t)
{
	struct io_op *o = PAWL_OF(t, struct io_op, task);
	int r;

	o->polls++;
	while ((r = pawl_stream_write(t, o->s, o->buf, sizeof(o->buf), &o->n)) == 0)
		o->size += o->n;
	return r;
}

TEST(full_pipe_is_waited_for)
{
	pawl_host *h = io_begin();
	struct io_op w = { 0 }, cancelled = { .size = 1 }, r = { 0 };
	struct io_pair p;
	size_t sum = 0;

	pipe_open(h, &p);
	w.s = cancelled.s = &p.b;
	io_spawn(h, &w.task, fills);
	io_settle(h);
	io_spawn(h, &cancelled.task, io_write_poll);
	io_settle(h);
	CHECK_STR(pawl_task_wait(&cancelled.task), "room in a stream");
	pawl_cancel(&cancelled.task);
	CHECK_INT(io_end(h, &cancelled.task), PAWL_ECANCELED);
	CHECK_UINT(cancelled.n, 0);
	pawl_cancel(&w.task);
	CHECK_INT(io_end(h, &w.task), PAWL_ECANCELED);
	pawl_stream_close(&p.b);
	r.s = &p.a;
	while (io_run(h, &r.task, io_read_poll) == 0)
		sum += r.n;
	CHECK_UINT(sum, w.size);
	io_pair_close(&p);
	pawl_host_free(h);
}

/* The reader goes away while a writer waits for room. */
TEST(broken_pipe_wakes_the_writer)
{
	pawl_host *h = io_begin();
	struct io_op w = { 0 };
	struct io_pair p;

	pipe_open(h, &p);
	w.s = &p.b;
	io_spawn(h, &w.task, fills);
	io_settle(h);
	CHECK(!pawl_task_is_finished(&w.task));
	pawl_stream_close(&p.a);
	CHECK_INT(io_end(h, &w.task), PAWL_ECLOSED);
	io_pair_close(&p);
	pawl_host_free(h);
}

TEST(socket_of_somebody_else)
{
	pawl_host *h = io_begin();
	struct io_pair p = { 0 };
	int ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &p.a, ends[0]), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &p.b, ends[1]), 0);
	io_send(h, &p.a, "x");
	io_expect(h, &p.b, "x");
	CHECK_INT(pawl_stream_shutdown(&p.b), 0);
	io_pair_close(&p);
	pawl_host_free(h);
}

static void *adopts(void *x)
{
	pawl_stream s = { 0 };

	CHECK_INT(pawl_stream_adopt(x, &s, STDOUT_FILENO), PAWL_ENOTSUP);
	return NULL;
}

/* What is refused stays the caller's, as it was. */
TEST(what_cannot_be_adopted)
{
	pawl_host *h = io_begin();
	pawl_stream s = { 0 }, again = { 0 };
	int file = memfd_create("file", 0), ends[2];
	pthread_t thread;

	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &s, file), PAWL_ENOTSUP);
	CHECK_INT(close(file), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &s, file), PAWL_EINVAL);
	CHECK_INT(pawl_stream_adopt(pawl_current_executor(), &s, file), PAWL_ENOTSUP);
	pthread_create(&thread, NULL, adopts, pawl_host_exec(h));
	pthread_join(thread, NULL);
	CHECK_INT(pipe(ends), 0);
	if (kit_can_fail_alloc()) {
		kit_alloc_fail(1, false);
		CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &s, ends[0]), PAWL_ENOMEM);
		kit_alloc_fail(0, false);
		CHECK_INT(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
	}
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &s, ends[0]), 0);
	pawl_stream_close(&s);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(h), &again, ends[1]), 0);
	pawl_stream_close(&again);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(local_socket),
	CASE(paths_that_are_taken_or_empty),
	CASE(full_queue_of_a_local_listener),
	CASE(pipe_carries_bytes_and_its_end),
	CASE(broken_pipe_is_a_result),
	CASE(full_pipe_is_waited_for),
	CASE(broken_pipe_wakes_the_writer),
	CASE(socket_of_somebody_else),
	CASE(what_cannot_be_adopted),
};

KIT_MAIN(cases)
