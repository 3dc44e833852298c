/* SPDX-License-Identifier: MIT */
/* The words for results, and the panic. */
#include <pawl/base.h>

#include "port/port.h"

/* The words lie in the table, so that a program that asks for none has none. */
struct result_words {
	signed char result;
	char words[31];
};

static const struct result_words table[] = {
	{ PAWL_PENDING, "not yet" },
	{ PAWL_OK, "done" },
	{ PAWL_ECANCELED, "cancelled" },
	{ PAWL_ETIMEDOUT, "timed out" },
	{ PAWL_EFULL, "no room" },
	{ PAWL_ECLOSED, "closed" },
	{ PAWL_EINVAL, "invalid value" },
	{ PAWL_ENOTSUP, "not supported" },
	{ PAWL_ENOMEM, "out of memory" },
	{ PAWL_EBUSY, "busy" },
	{ PAWL_ESTOPPED, "stopped, takes no more tasks" },
	{ PAWL_EPANIC, "the task panicked" },
	{ PAWL_ESTACK, "stack overflow" },
	{ PAWL_ENOENT, "no such file or folder" },
	{ PAWL_EEXIST, "the file exists" },
	{ PAWL_EACCES, "permission denied" },
	{ PAWL_ENOSPC, "no space left" },
	{ PAWL_EIO, "input or output error" },
	{ PAWL_ENOTDIR, "not a folder" },
	{ PAWL_EISDIR, "is a folder" },
	{ PAWL_ENOTEMPTY, "the folder is not empty" },
	{ PAWL_EMFILE, "too many open files" },
	{ PAWL_EXDEV, "not on the same file system" },
	{ PAWL_ELOOP, "too many symbolic links" },
	{ PAWL_ENAMETOOLONG, "the name is too long" },
	{ PAWL_EROFS, "the file system is read-only" },
	{ PAWL_EAGAIN, "try again later" },
	{ PAWL_EREFUSED, "connection refused" },
	{ PAWL_ERESET, "connection reset by the peer" },
	{ PAWL_EUNREACH, "address out of reach" },
	{ PAWL_ESYNTAX, "the text cannot be read" },
	{ PAWL_ECORRUPT, "the data is damaged" },
};

const char *pawl_strerror(int result)
{
	size_t i;

	for (i = 0; i < PAWL_COUNT(table); i++)
		if (table[i].result == result)
			return table[i].words;
	return "unknown result";
}

_Noreturn void pawl_panic(const char *why)
{
	pawl_port_throw(why);
}
