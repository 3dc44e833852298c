/* SPDX-License-Identifier: MIT */
/* Tests of the ports' clock, sleep and alarms, against a second timer of the board. */
#include "fix.h"

/* What the clock says that passed, less what the board's ticks say. */
static int64_t error_since(pawl_time now, uint32_t ticks)
{
	int64_t here = pawl_port_now() - now;

	return here - fix_ns_since(ticks);
}

static int64_t size_of(int64_t n)
{
	return n < 0 ? -n : n;
}

TEST(clock_never_goes_back)
{
	pawl_time last = pawl_port_now(), end = last + PAWL_S(12);

	while (last < end) {
		pawl_time now = pawl_port_now();

		CHECK(now > last);
		CHECK(now - last < PAWL_MS(1));
		last = now;
	}
}

/* The interrupt that counts a period cannot come. */
TEST(clock_goes_on_while_interrupts_are_off)
{
	for (unsigned i = 0; i < 5; i++) {
		pawl_time began = pawl_port_now();
		uint32_t ticks = board_ticks();
		uintptr_t was = pawl_port_lock(NULL);

		while (fix_ns_since(ticks) < PAWL_MS(600)) {}
		CHECK(size_of(error_since(began, ticks)) < PAWL_US(100));
		pawl_port_unlock(NULL, was);
		CHECK(size_of(error_since(began, ticks)) < PAWL_US(100));
	}
}

/* Lengths that do not divide anything; some longer than a period of the counter. */
static pawl_time length_of(unsigned i)
{
	return PAWL_US(137) + PAWL_US(1013) * (i % 37) + (i % 50 == 49 ? PAWL_MS(900) : 0);
}

static void say(const char *what, int64_t n, const char *unit)
{
	kit_put("# ");
	kit_put(what);
	kit_put(": ");
	kit_put_int(n);
	kit_put(unit);
	kit_put("\n");
}

TEST(clock_does_not_drift_over_alarms)
{
	int64_t drift = 0, before;
	pawl_time began = pawl_port_now();
	uint32_t ticks = board_ticks();

	/* The readings themselves are some instructions apart. */
	before = error_since(began, ticks);
	for (unsigned i = 0; i < 100; i++) {
		uint32_t event = 0;

		began = pawl_port_now();
		ticks = board_ticks();
		pawl_port_sleep(&event, began + length_of(i));
		drift += error_since(began, ticks) - before;
	}
	say("drift over 100 alarms", drift, " ns");
	/* 100 ns an alarm is 2.5 cycles at 25 MHz: the granularity of two clocks. */
	CHECK(size_of(drift) < 100 * 100);
}

TEST(sleep_ends_at_its_instant)
{
	int64_t latest = 0;

	for (unsigned i = 0; i < 200; i++) {
		uint32_t event = 0;
		pawl_time until = pawl_port_now() + length_of(i) % PAWL_US(3000), late;

		pawl_port_sleep(&event, until);
		late = pawl_port_now() - until;
		CHECK(late >= 0);
		if (late > latest)
			latest = late;
	}
	say("latest of 200 sleeps", latest, " ns");
	/* 1 us an instruction, so these are its instructions from the interrupt to here. */
	CHECK(latest < PAWL_MS(2));
}

TEST(sleep_that_is_over_returns_at_once)
{
	uint32_t event = 0;
	pawl_time now = pawl_port_now();

	pawl_port_sleep(&event, now - 1);
	pawl_port_sleep(&event, 0);
	pawl_port_sleep(&event, -PAWL_S(5));
	CHECK(pawl_port_now() - now < PAWL_MS(5));
}

TEST(event_that_was_set_before_is_not_lost)
{
	uint32_t event = 0;

	pawl_port_wake(&event);
	pawl_port_wake(&event);
	pawl_port_sleep(&event, PAWL_NEVER);
	CHECK_UINT(event, 0);
}

/* Half a minute: with a busy loop that would be 30 million instructions. */
TEST(idle_core_sleeps)
{
	uint32_t event = 0, before = fix_timer_interrupts;
	pawl_time began = pawl_port_now(), took;

	pawl_port_sleep(&event, began + PAWL_S(30));
	took = pawl_port_now() - began;
	CHECK(took >= PAWL_S(30) && took < PAWL_S(30) + PAWL_MS(1));
	say("interrupts in 30 s of sleep", fix_timer_interrupts - before, "");
	/* The counter's periods, of half a second at least, and the alarm. */
	CHECK(fix_timer_interrupts - before <= 30 * 2 + 2);
}

struct ring {
	pawl_alarm alarm;
	unsigned number;
};

static unsigned rung[8];
static unsigned rung_count;

static void ring(pawl_alarm *a)
{
	rung[rung_count++] = PAWL_OF(a, struct ring, alarm)->number;
}

TEST(alarms_fire_in_order)
{
	static const unsigned afters[] = { 5, 2, 7, 3, 6 };
	struct ring r[PAWL_COUNT(afters)];
	uint32_t event = 0;
	pawl_time now = pawl_port_now();

	rung_count = 0;
	for (unsigned i = 0; i < PAWL_COUNT(r); i++) {
		r[i] = (struct ring){ .alarm = { .fire = ring }, .number = afters[i] };
		pawl_alarm_set(&r[i].alarm, now + PAWL_MS(afters[i]));
	}
	pawl_alarm_clear(&r[3].alarm);
	pawl_alarm_clear(&r[3].alarm);
	pawl_alarm_set(&r[0].alarm, now + PAWL_MS(8));
	pawl_port_sleep(&event, now + PAWL_MS(20));
	CHECK_UINT(rung_count, 4);
	CHECK_UINT(rung[0], 2);
	CHECK_UINT(rung[1], 6);
	CHECK_UINT(rung[2], 7);
	CHECK_UINT(rung[3], 5);
}

static const struct kit_case cases[] = {
	CASE(clock_never_goes_back),
	CASE(clock_goes_on_while_interrupts_are_off),
	CASE(clock_does_not_drift_over_alarms),
	CASE(sleep_ends_at_its_instant),
	CASE(sleep_that_is_over_returns_at_once),
	CASE(event_that_was_set_before_is_not_lost),
	CASE(idle_core_sleeps),
	CASE(alarms_fire_in_order),
};

KIT_MAIN(cases)
