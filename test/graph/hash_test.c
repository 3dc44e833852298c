/* SPDX-License-Identifier: MIT */
/* Digests: known answers, fields that cannot be mistaken for others, and hex. */
#include "graph/base.h"
#include "graph/hash.h"
#include "kit.h"
#include <stdlib.h>

__attribute__((constructor)) static void warm(void)
{
	struct pawl_hasher hasher = { 0 };
	pawl_digest d;

	if (pawl_hasher_open(&hasher) == 0)
		pawl_hash_span(&hasher, "", 0, &d);
	pawl_hasher_close(&hasher);
}

static void hex_of(const void *data, size_t len, char *ret_hex)
{
	struct pawl_hasher hasher;
	pawl_digest d;

	CHECK_INT(pawl_hasher_open(&hasher), 0);
	pawl_hash_span(&hasher, data, len, &d);
	pawl_digest_hex(&d, ret_hex);
	pawl_hasher_close(&hasher);
}

TEST(known_answers)
{
	char hex[PAWL_HEX_SIZE];

	hex_of("", 0, hex);
	CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hex_of("abc", 3, hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(pieces_make_the_same_digest)
{
	struct pawl_hasher hasher;
	struct pawl_hash h;
	pawl_digest whole, pieces, again;

	CHECK_INT(pawl_hasher_open(&hasher), 0);
	pawl_hash_span(&hasher, "hello, world", 12, &whole);
	pawl_hash_open(&h, &hasher);
	for (const char *c = "hello, world"; *c; c++)
		pawl_hash_add(&h, c, 1);
	pawl_hash_end(&h, &pieces);
	pawl_hash_add(&h, "hello, ", 7);
	pawl_hash_add(&h, "world", 5);
	pawl_hash_end(&h, &again);
	pawl_hash_close(&h);
	pawl_hasher_close(&hasher);
	CHECK(pawl_digest_is(&whole, &pieces));
	CHECK(pawl_digest_is(&whole, &again));
	CHECK(!pawl_digest_none(&whole));
}

/* Lists of fields that are the same letters one after the other. */
TEST(fields_have_borders)
{
	static const char *const lists[][4] = {
		{ "a", "bc", "d", "e" }, { "ab", "c", "d", "e" }, { "a", "b", "cd", "e" },
		{ "a", "bcd", "", "e" }, { "", "abcd", "", "e" }, { "a", "bc", "de", "" },
	};
	struct pawl_hasher hasher;
	struct pawl_hash h;
	pawl_digest d[PAWL_COUNT(lists)];

	CHECK_INT(pawl_hasher_open(&hasher), 0);
	pawl_hash_open(&h, &hasher);
	for (size_t i = 0; i < PAWL_COUNT(lists); i++) {
		pawl_hash_field(&h, lists[i][0], lists[i][1], strlen(lists[i][1]));
		pawl_hash_field(&h, lists[i][2], lists[i][3], strlen(lists[i][3]));
		pawl_hash_end(&h, &d[i]);
		for (size_t j = 0; j < i; j++)
			CHECK(!pawl_digest_is(&d[i], &d[j]));
	}
	pawl_hash_close(&h);
	pawl_hasher_close(&hasher);
}

TEST(hex_reads_back)
{
	static const char *const bad[] = {
		"", "ab", "G3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"
	};
	char hex[PAWL_HEX_SIZE], again[PAWL_HEX_SIZE];
	pawl_digest d;

	hex_of("abc", 3, hex);
	CHECK_INT(pawl_digest_parse(hex, &d), 0);
	pawl_digest_hex(&d, again);
	CHECK_STR(again, hex);
	for (size_t i = 0; i < PAWL_COUNT(bad); i++)
		CHECK_INT(pawl_digest_parse(bad[i], &d), PAWL_ESYNTAX);
}

static const struct kit_case cases[] = {
	CASE(known_answers),
	CASE(pieces_make_the_same_digest),
	CASE(fields_have_borders),
	CASE(hex_reads_back),
};

KIT_MAIN(cases)
