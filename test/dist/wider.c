/* SPDX-License-Identifier: MIT */
/* Functions for a larger machine than the two-file copy was compiled for: 0 when they keep all. */
#include "pawl.h"

#include <immintrin.h>

#define ROUNDS 10

struct adder {
	pawl_task task;
	pawl_co co;
	int first;
	int wrong;
};

/* Registers that only the larger machine has, overwritten as whoever runs meanwhile may. */
static inline WIDER void overwrite(void)
{
	__asm__ volatile("vpternlogd $255, %%zmm16, %%zmm16, %%zmm16\n\t"
			 "vmovdqa64 %%zmm16, %%zmm17\n\t"
			 "vmovdqa64 %%zmm16, %%zmm18\n\t"
			 "vmovdqa64 %%zmm16, %%zmm19\n\t"
			 "kxnorw %%k1, %%k1, %%k1\n\t"
			 "kxnorw %%k2, %%k2, %%k2"
			 :
			 :
			 : "xmm16", "xmm17", "xmm18", "xmm19", "k1", "k2");
}

#define USED(v) __asm__ volatile("" : "+v"(v))

/* Waits with values in them. */
static WIDER int add(pawl_co *co)
{
	struct adder *a = PAWL_OF(co, struct adder, co);
	__m512i x = _mm512_set1_epi32(a->first), y = _mm512_set1_epi32(1);
	__m512i sum = _mm512_setzero_si512();
	int i, all[16];

	for (i = 0; i < ROUNDS; i++) {
		sum = _mm512_add_epi32(sum, _mm512_add_epi32(x, y));
		USED(x);
		USED(y);
		USED(sum);
		if (pawl_co_suspend(co) < 0)
			return PAWL_ECANCELED;
	}
	_mm512_storeu_si512(all, sum);
	for (i = 0; i < 16; i++)
		a->wrong += all[i] != ROUNDS * (a->first + 1);
	return 0;
}

static WIDER int poll(pawl_task *t)
{
	overwrite();
	pawl_wake(t);
	return pawl_co_poll(t);
}

static int add_in_tasks(void)
{
	static struct adder adders[2];
	static pawl_local l;
	int i, r = 0;

	pawl_local_init(&l);
	for (i = 0; i < 2; i++) {
		adders[i].first = i + 3;
		pawl_co_init(&adders[i], add, NULL);
		r |= pawl_spawn(pawl_local_exec(&l), &adders[i].task, poll);
	}
	for (i = 0; i < 2; i++)
		r |= pawl_block_on(pawl_local_exec(&l), &adders[i].task, NULL);
	return r | adders[0].wrong | adders[1].wrong;
}

static WIDER int overwrites(pawl_gen *g)
{
	do
		overwrite();
	while (pawl_yield(g, g) == 0);
	return 0;
}

static WIDER int add_around_a_generator(int first)
{
	__m512i x = _mm512_set1_epi32(first), sum = _mm512_setzero_si512();
	int i, all[16], wrong = 0;
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, overwrites, NULL);
	for (i = 0; i < ROUNDS; i++) {
		sum = _mm512_add_epi32(sum, x);
		USED(x);
		USED(sum);
		wrong |= pawl_next(&g, &v);
	}
	pawl_gen_fini(&g);
	_mm512_storeu_si512(all, sum);
	for (i = 0; i < 16; i++)
		wrong |= all[i] != ROUNDS * first;
	return wrong;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (!__builtin_cpu_supports("avx512f"))
		return 0;
	return add_in_tasks() || add_around_a_generator(argc) ? 1 : 0;
}
