/* SPDX-License-Identifier: MIT */
/* Sessions of heap tasks that spawn more until they are ended leave none, and dumps show none. */
#include "stress.h"

#include <pawl/heap.h>
#include <port/atomic.h>

#include <stdlib.h>

struct party {
	pawl_task task;
	pawl_exec *exec;
	pawl_session session;
	uint32_t random;
	unsigned rounds;
	enum { BEFORE, SOME_TIME, AT_ITS_END } step;
	uint32_t budget;                  /* atomic: how many may still be spawned */
	uint32_t spawned, refused, ended; /* atomic */
};

struct member {
	pawl_task task;
	struct party *party;
	uint32_t random;
	unsigned left;
	pawl_time nap;
};

static int member_poll(pawl_task *t);

static void spawn_member(struct party *p, uint32_t seed)
{
	struct member *m = PAWL_HEAP_NEW(struct member);
	pawl_spawn_options o = { .session = &p->session };
	int r;

	CHECK(m);
	m->party = p;
	m->random = seed | 1;
	m->left = 1 + stress_random(&m->random, 6);
	o.foreground = stress_random(&m->random, 6) == 0;
	o.after = stress_random(&m->random, 4) ? 0 : PAWL_US(10);
	pawl_fetch_add(&p->spawned, 1);
	r = pawl_spawn_with(NULL, &m->task, member_poll, &o);
	CHECK(r == 0 || r == PAWL_ESTOPPED);
	if (r)
		pawl_fetch_add(&p->refused, 1);
}

static bool may_spawn(struct party *p)
{
	uint32_t n = pawl_load(&p->budget);

	while (n && !pawl_cas(&p->budget, &n, n - 1)) {}
	return n;
}

static int member_live(struct member *m)
{
	for (; m->left; m->left--) {
		int r = m->left % 2 ? pawl_task_yield(&m->task) : pawl_sleep(&m->task, m->nap);

		if (r)
			return r;
		m->nap = PAWL_US(stress_random(&m->random, 30));
		if (stress_random(&m->random, 2) && may_spawn(m->party))
			spawn_member(m->party, m->random);
	}
	return stress_random(&m->random, 2) ? 0 : -100;
}

static int member_poll(pawl_task *t)
{
	struct member *m = PAWL_OF(t, struct member, task);
	int r = member_live(m);

	if (r != PAWL_PENDING)
		pawl_fetch_add(&m->party->ended, 1);
	return r;
}

static void party_begin(struct party *p)
{
	unsigned i;

	pawl_session_init(&p->session, p->exec);
	p->spawned = p->refused = p->ended = 0;
	p->budget = 200;
	for (i = 0; i < 8; i++) {
		stress_random(&p->random, 2);
		spawn_member(p, p->random);
	}
	p->step = SOME_TIME;
}

/* Some time later it is the end; a task that was never polled ended with its session, too. */
static int party_poll(pawl_task *t)
{
	struct party *p = PAWL_OF(t, struct party, task);

	for (; p->rounds; p->rounds--) {
		int r;

		if (p->step == BEFORE)
			party_begin(p);
		if (p->step == SOME_TIME) {
			r = pawl_sleep(t, PAWL_US(p->random % 100));
			if (r)
				return r;
			p->step = AT_ITS_END;
		}
		r = pawl_session_end(t, &p->session);
		if (r)
			return r;
		CHECK_UINT(pawl_session_count(&p->session), 0);
		CHECK_UINT(pawl_load(&p->ended) + pawl_load(&p->refused), pawl_load(&p->spawned));
		p->step = BEFORE;
	}
	return 0;
}

TEST(sessions)
{
	struct party *p = calloc(2, sizeof *p);
	uint32_t seed = stress_begin();
	pawl_host *h = stress_host((unsigned)param);
	unsigned i;

	CHECK(p);
	for (i = 0; i < 2; i++) {
		p[i].exec = pawl_host_exec(h);
		p[i].random = seed + i * 2;
		p[i].rounds = stress_rounds(100);
		CHECK_INT(pawl_spawn(p[i].exec, &p[i].task, party_poll), 0);
	}
	for (i = 0; i < 2; i++)
		CHECK_INT(pawl_block_on(p[i].exec, &p[i].task, NULL), 0);
	pawl_host_free(h);
	free(p);
}

/* Whoever polled it first may be late: nobody is shown who ended. */
static int yields_once(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_YIELD(t);
	PAWL_END(t);
}

static void count_line(void *arg, const char *text)
{
	(void)text;
	++*(unsigned *)arg;
}

TEST(dumps)
{
	uint32_t seed = stress_begin();
	pawl_host *h = stress_host((unsigned)param);
	pawl_exec *x = pawl_host_exec(h);
	unsigned i, lines = 0;

	for (i = stress_rounds(3000); i; i--) {
		pawl_task t[4] = { 0 };
		unsigned k, n = 1 + stress_random(&seed, PAWL_COUNT(t));

		for (k = 0; k < n; k++)
			CHECK_INT(pawl_spawn(x, &t[k], yields_once), 0);
		for (k = 0; k < n; k++)
			CHECK_INT(pawl_block_on(x, &t[k], NULL), 0);
		CHECK_UINT(pawl_dump(x, count_line, &lines), 0);
		CHECK_UINT(lines, 0);
	}
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE_N(sessions, 1), CASE_N(sessions, 2), CASE_N(sessions, 8),
	CASE_N(dumps, 2),    CASE_N(dumps, 8),
};

KIT_MAIN(cases)
