/* SPDX-License-Identifier: MIT */
/* Cuts the power of a mounted ext4 file system: from then on nothing more reaches its disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* As the kernel's fs/ext4/ext4.h has it; no header of the C library does. */
#define SHUTDOWN _IOR('X', 125, __u32)

/*
 * usage: power_off MOUNTED HOW
 * HOW is 0: what is in memory is written first; 1: only the journal is; 2: nothing is, as when the
 * power goes. Ends with 3 where there is no such call.
 */
int main(int argc, char **argv)
{
	__u32 how;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: power_off MOUNTED HOW\n");
		return 2;
	}
	how = (__u32)strtoul(argv[2], NULL, 10);
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	if (ioctl(fd, SHUTDOWN, &how) < 0) {
		fprintf(stderr, "%s: %m\n", argv[1]);
		return errno == ENOTTY || errno == EOPNOTSUPP || errno == EPERM ? 3 : 1;
	}
	close(fd);
	return 0;
}
