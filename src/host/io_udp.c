/* SPDX-License-Identifier: MIT */
/* UDP sockets: open, send, receive. */
#define _GNU_SOURCE
#include <pawl/udp.h>

#include "host/io.h"
#include "host/machine.h"
#include "port/assert.h"

#include <errno.h>
#include <unistd.h>

static int open_at(pawl_host *h, pawl_udp *u, int fd, const pawl_addr *at)
{
	if (bind(fd, pawl_addr_get_(at), at->size_) < 0)
		return pawl_result_of(errno);
	return pawl_io_open_(&u->io_, h, pawl_io_watch_new_(), fd);
}

int pawl_udp_open(pawl_exec *x, pawl_udp *u, const pawl_addr *at)
{
	pawl_host *h = pawl_host_of(x);
	int fd, r;

	if (!h || !pawl_is_main_thread(x) || pawl_addr_family_(at) == AF_UNIX)
		return PAWL_ENOTSUP;
	PAWL_ASSERT(!u->io_.watch_);
	r = pawl_io_socket_(at, SOCK_DGRAM, &fd);
	if (r < 0)
		return r;
	r = open_at(h, u, fd, at);
	if (r < 0)
		close(fd);
	return r;
}

int pawl_udp_send(pawl_task *t, pawl_udp *u, const pawl_addr *to, const void *buf, size_t size)
{
	static const char what[] = "room for a datagram";
	pawl_io *io = &u->io_;
	ssize_t n;
	int r;

	PAWL_ASSERT(buf || !size);
	r = pawl_io_begin_(t, io, &io->writers_, what);
	if (r != 0)
		return r;
	if (!to->size_)
		return PAWL_EINVAL;
	do
		n = sendto(io->fd_, buf, size, MSG_NOSIGNAL, pawl_addr_get_(to), to->size_);
	while (n < 0 && errno == EINTR);
	return n < 0 ? pawl_io_failed_(t, io, &io->writers_, what) : 0;
}

int pawl_udp_recv(pawl_task *t, pawl_udp *u, void *buf, size_t size, pawl_datagram *ret)
{
	static const char what[] = "a datagram";
	pawl_io *io = &u->io_;
	pawl_addr from = { 0 };
	struct iovec v = { buf, size };
	struct msghdr m = { .msg_name = from.u_.bytes_, .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t n;
	int r;

	PAWL_ASSERT(buf || !size);
	r = pawl_io_begin_(t, io, &io->readers_, what);
	if (r != 0)
		return r;
	m.msg_namelen = sizeof(from.u_.bytes_);
	do
		n = recvmsg(io->fd_, &m, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return pawl_io_failed_(t, io, &io->readers_, what);
	from.size_ = m.msg_namelen;
	*ret = (pawl_datagram){ from, (size_t)n, m.msg_flags & MSG_TRUNC };
	return 0;
}

void pawl_udp_close(pawl_udp *u)
{
	if (u)
		pawl_io_close_(&u->io_);
}

int pawl_udp_local(const pawl_udp *u, pawl_addr *ret)
{
	return pawl_io_addr_(&u->io_, false, ret);
}
