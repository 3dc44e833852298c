/* SPDX-License-Identifier: MIT */
/* A worker in a long poll: others take what is ready there, and sleep when nothing is. */
#define _GNU_SOURCE
#include "threads_fix.h"

#include <pawl/counters.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Far more than it takes, and not for ever: a check says what was not done. */
#define PATIENCE PAWL_S(30)

static pawl_host *host;
static pawl_exec *x;

static bool is_set(const uint32_t *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(uint32_t *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static uint64_t parks(void)
{
	pawl_thread_counters c;
	uint64_t n = 0;

	for (unsigned i = 0; i < pawl_host_workers(host); i++) {
		pawl_counters_worker(host, i, &c);
		n += c.parks;
	}
	return n;
}

/* All workers sleep, and nobody keeps watch: nobody went to sleep again for ten of its naps. */
static void await_rest(void)
{
	const struct timespec naps = { 0, 10000000 };
	uint64_t before;

	do {
		before = parks();
		nanosleep(&naps, NULL);
	} while (parks() != before || before == 0);
}

static void begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
	await_rest();
}

static void end(void)
{
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

/* Without pawl_block_on: the main thread helps with nothing. */
static void spin_until_finished(const pawl_task *t)
{
	while (!pawl_task_is_finished(t))
		sched_yield();
}

static void join(pawl_task *t)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	CHECK_INT(outcome, 0);
}

/* Keeps its worker until the flag is set: 0, or -1 when nobody does. */
static int waits_inside(const uint32_t *flag)
{
	pawl_time until = pawl_port_now() + PATIENCE;

	while (!is_set(flag))
		if (pawl_port_now() > until)
			return -1;
	return 0;
}

struct pair {
	pawl_task task;
	struct member {
		pawl_task task;
		uint32_t is_there;
		struct member *other;
	} members[2];
	uint32_t may_begin;
};

static int member_poll(pawl_task *t)
{
	struct member *m = PAWL_OF(t, struct member, task);

	set(&m->is_there);
	return waits_inside(&m->other->is_there);
}

static void prepare(struct pair *p)
{
	p->members[0].other = &p->members[1];
	p->members[1].other = &p->members[0];
}

/* Both are due when this poll is over, so its worker finds both at once. */
static int spawns_both_for_later(pawl_task *t)
{
	struct pair *p = PAWL_OF(t, struct pair, task);
	pawl_time until = pawl_now(x) + PAWL_MS(3);

	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(pawl_spawn_after(x, &p->members[i].task, member_poll, PAWL_MS(1)), 0);
	while (pawl_now(x) < until) {}
	return 0;
}

TEST(timers_that_fire_together_meet)
{
	for (unsigned round = 0; round < 5; round++) {
		struct pair p = { 0 };

		begin(2);
		prepare(&p);
		CHECK_INT(pawl_spawn(x, &p.task, spawns_both_for_later), 0);
		spin_until_finished(&p.task);
		spin_until_finished(&p.members[0].task);
		spin_until_finished(&p.members[1].task);
		join(&p.task);
		join(&p.members[0].task);
		join(&p.members[1].task);
		end();
	}
}

static int tells(pawl_task *t)
{
	set(&PAWL_OF(t, struct member, task)->is_there);
	return 0;
}

static int waits_for_its_timer(pawl_task *t)
{
	struct pair *p = PAWL_OF(t, struct pair, task);

	CHECK_INT(pawl_spawn_after(x, &p->members[0].task, tells, PAWL_MS(1)), 0);
	return waits_inside(&p->members[0].is_there);
}

TEST(timer_of_a_long_poll_fires)
{
	struct pair p = { 0 };

	begin(2);
	CHECK_INT(pawl_spawn(x, &p.task, waits_for_its_timer), 0);
	spin_until_finished(&p.task);
	join(&p.task);
	join(&p.members[0].task);
	end();
}

static int waits_for_the_member(pawl_task *t)
{
	struct pair *p = PAWL_OF(t, struct pair, task);

	set(&p->may_begin);
	return waits_inside(&p->members[0].is_there);
}

/* Timers of other threads are some worker's, and now and then just that one is busy. */
TEST(timer_from_outside_fires_in_a_long_poll)
{
	for (unsigned round = 0; round < 8; round++) {
		struct pair p = { 0 };

		begin(2);
		CHECK_INT(pawl_spawn(x, &p.task, waits_for_the_member), 0);
		while (!is_set(&p.may_begin)) {}
		CHECK_INT(pawl_spawn_after(x, &p.members[0].task, tells, PAWL_MS(1)), 0);
		spin_until_finished(&p.task);
		join(&p.task);
		join(&p.members[0].task);
		end();
	}
}

/* Two timers of one worker that is asleep: the poll of the first waits for the second. */
static int sleeps_and_waits(pawl_task *t)
{
	struct member *m = PAWL_OF(t, struct member, task);
	int r = pawl_sleep(t, m->other ? PAWL_MS(60) : PAWL_MS(80));

	if (r == 0)
		set(&m->is_there);
	return r || !m->other ? r : waits_inside(&m->other->is_there);
}

static int spawns_sleepers(pawl_task *t)
{
	struct pair *p = PAWL_OF(t, struct pair, task);

	p->members[0].other = &p->members[1];
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(pawl_spawn_after(x, &p->members[i].task, sleeps_and_waits, 1), 0);
	return 0;
}

TEST(timers_behind_a_fired_one_fire)
{
	struct pair p = { 0 };

	begin(2);
	CHECK_INT(pawl_spawn(x, &p.task, spawns_sleepers), 0);
	spin_until_finished(&p.members[0].task);
	spin_until_finished(&p.members[1].task);
	join(&p.task);
	join(&p.members[0].task);
	join(&p.members[1].task);
	end();
}

/* How often a thread went to sleep or lost the processor; 0 for those of a sanitizer. */
static unsigned long switches_of(const char *tid)
{
	char path[300], line[200];
	unsigned long n = 0;
	bool is_ours = strtol(tid, NULL, 10) == getpid();
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%s/status", tid);
	f = fopen(path, "r");
	CHECK(f != NULL);
	while (fgets(line, sizeof line, f)) {
		is_ours |= strncmp(line, "Name:\tpawl-", 11) == 0;
		if (is_ours && strstr(line, "_ctxt_switches:"))
			n += strtoul(strchr(line, ':') + 1, NULL, 10);
	}
	fclose(f);
	return n;
}

static unsigned long switches(void)
{
	unsigned long n = 0;
	DIR *d = opendir("/proc/self/task");
	const struct dirent *e;

	CHECK(d != NULL);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			n += switches_of(e->d_name);
	closedir(d);
	return n;
}

struct still {
	pawl_task task;
	unsigned long before, after;
	pawl_time cpu;
	uint32_t i;
};

static pawl_time cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (pawl_time)ts.tv_sec * PAWL_S(1) + ts.tv_nsec;
}

/* The main thread is in pawl_block_on all the while. */
static int counts_switches(pawl_task *t)
{
	struct still *s = PAWL_OF(t, struct still, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(50)));
	s->before = switches();
	s->cpu = cpu_time();
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_S(2)));
	s->cpu = cpu_time() - s->cpu;
	s->after = switches();
	PAWL_END(t);
}

static bool is_still(void)
{
	struct still s = { 0 };

	CHECK_INT(pawl_spawn_foreground(x, &s.task, counts_switches), 0);
	join(&s.task);
	/* Its own sleep, and what the machine takes the processor away for. */
	return s.after - s.before <= 10 && s.cpu < PAWL_MS(10);
}

/* Sooner or later, however long a thread takes to get to its sleep. */
TEST(nobody_wakes_while_nothing_is_to_be_done)
{
	pawl_task trivial = { 0 };

	begin(8);
	CHECK_INT(pawl_timer(x, &trivial, 0), 0);
	while (!is_still()) {}
	join(&trivial);
	end();
}

static const struct kit_case cases[] = {
	CASE(timers_that_fire_together_meet),           CASE(timer_of_a_long_poll_fires),
	CASE(timer_from_outside_fires_in_a_long_poll),  CASE(timers_behind_a_fired_one_fire),
	CASE(nobody_wakes_while_nothing_is_to_be_done),
};

KIT_MAIN(cases)
