/* SPDX-License-Identifier: MIT */
/* ChaCha8 as a source of random numbers: small, fast enough, and the same on every machine. */
#include "sim/sim.h"

#include <string.h>

static uint32_t rotate(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

static void quarter(uint32_t *x, unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

static void refill(struct pawl_chacha *c)
{
	uint32_t x[16];
	unsigned i;

	memcpy(x, c->input, sizeof x);
	for (i = 0; i < 8; i += 2) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		c->block[i] = x[i] + c->input[i];
	if (++c->input[12] == 0)
		c->input[13]++;
	c->used = 0;
}

void pawl_chacha_init_(struct pawl_chacha *c, uint64_t seed, uint64_t stream)
{
	static const uint32_t constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memset(c, 0, sizeof(*c));
	memcpy(c->input, constants, sizeof constants);
	c->input[4] = (uint32_t)seed;
	c->input[5] = (uint32_t)(seed >> 32);
	c->input[14] = (uint32_t)stream;
	c->input[15] = (uint32_t)(stream >> 32);
	c->used = 16;
}

uint32_t pawl_chacha_next_(struct pawl_chacha *c)
{
	if (c->used == 16)
		refill(c);
	return c->block[c->used++];
}

uint32_t pawl_chacha_below_(struct pawl_chacha *c, uint32_t below)
{
	uint64_t product;
	uint32_t uneven;

	if (below == 1)
		return 0;
	product = (uint64_t)pawl_chacha_next_(c) * below;
	uneven = (0u - below) % below;
	while ((uint32_t)product < uneven)
		product = (uint64_t)pawl_chacha_next_(c) * below;
	return (uint32_t)(product >> 32);
}
