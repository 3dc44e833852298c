/* SPDX-License-Identifier: MIT */
/* Streams: connect, read, write, end. */
#define _GNU_SOURCE
#include <pawl/stream.h>

#include "host/io.h"
#include "host/machine.h"
#include "host/io_stream.h"
#include "port/assert.h"
#include "port/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

int pawl_stream_open_(pawl_stream *s, pawl_host *h, struct pawl_io_watch *w, int fd,
		      sa_family_t family)
{
	int on = 1;
	int r = pawl_io_open_(&s->io_, h, w, fd);

	s->is_socket_ = true;
	if (r < 0)
		close(fd);
	else if (family == AF_INET || family == AF_INET6)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return r;
}

static void settle(pawl_task *t)
{
	pawl_store_ptr(&t->waits_, 0);
}

/* Half a connection is of no use: who leaves it takes it down. */
static bool let_go(pawl_wait *w, pawl_task *t)
{
	settle(t);
	pawl_stream_close(PAWL_OF(w, pawl_stream, wait_));
	return true;
}

static int connect_failed(pawl_stream *s, int r)
{
	pawl_stream_close(s);
	return r;
}

static int connect_begin(pawl_task *t, pawl_stream *s, const pawl_addr *to)
{
	pawl_host *h = pawl_io_host_(t);
	int fd = -1, r;

	if (!h)
		return PAWL_ENOTSUP;
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	PAWL_ASSERT(!s->io_.watch_ && !pawl_load_ptr(&t->waits_));
	r = pawl_io_socket_(to, SOCK_STREAM, &fd);
	if (r < 0)
		return r;
	r = pawl_stream_open_(s, h, pawl_io_watch_new_(), fd, pawl_addr_family_(to));
	if (r < 0)
		return r;
	if (connect(fd, pawl_addr_get_(to), to->size_) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EINTR)
		return connect_failed(s, pawl_result_of(errno));
	s->wait_.let_go = let_go;
	pawl_store_ptr(&t->waits_, (uintptr_t)&s->wait_ | PAWL_WAITS_OTHER_);
	pawl_io_await_connection_(t, &s->io_);
	return PAWL_PENDING;
}

static int connect_end(pawl_stream *s)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (!s->io_.watch_)
		return PAWL_ECLOSED;
	if (getsockopt(s->io_.fd_, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	return error ? connect_failed(s, pawl_result_of(error)) : 0;
}

int pawl_stream_connect(pawl_task *t, pawl_stream *s, const pawl_addr *to)
{
	if (pawl_load_ptr(&t->waits_) != ((uintptr_t)&s->wait_ | PAWL_WAITS_OTHER_))
		return connect_begin(t, s, to);
	if (pawl_cancelled(t)) {
		let_go(&s->wait_, t);
		return PAWL_ECANCELED;
	}
	if (s->io_.connector_)
		return PAWL_PENDING;
	settle(t);
	return connect_end(s);
}

int pawl_stream_adopt(pawl_exec *x, pawl_stream *s, int fd)
{
	pawl_host *h = pawl_host_of(x);
	struct stat st;
	int r;

	if (!h || !pawl_is_main_thread(x))
		return PAWL_ENOTSUP;
	if (fstat(fd, &st) < 0)
		return PAWL_EINVAL;
	r = pawl_io_open_(&s->io_, h, pawl_io_watch_new_(), fd);
	if (r < 0)
		return r;
	s->is_socket_ = S_ISSOCK(st.st_mode);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

static ssize_t read_some(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

int pawl_stream_read(pawl_task *t, pawl_stream *s, void *buf, size_t size, size_t *ret_size)
{
	static const char what[] = "bytes of a stream";
	pawl_io *io = &s->io_;
	ssize_t n;
	int r;

	PAWL_ASSERT(buf && size);
	r = pawl_io_begin_(t, io, &io->readers_, what);
	if (r != 0)
		return r;
	n = read_some(io->fd_, buf, size);
	if (n < 0)
		return pawl_io_failed_(t, io, &io->readers_, what);
	if (n == 0)
		return PAWL_ECLOSED;
	io->is_dry_ = (size_t)n < size;
	*ret_size = (size_t)n;
	return 0;
}

/*
 * write() as if SIGPIPE did not exist. When somebody blocks it already, it is his to take.
 */
static ssize_t write_unsignalled(int fd, const void *buf, size_t size)
{
	const struct timespec now = { 0 };
	sigset_t broken, before;
	ssize_t n;
	int error;

	sigemptyset(&broken);
	sigaddset(&broken, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &broken, &before);
	n = write(fd, buf, size);
	error = errno;
	if (n < 0 && error == EPIPE && !sigismember(&before, SIGPIPE))
		sigtimedwait(&broken, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n;
}

static ssize_t write_some(const pawl_stream *s, const void *buf, size_t size)
{
	ssize_t n;

	do
		n = s->is_socket_ ? send(s->io_.fd_, buf, size, MSG_NOSIGNAL)
				  : write_unsignalled(s->io_.fd_, buf, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static const char room[] = "room in a stream";

int pawl_stream_write(pawl_task *t, pawl_stream *s, const void *buf, size_t size, size_t *ret_size)
{
	pawl_io *io = &s->io_;
	ssize_t n;
	int r;

	PAWL_ASSERT(buf && size);
	r = pawl_io_begin_(t, io, &io->writers_, room);
	if (r != 0)
		return r;
	n = write_some(s, buf, size);
	if (n < 0)
		return pawl_io_failed_(t, io, &io->writers_, room);
	*ret_size = (size_t)n;
	return 0;
}

int pawl_stream_write_all(pawl_task *t, pawl_stream *s, const void *buf, size_t size, size_t *done)
{
	size_t n = 0;
	int r = 0;

	PAWL_ASSERT(*done <= size);
	while (*done < size && r == 0) {
		r = pawl_stream_write(t, s, (const char *)buf + *done, size - *done, &n);
		if (r == 0)
			*done += n;
	}
	return r;
}

int pawl_stream_shutdown(pawl_stream *s)
{
	if (!s->io_.watch_)
		return PAWL_ECLOSED;
	PAWL_ASSERT(pawl_is_main_thread(pawl_host_exec(s->io_.host_)));
	return shutdown(s->io_.fd_, SHUT_WR) < 0 ? pawl_result_of(errno) : 0;
}

void pawl_stream_close(pawl_stream *s)
{
	if (s)
		pawl_io_close_(&s->io_);
}

int pawl_stream_local(const pawl_stream *s, pawl_addr *ret)
{
	return pawl_io_addr_(&s->io_, false, ret);
}

int pawl_stream_peer(const pawl_stream *s, pawl_addr *ret)
{
	return pawl_io_addr_(&s->io_, true, ret);
}
