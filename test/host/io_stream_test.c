/* SPDX-License-Identifier: MIT */
/* Streams over TCP: read, write, half-close, close, cancel; nothing is lost, nothing is touched. */
#define _GNU_SOURCE
#include "io_fix.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

TEST(both_ends_know_each_other)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	pawl_addr a, b;

	io_pair_open(h, &p);
	CHECK_INT(pawl_stream_local(&p.a, &a), 0);
	CHECK_INT(pawl_stream_peer(&p.b, &b), 0);
	CHECK(pawl_addr_is_same(&a, &b));
	CHECK_INT(pawl_stream_peer(&p.a, &a), 0);
	CHECK_INT(pawl_stream_local(&p.b, &b), 0);
	CHECK(pawl_addr_is_same(&a, &b));
	CHECK(pawl_addr_is_same(&a, &p.at));
	io_send(h, &p.a, "there");
	io_expect(h, &p.b, "there");
	io_send(h, &p.b, "and back");
	io_expect(h, &p.a, "and back");
	io_pair_close(&p);
	CHECK_INT(pawl_stream_local(&p.a, &a), PAWL_ECLOSED);
	CHECK_INT(pawl_stream_peer(&p.a, &a), PAWL_ECLOSED);
	pawl_host_free(h);
}

TEST(read_waits_for_bytes)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { 0 };

	io_pair_open(h, &p);
	r.s = &p.b;
	io_spawn(h, &r.task, io_read_poll);
	io_settle(h);
	CHECK_UINT(r.polls, 1);
	CHECK_STR(pawl_task_wait(&r.task), "bytes of a stream");
	io_send(h, &p.a, "x");
	CHECK_INT(io_end(h, &r.task), 0);
	CHECK_UINT(r.polls, 2);
	CHECK_UINT(r.n, 1);
	io_pair_close(&p);
	pawl_host_free(h);
}

/* More than one read takes: the rest stays. */
TEST(read_takes_what_fits)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { .size = 4 };

	io_pair_open(h, &p);
	io_send(h, &p.a, "abcdef");
	r.s = &p.b;
	CHECK_INT(io_run(h, &r.task, io_read_poll), 0);
	CHECK_UINT(r.n, 4);
	CHECK_MEM(r.buf, "abcd", 4);
	io_expect(h, &p.b, "ef");
	io_pair_close(&p);
	pawl_host_free(h);
}

static void check_untouched(const struct io_op *r)
{
	size_t i;

	for (i = 0; i < sizeof(r->buf); i++)
		CHECK_INT(r->buf[i], 0);
}

/* Cancelled while it waits, while it has been told, and before its first poll. */
TEST(cancelled_read_takes_nothing)
{
	unsigned when;

	for (when = 0; when < 3; when++) {
		pawl_host *h = io_begin();
		struct io_pair p;
		struct io_op r = { 0 };

		io_pair_open(h, &p);
		r.s = &p.b;
		io_spawn(h, &r.task, io_read_poll);
		if (when < 2)
			io_settle(h);
		if (when == 1) {
			CHECK_INT((int)send(p.a.io_.fd_, "kept", 4, 0), 4);
			io_until_told(h, &r.task);
		}
		pawl_cancel(&r.task);
		if (when != 1)
			io_send(h, &p.a, "kept");
		CHECK_INT(io_end(h, &r.task), PAWL_ECANCELED);
		CHECK_UINT(r.polls, when < 2 ? 2 : 1);
		check_untouched(&r);
		io_expect(h, &p.b, "kept");
		io_pair_close(&p);
		pawl_host_free(h);
	}
}

TEST(read_that_timed_out_takes_nothing)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { .after = PAWL_MS(1) };

	io_pair_open(h, &p);
	r.s = &p.b;
	CHECK_INT(io_run(h, &r.task, io_read_poll), PAWL_ETIMEDOUT);
	check_untouched(&r);
	io_send(h, &p.a, "late");
	io_settle(h);
	check_untouched(&r);
	io_expect(h, &p.b, "late");
	io_pair_close(&p);
	pawl_host_free(h);
}

/* A task that ends while it waits is forgotten. */
static int gives_up(pawl_task *t)
{
	struct io_op *o = PAWL_OF(t, struct io_op, task);

	CHECK_INT(io_read_once(t), PAWL_PENDING);
	o->polls++;
	return 7 - 8;
}

TEST(reader_may_end_early)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { 0 };

	io_pair_open(h, &p);
	r.s = &p.b;
	CHECK_INT(io_run(h, &r.task, gives_up), -1);
	io_send(h, &p.a, "x");
	io_settle(h);
	CHECK_UINT(r.polls, 1);
	check_untouched(&r);
	io_expect(h, &p.b, "x");
	io_pair_close(&p);
	pawl_host_free(h);
}

/* Three wait; the first is cancelled when it has been told already: the others lose nothing. */
TEST(readers_have_their_order)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r[3] = { 0 };
	unsigned i;

	io_pair_open(h, &p);
	for (i = 0; i < 3; i++) {
		r[i].s = &p.b;
		r[i].size = 2;
		io_spawn(h, &r[i].task, io_read_poll);
	}
	io_settle(h);
	CHECK_INT((int)send(p.a.io_.fd_, "aabb", 4, 0), 4);
	io_until_told(h, &r[0].task);
	CHECK_STR(pawl_task_wait(&r[1].task), "bytes of a stream");
	pawl_cancel(&r[0].task);
	CHECK_INT(io_end(h, &r[0].task), PAWL_ECANCELED);
	CHECK_INT(io_end(h, &r[1].task), 0);
	CHECK_INT(io_end(h, &r[2].task), 0);
	check_untouched(&r[0]);
	CHECK_MEM(r[1].buf, "aa", 2);
	CHECK_MEM(r[2].buf, "bb", 2);
	io_pair_close(&p);
	pawl_host_free(h);
}

TEST(half_close)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { 0 }, w = { .size = 1 };

	io_pair_open(h, &p);
	io_send(h, &p.a, "last");
	CHECK_INT(pawl_stream_shutdown(&p.a), 0);
	io_expect(h, &p.b, "last");
	r.s = &p.b;
	CHECK_INT(io_run(h, &r.task, io_read_poll), PAWL_ECLOSED);
	CHECK_INT(io_run(h, &r.task, io_read_poll), PAWL_ECLOSED);
	check_untouched(&r);
	w.s = &p.a;
	CHECK_INT(io_run(h, &w.task, io_write_poll), PAWL_ECLOSED);
	io_send(h, &p.b, "answer");
	io_expect(h, &p.a, "answer");
	io_pair_close(&p);
	CHECK_INT(pawl_stream_shutdown(&p.a), PAWL_ECLOSED);
	pawl_host_free(h);
}

/* The end is heard by one who waits for bytes. */
TEST(end_wakes_the_reader)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { 0 };

	io_pair_open(h, &p);
	r.s = &p.b;
	io_spawn(h, &r.task, io_read_poll);
	io_settle(h);
	pawl_stream_close(&p.a);
	CHECK_INT(io_end(h, &r.task), PAWL_ECLOSED);
	CHECK_UINT(r.polls, 2);
	io_pair_close(&p);
	pawl_host_free(h);
}

TEST(reset_is_told)
{
	struct linger at_once = { .l_onoff = 1 };
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { 0 };

	io_pair_open(h, &p);
	r.s = &p.b;
	io_spawn(h, &r.task, io_read_poll);
	io_settle(h);
	setsockopt(p.a.io_.fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	pawl_stream_close(&p.a);
	CHECK_INT(io_end(h, &r.task), PAWL_ERESET);
	io_pair_close(&p);
	pawl_host_free(h);
}

/* A large piece, written while somebody reads. */
#define LARGE (1u << 20)

/* Room for a part of it only, whatever the system is used to. */
static void narrow(struct io_pair *p)
{
	int size = 16384;

	setsockopt(p->a.io_.fd_, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(p->b.io_.fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

struct transfer {
	pawl_task task;
	pawl_stream *s;
	unsigned char *bytes;
	size_t size, n, got;
	unsigned polls;
};

static int writes_all(pawl_task *t)
{
	struct transfer *w = PAWL_OF(t, struct transfer, task);

	w->polls++;
	return pawl_stream_write_all(t, w->s, w->bytes, w->size, &w->n);
}

static int reads_to_the_end(pawl_task *t)
{
	struct transfer *r = PAWL_OF(t, struct transfer, task);
	int res;

	r->polls++;
	while ((res = pawl_stream_read(t, r->s, r->bytes + r->n, r->size - r->n, &r->got)) == 0)
		r->n += r->got;
	return res == PAWL_ECLOSED ? 0 : res;
}

static struct transfer transfer_of(pawl_stream *s)
{
	struct transfer x = { .s = s, .size = LARGE, .bytes = calloc(1, LARGE + 1) };

	CHECK(x.bytes != NULL);
	return x;
}

static void fill(struct transfer *x)
{
	uint32_t i, a = 1;

	for (i = 0; i < x->size; i++)
		x->bytes[i] = (unsigned char)((a = a * 1664525 + 1013904223) >> 24);
}

TEST(large_write_waits_for_room)
{
	pawl_host *h = io_begin();
	struct transfer w, r;
	struct io_pair p;

	io_pair_open(h, &p);
	narrow(&p);
	w = transfer_of(&p.a);
	r = transfer_of(&p.b);
	r.size = LARGE + 1;
	fill(&w);
	io_spawn(h, &w.task, writes_all);
	io_settle(h);
	CHECK(w.n > 0 && w.n < LARGE);
	CHECK_STR(pawl_task_wait(&w.task), "room in a stream");
	io_spawn(h, &r.task, reads_to_the_end);
	CHECK_INT(io_end(h, &w.task), 0);
	CHECK_UINT(w.n, LARGE);
	CHECK_INT(pawl_stream_shutdown(&p.a), 0);
	CHECK_INT(io_end(h, &r.task), 0);
	CHECK_UINT(r.n, LARGE);
	CHECK_MEM(r.bytes, w.bytes, LARGE);
	io_pair_close(&p);
	free(w.bytes);
	free(r.bytes);
	pawl_host_free(h);
}

/* Exactly what it said was written arrives. */
TEST(cancelled_write_says_how_far_it_came)
{
	pawl_host *h = io_begin();
	struct transfer w, r;
	struct io_pair p;

	io_pair_open(h, &p);
	narrow(&p);
	w = transfer_of(&p.a);
	r = transfer_of(&p.b);
	r.size = LARGE + 1;
	fill(&w);
	io_spawn(h, &w.task, writes_all);
	io_settle(h);
	pawl_cancel(&w.task);
	CHECK_INT(io_end(h, &w.task), PAWL_ECANCELED);
	CHECK(w.n > 0 && w.n < LARGE);
	CHECK_INT(pawl_stream_shutdown(&p.a), 0);
	CHECK_INT(io_run(h, &r.task, reads_to_the_end), 0);
	CHECK_UINT(r.n, w.n);
	CHECK_MEM(r.bytes, w.bytes, w.n);
	io_pair_close(&p);
	free(w.bytes);
	free(r.bytes);
	pawl_host_free(h);
}

static int writes_once(pawl_task *t)
{
	struct transfer *w = PAWL_OF(t, struct transfer, task);

	w->polls++;
	return pawl_stream_write(t, w->s, w->bytes, w->size, &w->n);
}

TEST(one_write_takes_a_part)
{
	pawl_host *h = io_begin();
	struct transfer w;
	struct io_pair p;

	io_pair_open(h, &p);
	narrow(&p);
	w = transfer_of(&p.a);
	CHECK_INT(io_run(h, &w.task, writes_once), 0);
	CHECK_UINT(w.polls, 1);
	CHECK(w.n > 0 && w.n < LARGE);
	io_pair_close(&p);
	free(w.bytes);
	pawl_host_free(h);
}

TEST(close_wakes_all_who_wait)
{
	pawl_host *h = io_begin();
	struct io_op r[2] = { 0 };
	struct transfer w;
	struct io_pair p;

	io_pair_open(h, &p);
	narrow(&p);
	w = transfer_of(&p.a);
	r[0].s = r[1].s = &p.a;
	io_spawn(h, &r[0].task, io_read_poll);
	io_spawn(h, &r[1].task, io_read_poll);
	io_spawn(h, &w.task, writes_all);
	io_settle(h);
	pawl_stream_close(&p.a);
	pawl_stream_close(&p.a);
	pawl_stream_close(NULL);
	CHECK_INT(io_end(h, &r[0].task), PAWL_ECLOSED);
	CHECK_INT(io_end(h, &r[1].task), PAWL_ECLOSED);
	CHECK_INT(io_end(h, &w.task), PAWL_ECLOSED);
	CHECK_UINT(r[0].polls, 2);
	CHECK(w.polls >= 2);
	CHECK_INT(io_run(h, &r[0].task, io_read_poll), PAWL_ECLOSED);
	io_pair_close(&p);
	free(w.bytes);
	pawl_host_free(h);
}

/* Bytes that nobody asks for keep nobody busy, and a peer that is gone neither. */
TEST(loop_rests_when_nobody_waits)
{
	pawl_host *h = io_begin();
	struct io_pair p;

	io_pair_open(h, &p);
	io_send(h, &p.a, "1");
	io_expect(h, &p.b, "1");
	io_send(h, &p.a, "2");
	pawl_stream_close(&p.a);
	while (p.b.io_.armed_)
		CHECK_INT(pawl_poll_once(pawl_host_exec(h)), PAWL_PENDING);
	io_expect(h, &p.b, "2");
	io_pair_close(&p);
	pawl_host_free(h);
}

/* Somebody whose bytes are all there already must not keep the others waiting. */
struct miser {
	pawl_task task;
	pawl_stream *s;
	unsigned bytes, polls;
	size_t n;
	char c;
};

static int reads_bytewise(pawl_task *t)
{
	struct miser *m = PAWL_OF(t, struct miser, task);
	int r;

	m->polls++;
	while ((r = pawl_stream_read(t, m->s, &m->c, 1, &m->n)) == 0)
		m->bytes++;
	return r == PAWL_ECLOSED ? 0 : r;
}

TEST(greedy_task_gives_way)
{
	pawl_host *h = io_begin();
	struct transfer w;
	struct io_pair p;
	struct miser m = { 0 };

	io_pair_open(h, &p);
	w = transfer_of(&p.a);
	w.size = 6400;
	CHECK_INT(io_run(h, &w.task, writes_all), 0);
	pawl_stream_close(&p.a);
	m.s = &p.b;
	CHECK_INT(io_run(h, &m.task, reads_bytewise), 0);
	CHECK_UINT(m.bytes, 6400);
	CHECK(m.polls > 6400 / 64 && m.polls < 6400 / 32);
	io_pair_close(&p);
	free(w.bytes);
	pawl_host_free(h);
}

TEST(only_foreground_tasks_of_a_host)
{
	pawl_host *h = io_begin();
	struct io_pair p;
	struct io_op r = { 0 };
	pawl_local l;
	int outcome;

	io_pair_open(h, &p);
	r.s = &p.a;
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &r.task, io_read_poll), 0);
	CHECK_INT(io_end(h, &r.task), PAWL_ENOTSUP);
	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(&l.exec, &r.task, io_read_poll), 0);
	CHECK_INT(pawl_block_on(&l.exec, &r.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ENOTSUP);
	io_pair_close(&p);
	pawl_host_free(h);
}

static void *closes(void *s)
{
	pawl_stream_close(s);
	return NULL;
}

static void closes_elsewhere(void *arg)
{
	pawl_host *h = io_begin();
	struct io_pair *p = arg;
	pthread_t thread;

	io_pair_open(h, p);
	pthread_create(&thread, NULL, closes, &p->a);
	pthread_join(thread, NULL);
}

static int reads_nothing(pawl_task *t)
{
	struct io_op *o = PAWL_OF(t, struct io_op, task);

	return pawl_stream_read(t, o->s, o->buf, 0, &o->n);
}

static void reads_into_nothing(void *arg)
{
	pawl_host *h = io_begin();
	struct io_pair *p = arg;
	struct io_op o = { .s = &p->a };

	io_pair_open(h, p);
	io_run(h, &o.task, reads_nothing);
}

TEST(misuse_is_noticed)
{
	struct io_pair p;

	CHECK_ABORTS(closes_elsewhere, &p);
	CHECK_ABORTS(reads_into_nothing, &p);
}

/*
 * Bytes come in bursts, and readers are cancelled, timed out and replaced all the time: each byte
 * is read once, in order.
 */
struct relay {
	pawl_task task;
	struct io_op op;
	struct io_pair p;
	uint32_t seed, sent, read, rounds, cancelled;
	int r;
};

static uint32_t draw(struct relay *s, uint32_t below)
{
	s->seed = s->seed * 1664525 + 1013904223;
	return (s->seed >> 8) % below;
}

static void send_burst(struct relay *s)
{
	unsigned char burst[16];
	uint32_t i, n = 1 + draw(s, sizeof(burst));

	for (i = 0; i < n; i++)
		burst[i] = (unsigned char)s->sent++;
	CHECK_INT((int)send(s->p.a.io_.fd_, burst, n, 0), (int)n);
}

static void take_burst(struct relay *s)
{
	size_t i;

	if (s->r == PAWL_ECANCELED || s->r == PAWL_ETIMEDOUT) {
		s->cancelled++;
		return;
	}
	CHECK_INT(s->r, 0);
	for (i = 0; i < s->op.n; i++)
		CHECK_UINT((unsigned char)s->op.buf[i], s->read++ & 255);
}

TEST(nothing_is_lost_between_readers)
{
	pawl_host *h = io_begin();
	static struct relay s;
	uint32_t i;

	io_pair_open(h, &s.p);
	for (s.rounds = 0; s.rounds < 3000; s.rounds++) {
		kit_at("round", s.rounds);
		s.op = (struct io_op){ .s = &s.p.b, .size = 1 + draw(&s, 20) };
		s.op.after = draw(&s, 4) ? 0 : (pawl_time)draw(&s, 20000);
		io_spawn(h, &s.op.task, io_read_poll);
		for (i = draw(&s, 4); i; i--)
			pawl_poll_once(pawl_host_exec(h));
		if (draw(&s, 2))
			send_burst(&s);
		for (i = draw(&s, 3); i; i--)
			pawl_poll_once(pawl_host_exec(h));
		if (s.sent == s.read || draw(&s, 2))
			pawl_cancel(&s.op.task);
		s.r = io_end(h, &s.op.task);
		take_burst(&s);
	}
	CHECK_INT(pawl_stream_shutdown(&s.p.a), 0);
	do {
		s.op = (struct io_op){ .s = &s.p.b };
		s.r = io_run(h, &s.op.task, io_read_poll);
		if (s.r == 0)
			take_burst(&s);
	} while (s.r == 0);
	CHECK_INT(s.r, PAWL_ECLOSED);
	CHECK_UINT(s.read, s.sent);
	CHECK(s.cancelled > 100 && s.read > 1000);
	io_pair_close(&s.p);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(both_ends_know_each_other),
	CASE(read_waits_for_bytes),
	CASE(read_takes_what_fits),
	CASE(cancelled_read_takes_nothing),
	CASE(read_that_timed_out_takes_nothing),
	CASE(reader_may_end_early),
	CASE(readers_have_their_order),
	CASE(half_close),
	CASE(end_wakes_the_reader),
	CASE(reset_is_told),
	CASE(large_write_waits_for_room),
	CASE(cancelled_write_says_how_far_it_came),
	CASE(one_write_takes_a_part),
	CASE(close_wakes_all_who_wait),
	CASE(loop_rests_when_nobody_waits),
	CASE(greedy_task_gives_way),
	CASE(only_foreground_tasks_of_a_host),
	CASE(misuse_is_noticed),
	CASE(nothing_is_lost_between_readers),
};

KIT_MAIN(cases)
