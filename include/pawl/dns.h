/* SPDX-License-Identifier: MIT */
/* The lookup: from a host's name to its addresses. */
#ifndef PAWL_DNS_H
#define PAWL_DNS_H

#include <pawl/addr.h>
#include <pawl/exec.h>

/* How many addresses of a name are kept. */
#define PAWL_DNS_MAX 8

/*
 * One lookup at a time; zeroed is ready for use, and it is ready again once pawl_dns_lookup
 * answered.
 */
typedef struct pawl_dns {
	pawl_work work_;
	const char *name_;
	unsigned port_;
	int result_;
	uint32_t count;                /* how many addresses there are */
	pawl_addr addrs[PAWL_DNS_MAX]; /* the one to try first comes first */
} pawl_dns;

PAWL_BEGIN_C

/*
 * Looks up the addresses of a name, the way the system does it: files, caches, name servers. The
 * system's call blocks, so it runs on a thread for blocking work. When the task is cancelled or its
 * time is over before the call began, it never runs; once it runs, it is waited for to its end.
 *
 *	t	the running task, in the foreground or not
 *	d	the lookup; not touched by others while this answers PAWL_PENDING
 *	name	"localhost", "example.org", or an address in numbers, which is answered at once; in
 *		use while this answers PAWL_PENDING
 *	port	0 to 65535, for all of the addresses
 *
 * result:  0, PAWL_PENDING, PAWL_ECANCELED only when it had not begun, PAWL_ENOENT when there is no
 *          such name or it has no address, PAWL_EAGAIN when no server answered, PAWL_EINVAL,
 *          PAWL_ENOMEM, PAWL_EIO, PAWL_ENOTSUP when the executor has no threads for blocking work
 * owns:    nothing
 * from:    task
 * cost:    as pawl_blocking, and what the system's resolver takes; O(1) for numbers
 */
PAWL_MUST_USE int pawl_dns_lookup(pawl_task *t, pawl_dns *d, const char *name, unsigned port);

PAWL_END_C

#endif
