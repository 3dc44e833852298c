/* SPDX-License-Identifier: MIT */
/* Weak memory: the classic small programs have exactly the outcomes that C11 gives them. */
#include "model.h"

#include <pawl/port.h>
#include <port/atomic.h>

#include <stdlib.h>
#include <string.h>

static uint32_t x, y, z, r[4], plain_word;
static unsigned radix;
static uint8_t outcomes[256]; /* by their numbers: was it seen? */

static void begin(void)
{
	x = y = z = plain_word = 0;
	r[0] = r[1] = r[2] = r[3] = 0;
	model_name(&x, sizeof x, "x");
	model_name(&y, sizeof y, "y");
	model_name(&z, sizeof z, "z");
}

static void end(void)
{
	unsigned code = 0, i;

	for (i = 0; i < 4; i++)
		code = code * radix + r[i];
	outcomes[code] = 1;
	model_see(code);
}

/* The last values instead of what was read. */
static void end_last(void)
{
	r[2] = x;
	r[3] = y;
	end();
}

#define RELAXED __ATOMIC_RELAXED
#define ACQUIRE __ATOMIC_ACQUIRE
#define RELEASE __ATOMIC_RELEASE
#define SEQ_CST __ATOMIC_SEQ_CST
#define PUT(word, value, order) __atomic_store_n(&(word), (value), order)
#define GET(word, order) __atomic_load_n(&(word), order)
#define ADD(word, value, order) __atomic_fetch_add(&(word), (value), order)
#define FENCE(order) __atomic_thread_fence(order)
#define ACTOR(name) static void name(void)

/* Message passing. */
ACTOR(mp_write_relaxed)
{
	PUT(x, 1, RELAXED);
	PUT(y, 1, RELAXED);
}
ACTOR(mp_write_release)
{
	PUT(x, 1, RELAXED);
	PUT(y, 1, RELEASE);
}
ACTOR(mp_write_fence)
{
	PUT(x, 1, RELAXED);
	FENCE(RELEASE);
	PUT(y, 1, RELAXED);
}
ACTOR(mp_read_relaxed)
{
	r[0] = GET(y, RELAXED);
	r[1] = GET(x, RELAXED);
}
ACTOR(mp_read_acquire)
{
	r[0] = GET(y, ACQUIRE);
	r[1] = GET(x, RELAXED);
}
ACTOR(mp_read_fence)
{
	r[0] = GET(y, RELAXED);
	FENCE(ACQUIRE);
	r[1] = GET(x, RELAXED);
}

/* Store buffering: the heart of Dekker's algorithm. */
ACTOR(sb_0)
{
	PUT(x, 1, RELAXED);
	r[0] = GET(y, RELAXED);
}
ACTOR(sb_1)
{
	PUT(y, 1, RELAXED);
	r[1] = GET(x, RELAXED);
}
ACTOR(sb_0_ra)
{
	PUT(x, 1, RELEASE);
	r[0] = GET(y, ACQUIRE);
}
ACTOR(sb_1_ra)
{
	PUT(y, 1, RELEASE);
	r[1] = GET(x, ACQUIRE);
}
ACTOR(sb_0_sc)
{
	PUT(x, 1, SEQ_CST);
	r[0] = GET(y, SEQ_CST);
}
ACTOR(sb_1_sc)
{
	PUT(y, 1, SEQ_CST);
	r[1] = GET(x, SEQ_CST);
}
ACTOR(sb_0_fence)
{
	PUT(x, 1, RELAXED);
	FENCE(SEQ_CST);
	r[0] = GET(y, RELAXED);
}
ACTOR(sb_1_fence)
{
	PUT(y, 1, RELAXED);
	FENCE(SEQ_CST);
	r[1] = GET(x, RELAXED);
}
ACTOR(sb_0_change)
{
	PUT(x, 1, RELAXED);
	ADD(z, 0, SEQ_CST);
	r[0] = GET(y, RELAXED);
}
ACTOR(sb_1_change)
{
	PUT(y, 1, RELAXED);
	ADD(z, 0, SEQ_CST);
	r[1] = GET(x, RELAXED);
}
ACTOR(sb_0_all)
{
	PUT(x, 1, RELAXED);
	pawl_port_fence_threads();
	r[0] = GET(y, RELAXED);
}

/* Load buffering. */
ACTOR(lb_0)
{
	r[0] = GET(x, RELAXED);
	PUT(y, 1, RELAXED);
}
ACTOR(lb_1)
{
	r[1] = GET(y, RELAXED);
	PUT(x, 1, RELAXED);
}

/* Independent reads of independent writes. */
ACTOR(iriw_x)
{
	PUT(x, 1, RELEASE);
}
ACTOR(iriw_y)
{
	PUT(y, 1, RELEASE);
}
ACTOR(iriw_0)
{
	r[0] = GET(x, ACQUIRE);
	r[1] = GET(y, ACQUIRE);
}
ACTOR(iriw_1)
{
	r[2] = GET(y, ACQUIRE);
	r[3] = GET(x, ACQUIRE);
}
ACTOR(iriw_x_sc)
{
	PUT(x, 1, SEQ_CST);
}
ACTOR(iriw_y_sc)
{
	PUT(y, 1, SEQ_CST);
}
ACTOR(iriw_0_sc)
{
	r[0] = GET(x, SEQ_CST);
	r[1] = GET(y, SEQ_CST);
}
ACTOR(iriw_1_sc)
{
	r[2] = GET(y, SEQ_CST);
	r[3] = GET(x, SEQ_CST);
}
ACTOR(iriw_x_relaxed)
{
	PUT(x, 1, RELAXED);
}
ACTOR(iriw_y_relaxed)
{
	PUT(y, 1, RELAXED);
}
ACTOR(iriw_0_fence)
{
	r[0] = GET(x, RELAXED);
	FENCE(SEQ_CST);
	r[1] = GET(y, RELAXED);
}
ACTOR(iriw_1_fence)
{
	r[2] = GET(y, RELAXED);
	FENCE(SEQ_CST);
	r[3] = GET(x, RELAXED);
}

/* Coherence: of one word, and with the help of another. */
ACTOR(co_write)
{
	PUT(x, 1, RELAXED);
	PUT(x, 2, RELAXED);
}
ACTOR(co_read)
{
	r[0] = GET(x, RELAXED);
	r[1] = GET(x, RELAXED);
}
ACTOR(co_write_2)
{
	PUT(x, 2, RELAXED);
	r[1] = GET(x, RELAXED);
}
ACTOR(wrc_1)
{
	r[0] = GET(x, RELAXED);
	PUT(y, 1, RELEASE);
}
ACTOR(wrc_1_relaxed)
{
	r[0] = GET(x, RELAXED);
	PUT(y, 1, RELAXED);
}
ACTOR(wrc_2)
{
	r[1] = GET(y, ACQUIRE);
	r[2] = GET(x, RELAXED);
}

/* Two words, two writes each: the last ones may be the first ones. */
ACTOR(ww_0)
{
	PUT(x, 1, RELEASE);
	PUT(y, 2, RELEASE);
}
ACTOR(ww_1)
{
	PUT(y, 1, RELEASE);
	PUT(x, 2, RELEASE);
}
ACTOR(ww_0_sc)
{
	PUT(x, 1, SEQ_CST);
	PUT(y, 2, SEQ_CST);
}
ACTOR(ww_1_sc)
{
	PUT(y, 1, SEQ_CST);
	PUT(x, 2, SEQ_CST);
}

/* A write that comes before another one, and a read that does not. */
ACTOR(r_0)
{
	PUT(x, 1, RELAXED);
	PUT(y, 1, RELAXED);
}
ACTOR(r_1)
{
	PUT(y, 2, RELAXED);
	r[0] = GET(x, RELAXED);
}
ACTOR(r_0_fence)
{
	PUT(x, 1, RELAXED);
	FENCE(SEQ_CST);
	PUT(y, 1, RELAXED);
}
ACTOR(r_1_fence)
{
	PUT(y, 2, RELAXED);
	FENCE(SEQ_CST);
	r[0] = GET(x, RELAXED);
}

/* Release sequences: a change goes on with one, another store ends it, be it the same actor's. */
ACTOR(rs_change)
{
	ADD(y, 1, RELAXED);
}
ACTOR(rs_store)
{
	PUT(y, 2, RELAXED);
}
ACTOR(rs_write_twice)
{
	PUT(x, 1, RELAXED);
	PUT(y, 1, RELEASE);
	PUT(y, 2, RELAXED);
}

/* Changes lose nothing, whatever they read. */
ACTOR(add_relaxed)
{
	ADD(x, 1, RELAXED);
}
ACTOR(exchange)
{
	uint32_t seen = 0;
	r[0] = __atomic_compare_exchange_n(&x, &seen, 2, false, RELAXED, RELAXED) + 1;
}
ACTOR(exchange_too)
{
	uint32_t seen = 0;
	r[1] = __atomic_compare_exchange_n(&x, &seen, 3, false, RELAXED, RELAXED) + 1;
}

/* Outcomes as numbers of r[0] to r[3]. */
static const struct litmus {
	const char *name;
	void (*actor[MODEL_ACTORS])(void);
	unsigned radix; /* 0: 2 */
	bool of_last;   /* r[2] and r[3] are the last of x and y */
	const char *outcomes[17];
} all[] = {
	{ "MP", { mp_write_relaxed, mp_read_relaxed }, .outcomes = { "00", "01", "10", "11" } },
	{ "MP+rel+acq", { mp_write_release, mp_read_acquire }, .outcomes = { "00", "01", "11" } },
	{ "MP+fences", { mp_write_fence, mp_read_fence }, .outcomes = { "00", "01", "11" } },
	{ "MP+rel+rlx",
	  { mp_write_release, mp_read_relaxed },
	  .outcomes = { "00", "01", "10", "11" } },
	{ "MP+rlx+acq",
	  { mp_write_relaxed, mp_read_acquire },
	  .outcomes = { "00", "01", "10", "11" } },
	{ "SB", { sb_0, sb_1 }, .outcomes = { "00", "01", "10", "11" } },
	{ "SB+rel+acq", { sb_0_ra, sb_1_ra }, .outcomes = { "00", "01", "10", "11" } },
	{ "SB+sc", { sb_0_sc, sb_1_sc }, .outcomes = { "01", "10", "11" } },
	{ "SB+fences", { sb_0_fence, sb_1_fence }, .outcomes = { "01", "10", "11" } },
	{ "SB+fence", { sb_0_fence, sb_1 }, .outcomes = { "00", "01", "10", "11" } },
	{ "SB+fence+sc", { sb_0_fence, sb_1_sc }, .outcomes = { "01", "10", "11" } },
	{ "SB+changes", { sb_0_change, sb_1_change }, .outcomes = { "01", "10", "11" } },
	{ "SB+membarrier", { sb_0_all, sb_1 }, .outcomes = { "01", "10", "11" } },
	{ "LB", { lb_0, lb_1 }, .outcomes = { "00", "01", "10" } }, /* 11 is not produced */
	{ "CoRR",
	  { co_write, co_read },
	  .radix = 3,
	  .outcomes = { "00", "01", "02", "11", "12", "22" } },
	{ "CoWR", { iriw_x, co_write_2 }, .radix = 3, .outcomes = { "01", "02" } },
	{ "WRC",
	  { iriw_x_relaxed, wrc_1, wrc_2 },
	  .outcomes = { "000", "001", "010", "011", "100", "101", "111" } },
	{ "WRC+rlx",
	  { iriw_x_relaxed, wrc_1_relaxed, wrc_2 },
	  .outcomes = { "000", "001", "010", "011", "100", "101", "110", "111" } },
	{ "2+2W",
	  { ww_0, ww_1 },
	  .radix = 3,
	  .of_last = true,
	  .outcomes = { "0011", "0012", "0021", "0022" } },
	{ "2+2W+sc",
	  { ww_0_sc, ww_1_sc },
	  .radix = 3,
	  .of_last = true,
	  .outcomes = { "0012", "0021", "0022" } },
	{ "R",
	  { r_0, r_1 },
	  .radix = 3,
	  .of_last = true,
	  .outcomes = { "0011", "0012", "1011", "1012" } },
	{ "R+fences",
	  { r_0_fence, r_1_fence },
	  .radix = 3,
	  .of_last = true,
	  .outcomes = { "0011", "1011", "1012" } },
	{ "RS+change",
	  { mp_write_release, rs_change, mp_read_acquire },
	  .radix = 3,
	  .outcomes = { "00", "01", "10", "11", "21" } },
	{ "RS+store",
	  { mp_write_release, rs_store, mp_read_acquire },
	  .radix = 3,
	  .outcomes = { "00", "01", "11", "20", "21" } },
	{ "RS+own",
	  { rs_write_twice, mp_read_acquire },
	  .radix = 3,
	  .outcomes = { "00", "01", "11", "20", "21" } },
	{ "RMW",
	  { add_relaxed, add_relaxed, add_relaxed },
	  .radix = 4,
	  .of_last = true,
	  .outcomes = { "0030" } },
	{ "CAS",
	  { exchange, exchange_too },
	  .radix = 4,
	  .of_last = true,
	  .outcomes = { "2120", "1230" } },
	{ "IRIW",
	  { iriw_x, iriw_y, iriw_0, iriw_1 },
	  .outcomes = { "0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000",
			"1001", "1010", "1011", "1100", "1101", "1110", "1111" } },
	{ "IRIW+sc",
	  { iriw_x_sc, iriw_y_sc, iriw_0_sc, iriw_1_sc },
	  .outcomes = { "0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000",
			"1001", "1011", "1100", "1101", "1110", "1111" } },
	{ "IRIW+fences",
	  { iriw_x_relaxed, iriw_y_relaxed, iriw_0_fence, iriw_1_fence },
	  .outcomes = { "0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000",
			"1001", "1011", "1100", "1101", "1110", "1111" } },
};

static unsigned code_of(const char *digits)
{
	unsigned code = 0, i;

	for (i = 0; i < 4; i++)
		code = code * radix + (*digits ? (unsigned)(*digits++ - '0') : 0);
	return code;
}

static void check_outcomes(const struct litmus *l)
{
	unsigned i;

	for (i = 0; l->outcomes[i]; i++) {
		kit_at(l->name, strtol(l->outcomes[i], NULL, 10));
		CHECK(outcomes[code_of(l->outcomes[i])]);
		outcomes[code_of(l->outcomes[i])] = 0;
	}
	for (i = 0; i < sizeof outcomes; i++) {
		kit_at(l->name, (int64_t)i);
		CHECK(!outcomes[i]);
	}
}

static void check_one(const struct litmus *l, bool is_full)
{
	struct model m = {
		.begin = begin, .end = l->of_last ? end_last : end, .is_full = is_full, .weak = true
	};
	unsigned a;

	for (a = 0; a < MODEL_ACTORS; a++)
		m.actor[a] = l->actor[a];
	memset(outcomes, 0, sizeof outcomes);
	model_check(&m);
	check_outcomes(l);
}

/* By all orders of steps, and by those that are left of them. */
TEST(litmus)
{
	const struct litmus *l = &all[param];

	radix = l->radix ? l->radix : 2;
	check_one(l, true);
	check_one(l, false);
}

static const struct kit_case cases[] = {
	CASE_N(litmus, 0),  CASE_N(litmus, 1),  CASE_N(litmus, 2),  CASE_N(litmus, 3),
	CASE_N(litmus, 4),  CASE_N(litmus, 5),  CASE_N(litmus, 6),  CASE_N(litmus, 7),
	CASE_N(litmus, 8),  CASE_N(litmus, 9),  CASE_N(litmus, 10), CASE_N(litmus, 11),
	CASE_N(litmus, 12), CASE_N(litmus, 13), CASE_N(litmus, 14), CASE_N(litmus, 15),
	CASE_N(litmus, 16), CASE_N(litmus, 17), CASE_N(litmus, 18), CASE_N(litmus, 19),
	CASE_N(litmus, 20), CASE_N(litmus, 21), CASE_N(litmus, 22), CASE_N(litmus, 23),
	CASE_N(litmus, 24), CASE_N(litmus, 25), CASE_N(litmus, 26), CASE_N(litmus, 27),
	CASE_N(litmus, 28), CASE_N(litmus, 29),
};

MODEL_MAIN(cases)
