/* SPDX-License-Identifier: MIT */
/* The address of a socket: an IP address with a port, or a path. */
#ifndef PAWL_ADDR_H
#define PAWL_ADDR_H

#include <pawl/base.h>

/* As long as the longest text of an address, with its NUL. */
#define PAWL_ADDR_TEXT 112

/* A value, to copy and to keep. Zeroed it is no address. */
typedef struct pawl_addr {
	union {
		unsigned char bytes_[112];
		uint64_t align_;
	} u_;
	uint32_t size_; /* how many bytes are used? */
} pawl_addr;

PAWL_BEGIN_C

/*
 * Makes an address of numbers. Names are for pawl_dns_lookup.
 *
 *	ip	"127.0.0.1", "::1", "fe80::1%eth0"
 *	port	0 to 65535
 *	ret	the address
 *
 * result:  0, PAWL_EINVAL
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_addr_ip(const char *ip, unsigned port, pawl_addr *ret);

/*
 * Makes the address of a local socket in the file system.
 *
 *	path	at most 107 characters
 *	ret	the address
 *
 * result:  0, PAWL_EINVAL when it is empty, PAWL_ENAMETOOLONG
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
PAWL_MUST_USE int pawl_addr_path(const char *path, pawl_addr *ret);

/*
 * Tells the port.
 *
 *	a	the address
 *
 * result:  the port, 0 when it has none
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
unsigned pawl_addr_port(const pawl_addr *a);

/*
 * Writes the address: "127.0.0.1:80", "[::1]:80", a path, "@name" for one outside of the file
 * system, "unnamed" for a local socket without a name, "none".
 *
 *	a	the address
 *	buf	where to write, always ended by a NUL; PAWL_ADDR_TEXT is enough
 *	size	its size, at least 1
 *
 * result:  how many characters that takes, without the NUL; what does not fit is cut off
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
int pawl_addr_text(const pawl_addr *a, char *buf, size_t size);

/*
 * Tells whether two addresses are the same.
 *
 *	a	one
 *	b	the other
 *
 * result:  true when they are
 * owns:    nothing
 * from:    any
 * cost:    O(1), no allocation
 */
bool pawl_addr_is_same(const pawl_addr *a, const pawl_addr *b);

PAWL_END_C

#endif
