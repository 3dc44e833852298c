/* SPDX-License-Identifier: MIT */
/* What the file system tells of a file: its kind, its size, its times. */
#ifndef PAWL_STAT_H
#define PAWL_STAT_H

#include <pawl/base.h>

/* What an entry of a folder is. */
enum pawl_kind {
	PAWL_KIND_FILE = 1,
	PAWL_KIND_DIR = 2,
	PAWL_KIND_LINK = 3, /* symbolic link */
	PAWL_KIND_ODD = 4   /* socket, fifo, device */
};

/* A value, to copy and to keep. */
typedef struct pawl_stat {
	enum pawl_kind kind;
	uint32_t mode;  /* permission bits, 07777 */
	uint32_t links; /* hard links */
	int64_t size;   /* bytes */
	int64_t mtime;  /* ns since 1970 */
	int64_t ctime;  /* ns since 1970 */
	uint64_t ino;
	uint64_t dev;
} pawl_stat;

#endif
