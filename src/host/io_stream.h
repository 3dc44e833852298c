/* SPDX-License-Identifier: MIT */
/* The inside of streams, for those who open them. */
#ifndef PAWL_HOST_IO_STREAM_H
#define PAWL_HOST_IO_STREAM_H

#include <pawl/stream.h>

#include <sys/socket.h>

/* Makes a stream of a socket: 0; or why not, and then the socket is closed. */
int pawl_stream_open_(pawl_stream *s, pawl_host *h, struct pawl_io_watch *w, int fd,
		      sa_family_t family);

#endif
