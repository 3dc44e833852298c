/* SPDX-License-Identifier: MIT */
/* What stays open for all starts: the small program, and the pipe of life. */
#define _GNU_SOURCE
#include "host/init.h"
#include "host/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int pawl_kept_dup(int fd)
{
	int kept, error;

	if (fd < 0 || fd >= PAWL_FD_KEPT)
		return fd;
	kept = fcntl(fd, F_DUPFD_CLOEXEC, PAWL_FD_KEPT);
	error = errno;
	close(fd);
	errno = error;
	return kept;
}

static int write_image(int fd)
{
	const unsigned char *at = pawl_init_image;
	size_t left = pawl_init_image_size;

	while (left) {
		ssize_t n = write(fd, at, left);

		if (n < 0)
			return -1;
		at += n;
		left -= (size_t)n;
	}
	/* nobody may change it, and it may not be opened for writing while it runs */
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

static int make_image(void)
{
	int fd = pawl_kept_dup(memfd_create(PAWL_INIT_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING));

	if (fd >= 0 && write_image(fd) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int make_life(struct pawl_machine *m)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	m->life[0] = pawl_kept_dup(ends[0]);
	m->life[1] = pawl_kept_dup(ends[1]);
	return m->life[0] < 0 || m->life[1] < 0 ? -1 : 0;
}

int pawl_kept_init(struct pawl_machine *m)
{
	if (m->life[0] < 0 && make_life(m) < 0)
		return -1;
	if (m->init < 0)
		m->init = make_image();
	return m->init < 0 ? -1 : 0;
}
