/* SPDX-License-Identifier: MIT */
/* Arenas, buffers, maps, lists, messages, and the closest name. */
#include "graph/base.h"
#include "graph/format.h"

#include <stdio.h>

#include "kit.h"

TEST(arena_keeps_what_it_gave)
{
	struct pawl_arena a = { 0 };
	char *texts[500], *big;

	for (int i = 0; i < 500; i++)
		texts[i] = pawl_arena_fmt(&a, "%d:%0*d", i, i, 0);
	big = pawl_arena_new(&a, 1000000);
	for (int i = 0; i < 1000000; i += 999)
		CHECK_INT(big[i], 0);
	for (int i = 0; i < 500; i++) {
		char want[600];

		snprintf(want, sizeof want, "%d:%0*d", i, i, 0);
		CHECK_STR(texts[i], want);
	}
	CHECK_UINT((uintptr_t)pawl_arena_new(&a, 1) % _Alignof(max_align_t), 0);
	pawl_arena_fini(&a);
}

TEST(buffer_grows_and_ends_in_nul)
{
	struct pawl_buf b = { 0 };

	CHECK_STR(pawl_buf_str(&b), "");
	for (int i = 0; i < 100; i++)
		pawl_buf_fmt(&b, "%d,", i);
	CHECK_UINT(b.len, strlen(b.s));
	CHECK_UINT(b.len, 290);
	pawl_buf_clear(&b);
	CHECK_STR(b.s, "");
	pawl_buf_fini(&b);
}

/* Into each room from none to more than enough: as the C library does it. */
static void check_format(const char *fmt, ...)
{
	char want[200], is[200];
	int n;

	for (size_t size = 0; size < 120; size++) {
		va_list ap;

		memset(want, '#', sizeof want);
		memset(is, '#', sizeof is);
		va_start(ap, fmt);
		n = vsnprintf(want, size, fmt, ap);
		va_end(ap);
		va_start(ap, fmt);
		CHECK_INT(pawl_format(is, size, fmt, ap), n);
		va_end(ap);
		CHECK(n < 100);
		CHECK(memcmp(want, is, sizeof is) == 0);
	}
}

TEST(formats_as_the_library_does)
{
	check_format("%s", "");
	check_format("plain, no directive");
	check_format("%s/%s-%d.%u", "a", "", -2147483647 - 1, 4294967295u);
	check_format("%d %d %u %zu", 0, 2147483647, 0u, (size_t)-1);
	check_format("%.*s|%.*s|%.*s", 2, "abc", -1, "def", 9, "gh");
	check_format("%c%c %s", 'x', '\n', "end");
	check_format("100 %% of %s", "all");
	check_format("%s %5d %-8s| %08lx %.3f %s", "other", 42, "left", 0xabcdul, 1.5, "ones");
	check_format("%zd %ld %lld %.2s %*d", (size_t)7, -8l, 9ll, "xyz", 4, 5);
}

TEST(json_texts)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "", "\"\"" },
		{ "a\"b\\c\n\t\r\b\f", "\"a\\\"b\\\\c\\n\\t\\r\\b\\f\"" },
		{ "\001\037\177", "\"\\u0001\\u001f\177\"" },
		{ "gr\303\266\303\237e \342\202\254 \360\237\220\276",
		  "\"gr\303\266\303\237e \342\202\254 \360\237\220\276\"" },
		{ "\377 \303 \355\240\200 \300\200",
		  "\"\\ufffd \\ufffd \\ufffd\\ufffd\\ufffd \\ufffd\\ufffd\"" },
	};

	for (size_t i = 0; i < KIT_COUNT(table); i++) {
		struct pawl_buf b = { 0 };

		pawl_buf_json(&b, table[i].in);
		CHECK_STR(b.s, table[i].out);
		pawl_buf_fini(&b);
	}
}

TEST(map_against_an_array)
{
	enum { KEYS = 200 };
	struct pawl_map m = { 0 };
	uintptr_t want[KEYS] = { 0 };
	uint32_t random = 12345;
	size_t count = 0;
	char key[16];

	for (int step = 1; step < 20000; step++) {
		unsigned k = (random = random * 1664525 + 1013904223) >> 16 & 0xff;

		k %= KEYS;
		kit_at("step", step);
		snprintf(key, sizeof key, "key%u", k);
		CHECK_UINT((uintptr_t)pawl_map_get(&m, key), want[k]);
		if (step % 3) {
			count += !want[k];
			want[k] = (uintptr_t)step;
			pawl_map_put(&m, key, (void *)want[k]);
		} else {
			CHECK_UINT((uintptr_t)pawl_map_del(&m, key), want[k]);
			count -= want[k] != 0;
			want[k] = 0;
		}
		CHECK_UINT(m.count, count);
	}
	pawl_map_fini(&m);
}

TEST(map_keeps_the_order)
{
	struct pawl_map m = { 0 };

	pawl_map_put(&m, "b", "1");
	pawl_map_put(&m, "a", "2");
	pawl_map_put(&m, "b", "3");
	CHECK_STR(m.at[0].key, "b");
	CHECK_STR(m.at[0].value, "3");
	CHECK_STR(m.at[1].key, "a");
	CHECK_STR(pawl_map_get_span(&m, "abc", 1), "2");
	CHECK(!pawl_map_has(&m, "ab"));
	pawl_map_fini(&m);
}

TEST(messages_say_where)
{
	struct pawl_messages m = { 0 };

	pawl_say(&m, PAWL_ERROR, "f.bb", 3, 7, "bad %s", "thing");
	pawl_say(&m, PAWL_NOTE, "f.bb", 0, 0, "whole file");
	pawl_say(&m, PAWL_WARNING, NULL, 0, 0, "nowhere");
	CHECK_STR(m.at[0].text, "f.bb:3:7: bad thing");
	CHECK_STR(m.at[1].text, "f.bb: whole file");
	CHECK_STR(m.at[2].text, "nowhere");
	CHECK_UINT(m.errors, 1);
	pawl_messages_fini(&m);
}

TEST(words)
{
	const char *at = "  one two\t\nthree ";
	size_t len;

	CHECK_MEM(pawl_word(&at, &len), "one", 3);
	CHECK_UINT(len, 3);
	CHECK_MEM(pawl_word(&at, &len), "two", 3);
	CHECK_MEM(pawl_word(&at, &len), "three", 5);
	CHECK(!pawl_word(&at, &len));
}

TEST(closest_name)
{
	static const char *const names[] = { "busybox", "lua", "lua-lpeg", "zlib" };

	CHECK_STR(pawl_closest("bussybox", names, 4), "busybox");
	CHECK_STR(pawl_closest("zlb", names, 4), "zlib");
	CHECK(!pawl_closest("gcc", names, 4));
	CHECK(!pawl_closest("lua", names + 1, 1));
	CHECK(!pawl_closest("", names, 4));
}

static const struct kit_case cases[] = {
	CASE(arena_keeps_what_it_gave),
	CASE(buffer_grows_and_ends_in_nul),
	CASE(formats_as_the_library_does),
	CASE(json_texts),
	CASE(map_against_an_array),
	CASE(map_keeps_the_order),
	CASE(messages_say_where),
	CASE(words),
	CASE(closest_name),
};

KIT_MAIN(cases)
