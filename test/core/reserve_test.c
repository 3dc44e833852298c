/* SPDX-License-Identifier: MIT */
/* Reservations and tiers of pools, and the report of all pools of the program. */
#include "fix.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct job {
	pawl_task task;
	int n;
};

struct probe {
	pawl_task task;
	char bytes[100];
};

PAWL_TASK_POOL(jobs, struct job, 4);
PAWL_TASK_POOL(probes, struct probe, 2);

static int ends(pawl_task *t)
{
	(void)t;
	return -5;
}

TEST(reserved_slots_are_nobody_elses)
{
	pawl_reservation r = { .pool = &jobs, .count = 3 };
	struct job *j[4], *other;
	unsigned i;

	CHECK_INT(pawl_reserve(&r, 1), 0);
	CHECK_UINT(pawl_pool_reserved(&jobs), 3);
	CHECK_UINT(pawl_pool_in_use(&jobs), 0);
	CHECK_UINT(pawl_pool_available(&jobs), 1);
	CHECK_UINT(pawl_pool_peak(&jobs), 3);
	other = jobs_claim();
	CHECK(other != NULL);
	CHECK(!jobs_claim());
	CHECK_UINT(pawl_pool_refused(&jobs), 1);
	for (i = 0; i < 3; i++) {
		j[i] = jobs_commit(&r);
		CHECK(j[i] != NULL);
		CHECK_INT(j[i]->n, 0);
		j[i]->n = 7;
		CHECK_UINT(pawl_pool_reserved(&jobs), 2 - i);
		CHECK_UINT(pawl_pool_in_use(&jobs), 2 + i);
	}
	CHECK(!jobs_commit(&r));
	CHECK_UINT(pawl_pool_refused(&jobs), 1);
	CHECK_UINT(pawl_pool_peak(&jobs), 4);
	jobs_drop(other);
	for (i = 0; i < 3; i++)
		jobs_drop(j[i]);
	CHECK_UINT(pawl_pool_available(&jobs), 4);
}

TEST(cancel_gives_back_what_was_not_claimed)
{
	pawl_reservation r = { .pool = &jobs, .count = 4 };
	struct job *j;

	CHECK_INT(pawl_reserve(&r, 1), 0);
	j = jobs_commit(&r);
	pawl_reserve_cancel(&r, 1);
	CHECK_UINT(pawl_pool_reserved(&jobs), 0);
	CHECK_UINT(pawl_pool_available(&jobs), 3);
	CHECK(!jobs_commit(&r));
	pawl_reserve_cancel(&r, 1);
	CHECK_UINT(pawl_pool_available(&jobs), 3);
	CHECK_INT(pawl_reserve(&r, 1), PAWL_EFULL);
	jobs_drop(j);
	CHECK_INT(pawl_reserve(&r, 1), 0);
	pawl_reserve_cancel(&r, 1);
}

TEST(several_pools_are_all_or_nothing)
{
	pawl_reservation r[] = { { .pool = &jobs, .count = 1 }, { .pool = &probes, .count = 2 } };
	struct probe *p = probes_claim();

	CHECK_INT(pawl_reserve(r, 2), PAWL_EFULL);
	CHECK(!r[0].is_short);
	CHECK(r[1].is_short);
	CHECK_UINT(pawl_pool_available(&jobs), 4);
	CHECK_UINT(pawl_pool_peak(&jobs), 0);
	CHECK_UINT(pawl_pool_refused(&jobs), 0);
	CHECK_UINT(pawl_pool_refused(&probes), 1);
	CHECK(!jobs_commit(&r[0]));
	probes_drop(p);
	CHECK_INT(pawl_reserve(r, 2), 0);
	CHECK(!r[1].is_short);
	CHECK_UINT(pawl_pool_available(&jobs), 3);
	CHECK_UINT(pawl_pool_available(&probes), 0);
	pawl_reserve_cancel(r, 2);
	CHECK_UINT(pawl_pool_available(&probes), 2);
}

TEST(one_pool_may_be_there_twice)
{
	pawl_reservation r[] = { { .pool = &jobs, .count = 3 }, { .pool = &jobs, .count = 2 } };

	CHECK_INT(pawl_reserve(r, 2), PAWL_EFULL);
	CHECK_UINT(pawl_pool_available(&jobs), 4);
	r[1].count = 1;
	CHECK_INT(pawl_reserve(r, 2), 0);
	CHECK_UINT(pawl_pool_available(&jobs), 0);
	pawl_reserve_cancel(r, 2);
}

TEST(committed_slots_come_back_by_themselves)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	pawl_reservation r = { .pool = &jobs, .count = 1 };
	unsigned i;

	for (i = 0; i < 20; i++) {
		CHECK_INT(pawl_reserve(&r, 1), 0);
		CHECK_INT(run_one(x, &jobs_commit(&r)->task, ends), -5);
	}
	CHECK_UINT(pawl_pool_in_use(&jobs), 0);
	CHECK_UINT(pawl_pool_peak(&jobs), 1);
}

TEST(text_tells_what_is_set_aside)
{
	pawl_reservation r = { .pool = &jobs, .count = 3 };
	char text[128];
	struct job *j = jobs_claim();

	CHECK_INT(pawl_reserve(&r, 1), 0);
	pawl_pool_full_text(&jobs, text, sizeof text);
	CHECK_STR(text, "pool 'jobs' is full: 1 of 4 in use, 3 set aside; "
			"raise PAWL_TASK_POOL(jobs, struct job, 4)");
	pawl_reserve_cancel(&r, 1);
	jobs_drop(j);
}

/* Whatever is done with a pool, its numbers agree with a simple count of what was given out. */

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

struct model {
	struct job *have[4];
	unsigned claimed, peak, refused;
	pawl_reservation r[2];
};

static unsigned set_aside(const struct model *m)
{
	return m->r[0].left_ + m->r[1].left_;
}

static void model_add(struct model *m, struct job *j, bool expected)
{
	unsigned i;

	CHECK_INT(j != NULL, expected);
	if (!j)
		return;
	for (i = 0; i < m->claimed; i++)
		CHECK(m->have[i] != j);
	m->have[m->claimed++] = j;
}

static void model_reserve(struct model *m, pawl_reservation *r, unsigned n)
{
	bool fits = m->claimed + set_aside(m) + n <= 4;

	*r = (pawl_reservation){ .pool = &jobs, .count = n };
	CHECK_INT(pawl_reserve(r, 1), fits ? 0 : PAWL_EFULL);
	CHECK_INT(r->is_short, !fits);
	CHECK_UINT(r->left_, fits ? n : 0);
	m->refused += !fits;
}

static void model_step(struct model *m, uint32_t *seed)
{
	pawl_reservation *r = &m->r[draw(seed, 2)];
	bool is_free = m->claimed + set_aside(m)<4, is_left = r->left_> 0;

	switch (draw(seed, 5)) {
	case 0:
		model_add(m, jobs_claim(), is_free);
		m->refused += !is_free;
		break;
	case 1:
		if (m->claimed)
			jobs_drop(m->have[--m->claimed]);
		break;
	case 2:
		if (!r->left_)
			model_reserve(m, r, draw(seed, 4));
		break;
	case 3:
		if (r->pool)
			model_add(m, jobs_commit(r), is_left);
		break;
	default:
		if (r->pool)
			pawl_reserve_cancel(r, 1);
	}
}

TEST(numbers_agree_with_a_model)
{
	struct model m = { 0 };
	uint32_t seed = 1;
	unsigned i;

	for (i = 0; i < 20000; i++) {
		kit_at("step", i);
		model_step(&m, &seed);
		if (m.claimed + set_aside(&m) > m.peak)
			m.peak = m.claimed + set_aside(&m);
		CHECK_UINT(pawl_pool_in_use(&jobs), m.claimed);
		CHECK_UINT(pawl_pool_reserved(&jobs), set_aside(&m));
		CHECK_UINT(pawl_pool_available(&jobs), 4 - m.claimed - set_aside(&m));
		CHECK_UINT(pawl_pool_refused(&jobs), m.refused);
		CHECK_UINT(pawl_pool_peak(&jobs), m.peak);
	}
	CHECK_UINT(m.peak, 4);
}

/* Two pools that are only ever taken from together, by several threads. */

static void *takes_both(void *arg)
{
	pawl_reservation r[] = { { .pool = &probes, .count = 1 }, { .pool = &jobs, .count = 2 } };
	unsigned *got = arg, i;

	for (i = 0; i < 2000; i++) {
		struct probe *p;
		struct job *j;

		if (pawl_reserve(r, 2) < 0)
			continue;
		p = probes_commit(&r[0]);
		j = jobs_commit(&r[1]);
		CHECK(p && j);
		p->bytes[0] = 1;
		j->n = 1;
		pawl_reserve_cancel(r, 2);
		probes_drop(p);
		jobs_drop(j);
		++*got;
	}
	return NULL;
}

TEST(threads_take_all_or_nothing)
{
	pthread_t thread[3];
	unsigned got[3] = { 0 }, i;

	for (i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, takes_both, &got[i]), 0);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	CHECK(got[0] + got[1] + got[2] > 0);
	CHECK_UINT(pawl_pool_available(&jobs), 4);
	CHECK_UINT(pawl_pool_available(&probes), 2);
	CHECK_UINT(pawl_pool_reserved(&jobs), 0);
	CHECK(pawl_pool_refused(&jobs) + pawl_pool_refused(&probes) >=
	      6000 - got[0] - got[1] - got[2]);
}

/* Tiers. */

PAWL_TASK_POOL(calls_usual, struct job, 2);
PAWL_TASK_POOL(calls_urgent, struct job, 1);
PAWL_TASK_TIERS(calls, struct job, &calls_usual, &calls_urgent);

TEST(tiers_are_full_one_by_one)
{
	struct job *usual[2], *urgent;
	char text[160];

	usual[0] = calls_claim(0);
	usual[1] = calls_claim(0);
	CHECK(!calls_claim(0));
	CHECK(!calls_claim_down(0));
	CHECK_UINT(pawl_pool_available(&calls_urgent), 1);
	urgent = calls_claim(200);
	CHECK(urgent != NULL);
	CHECK(!calls_claim(1));
	CHECK(!calls_claim_down(1));
	CHECK_UINT(pawl_pool_refused(&calls_usual), 2);
	CHECK_UINT(pawl_pool_refused(&calls_urgent), 2);
	CHECK(pawl_tiers_pool(&calls, 0) == &calls_usual);
	CHECK(pawl_tiers_pool(&calls, 9) == &calls_urgent);
	pawl_tiers_full_text(&calls, 9, text, sizeof text);
	CHECK_STR(text, "tier 1 of 'calls': pool 'calls_urgent' is full: 1 of 1 in use; "
			"raise PAWL_TASK_POOL(calls_urgent, struct job, 1)");
	calls_drop(urgent);
	calls_drop(usual[0]);
	calls_drop(usual[1]);
	calls_drop(NULL);
	CHECK_UINT(pawl_pool_available(&calls_usual), 2);
	CHECK_UINT(pawl_pool_available(&calls_urgent), 1);
}

TEST(urgent_claims_may_go_down)
{
	struct job *a = calls_claim_down(1), *b = calls_claim_down(1);

	CHECK_UINT(pawl_pool_in_use(&calls_urgent), 1);
	CHECK_UINT(pawl_pool_in_use(&calls_usual), 1);
	CHECK_UINT(pawl_pool_refused(&calls_urgent), 0);
	calls_drop(a);
	calls_drop(b);
	CHECK_UINT(pawl_pool_in_use(&calls_usual), 0);
}

/* The report. */

struct lines {
	unsigned count;
	char text[1024];
};

static void note(void *arg, const char *text)
{
	struct lines *l = arg;

	l->count++;
	strcat(l->text, text);
	strcat(l->text, "\n");
}

static bool has_pool(const struct lines *l, const char *name, const char *type, unsigned n,
		     size_t bytes)
{
	char want[128];

	snprintf(want, sizeof want, "pool '%s': %u of %s, %zu bytes\n", name, n, type,
		 bytes + sizeof(pawl_pool));
	return strstr(l->text, want);
}

#define LED(type) (sizeof(void *) * PAWL_POOL_LEAD_(type) + sizeof(type))

TEST(report_lists_pools_that_nobody_touched)
{
	struct lines l = { 0 };
	size_t job = LED(struct job), probe = (LED(struct probe) + 7) & ~(size_t)7;
	char want[64];

	CHECK_INT(pawl_pools_report(note, &l), 0);
	CHECK_UINT(l.count, 5);
	CHECK(has_pool(&l, "jobs", "struct job", 4, 4 * job));
	CHECK(has_pool(&l, "probes", "struct probe", 2, 2 * probe));
	CHECK(has_pool(&l, "calls_usual", "struct job", 2, 2 * job));
	CHECK(has_pool(&l, "calls_urgent", "struct job", 1, job));
	snprintf(want, sizeof want, "\n4 pools, %zu bytes\n",
		 7 * job + 2 * probe + 4 * sizeof(pawl_pool));
	CHECK(strstr(l.text, want) != NULL);
}

static const struct kit_case cases[] = {
	CASE(reserved_slots_are_nobody_elses),
	CASE(cancel_gives_back_what_was_not_claimed),
	CASE(several_pools_are_all_or_nothing),
	CASE(one_pool_may_be_there_twice),
	CASE(committed_slots_come_back_by_themselves),
	CASE(text_tells_what_is_set_aside),
	CASE(numbers_agree_with_a_model),
	CASE(threads_take_all_or_nothing),
	CASE(tiers_are_full_one_by_one),
	CASE(urgent_claims_may_go_down),
	CASE(report_lists_pools_that_nobody_touched),
};

KIT_MAIN(cases)
