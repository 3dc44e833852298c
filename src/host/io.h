/* SPDX-License-Identifier: MIT */
/* The inside of descriptors on the loop, for streams, listeners and sockets. */
#ifndef PAWL_HOST_IO_H
#define PAWL_HOST_IO_H

#include <pawl/addr.h>
#include <pawl/io.h>

#include <sys/socket.h>

/* The host of a foreground task; NULL: it is none, or its executor is no host. */
pawl_host *pawl_io_host_(const pawl_task *t);

/* The loop's part, for pawl_io_open_, or to free it; NULL when there is no memory. */
struct pawl_io_watch *pawl_io_watch_new_(void);

/* Puts a descriptor that does not block on the loop: 0; or why not, and then `w` is freed. */
int pawl_io_open_(pawl_io *io, pawl_host *h, struct pawl_io_watch *w, int fd);

/* Closes it and wakes all who wait; nothing happens when it is closed. */
void pawl_io_close_(pawl_io *io);

/* For one of its two queues: 0 when it is this task's turn to try, else what to answer. */
int pawl_io_begin_(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what);

/* Waits in that queue: always PAWL_PENDING. */
int pawl_io_wait_(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what);

/* Wakes the connector when it can be written. */
void pawl_io_await_connection_(pawl_task *t, pawl_io *io);

/* The answer to a call of the system that failed: waits when it would have blocked. */
int pawl_io_failed_(pawl_task *t, pawl_io *io, pawl_waitq *q, const char *what);

/* A socket that does not block: 0 or why not. */
int pawl_io_socket_(const pawl_addr *a, int type, int *ret_fd);

/* The address as the system wants it, and what kind it is. */
const struct sockaddr *pawl_addr_get_(const pawl_addr *a);
sa_family_t pawl_addr_family_(const pawl_addr *a);

/* Makes an address of the system's, with a port: 0, PAWL_ENOTSUP when it is no IP address. */
int pawl_addr_set_(const struct sockaddr *from, socklen_t size, unsigned port, pawl_addr *ret);

/* The path in the file system, which has PAWL_ADDR_TEXT bytes: 0, PAWL_ENOENT when it has none. */
int pawl_addr_path_(const pawl_addr *a, char *ret_path);

/* The address of this end, or of the other. */
int pawl_io_addr_(const pawl_io *io, bool is_peer, pawl_addr *ret);

#endif
