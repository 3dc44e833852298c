/* SPDX-License-Identifier: MIT */
/* Addresses of sockets: from text and to text. */
#define _GNU_SOURCE
#include <pawl/addr.h>

#include "host/io.h"
#include "port/assert.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <uv.h>

PAWL_STATIC_ASSERT(sizeof(struct sockaddr_un) <= sizeof(((pawl_addr *)0)->u_.bytes_) &&
			   sizeof(struct sockaddr_in6) <= sizeof(((pawl_addr *)0)->u_.bytes_),
		   "each address has room");

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

const struct sockaddr *pawl_addr_get_(const pawl_addr *a)
{
	return (const struct sockaddr *)(const void *)a->u_.bytes_;
}

sa_family_t pawl_addr_family_(const pawl_addr *a)
{
	sa_family_t family;

	if (!a->size_)
		return AF_UNSPEC;
	memcpy(&family, a->u_.bytes_ + offsetof(struct sockaddr, sa_family), sizeof(family));
	return family;
}

static void set(pawl_addr *ret, const void *from, size_t size)
{
	*ret = (pawl_addr){ .size_ = (uint32_t)size };
	memcpy(ret->u_.bytes_, from, size);
}

int pawl_addr_ip(const char *ip, unsigned port, pawl_addr *ret)
{
	struct sockaddr_in in = { 0 };
	struct sockaddr_in6 in6 = { 0 };

	if (port > 65535)
		return PAWL_EINVAL;
	if (uv_ip4_addr(ip, (int)port, &in) == 0)
		set(ret, &in, sizeof(in));
	else if (uv_ip6_addr(ip, (int)port, &in6) == 0)
		set(ret, &in6, sizeof(in6));
	else
		return PAWL_EINVAL;
	return 0;
}

int pawl_addr_set_(const struct sockaddr *from, socklen_t size, unsigned port, pawl_addr *ret)
{
	const in_port_t in_port = htons((in_port_t)port);
	size_t at = from->sa_family == AF_INET ? offsetof(struct sockaddr_in, sin_port)
					       : offsetof(struct sockaddr_in6, sin6_port);

	if (from->sa_family != AF_INET && from->sa_family != AF_INET6)
		return PAWL_ENOTSUP;
	set(ret, from, size);
	memcpy(ret->u_.bytes_ + at, &in_port, sizeof(in_port));
	return 0;
}

int pawl_addr_path(const char *path, pawl_addr *ret)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (!n)
		return PAWL_EINVAL;
	if (n >= sizeof(un.sun_path))
		return PAWL_ENAMETOOLONG;
	memcpy(un.sun_path, path, n + 1);
	set(ret, &un, PATH_AT + n + 1);
	return 0;
}

unsigned pawl_addr_port(const pawl_addr *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (pawl_addr_family_(a)) {
	case AF_INET:
		memcpy(&in, a->u_.bytes_, sizeof(in));
		return ntohs(in.sin_port);
	case AF_INET6:
		memcpy(&in6, a->u_.bytes_, sizeof(in6));
		return ntohs(in6.sin6_port);
	default:
		return 0;
	}
}

static int path_text(const pawl_addr *a, char *buf, size_t size)
{
	const char *path = (const char *)a->u_.bytes_ + PATH_AT;
	int n = a->size_ > PATH_AT ? (int)(a->size_ - PATH_AT) : 0;

	if (n == 0)
		return snprintf(buf, size, "unnamed");
	if (!*path)
		return snprintf(buf, size, "@%.*s", n - 1, path + 1);
	return snprintf(buf, size, "%.*s", n, path);
}

int pawl_addr_path_(const pawl_addr *a, char *ret_path)
{
	if (pawl_addr_family_(a) != AF_UNIX || a->size_ <= PATH_AT || !a->u_.bytes_[PATH_AT])
		return PAWL_ENOENT;
	path_text(a, ret_path, PAWL_ADDR_TEXT);
	return 0;
}

int pawl_addr_text(const pawl_addr *a, char *buf, size_t size)
{
	char name[64] = "";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	PAWL_ASSERT(size > 0);
	switch (pawl_addr_family_(a)) {
	case AF_INET:
		memcpy(&in, a->u_.bytes_, sizeof(in));
		uv_ip4_name(&in, name, sizeof(name));
		return snprintf(buf, size, "%s:%u", name, pawl_addr_port(a));
	case AF_INET6:
		memcpy(&in6, a->u_.bytes_, sizeof(in6));
		uv_ip6_name(&in6, name, sizeof(name));
		return snprintf(buf, size, "[%s]:%u", name, pawl_addr_port(a));
	case AF_UNIX:
		return path_text(a, buf, size);
	default:
		return snprintf(buf, size, "none");
	}
}

bool pawl_addr_is_same(const pawl_addr *a, const pawl_addr *b)
{
	return a->size_ == b->size_ && memcmp(a->u_.bytes_, b->u_.bytes_, a->size_) == 0;
}
