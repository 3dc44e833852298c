/* SPDX-License-Identifier: MIT */
/* Listeners: bind, listen, accept. */
#define _GNU_SOURCE
#include <pawl/listener.h>

#include "host/io.h"
#include "host/machine.h"
#include "host/io_stream.h"
#include "port/assert.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* A local socket's name stays in the file system until somebody removes it. */
static void remove_name(const pawl_addr *at)
{
	char path[PAWL_ADDR_TEXT];

	if (pawl_addr_path_(at, path) == 0)
		unlink(path);
}

static int bind_and_listen(int fd, const pawl_addr *at, unsigned backlog)
{
	int on = 1, n = backlog && backlog < SOMAXCONN ? (int)backlog : SOMAXCONN;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, pawl_addr_get_(at), at->size_) < 0 || listen(fd, n) < 0)
		return pawl_result_of(errno);
	return 0;
}

int pawl_listener_open(pawl_exec *x, pawl_listener *l, const pawl_addr *at, unsigned backlog)
{
	pawl_host *h = pawl_host_of(x);
	int fd = -1, r;

	if (!h || !pawl_is_main_thread(x))
		return PAWL_ENOTSUP;
	PAWL_ASSERT(!l->io_.watch_);
	r = pawl_io_socket_(at, SOCK_STREAM, &fd);
	if (r < 0)
		return r;
	r = bind_and_listen(fd, at, backlog);
	if (r == 0) {
		r = pawl_io_open_(&l->io_, h, pawl_io_watch_new_(), fd);
		if (r < 0)
			remove_name(at);
	}
	if (r < 0)
		close(fd);
	return r;
}

/* Connections that ended before they were accepted are no concern of ours. */
static int accept_some(int fd, sa_family_t *ret_family)
{
	pawl_addr from = { 0 };
	socklen_t size;
	int r;

	do {
		size = sizeof(from.u_.bytes_);
		r = accept4(fd, (struct sockaddr *)(void *)from.u_.bytes_, &size,
			    SOCK_NONBLOCK | SOCK_CLOEXEC);
	} while (r < 0 && (errno == EINTR || errno == ECONNABORTED || errno == EPROTO));
	from.size_ = size;
	*ret_family = pawl_addr_family_(&from);
	return r;
}

int pawl_listener_accept(pawl_task *t, pawl_listener *l, pawl_stream *ret)
{
	static const char what[] = "a connection";
	pawl_io *io = &l->io_;
	int r = pawl_io_begin_(t, io, &io->readers_, what);
	struct pawl_io_watch *w;
	sa_family_t family;
	int fd;

	if (r != 0)
		return r;
	PAWL_ASSERT(!ret->io_.watch_);
	w = pawl_io_watch_new_(); /* first: what was accepted must not be lost for want of it */
	if (!w)
		return PAWL_ENOMEM;
	fd = accept_some(io->fd_, &family);
	if (fd >= 0)
		return pawl_stream_open_(ret, io->host_, w, fd, family);
	r = pawl_io_failed_(t, io, &io->readers_, what);
	free(w);
	return r;
}

void pawl_listener_close(pawl_listener *l)
{
	pawl_addr at;

	if (!l || !l->io_.watch_)
		return;
	if (pawl_listener_local(l, &at) == 0)
		remove_name(&at);
	pawl_io_close_(&l->io_);
}

int pawl_listener_local(const pawl_listener *l, pawl_addr *ret)
{
	return pawl_io_addr_(&l->io_, false, ret);
}
