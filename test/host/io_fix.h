/* SPDX-License-Identifier: MIT */
/* What the tests of input and output share: a host, foreground tasks on it, a loopback address. */
#ifndef IO_FIX_H
#define IO_FIX_H

#include <kit.h>
#include <pawl/host.h>
#include <pawl/listener.h>
#include <pawl/pawl.h>
#include <pawl/stream.h>

#include <string.h>

static inline pawl_host *io_begin(void)
{
	pawl_host_options o = { .workers = 1 };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

static inline void io_spawn(pawl_host *h, pawl_task *t, pawl_poll_fn *poll)
{
	CHECK_INT(pawl_spawn_foreground(pawl_host_exec(h), t, poll), 0);
}

static inline int io_end(pawl_host *h, pawl_task *t)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(pawl_host_exec(h), t, &outcome), 0);
	return outcome;
}

static inline int io_run(pawl_host *h, pawl_task *t, pawl_poll_fn *poll)
{
	io_spawn(h, t, poll);
	return io_end(h, t);
}

/* Goes round until nothing is ready and the loop has told all that it knows. */
static inline void io_settle(pawl_host *h)
{
	unsigned quiet;

	for (quiet = 0; quiet < 3; quiet++)
		while (pawl_poll_once(pawl_host_exec(h)) == 0)
			quiet = 0;
}

/* Goes round until the task was told of what it waits for, and was not polled yet. */
static inline void io_until_told(pawl_host *h, const pawl_task *t)
{
	while (strcmp(pawl_task_wait(t), "ready") != 0)
		CHECK_INT(pawl_poll_once(pawl_host_exec(h)), PAWL_PENDING);
}

static inline pawl_addr io_loopback(unsigned port)
{
	pawl_addr a;

	CHECK_INT(pawl_addr_ip("127.0.0.1", port, &a), 0);
	return a;
}

static inline pawl_addr io_listen(pawl_host *h, pawl_listener *l)
{
	pawl_addr a = io_loopback(0);

	CHECK_INT(pawl_listener_open(pawl_host_exec(h), l, &a, 0), 0);
	CHECK_INT(pawl_listener_local(l, &a), 0);
	CHECK(pawl_addr_port(&a) > 0);
	return a;
}

/* Two ends of a connection. */
struct io_pair {
	pawl_task task;
	pawl_listener listener;
	pawl_addr at;
	pawl_stream a, b;
};

static inline int io_pair_poll(pawl_task *t)
{
	struct io_pair *p = PAWL_OF(t, struct io_pair, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_stream_connect(t, &p->a, &p->at));
	PAWL_AWAIT(t, pawl_listener_accept(t, &p->listener, &p->b));
	PAWL_END(t);
}

static inline void io_pair_open(pawl_host *h, struct io_pair *p)
{
	memset(p, 0, sizeof(*p));
	p->at = io_listen(h, &p->listener);
	CHECK_INT(io_run(h, &p->task, io_pair_poll), 0);
	pawl_listener_close(&p->listener);
}

static inline void io_pair_close(struct io_pair *p)
{
	pawl_stream_close(&p->a);
	pawl_stream_close(&p->b);
}

/* One read, write or accept that counts its polls. */
struct io_op {
	pawl_task task;
	pawl_stream *s;
	pawl_listener *l;
	char buf[64];
	size_t size, n;
	pawl_timeout limit;
	pawl_time after; /* 0: no limit */
	unsigned polls;
};

static inline int io_op_limited(pawl_task *t, struct io_op *o, int (*op)(pawl_task *t))
{
	o->polls++;
	return o->after ? PAWL_TIMEOUT(t, &o->limit, o->after, op(t)) : op(t);
}

static inline int io_read_once(pawl_task *t)
{
	struct io_op *o = PAWL_OF(t, struct io_op, task);

	return pawl_stream_read(t, o->s, o->buf, o->size ? o->size : sizeof(o->buf), &o->n);
}

static inline int io_read_poll(pawl_task *t)
{
	return io_op_limited(t, PAWL_OF(t, struct io_op, task), io_read_once);
}

static inline int io_write_once(pawl_task *t)
{
	struct io_op *o = PAWL_OF(t, struct io_op, task);

	return pawl_stream_write_all(t, o->s, o->buf, o->size, &o->n);
}

static inline int io_write_poll(pawl_task *t)
{
	return io_op_limited(t, PAWL_OF(t, struct io_op, task), io_write_once);
}

static inline int io_accept_once(pawl_task *t)
{
	struct io_op *o = PAWL_OF(t, struct io_op, task);

	return pawl_listener_accept(t, o->l, o->s);
}

static inline int io_accept_poll(pawl_task *t)
{
	return io_op_limited(t, PAWL_OF(t, struct io_op, task), io_accept_once);
}

static inline void io_send(pawl_host *h, pawl_stream *s, const char *text)
{
	struct io_op o = { .s = s, .size = strlen(text) };

	memcpy(o.buf, text, o.size);
	CHECK_INT(io_run(h, &o.task, io_write_poll), 0);
	CHECK_UINT(o.n, o.size);
}

static inline void io_expect(pawl_host *h, pawl_stream *s, const char *text)
{
	struct io_op o = { .s = s };

	CHECK_INT(io_run(h, &o.task, io_read_poll), 0);
	CHECK_UINT(o.n, strlen(text));
	CHECK_MEM(o.buf, text, o.n);
}

#endif
