/* SPDX-License-Identifier: MIT */
/* Descriptors on the main thread's loop: who waits for them, and what the loop looks for. */
#define _GNU_SOURCE
#include "host/io.h"

#include "core/core.h"
#include "host/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* How often something may go on without a wait before its task gives way. */
#define TURNS_MAX 64

/*
 * What the loop looks for is changed as seldom as can be: it goes on looking after an event, since
 * most of those who read will read again, and stops when nobody waited for one.
 */
struct pawl_io_watch {
	uv_poll_t poll; /* first; freed when the loop has let go of it */
	pawl_io *io;
};

pawl_host *pawl_io_host_(const pawl_task *t)
{
	return pawl_task_is_foreground(t) ? pawl_host_of(pawl_here(t)) : NULL;
}

static bool is_here(const pawl_io *io)
{
	return pawl_is_main_thread(pawl_host_exec(io->host_));
}

static void on_event(uv_poll_t *poll, int status, int events);

static void look_for(pawl_io *io, int events)
{
	uv_poll_t *poll = &io->watch_->poll;
	int r = 0;

	if (io->armed_ == events)
		return;
	io->armed_ = (uint8_t)events;
	if (events)
		r = uv_poll_start(poll, events, on_event);
	else
		uv_poll_stop(poll);
	PAWL_ASSERT(r == 0); /* only a second watcher of the descriptor could be refused */
}

/* Grants the event to the first who waits; what the loop has to look for on. */
static int hand_on(pawl_waitq *q, int event, int events, pawl_woken *woken)
{
	if (!(events & event))
		return event;
	return pawl_waitq_grant(q, woken) ? event : 0;
}

/* The descriptor is broken, and libuv stopped looking: let all find out how. */
static int hand_on_error(pawl_io *io, pawl_woken *woken)
{
	pawl_waitq_grant_all(&io->readers_, woken);
	pawl_waitq_grant_all(&io->writers_, woken);
	io->armed_ = 0;
	return 0;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	pawl_io *io = PAWL_OF(poll, struct pawl_io_watch, poll)->io;
	pawl_task *connector = io->connector_;
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(io);
	int keep;

	if (status < 0 || events & UV_READABLE)
		io->is_dry_ = false;
	if (status < 0)
		keep = hand_on_error(io, &woken);
	else
		keep = hand_on(&io->readers_, UV_READABLE, events, &woken) |
		       hand_on(&io->writers_, UV_WRITABLE, events, &woken);
	pawl_port_unlock(io, was);
	look_for(io, io->armed_ & keep);
	io->connector_ = NULL;
	if (connector)
		pawl_wake(connector);
	pawl_woken_schedule(&woken);
}

struct pawl_io_watch *pawl_io_watch_new_(void)
{
	return malloc(sizeof(struct pawl_io_watch));
}

int pawl_io_open_(pawl_io *io, pawl_host *h, struct pawl_io_watch *w, int fd)
{
	int r;

	PAWL_ASSERT(!io->watch_ && !io->connector_);
	PAWL_ASSERT(pawl_waitq_is_empty(&io->readers_) && pawl_waitq_is_empty(&io->writers_));
	r = w ? uv_poll_init(pawl_host_loop(h), &w->poll, fd) : UV_ENOMEM;
	if (r < 0) {
		free(w);
		return r == UV_EPERM ? PAWL_ENOTSUP : pawl_result_of(-r); /* EPERM: a file */
	}
	w->io = io;
	*io = (pawl_io){ .host_ = h, .watch_ = w, .fd_ = fd };
	pawl_waitq_init(&io->readers_, io, NULL);
	pawl_waitq_init(&io->writers_, io, NULL);
	return 0;
}

static void let_go_of(uv_handle_t *h)
{
	free(PAWL_OF(h, struct pawl_io_watch, poll));
}

void pawl_io_close_(pawl_io *io)
{
	pawl_task *connector = io->connector_;
	pawl_woken woken = { 0 };
	uintptr_t was;

	if (!io->watch_)
		return;
	PAWL_ASSERT(is_here(io));
	uv_close((uv_handle_t *)&io->watch_->poll, let_go_of);
	close(io->fd_);
	was = pawl_port_lock(io);
	io->watch_ = NULL;
	io->connector_ = NULL;
	pawl_waitq_grant_all(&io->readers_, &woken);
	pawl_waitq_grant_all(&io->writers_, &woken);
	pawl_port_unlock(io, was);
	if (connector)
		pawl_wake(connector);
	pawl_woken_schedule(&woken);
}

/* Gives way to others when it went on for too long. */
static int take_turn(pawl_task *t, pawl_io *io)
{
	if (++io->turns_ <= TURNS_MAX)
		return 0;
	io->turns_ = 0;
	pawl_wake(t);
	return PAWL_PENDING;
}

static int begin_locked(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what)
{
	bool is_granted;

	if (pawl_cancelled(t)) {
		pawl_waitq_leave(q, t); /* the loop tells the next as long as it is not done */
		return PAWL_ECANCELED;
	}
	is_granted = pawl_waitq_take(q, t);
	if (!io->watch_)
		return PAWL_ECLOSED;
	if (is_granted)
		io->turns_ = 0; /* others had theirs while it waited */
	if (is_granted || pawl_waitq_is_empty(q))
		return 0;
	pawl_waitq_join(q, t, what); /* behind others, or still in it */
	return PAWL_PENDING;
}

int pawl_io_begin_(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what)
{
	pawl_host *h = pawl_io_host_(t);
	uintptr_t was;
	int r;

	if (!h)
		return PAWL_ENOTSUP;
	was = pawl_port_lock(io);
	r = begin_locked(t, io, q, what);
	pawl_port_unlock(io, was);
	if (r != 0)
		return r;
	PAWL_ASSERT(io->host_ == h);
	if (q == &io->readers_ && io->is_dry_)
		return pawl_io_wait_(t, io, q, what);
	return take_turn(t, io);
}

int pawl_io_wait_(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what)
{
	uintptr_t was = pawl_port_lock(io);

	pawl_waitq_join(q, t, what);
	pawl_port_unlock(io, was);
	io->turns_ = 0;
	look_for(io, io->armed_ | (q == &io->readers_ ? UV_READABLE : UV_WRITABLE));
	return PAWL_PENDING;
}

void pawl_io_await_connection_(pawl_task *t, pawl_io *io)
{
	pawl_say_wait_(t, "a connection");
	io->connector_ = t;
	look_for(io, io->armed_ | UV_WRITABLE);
}

int pawl_io_failed_(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return pawl_io_wait_(t, io, q, what);
	return pawl_result_of(errno);
}

int pawl_io_socket_(const pawl_addr *a, int type, int *ret_fd)
{
	int fd;

	if (!a->size_)
		return PAWL_EINVAL;
	fd = socket(pawl_addr_family_(a), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return pawl_result_of(errno);
	*ret_fd = fd;
	return 0;
}

int pawl_io_addr_(const pawl_io *io, bool is_peer, pawl_addr *ret)
{
	pawl_addr a = { 0 };
	struct sockaddr *sa = (struct sockaddr *)(void *)a.u_.bytes_;
	socklen_t size = sizeof(a.u_.bytes_);
	int r;

	if (!io->watch_)
		return PAWL_ECLOSED;
	PAWL_ASSERT(is_here(io));
	r = is_peer ? getpeername(io->fd_, sa, &size) : getsockname(io->fd_, sa, &size);
	if (r < 0)
		return pawl_result_of(errno);
	a.size_ = size;
	*ret = a;
	return 0;
}
