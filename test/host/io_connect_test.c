/* SPDX-License-Identifier: MIT */
/* Listeners and connecting: order, cancel, refusal, limits; no connection is lost or leaked. */
#define _GNU_SOURCE
#include "io_fix.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

struct caller {
	pawl_task task;
	pawl_stream s;
	pawl_addr to;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls;
};

static int calls_once(pawl_task *t)
{
	struct caller *c = PAWL_OF(t, struct caller, task);

	return pawl_stream_connect(t, &c->s, &c->to);
}

static int calls(pawl_task *t)
{
	struct caller *c = PAWL_OF(t, struct caller, task);

	c->polls++;
	return c->after ? PAWL_TIMEOUT(t, &c->limit, c->after, calls_once(t)) : calls_once(t);
}

TEST(connect_waits_once)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	pawl_listener l = { 0 };

	c.to = io_listen(h, &l);
	CHECK_INT(io_run(h, &c.task, calls), 0);
	CHECK(c.polls >= 1 && c.polls <= 2);
	pawl_stream_close(&c.s);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

TEST(nobody_listens)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	pawl_listener l = { 0 };
	unsigned i;

	c.to = io_listen(h, &l);
	pawl_listener_close(&l);
	for (i = 0; i < 3; i++)
		CHECK_INT(io_run(h, &c.task, calls), PAWL_EREFUSED);
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &l, &c.to, 0), 0);
	CHECK_INT(io_run(h, &c.task, calls), 0);
	pawl_stream_close(&c.s);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

/* Where there is no IPv6, there is no such address. */
TEST(ipv6)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	pawl_listener l = { 0 };
	char text[PAWL_ADDR_TEXT];
	int r;

	CHECK_INT(pawl_addr_ip("::1", 0, &c.to), 0);
	r = pawl_listener_open(pawl_host_exec(h), &l, &c.to, 0);
	CHECK(r == 0 || r == PAWL_EINVAL || r == PAWL_ENOTSUP);
	if (r == 0) {
		CHECK_INT(pawl_listener_local(&l, &c.to), 0);
		CHECK_INT(io_run(h, &c.task, calls), 0);
		CHECK_INT(pawl_stream_peer(&c.s, &c.to), 0);
		pawl_addr_text(&c.to, text, sizeof(text));
		CHECK_MEM(text, "[::1]:", 6);
	}
	pawl_stream_close(&c.s);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

/* A listener whose queue is full: the next connection has to wait. */
#define CROWD 8

static void fill_queue(pawl_host *h, pawl_listener *l, struct caller *c)
{
	pawl_addr at = io_loopback(0);
	unsigned i;

	CHECK_INT(pawl_listener_open(pawl_host_exec(h), l, &at, 1), 0);
	CHECK_INT(pawl_listener_local(l, &at), 0);
	for (i = 0; i < CROWD; i++) {
		c[i].to = at;
		io_spawn(h, &c[i].task, calls);
		io_settle(h);
	}
	CHECK(!pawl_task_is_finished(&c[CROWD - 1].task));
	CHECK_STR(pawl_task_wait(&c[CROWD - 1].task), "a connection");
}

static void check_closed(const struct caller *c)
{
	pawl_addr a;

	CHECK_INT(pawl_stream_local(&c->s, &a), PAWL_ECLOSED);
}

static void leave_queue(pawl_host *h, pawl_listener *l, struct caller *c)
{
	unsigned i;

	for (i = 0; i < CROWD; i++) {
		pawl_cancel(&c[i].task);
		if (io_end(h, &c[i].task) != 0)
			check_closed(&c[i]);
		pawl_stream_close(&c[i].s);
	}
	pawl_listener_close(l);
}

TEST(cancelled_connect_closes)
{
	pawl_host *h = io_begin();
	struct caller c[CROWD] = { 0 };
	pawl_listener l = { 0 };

	fill_queue(h, &l, c);
	leave_queue(h, &l, c);
	CHECK_UINT(c[CROWD - 1].polls, 2);
	pawl_host_free(h);
}

TEST(connect_that_timed_out_closes)
{
	pawl_host *h = io_begin();
	struct caller c[CROWD] = { 0 }, late = { .after = PAWL_MS(1) };
	pawl_listener l = { 0 };

	fill_queue(h, &l, c);
	late.to = c[0].to;
	CHECK_INT(io_run(h, &late.task, calls), PAWL_ETIMEDOUT);
	check_closed(&late);
	leave_queue(h, &l, c);
	pawl_host_free(h);
}

TEST(close_ends_a_connect)
{
	pawl_host *h = io_begin();
	struct caller c[CROWD] = { 0 };
	pawl_listener l = { 0 };

	fill_queue(h, &l, c);
	pawl_stream_close(&c[CROWD - 1].s);
	io_settle(h);
	CHECK(pawl_task_is_finished(&c[CROWD - 1].task));
	CHECK_INT(io_end(h, &c[CROWD - 1].task), PAWL_ECLOSED);
	CHECK_UINT(c[CROWD - 1].polls, 2);
	c[CROWD - 1].after = PAWL_MS(1); /* it may be tried again */
	io_spawn(h, &c[CROWD - 1].task, calls);
	leave_queue(h, &l, c);
	pawl_host_free(h);
}

static int hangs_up(pawl_task *t)
{
	CHECK_INT(calls_once(t), PAWL_PENDING);
	return -1;
}

TEST(caller_may_end_early)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	pawl_listener l = { 0 };

	c.to = io_listen(h, &l);
	CHECK_INT(io_run(h, &c.task, hangs_up), -1);
	check_closed(&c);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

TEST(cancelled_before_the_first_poll)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	pawl_listener l = { 0 };

	c.to = io_listen(h, &l);
	io_spawn(h, &c.task, calls);
	pawl_cancel(&c.task);
	CHECK_INT(io_end(h, &c.task), PAWL_ECANCELED);
	check_closed(&c);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

/* Two wait to accept; the first is cancelled when it was told: the second one gets it. */
TEST(cancelled_accept_takes_nothing)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	struct io_op a[2] = { 0 };
	pawl_stream s[2] = { 0 };
	pawl_listener l = { 0 };
	unsigned i;

	c.to = io_listen(h, &l);
	for (i = 0; i < 2; i++) {
		a[i].l = &l;
		a[i].s = &s[i];
		io_spawn(h, &a[i].task, io_accept_poll);
	}
	io_settle(h);
	CHECK_STR(pawl_task_wait(&a[0].task), "a connection");
	io_spawn(h, &c.task, calls);
	while (strcmp(pawl_task_wait(&a[0].task), "ready") != 0)
		pawl_poll_once(pawl_host_exec(h));
	pawl_cancel(&a[0].task);
	CHECK_INT(io_end(h, &a[0].task), PAWL_ECANCELED);
	CHECK_INT(io_end(h, &a[1].task), 0);
	CHECK_INT(io_end(h, &c.task), 0);
	io_send(h, &c.s, "hello");
	io_expect(h, &s[1], "hello");
	pawl_stream_close(&c.s);
	pawl_stream_close(&s[1]);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

TEST(accept_that_timed_out_takes_nothing)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	struct io_op a = { .after = PAWL_MS(1) };
	pawl_stream s = { 0 };
	pawl_listener l = { 0 };

	c.to = io_listen(h, &l);
	a.l = &l;
	a.s = &s;
	CHECK_INT(io_run(h, &a.task, io_accept_poll), PAWL_ETIMEDOUT);
	CHECK_INT(io_run(h, &c.task, calls), 0);
	a.after = 0;
	CHECK_INT(io_run(h, &a.task, io_accept_poll), 0);
	pawl_stream_close(&c.s);
	pawl_stream_close(&s);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

TEST(closed_listener_accepts_nobody)
{
	pawl_host *h = io_begin();
	struct io_op a[2] = { 0 };
	pawl_stream s[2] = { 0 };
	pawl_listener l = { 0 };
	pawl_addr at;
	unsigned i;

	io_listen(h, &l);
	for (i = 0; i < 2; i++) {
		a[i].l = &l;
		a[i].s = &s[i];
		io_spawn(h, &a[i].task, io_accept_poll);
	}
	io_settle(h);
	pawl_listener_close(&l);
	pawl_listener_close(&l);
	pawl_listener_close(NULL);
	for (i = 0; i < 2; i++) {
		CHECK_INT(io_end(h, &a[i].task), PAWL_ECLOSED);
		CHECK_UINT(a[i].polls, 2);
	}
	CHECK_INT(io_run(h, &a[0].task, io_accept_poll), PAWL_ECLOSED);
	CHECK_INT(pawl_listener_local(&l, &at), PAWL_ECLOSED);
	pawl_host_free(h);
}

TEST(where_one_cannot_listen)
{
	pawl_host *h = io_begin();
	pawl_listener l = { 0 }, again = { 0 };
	pawl_addr at = io_listen(h, &l), none = { 0 }, far;

	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &again, &at, 0), PAWL_EBUSY);
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &again, &none, 0), PAWL_EINVAL);
	CHECK_INT(pawl_addr_ip("192.0.2.1", 0, &far), 0);
	CHECK_INT(pawl_listener_open(pawl_host_exec(h), &again, &far, 0), PAWL_EINVAL);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

static void *listens(void *arg)
{
	pawl_addr at = io_loopback(0);
	pawl_listener l = { 0 };

	CHECK_INT(pawl_listener_open(arg, &l, &at, 0), PAWL_ENOTSUP);
	return NULL;
}

TEST(only_on_the_main_thread_of_a_host)
{
	pawl_host *h = io_begin();
	struct caller c = { .to = io_loopback(1) };
	struct io_op a = { 0 };
	pawl_listener l = { 0 };
	pthread_t thread;

	listens(pawl_current_executor());
	pthread_create(&thread, NULL, listens, pawl_host_exec(h));
	pthread_join(thread, NULL);
	a.l = &l;
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &c.task, calls), 0);
	CHECK_INT(io_end(h, &c.task), PAWL_ENOTSUP);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &a.task, io_accept_poll), 0);
	CHECK_INT(io_end(h, &a.task), PAWL_ENOTSUP);
	pawl_host_free(h);
}

/* Out of descriptors: the connection stays where it is until there is one. */
TEST(accept_without_descriptors)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	struct io_op a = { 0 };
	pawl_stream s = { 0 };
	pawl_listener l = { 0 };
	struct rlimit all, few;

	c.to = io_listen(h, &l);
	CHECK_INT(io_run(h, &c.task, calls), 0);
	getrlimit(RLIMIT_NOFILE, &all);
	few = all;
	few.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &few);
	a.l = &l;
	a.s = &s;
	CHECK_INT(io_run(h, &a.task, io_accept_poll), PAWL_EMFILE);
	setrlimit(RLIMIT_NOFILE, &all);
	CHECK_INT(io_run(h, &a.task, io_accept_poll), 0);
	io_send(h, &c.s, "still here");
	io_expect(h, &s, "still here");
	pawl_stream_close(&c.s);
	pawl_stream_close(&s);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

static int accepts_without_memory(pawl_task *t)
{
	int r;

	kit_alloc_fail(1, false);
	r = io_accept_once(t);
	kit_alloc_fail(0, false);
	return r;
}

static int calls_without_memory(pawl_task *t)
{
	int r;

	kit_alloc_fail(1, false);
	r = calls_once(t);
	kit_alloc_fail(0, false);
	return r;
}

TEST(every_allocation_may_fail)
{
	pawl_host *h = io_begin();
	struct caller c = { 0 };
	struct io_op a = { 0 };
	pawl_stream s = { 0 };
	pawl_listener l = { 0 };

	c.to = io_listen(h, &l);
	a.l = &l;
	a.s = &s;
	if (kit_can_fail_alloc())
		CHECK_INT(io_run(h, &c.task, calls_without_memory), PAWL_ENOMEM);
	CHECK_INT(io_run(h, &c.task, calls), 0);
	if (kit_can_fail_alloc())
		CHECK_INT(io_run(h, &a.task, accepts_without_memory), PAWL_ENOMEM);
	CHECK_INT(io_run(h, &a.task, io_accept_poll), 0);
	io_send(h, &c.s, "still here");
	io_expect(h, &s, "still here");
	pawl_stream_close(&c.s);
	pawl_stream_close(&s);
	pawl_listener_close(&l);
	pawl_host_free(h);
}

static int connects_twice(pawl_task *t)
{
	int r = calls_once(t);

	return r == 0 ? calls_once(t) : r;
}

static void connects_an_open_one(void *arg)
{
	pawl_host *h = io_begin();
	struct caller *c = arg;
	pawl_listener l = { 0 };

	c->to = io_listen(h, &l);
	io_run(h, &c->task, connects_twice);
}

TEST(misuse_is_noticed)
{
	struct caller c = { 0 };

	CHECK_ABORTS(connects_an_open_one, &c);
}

/* A server and its clients, many at once, of which every third is cancelled somewhere. */
#define CLIENTS 60

struct server {
	pawl_task task;
	pawl_listener l;
	pawl_session session;
	struct guest {
		pawl_task task;
		pawl_stream s;
		char buf[32];
		size_t n, done;
		int r;
	} g[CLIENTS];
	unsigned served;
	int r;
};

static int serves(pawl_task *t)
{
	struct guest *g = PAWL_OF(t, struct guest, task);

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT_AS(t, g->r, pawl_stream_read(t, &g->s, g->buf, sizeof(g->buf), &g->n));
		if (g->r != 0)
			break;
		g->done = 0;
		PAWL_AWAIT_AS(t, g->r, pawl_stream_write_all(t, &g->s, g->buf, g->n, &g->done));
		if (g->r != 0)
			break;
	}
	pawl_stream_close(&g->s);
	PAWL_END(t);
}

static int accepts_guests(pawl_task *t)
{
	struct server *s = PAWL_OF(t, struct server, task);
	pawl_spawn_options o = { .session = &s->session, .foreground = true };

	PAWL_BEGIN(t);
	pawl_session_init(&s->session, pawl_here(t));
	for (s->served = 0; s->served < CLIENTS; s->served++) {
		PAWL_AWAIT_AS(t, s->r, pawl_listener_accept(t, &s->l, &s->g[s->served].s));
		if (s->r != 0)
			break;
		CHECK_INT(pawl_spawn_with(NULL, &s->g[s->served].task, serves, &o), 0);
	}
	PAWL_AWAIT(t, pawl_session_wait(t, &s->session));
	PAWL_END(t);
}

struct client {
	pawl_task task;
	pawl_stream s;
	pawl_addr to;
	char buf[8];
	size_t n;
	unsigned i;
	int r;
};

static int chats(pawl_task *t)
{
	struct client *c = PAWL_OF(t, struct client, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT_AS(t, c->r, pawl_stream_connect(t, &c->s, &c->to));
	for (c->i = 0; c->r == 0 && c->i < 20; c->i++) {
		c->n = 0;
		PAWL_AWAIT_AS(t, c->r, pawl_stream_write_all(t, &c->s, "ping", 4, &c->n));
		if (c->r != 0)
			break;
		PAWL_AWAIT_AS(t, c->r, pawl_stream_read(t, &c->s, c->buf, sizeof(c->buf), &c->n));
		CHECK(c->r == PAWL_ECANCELED || (c->r == 0 && c->n == 4));
	}
	pawl_stream_close(&c->s);
	return c->r;
	PAWL_END(t);
}

TEST(many_at_once)
{
	static struct client c[CLIENTS];
	static struct server s;
	pawl_host *h = io_begin();
	pawl_addr at = io_listen(h, &s.l);
	uint32_t i, seed = 5;
	unsigned whole = 0;

	io_spawn(h, &s.task, accepts_guests);
	for (i = 0; i < CLIENTS; i++) {
		c[i].to = at;
		io_spawn(h, &c[i].task, chats);
		pawl_poll_once(pawl_host_exec(h));
	}
	for (i = 0; i < CLIENTS; i += 3) {
		seed = seed * 1664525 + 1013904223;
		if (seed >> 31)
			pawl_poll_once(pawl_host_exec(h));
		pawl_cancel(&c[i].task);
	}
	for (i = 0; i < CLIENTS; i++)
		whole += io_end(h, &c[i].task) == 0;
	CHECK(whole >= CLIENTS - CLIENTS / 3);
	io_settle(h);
	pawl_listener_close(&s.l);
	CHECK_INT(io_end(h, &s.task), 0);
	CHECK(s.served >= whole);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(connect_waits_once),
	CASE(nobody_listens),
	CASE(ipv6),
	CASE(cancelled_connect_closes),
	CASE(connect_that_timed_out_closes),
	CASE(close_ends_a_connect),
	CASE(caller_may_end_early),
	CASE(cancelled_before_the_first_poll),
	CASE(cancelled_accept_takes_nothing),
	CASE(accept_that_timed_out_takes_nothing),
	CASE(closed_listener_accepts_nobody),
	CASE(where_one_cannot_listen),
	CASE(only_on_the_main_thread_of_a_host),
	CASE(accept_without_descriptors),
	CASE(every_allocation_may_fail),
	CASE(misuse_is_noticed),
	CASE(many_at_once),
};

KIT_MAIN(cases)
