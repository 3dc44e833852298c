/* SPDX-License-Identifier: MIT */
/* The port of this machine: clock, locks, events, and the way out of a panic. */
#define _GNU_SOURCE
#include <kit.h>

#include "port/port.h"

#include <pthread.h>

TEST(clock_does_not_go_back)
{
	pawl_time last = pawl_port_now();
	unsigned i;

	for (i = 0; i < 1000; i++) {
		pawl_time now = pawl_port_now();

		CHECK(now >= last);
		last = now;
	}
}

#define OBJECTS 3

struct counts {
	char object[OBJECTS];
	unsigned long n[OBJECTS];
};

static void *count(void *arg)
{
	struct counts *c = arg;
	unsigned i;

	for (i = 0; i < 30000; i++) {
		unsigned at = i % OBJECTS;
		uintptr_t was = pawl_port_lock(&c->object[at]);

		c->n[at]++;
		pawl_port_unlock(&c->object[at], was);
	}
	return NULL;
}

TEST(lock_keeps_others_out)
{
	struct counts c = { { 0 }, { 0 } };
	pthread_t t[3];
	unsigned i;

	for (i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&t[i], NULL, count, &c), 0);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	for (i = 0; i < OBJECTS; i++)
		CHECK_UINT(c.n[i], 30000);
}

static void nest(void *arg)
{
	pawl_port_lock(arg);
	pawl_port_lock((char *)arg + 1);
}

TEST(nested_locks_are_noticed)
{
	char objects[2];

	CHECK_ABORTS(nest, objects);
}

TEST(event_set_before_the_sleep_is_not_lost)
{
	uint32_t event = 0;

	pawl_port_wake(&event);
	pawl_port_wake(&event);
	pawl_port_sleep(&event, PAWL_NEVER);
	/* It was consumed: this one ends by time. */
	pawl_port_sleep(&event, pawl_port_now() + PAWL_MS(1));
	pawl_port_sleep(&event, 0);
}

struct ping {
	uint32_t there, back;
};

static void *answer(void *arg)
{
	struct ping *p = arg;
	unsigned i;

	for (i = 0; i < 500; i++) {
		pawl_port_sleep(&p->there, PAWL_NEVER);
		pawl_port_wake(&p->back);
	}
	return NULL;
}

TEST(events_go_back_and_forth)
{
	struct ping p = { 0 };
	pthread_t t;
	unsigned i;

	CHECK_INT(pthread_create(&t, NULL, answer, &p), 0);
	for (i = 0; i < 500; i++) {
		pawl_port_wake(&p.there);
		pawl_port_sleep(&p.back, PAWL_NEVER);
	}
	pthread_join(t, NULL);
}

static int throws(void *arg)
{
	if (arg)
		pawl_port_throw(arg);
	return 5;
}

static int tries_inside(void *arg)
{
	const char *why = NULL;

	CHECK_INT(pawl_port_try(throws, arg, &why), PAWL_EPANIC);
	CHECK_STR(why, arg);
	return 7;
}

TEST(throw_leaves_the_innermost_try)
{
	const char *why = NULL;

	CHECK_INT(pawl_port_try(throws, NULL, &why), 5);
	CHECK(!why);
	CHECK_INT(pawl_port_try(tries_inside, "inner", &why), 7);
	CHECK(!why);
	CHECK_INT(pawl_port_try(throws, "outer", &why), PAWL_EPANIC);
	CHECK_STR(why, "outer");
}

static const struct kit_case cases[] = {
	CASE(clock_does_not_go_back),   CASE(lock_keeps_others_out),
	CASE(nested_locks_are_noticed), CASE(event_set_before_the_sleep_is_not_lost),
	CASE(events_go_back_and_forth), CASE(throw_leaves_the_innermost_try),
};

KIT_MAIN(cases)
