/* SPDX-License-Identifier: MIT */
/* UDP sockets: whole datagrams in order, cancelled receivers that take none, limits. */
#define _GNU_SOURCE
#include "io_fix.h"

#include <pawl/udp.h>

#include <pthread.h>

struct letter {
	pawl_task task;
	pawl_udp *u;
	pawl_addr to;
	const char *text;
	char buf[16];
	size_t size;
	pawl_datagram got;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls;
};

static int sends(pawl_task *t)
{
	struct letter *l = PAWL_OF(t, struct letter, task);

	l->polls++;
	return pawl_udp_send(t, l->u, &l->to, l->text, l->size);
}

static int receives_once(pawl_task *t)
{
	struct letter *l = PAWL_OF(t, struct letter, task);

	return pawl_udp_recv(t, l->u, l->buf, sizeof(l->buf), &l->got);
}

static int receives(pawl_task *t)
{
	struct letter *l = PAWL_OF(t, struct letter, task);

	l->polls++;
	return l->after ? PAWL_TIMEOUT(t, &l->limit, l->after, receives_once(t)) : receives_once(t);
}

struct post {
	pawl_host *h;
	pawl_udp a, b;
	pawl_addr at_a, at_b;
};

static void open_at(struct post *p, pawl_udp *u, pawl_addr *at)
{
	*at = io_loopback(0);
	CHECK_INT(pawl_udp_open(pawl_host_exec(p->h), u, at), 0);
	CHECK_INT(pawl_udp_local(u, at), 0);
	CHECK(pawl_addr_port(at) > 0);
}

static void begin(struct post *p)
{
	memset(p, 0, sizeof(*p));
	p->h = io_begin();
	open_at(p, &p->a, &p->at_a);
	open_at(p, &p->b, &p->at_b);
}

static void end(struct post *p)
{
	pawl_udp_close(&p->a);
	pawl_udp_close(&p->b);
	pawl_host_free(p->h);
}

/* From a to b. */
static void post(struct post *p, const char *text)
{
	struct letter l = { .u = &p->a, .to = p->at_b, .text = text, .size = strlen(text) };

	CHECK_INT(io_run(p->h, &l.task, sends), 0);
	CHECK_UINT(l.polls, 1);
}

static void check_letter(const struct post *p, const struct letter *l, const char *text)
{
	CHECK_UINT(l->got.size, strlen(text));
	CHECK_MEM(l->buf, text, l->got.size);
	CHECK(pawl_addr_is_same(&l->got.from, &p->at_a));
	CHECK(!l->got.is_truncated);
}

static void expect(struct post *p, const char *text)
{
	struct letter l = { .u = &p->b };

	CHECK_INT(io_run(p->h, &l.task, receives), 0);
	check_letter(p, &l, text);
}

TEST(datagrams_come_whole_and_in_order)
{
	struct post p;

	begin(&p);
	post(&p, "one");
	post(&p, "");
	post(&p, "three");
	expect(&p, "one");
	expect(&p, "");
	expect(&p, "three");
	end(&p);
}

TEST(receiver_waits)
{
	struct letter l = { 0 };
	struct post p;

	begin(&p);
	l.u = &p.b;
	io_spawn(p.h, &l.task, receives);
	io_settle(p.h);
	CHECK_UINT(l.polls, 1);
	CHECK_STR(pawl_task_wait(&l.task), "a datagram");
	post(&p, "late");
	CHECK_INT(io_end(p.h, &l.task), 0);
	CHECK_UINT(l.polls, 2);
	check_letter(&p, &l, "late");
	end(&p);
}

TEST(what_does_not_fit_is_cut_off)
{
	struct letter l = { 0 };
	struct post p;

	begin(&p);
	post(&p, "longer than sixteen bytes");
	post(&p, "next");
	l.u = &p.b;
	CHECK_INT(io_run(p.h, &l.task, receives), 0);
	CHECK_UINT(l.got.size, 16);
	CHECK(l.got.is_truncated);
	CHECK_MEM(l.buf, "longer than sixt", 16);
	expect(&p, "next");
	end(&p);
}

/* Two wait; the first is cancelled when it was told already: the second one gets it. */
TEST(cancelled_receiver_takes_nothing)
{
	struct letter l[2] = { 0 }, s = { .text = "kept", .size = 4 };
	struct post p;
	unsigned i;

	begin(&p);
	for (i = 0; i < 2; i++) {
		l[i].u = &p.b;
		io_spawn(p.h, &l[i].task, receives);
	}
	io_settle(p.h);
	s.u = &p.a;
	s.to = p.at_b;
	io_spawn(p.h, &s.task, sends);
	while (strcmp(pawl_task_wait(&l[0].task), "ready") != 0)
		pawl_poll_once(pawl_host_exec(p.h));
	CHECK_STR(pawl_task_wait(&l[1].task), "a datagram");
	pawl_cancel(&l[0].task);
	CHECK_INT(io_end(p.h, &l[0].task), PAWL_ECANCELED);
	CHECK_INT(l[0].buf[0], 0);
	CHECK_INT(io_end(p.h, &l[1].task), 0);
	check_letter(&p, &l[1], "kept");
	CHECK_INT(io_end(p.h, &s.task), 0);
	end(&p);
}

TEST(receiver_that_timed_out_takes_nothing)
{
	struct letter l = { .after = PAWL_MS(1) };
	struct post p;

	begin(&p);
	l.u = &p.b;
	CHECK_INT(io_run(p.h, &l.task, receives), PAWL_ETIMEDOUT);
	CHECK_UINT(l.got.size, 0);
	post(&p, "kept");
	io_settle(p.h);
	CHECK_INT(l.buf[0], 0);
	expect(&p, "kept");
	end(&p);
}

TEST(cancelled_sender_sends_nothing)
{
	struct letter l = { .text = "never", .size = 5 };
	struct post p;

	begin(&p);
	l.u = &p.a;
	l.to = p.at_b;
	io_spawn(p.h, &l.task, sends);
	pawl_cancel(&l.task);
	CHECK_INT(io_end(p.h, &l.task), PAWL_ECANCELED);
	post(&p, "first");
	expect(&p, "first");
	end(&p);
}

TEST(what_cannot_be_sent)
{
	static char large[70000];
	struct letter l = { .text = large, .size = sizeof(large) };
	struct post p;

	begin(&p);
	l.u = &p.a;
	l.to = p.at_b;
	CHECK_INT(io_run(p.h, &l.task, sends), PAWL_EINVAL);
	l.size = 1;
	l.to = (pawl_addr){ 0 };
	CHECK_INT(io_run(p.h, &l.task, sends), PAWL_EINVAL);
	CHECK_INT(pawl_addr_ip("::1", 1, &l.to), 0);
	CHECK_INT(io_run(p.h, &l.task, sends), PAWL_ENOTSUP);
	post(&p, "still fine");
	expect(&p, "still fine");
	end(&p);
}

TEST(close_wakes_all_who_wait)
{
	struct letter l[2] = { 0 };
	struct post p;
	pawl_addr at;
	unsigned i;

	begin(&p);
	for (i = 0; i < 2; i++) {
		l[i].u = &p.b;
		io_spawn(p.h, &l[i].task, receives);
	}
	io_settle(p.h);
	pawl_udp_close(&p.b);
	pawl_udp_close(&p.b);
	pawl_udp_close(NULL);
	for (i = 0; i < 2; i++) {
		CHECK_INT(io_end(p.h, &l[i].task), PAWL_ECLOSED);
		CHECK_UINT(l[i].polls, 2);
	}
	CHECK_INT(io_run(p.h, &l[0].task, receives), PAWL_ECLOSED);
	CHECK_INT(io_run(p.h, &l[0].task, sends), PAWL_ECLOSED);
	CHECK_INT(pawl_udp_local(&p.b, &at), PAWL_ECLOSED);
	end(&p);
}

static void *opens(void *x)
{
	pawl_addr at = io_loopback(0);
	pawl_udp u = { 0 };

	CHECK_INT(pawl_udp_open(x, &u, &at), PAWL_ENOTSUP);
	return NULL;
}

TEST(what_cannot_be_opened)
{
	struct letter l = { 0 };
	struct post p;
	pthread_t thread;
	pawl_udp u = { 0 };
	pawl_addr at;

	begin(&p);
	CHECK_INT(pawl_udp_open(pawl_host_exec(p.h), &u, &p.at_a), PAWL_EBUSY);
	CHECK_INT(pawl_addr_ip("192.0.2.1", 0, &at), 0);
	CHECK_INT(pawl_udp_open(pawl_host_exec(p.h), &u, &at), PAWL_EINVAL);
	CHECK_INT(pawl_addr_path("/tmp/x", &at), 0);
	CHECK_INT(pawl_udp_open(pawl_host_exec(p.h), &u, &at), PAWL_ENOTSUP);
	opens(pawl_current_executor());
	pthread_create(&thread, NULL, opens, pawl_host_exec(p.h));
	pthread_join(thread, NULL);
	if (kit_can_fail_alloc()) {
		at = io_loopback(0);
		kit_alloc_fail(1, false);
		CHECK_INT(pawl_udp_open(pawl_host_exec(p.h), &u, &at), PAWL_ENOMEM);
		kit_alloc_fail(0, false);
	}
	l.u = &p.b;
	CHECK_INT(pawl_spawn(pawl_host_exec(p.h), &l.task, receives), 0);
	CHECK_INT(io_end(p.h, &l.task), PAWL_ENOTSUP);
	end(&p);
}

static const struct kit_case cases[] = {
	CASE(datagrams_come_whole_and_in_order),
	CASE(receiver_waits),
	CASE(what_does_not_fit_is_cut_off),
	CASE(cancelled_receiver_takes_nothing),
	CASE(receiver_that_timed_out_takes_nothing),
	CASE(cancelled_sender_sends_nothing),
	CASE(what_cannot_be_sent),
	CASE(close_wakes_all_who_wait),
	CASE(what_cannot_be_opened),
};

KIT_MAIN(cases)
