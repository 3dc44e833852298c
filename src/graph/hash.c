/* SPDX-License-Identifier: MIT */
/* SHA-256 through libcrypto, which uses the CPU's own instructions for it. */
#include "hash.h"
#include "base.h"
#include <assert.h>
#include <openssl/evp.h>
#include <stdatomic.h>

/* What all hashes of one hasher share. */
struct pawl_sha {
	EVP_MD *md;
	EVP_MD_CTX *_Atomic spare; /* of the hash that was closed last; NULL: none, or in use */
};

int pawl_hasher_open(struct pawl_hasher *hasher)
{
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);

	if (!md)
		return PAWL_ENOTSUP;
	hasher->sha_ = pawl_mem_new(sizeof *hasher->sha_);
	hasher->sha_->md = md;
	return 0;
}

void pawl_hasher_close(struct pawl_hasher *hasher)
{
	if (!hasher->sha_)
		return;
	EVP_MD_CTX_free(atomic_load(&hasher->sha_->spare));
	EVP_MD_free(hasher->sha_->md);
	pawl_mem_free(hasher->sha_);
	hasher->sha_ = NULL;
}

static void begin(EVP_MD_CTX *ctx, const EVP_MD *md)
{
	if (EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		pawl_panic("libcrypto cannot start a hash");
}

void pawl_hash_open(struct pawl_hash *h, const struct pawl_hasher *hasher)
{
	struct pawl_sha *sha = hasher->sha_;
	EVP_MD_CTX *ctx;

	assert(sha);
	ctx = atomic_exchange(&sha->spare, NULL);
	h->sha_ = sha;
	h->ctx_ = ctx ? ctx : EVP_MD_CTX_new();
	if (!h->ctx_)
		pawl_panic("out of memory");
	begin(h->ctx_, ctx ? NULL : sha->md);
}

void pawl_hash_close(struct pawl_hash *h)
{
	if (h->ctx_)
		EVP_MD_CTX_free(atomic_exchange(&h->sha_->spare, h->ctx_));
	h->ctx_ = NULL;
}

void pawl_hash_add(struct pawl_hash *h, const void *data, size_t len)
{
	assert(h->ctx_);
	if (len && EVP_DigestUpdate(h->ctx_, data, len) != 1)
		pawl_panic("libcrypto cannot hash");
}

static void add_length(struct pawl_hash *h, uint64_t len)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(len >> (8 * i));
	pawl_hash_add(h, bytes, sizeof bytes);
}

void pawl_hash_field(struct pawl_hash *h, const char *name, const void *data, size_t len)
{
	size_t name_len = strlen(name);

	add_length(h, name_len);
	add_length(h, len);
	pawl_hash_add(h, name, name_len);
	pawl_hash_add(h, data, len);
}

static void end(struct pawl_hash *h, pawl_digest *ret_digest)
{
	unsigned size = 0;

	assert(h->ctx_);
	if (EVP_DigestFinal_ex(h->ctx_, ret_digest->bytes, &size) != 1)
		pawl_panic("libcrypto cannot end a hash");
	assert(size == sizeof ret_digest->bytes);
}

void pawl_hash_end(struct pawl_hash *h, pawl_digest *ret_digest)
{
	end(h, ret_digest);
	begin(h->ctx_, NULL);
}

void pawl_hash_span(const struct pawl_hasher *hasher, const void *data, size_t len,
		    pawl_digest *ret_digest)
{
	struct pawl_hash h;

	pawl_hash_open(&h, hasher);
	pawl_hash_add(&h, data, len);
	end(&h, ret_digest);
	pawl_hash_close(&h);
}

bool pawl_digest_is(const pawl_digest *a, const pawl_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool pawl_digest_none(const pawl_digest *d)
{
	static const pawl_digest none;

	return pawl_digest_is(d, &none);
}

void pawl_digest_hex(const pawl_digest *d, char ret_hex[PAWL_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof d->bytes; i++) {
		ret_hex[2 * i] = digits[d->bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[d->bytes[i] & 15];
	}
	ret_hex[PAWL_HEX_SIZE - 1] = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int pawl_digest_parse(const char *hex, pawl_digest *ret_digest)
{
	pawl_digest d;

	for (size_t i = 0; i < sizeof d.bytes; i++) {
		int high = digit(hex[2 * i]);
		int low = high < 0 ? -1 : digit(hex[2 * i + 1]);

		if (low < 0)
			return PAWL_ESYNTAX;
		d.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_digest = d;
	return 0;
}
