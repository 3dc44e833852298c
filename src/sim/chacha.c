/* SPDX-License-Identifier: MIT */
/* ChaCha8 as a source of random numbers: fast enough, and the same on every machine. */
#include "sim/search.h"

#include <string.h>

/*
 * Four blocks side by side: each word is four lanes, of four successive counters, so that the
 * compiler needs no more than its ordinary vectors. The numbers come lane by lane of each word.
 */
#define LANES 4

typedef uint32_t lanes __attribute__((vector_size(4 * LANES)));

#define ROTATE(v, by) ((v) << (by) | (v) >> (32 - (by)))

#define QUARTER(a, b, c, d)                  \
	do {                                 \
		(a) += (b);                  \
		(d) = ROTATE((d) ^ (a), 16); \
		(c) += (d);                  \
		(b) = ROTATE((b) ^ (c), 12); \
		(a) += (b);                  \
		(d) = ROTATE((d) ^ (a), 8);  \
		(c) += (d);                  \
		(b) = ROTATE((b) ^ (c), 7);  \
	} while (0)

static void refill(struct pawl_chacha *c)
{
	lanes x[16], from[16];
	unsigned i;

	for (i = 0; i < 16; i++)
		from[i] = (lanes){ 0 } + c->input[i];
	/* The seed's streams are far shorter than 2^32 blocks, so the counter is one word. */
	from[12] += (lanes){ 0, 1, 2, 3 };
	memcpy(x, from, sizeof x);
	for (i = 0; i < 8; i += 2) {
		QUARTER(x[0], x[4], x[8], x[12]);
		QUARTER(x[1], x[5], x[9], x[13]);
		QUARTER(x[2], x[6], x[10], x[14]);
		QUARTER(x[3], x[7], x[11], x[15]);
		QUARTER(x[0], x[5], x[10], x[15]);
		QUARTER(x[1], x[6], x[11], x[12]);
		QUARTER(x[2], x[7], x[8], x[13]);
		QUARTER(x[3], x[4], x[9], x[14]);
	}
	for (i = 0; i < 16; i++)
		x[i] += from[i];
	memcpy(c->numbers, x, sizeof x);
	c->input[12] += LANES;
	c->used = 0;
}

void pawl_chacha_init_(struct pawl_chacha *c, uint64_t seed, uint64_t stream)
{
	static const uint32_t constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memset(c->input, 0, sizeof c->input);
	memcpy(c->input, constants, sizeof constants);
	c->input[4] = (uint32_t)seed;
	c->input[5] = (uint32_t)(seed >> 32);
	c->input[14] = (uint32_t)stream;
	c->input[15] = (uint32_t)(stream >> 32);
	c->used = PAWL_CHACHA_NUMBERS_;
}

uint32_t pawl_chacha_more_(struct pawl_chacha *c)
{
	refill(c);
	return c->numbers[c->used++];
}
