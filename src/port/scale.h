/* SPDX-License-Identifier: MIT */
/* Conversion between counts of a timer and nanoseconds, without a division. */
#ifndef PAWL_PORT_SCALE_H
#define PAWL_PORT_SCALE_H

#include <pawl/base.h>

/* A factor: whole + frac / 2^32, rounded down. */
struct pawl_scale {
	uint32_t whole, frac;
};

/* The factor from / to; by hand, so that no division of 64 bits is linked. `to` is below 2^31. */
static inline struct pawl_scale pawl_scale_of_(uint32_t from, uint32_t to)
{
	struct pawl_scale s = { from / to, 0 };
	uint32_t rest = from % to;

	for (unsigned i = 0; i < 32; i++) {
		rest <<= 1;
		s.frac <<= 1;
		if (rest >= to) {
			rest -= to;
			s.frac |= 1;
		}
	}
	return s;
}

/* n times the factor, rounded down: exact but for what the factor itself lacks. */
static inline uint64_t pawl_scale_(struct pawl_scale s, uint64_t n)
{
	uint32_t low = (uint32_t)n, high = (uint32_t)(n >> 32);

	return (uint64_t)low * s.whole + ((uint64_t)(high * s.whole) << 32) +
	       (uint64_t)high * s.frac + (((uint64_t)low * s.frac) >> 32);
}

#endif
