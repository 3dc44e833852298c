/* SPDX-License-Identifier: MIT */
/* What the operating system answers, in pawl's own numbers. */
#include "host/machine.h"

#include <errno.h>

static const struct {
	int error, result;
} results[] = {
	{ 0, PAWL_OK },
	{ ENOENT, PAWL_ENOENT },
	{ EEXIST, PAWL_EEXIST },
	{ EACCES, PAWL_EACCES },
	{ EPERM, PAWL_EACCES },
	{ ENOSPC, PAWL_ENOSPC },
	{ EDQUOT, PAWL_ENOSPC },
	{ EFBIG, PAWL_ENOSPC },
	{ ENOTDIR, PAWL_ENOTDIR },
	{ EISDIR, PAWL_EISDIR },
	{ ENOTEMPTY, PAWL_ENOTEMPTY },
	{ EMFILE, PAWL_EMFILE },
	{ ENFILE, PAWL_EMFILE },
	{ EXDEV, PAWL_EXDEV },
	{ ELOOP, PAWL_ELOOP },
	{ ENAMETOOLONG, PAWL_ENAMETOOLONG },
	{ EROFS, PAWL_EROFS },
	{ EAGAIN, PAWL_EAGAIN },
	{ EINTR, PAWL_EAGAIN },
	{ ENOMEM, PAWL_ENOMEM },
	{ EBUSY, PAWL_EBUSY },
	{ ETXTBSY, PAWL_EBUSY },
	{ EINVAL, PAWL_EINVAL },
	{ E2BIG, PAWL_EINVAL },
	{ EPIPE, PAWL_ECLOSED },
	{ ENOSYS, PAWL_ENOTSUP },
	{ EOPNOTSUPP, PAWL_ENOTSUP },
	{ ENOTTY, PAWL_ENOTSUP },
	{ EMLINK, PAWL_EFULL },
};

int pawl_result_of(int error)
{
	for (size_t i = 0; i < PAWL_COUNT(results); i++)
		if (results[i].error == error)
			return results[i].result;
	return PAWL_EIO;
}
