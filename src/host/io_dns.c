/* SPDX-License-Identifier: MIT */
/* Lookups: getaddrinfo on a thread for blocking work; libuv's own starts four that never end. */
#define _GNU_SOURCE
#include <pawl/dns.h>

#include "host/io.h"
#include "host/machine.h"
#include "port/assert.h"
#include "port/atomic.h"

#include <errno.h>
#include <netdb.h>

static int result_of(int error)
{
	switch (error) {
	case 0:
		return 0;
	case EAI_NONAME:
	case EAI_NODATA:
	case EAI_ADDRFAMILY:
		return PAWL_ENOENT;
	case EAI_AGAIN:
		return PAWL_EAGAIN;
	case EAI_MEMORY:
		return PAWL_ENOMEM;
	case EAI_SYSTEM:
		return pawl_result_of(errno);
	default:
		return PAWL_EIO;
	}
}

static void take(pawl_dns *d, const struct addrinfo *all)
{
	const struct addrinfo *a;

	for (a = all; a && d->count < PAWL_DNS_MAX; a = a->ai_next)
		if (pawl_addr_set_(a->ai_addr, a->ai_addrlen, d->port_, &d->addrs[d->count]) == 0)
			d->count++;
}

static void look_up(pawl_work *w)
{
	/* One kind of socket: each address would come once per kind. */
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	pawl_dns *d = PAWL_OF(w, pawl_dns, work_);
	struct addrinfo *all = NULL;

	d->result_ = result_of(getaddrinfo(d->name_, NULL, &hints, &all));
	if (d->result_ < 0)
		return;
	take(d, all);
	freeaddrinfo(all);
	if (!d->count)
		d->result_ = PAWL_ENOENT;
}

static bool is_waiting(const pawl_task *t, const pawl_dns *d)
{
	return pawl_load_ptr(&t->waits_) == ((uintptr_t)&d->work_.wait_ | PAWL_WAITS_OTHER_);
}

/* 0 when the answer is there, PAWL_PENDING when it has to be asked for. */
static int begin(pawl_task *t, pawl_dns *d, const char *name, unsigned port)
{
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (port > 65535 || !*name)
		return PAWL_EINVAL;
	d->count = 0;
	if (pawl_addr_ip(name, port, &d->addrs[0]) == 0) {
		d->count = 1;
		return 0;
	}
	d->work_ = (pawl_work){ .fn = look_up };
	d->name_ = name;
	d->port_ = port;
	d->result_ = 0;
	return PAWL_PENDING;
}

int pawl_dns_lookup(pawl_task *t, pawl_dns *d, const char *name, unsigned port)
{
	int r;

	if (!is_waiting(t, d)) {
		r = begin(t, d, name, port);
		if (r != PAWL_PENDING)
			return r;
	}
	r = pawl_blocking(t, &d->work_);
	return r == 0 ? d->result_ : r;
}
