/* SPDX-License-Identifier: MIT */
/* The awaitables of the host, as coroutines call them. */
#include <pawl/co_io.h>

#if PAWL_STACKS

/* The body of each: polls, and suspends in between, until the wait is over. */
#define WAIT(expr)                          \
	do {                                \
		int r;                      \
                                            \
		PAWL_CO_AWAIT(co, r, expr); \
		return r;                   \
	} while (0)

int pawl_co_dir_next(pawl_co *co, pawl_dir *d, pawl_dir_entry *ret)
{
	WAIT(pawl_dir_next(pawl_co_task(co), d, ret));
}

int pawl_co_dir_open(pawl_co *co, pawl_dir *d, const char *path)
{
	WAIT(pawl_dir_open(pawl_co_task(co), d, path));
}

int pawl_co_dns_lookup(pawl_co *co, pawl_dns *d, const char *name, unsigned port)
{
	WAIT(pawl_dns_lookup(pawl_co_task(co), d, name, port));
}

int pawl_co_file_open(pawl_co *co, pawl_file *f, const char *path, unsigned how, unsigned mode)
{
	WAIT(pawl_file_open(pawl_co_task(co), f, path, how, mode));
}

int pawl_co_file_read(pawl_co *co, pawl_file *f, void *buf, size_t size, size_t *ret_size)
{
	WAIT(pawl_file_read(pawl_co_task(co), f, buf, size, ret_size));
}

int pawl_co_file_stat(pawl_co *co, pawl_file *f, pawl_stat *ret)
{
	WAIT(pawl_file_stat(pawl_co_task(co), f, ret));
}

int pawl_co_file_sync(pawl_co *co, pawl_file *f)
{
	WAIT(pawl_file_sync(pawl_co_task(co), f));
}

int pawl_co_file_truncate(pawl_co *co, pawl_file *f, uint64_t size)
{
	WAIT(pawl_file_truncate(pawl_co_task(co), f, size));
}

int pawl_co_file_write(pawl_co *co, pawl_file *f, const void *buf, size_t size)
{
	WAIT(pawl_file_write(pawl_co_task(co), f, buf, size));
}

int pawl_co_fs_load(pawl_co *co, pawl_fs *f, const char *path, void *buf, size_t size,
		    size_t *ret_size)
{
	WAIT(pawl_fs_load(pawl_co_task(co), f, path, buf, size, ret_size));
}

int pawl_co_fs_mkdir(pawl_co *co, pawl_fs *f, const char *path, unsigned mode)
{
	WAIT(pawl_fs_mkdir(pawl_co_task(co), f, path, mode));
}

int pawl_co_fs_rename(pawl_co *co, pawl_fs *f, const char *from, const char *to)
{
	WAIT(pawl_fs_rename(pawl_co_task(co), f, from, to));
}

int pawl_co_fs_rmdir(pawl_co *co, pawl_fs *f, const char *path)
{
	WAIT(pawl_fs_rmdir(pawl_co_task(co), f, path));
}

int pawl_co_fs_save(pawl_co *co, pawl_fs *f, const char *path, const void *buf, size_t size,
		    unsigned mode)
{
	WAIT(pawl_fs_save(pawl_co_task(co), f, path, buf, size, mode));
}

int pawl_co_fs_stat(pawl_co *co, pawl_fs *f, const char *path, bool follow, pawl_stat *ret)
{
	WAIT(pawl_fs_stat(pawl_co_task(co), f, path, follow, ret));
}

int pawl_co_fs_unlink(pawl_co *co, pawl_fs *f, const char *path)
{
	WAIT(pawl_fs_unlink(pawl_co_task(co), f, path));
}

int pawl_co_listener_accept(pawl_co *co, pawl_listener *l, pawl_stream *ret)
{
	WAIT(pawl_listener_accept(pawl_co_task(co), l, ret));
}

int pawl_co_process_wait(pawl_co *co, pawl_process *p)
{
	WAIT(pawl_process_wait(pawl_co_task(co), p));
}

int pawl_co_signal_wait(pawl_co *co, pawl_signal *s)
{
	WAIT(pawl_signal_wait(pawl_co_task(co), s));
}

int pawl_co_stream_connect(pawl_co *co, pawl_stream *s, const pawl_addr *to)
{
	WAIT(pawl_stream_connect(pawl_co_task(co), s, to));
}

int pawl_co_stream_read(pawl_co *co, pawl_stream *s, void *buf, size_t size, size_t *ret_size)
{
	WAIT(pawl_stream_read(pawl_co_task(co), s, buf, size, ret_size));
}

int pawl_co_stream_write(pawl_co *co, pawl_stream *s, const void *buf, size_t size,
			 size_t *ret_size)
{
	WAIT(pawl_stream_write(pawl_co_task(co), s, buf, size, ret_size));
}

int pawl_co_stream_write_all(pawl_co *co, pawl_stream *s, const void *buf, size_t size,
			     size_t *done)
{
	WAIT(pawl_stream_write_all(pawl_co_task(co), s, buf, size, done));
}

int pawl_co_udp_recv(pawl_co *co, pawl_udp *u, void *buf, size_t size, pawl_datagram *ret)
{
	WAIT(pawl_udp_recv(pawl_co_task(co), u, buf, size, ret));
}

int pawl_co_udp_send(pawl_co *co, pawl_udp *u, const pawl_addr *to, const void *buf, size_t size)
{
	WAIT(pawl_udp_send(pawl_co_task(co), u, to, buf, size));
}

int pawl_co_go_join_(pawl_co *co, pawl_task *child, void *ret_arg, size_t size, int *ret_outcome)
{
	WAIT(pawl_go_join_(pawl_co_task(co), child, ret_arg, size, ret_outcome));
}

#endif
