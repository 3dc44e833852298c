/* SPDX-License-Identifier: MIT */
/* SHA-256 digests: of bytes as they come, and of length-delimited fields for signatures. */
#ifndef PAWL_GRAPH_HASH_H
#define PAWL_GRAPH_HASH_H

#include <pawl/base.h>

/* 32 bytes of SHA-256. All zero: none. */
typedef struct pawl_digest {
	uint8_t bytes[32];
} pawl_digest;

#define PAWL_HEX_SIZE 65 /* 64 digits and NUL */

/* The algorithm, looked up once. Read only after open: share it between threads. Zero is closed. */
struct pawl_hasher {
	struct pawl_sha *sha_;
};

/* One running hash; of one thread. Zero is closed. */
struct pawl_hash {
	void *ctx_;
	struct pawl_sha *sha_;
};

/*
 * Looks up SHA-256 in libcrypto.
 *
 * result:  0, PAWL_ENOTSUP
 * from:    any
 */
int pawl_hasher_open(struct pawl_hasher *hasher);
void pawl_hasher_close(struct pawl_hasher *hasher);

/*
 * Opens a hash over no bytes yet; any thread. It can be used for many digests, one after the other.
 */
void pawl_hash_open(struct pawl_hash *h, const struct pawl_hasher *hasher);
void pawl_hash_close(struct pawl_hash *h);
void pawl_hash_add(struct pawl_hash *h, const void *data, size_t len);

/*
 * Adds a field: the lengths of name and data, then both, so that no two lists of fields are the
 * same bytes.
 */
void pawl_hash_field(struct pawl_hash *h, const char *name, const void *data, size_t len);

/* Gives the digest of all that was added, and starts over. */
void pawl_hash_end(struct pawl_hash *h, pawl_digest *ret_digest);

/* The digest of one span of bytes; any thread. */
void pawl_hash_span(const struct pawl_hasher *hasher, const void *data, size_t len,
		    pawl_digest *ret_digest);

bool pawl_digest_is(const pawl_digest *a, const pawl_digest *b);
bool pawl_digest_none(const pawl_digest *d);
void pawl_digest_hex(const pawl_digest *d, char ret_hex[PAWL_HEX_SIZE]);

/* Reads 64 lower-case digits: 0, or PAWL_ESYNTAX. What follows them is not looked at. */
int pawl_digest_parse(const char *hex, pawl_digest *ret_digest);

#endif
