/* SPDX-License-Identifier: MIT */
/* Tests of what the floating-point registers hold while tasks in interrupts pre-empt and panic. */
#include "fix.h"

/*
 * Enough values at once to need every register; the same for the same seed, which the compiler does
 * not see through.
 */
static float compute(float seed, unsigned rounds)
{
	volatile float hidden;
	float v[24];

	hidden = seed;
	seed = hidden;
	for (unsigned i = 0; i < PAWL_COUNT(v); i++)
		v[i] = seed + (float)i;
	for (unsigned n = 0; n < rounds; n++)
		for (unsigned i = 0; i < PAWL_COUNT(v); i++)
			v[i] = v[i] * 0.75f + v[(i + 7) % PAWL_COUNT(v)] * 0.25f + 0.5f;
	seed = 0;
	for (unsigned i = 0; i < PAWL_COUNT(v); i++)
		seed += v[i] * (float)(i + 1);
	return seed;
}

static volatile uint32_t polls;

/* Fills the registers that a call preserves with something else, and those that it does not. */
static void spoil(void)
{
#if defined(__ARM_FP)
	__asm__ volatile("vmov.f32 s0, #7.0\n\t"
			 "vmov.f32 s1, s0\n\tvmov.f32 s8, s0\n\tvmov.f32 s15, s0\n\t"
			 "vmov.f32 s16, s0\n\tvmov.f32 s17, s0\n\tvmov.f32 s20, s0\n\t"
			 "vmov.f32 s24, s0\n\tvmov.f32 s28, s0\n\tvmov.f32 s31, s0"
			 :
			 :
			 : "s0", "s1", "s8", "s15", "s16", "s17", "s20", "s24", "s28", "s31");
#endif
}

struct computer {
	pawl_task task;
	bool panics;
};

static struct computer computer;

static int compute_or_panic(pawl_task *t)
{
	struct computer *c = PAWL_OF(t, struct computer, task);

	polls++;
	CHECK(compute(3, 2) == compute(3, 2));
	spoil();
	if (c->panics)
		pawl_panic("with its registers full");
	return PAWL_PENDING;
}

static void wake_it(void)
{
	if (computer.panics) {
		if (pawl_task_is_finished(&computer.task))
			return;
	}
	pawl_wake(&computer.task);
}

/* The interrupt comes somewhere in the middle of a computation, many times. */
TEST(computation_survives_preemption)
{
	float want = compute(1, 20);

	computer = (struct computer){ .panics = false };
	CHECK_INT(pawl_spawn(fix_exec((enum fix_level)param), &computer.task, compute_or_panic), 0);
	fix_on_sensor = wake_it;
	polls = 0;
	for (unsigned i = 0; i < 100; i++) {
		kit_at("offset", i);
		fix_sensor_at(pawl_port_now() + PAWL_US(17) * (i));
		CHECK(compute(1, 20) == want);
	}
	CHECK(polls > 66);
	fix_on_sensor = NULL;
	pawl_cancel(&computer.task);
	computer.panics = true;
	pawl_wake(&computer.task);
	CHECK_INT(fix_join(&computer.task), PAWL_EPANIC);
}

TEST(computation_survives_panics_of_others)
{
	float want = compute(2, 20);

	fix_on_sensor = wake_it;
	for (unsigned i = 0; i < 100; i++) {
		kit_at("offset", i);
		computer = (struct computer){ .panics = false };
		CHECK_INT(pawl_spawn(fix_exec((enum fix_level)param), &computer.task,
				     compute_or_panic),
			  0);
		computer.panics = true;
		fix_sensor_at(pawl_port_now() + PAWL_US(17) * (i));
		CHECK(compute(2, 20) == want);
		wake_it();
		CHECK_INT(fix_join(&computer.task), PAWL_EPANIC);
	}
}

/* What a caller of try holds in preserved registers is there again after a panic. */
static int spoils_and_throws(void *arg)
{
	(void)arg;
#if defined(__arm__)
	__asm__ volatile("movs r4, #1\n\tmovs r5, #2\n\tmovs r6, #3\n\tmov r8, r4\n\tmov r9, r5\n\t"
			 "mov r10, r6\n\tmov r11, r4"
			 :
			 :
			 : "r4", "r5", "r6", "r8", "r9", "r10", "r11");
#elif defined(__riscv)
	__asm__ volatile("li s1, 1\n\tli s2, 2\n\tli s3, 3\n\tli s4, 4\n\tli s5, 5\n\tli s6, 6\n\t"
			 "li s7, 7\n\tli s8, 8\n\tli s9, 9\n\tli s10, 10\n\tli s11, 11"
			 :
			 :
			 : "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11");
#endif
	spoil();
	pawl_port_throw("spoilt");
}

static uint32_t opaque(uint32_t n)
{
	__asm__ volatile("" : "+r"(n));
	return n;
}

TEST(try_keeps_what_its_caller_holds)
{
	uint32_t a = opaque(11), b = opaque(22), c = opaque(33), d = opaque(44), e = opaque(55);
	uint32_t f = opaque(66), g = opaque(77), h = opaque(88), i = opaque(99);
	const char *why = NULL;
	float x = compute(5, 1);

	CHECK_INT(pawl_port_try(spoils_and_throws, NULL, &why), PAWL_EPANIC);
	CHECK_STR(why, "spoilt");
	CHECK_UINT(a + b + c + d + e + f + g + h + i, 495);
	CHECK_UINT(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i, 11 ^ 22 ^ 33 ^ 44 ^ 55 ^ 66 ^ 77 ^ 88 ^ 99);
	CHECK(x == compute(5, 1));
}

static const struct kit_case cases[] = {
	CASE(try_keeps_what_its_caller_holds),
	CASE_N(computation_survives_preemption, FIX_MID),
	CASE_N(computation_survives_preemption, FIX_HIGH),
	CASE_N(computation_survives_panics_of_others, FIX_MID),
	CASE_N(computation_survives_panics_of_others, FIX_HIGH),
};

KIT_MAIN(cases)
