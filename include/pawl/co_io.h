/* SPDX-License-Identifier: MIT */
/* Input and output in a coroutine: each awaitable of the host as a plain call. */
#ifndef PAWL_CO_IO_H
#define PAWL_CO_IO_H

#include <pawl/co_await.h>
#include <pawl/dir.h>
#include <pawl/dns.h>
#include <pawl/file.h>
#include <pawl/fs.h>
#include <pawl/heap.h>
#include <pawl/listener.h>
#include <pawl/process.h>
#include <pawl/signal.h>
#include <pawl/stream.h>
#include <pawl/udp.h>

#if PAWL_STACKS

PAWL_BEGIN_C

/*
 * As in pawl/co_await.h: the awaitable's name behind pawl_co_, with the coroutine in place of the
 * task. Buffers and structs may be local variables of who calls. Where an awaitable wants the main
 * thread, the coroutine has to be of the foreground, as any task.
 *
 *	static int copy(pawl_co *co, pawl_stream *from, pawl_file *to)
 *	{
 *		char buf[4096];
 *		size_t n;
 *		int r;
 *
 *		while ((r = pawl_co_stream_read(co, from, buf, sizeof buf, &n)) == 0)
 *			if ((r = pawl_co_file_write(co, to, buf, n)) < 0)
 *				return r;
 *		return r == PAWL_ECLOSED ? 0 : r;
 *	}
 *
 *	co	the coroutine in which this runs, at whatever depth; also in a generator on top of
 *		it
 *	...	as the awaitable's
 *
 * result:  the awaitable's, but never PAWL_PENDING; inside of PAWL_CO_TIMEOUT also PAWL_ETIMEDOUT
 * owns:    as the awaitable
 * from:    inside of the coroutine
 * cost:    that of the awaitable, and two switches for each poll that does not end the wait
 */
PAWL_MUST_USE int pawl_co_dir_next(pawl_co *co, pawl_dir *d, pawl_dir_entry *ret);
PAWL_MUST_USE int pawl_co_dir_open(pawl_co *co, pawl_dir *d, const char *path);
PAWL_MUST_USE int pawl_co_dns_lookup(pawl_co *co, pawl_dns *d, const char *name, unsigned port);
PAWL_MUST_USE int pawl_co_file_open(pawl_co *co, pawl_file *f, const char *path, unsigned how,
				    unsigned mode);
PAWL_MUST_USE int pawl_co_file_read(pawl_co *co, pawl_file *f, void *buf, size_t size,
				    size_t *ret_size);
PAWL_MUST_USE int pawl_co_file_stat(pawl_co *co, pawl_file *f, pawl_stat *ret);
PAWL_MUST_USE int pawl_co_file_sync(pawl_co *co, pawl_file *f);
PAWL_MUST_USE int pawl_co_file_truncate(pawl_co *co, pawl_file *f, uint64_t size);
PAWL_MUST_USE int pawl_co_file_write(pawl_co *co, pawl_file *f, const void *buf, size_t size);
PAWL_MUST_USE int pawl_co_fs_load(pawl_co *co, pawl_fs *f, const char *path, void *buf, size_t size,
				  size_t *ret_size);
PAWL_MUST_USE int pawl_co_fs_mkdir(pawl_co *co, pawl_fs *f, const char *path, unsigned mode);
PAWL_MUST_USE int pawl_co_fs_rename(pawl_co *co, pawl_fs *f, const char *from, const char *to);
PAWL_MUST_USE int pawl_co_fs_rmdir(pawl_co *co, pawl_fs *f, const char *path);
PAWL_MUST_USE int pawl_co_fs_save(pawl_co *co, pawl_fs *f, const char *path, const void *buf,
				  size_t size, unsigned mode);
PAWL_MUST_USE int pawl_co_fs_stat(pawl_co *co, pawl_fs *f, const char *path, bool follow,
				  pawl_stat *ret);
PAWL_MUST_USE int pawl_co_fs_unlink(pawl_co *co, pawl_fs *f, const char *path);
PAWL_MUST_USE int pawl_co_listener_accept(pawl_co *co, pawl_listener *l, pawl_stream *ret);
PAWL_MUST_USE int pawl_co_process_wait(pawl_co *co, pawl_process *p);
PAWL_MUST_USE int pawl_co_signal_wait(pawl_co *co, pawl_signal *s);
PAWL_MUST_USE int pawl_co_stream_connect(pawl_co *co, pawl_stream *s, const pawl_addr *to);
PAWL_MUST_USE int pawl_co_stream_read(pawl_co *co, pawl_stream *s, void *buf, size_t size,
				      size_t *ret_size);
PAWL_MUST_USE int pawl_co_stream_write(pawl_co *co, pawl_stream *s, const void *buf, size_t size,
				       size_t *ret_size);
PAWL_MUST_USE int pawl_co_stream_write_all(pawl_co *co, pawl_stream *s, const void *buf,
					   size_t size, size_t *done);
PAWL_MUST_USE int pawl_co_udp_recv(pawl_co *co, pawl_udp *u, void *buf, size_t size,
				   pawl_datagram *ret);
PAWL_MUST_USE int pawl_co_udp_send(pawl_co *co, pawl_udp *u, const pawl_addr *to, const void *buf,
				   size_t size);

/*
 * As pawl_go_join.
 *
 *	co		the coroutine in which this runs
 *	child		the task
 *	ret_arg		where to copy its arguments
 *	ret_outcome	what its last poll answered; may be NULL
 *
 * result:  as pawl_go_join, but never PAWL_PENDING
 * owns:    nothing
 * from:    inside of the coroutine
 * cost:    O(size of the arguments), no allocation
 */
#define pawl_co_go_join(co, child, ret_arg, ret_outcome) \
	pawl_co_go_join_((co), (child), (ret_arg), sizeof *(ret_arg), (ret_outcome))
PAWL_MUST_USE int pawl_co_go_join_(pawl_co *co, pawl_task *child, void *ret_arg, size_t size,
				   int *ret_outcome);

PAWL_END_C

#endif

#endif
