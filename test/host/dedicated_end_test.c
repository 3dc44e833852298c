/* SPDX-License-Identifier: MIT */
/* How dedicated threads end: with their host, with a session, in a crowd; all is counted. */
#define _GNU_SOURCE
#include "dedicated_fix.h"

/*
 * The next host, and how many threads there are with it: as many as with the first, when nothing of
 * the one before is listed any more.
 */
static pawl_host *begin_next(unsigned *threads_before)
{
	pawl_host *h = begin(0);

	if (*threads_before == 0)
		*threads_before = threads();
	await_threads(*threads_before);
	return h;
}

TEST(shutdown_cancels_all_of_them_once)
{
	pawl_host *h = begin(0);
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads(), i;
	struct pending p[6];
	pawl_task late = { 0 };

	for (i = 0; i < 6; i++) {
		pending_begin(&p[i], x, i % 2 ? pending_poll : computes, NULL);
		pawl_detach(&p[i].task);
	}
	CHECK_UINT(threads(), before + 6);
	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_spawn_dedicated(x, &late, four, NULL), PAWL_ESTOPPED);
	await_threads(before);
	pawl_host_free(h);
	for (i = 0; i < 6; i++) {
		CHECK_UINT(p[i].cancelled, 1 + i % 2);
		CHECK(p[i].polls >= 1 && p[i].polls <= 1 + i % 2);
	}
}

TEST(free_waits_for_the_threads)
{
	unsigned round, i;

	for (round = 0; round < 10; round++) {
		pawl_host *h = begin(0);
		struct pending p[4];

		for (i = 0; i < 4; i++) {
			pending_begin(&p[i], pawl_host_exec(h), i % 2 ? pending_poll : computes,
				      NULL);
			pawl_detach(&p[i].task);
		}
		pawl_host_free(h);
		for (i = 0; i < 4; i++)
			CHECK_UINT(p[i].cancelled, 1 + i % 2);
	}
}

/* A session with threads. */
struct house {
	pawl_task task;
	pawl_session session;
	struct lodger l[3];
	struct pending p[2];
};

static int house_poll(pawl_task *t)
{
	static pawl_poll_fn *const polls[] = { four, panics, four };
	struct house *h = PAWL_OF(t, struct house, task);
	pawl_spawn_options o = { .session = &h->session };
	unsigned i;

	PAWL_BEGIN(t);
	pawl_session_init(&h->session, pawl_here(t));
	for (i = 0; i < 3; i++) {
		lodger_init(&h->l[i]);
		CHECK_INT(pawl_spawn_dedicated(NULL, &h->l[i].task, polls[i], &o), 0);
	}
	PAWL_AWAIT(t, pawl_session_wait(t, &h->session));
	for (i = 0; i < 3; i++)
		CHECK_UINT(h->l[i].drops, 1);
	CHECK_UINT(pawl_session_failed(&h->session), 3);
	pending_begin(&h->p[0], NULL, pending_poll, &h->session);
	pending_begin(&h->p[1], NULL, computes, &h->session);
	CHECK_UINT(pawl_session_count(&h->session), 2);
	PAWL_AWAIT(t, pawl_session_end(t, &h->session));
	CHECK_UINT(h->p[0].cancelled, 2);
	CHECK_UINT(h->p[1].cancelled, 1);
	CHECK_UINT(pawl_session_failed(&h->session), 3);
	lodger_init(&h->l[0]);
	CHECK_INT(pawl_spawn_dedicated(NULL, &h->l[0].task, four, &o), PAWL_ESTOPPED);
	CHECK_UINT(h->l[0].drops, 1);
	PAWL_END(t);
}

TEST(session_has_the_thread_as_a_whole)
{
	int (*const places[])(pawl_exec *, pawl_task *, pawl_poll_fn *) = { on_worker, on_main,
									    on_own };
	static struct house house;
	unsigned before = 0, i;

	for (i = 0; i < 3; i++) {
		pawl_host *h = begin_next(&before);
		int outcome = 1;

		CHECK_INT(places[i](pawl_host_exec(h), &house.task, house_poll), 0);
		CHECK_INT(pawl_block_on(pawl_host_exec(h), &house.task, &outcome), 0);
		CHECK_INT(outcome, 0);
		await_threads(before);
		pawl_host_free(h);
	}
}

/*
 * A thread in a session of another thread, which nobody waits for: the outer one stays until then.
 */
struct nest {
	pawl_task task;
	pawl_session session;
	struct settler inner;
};

static int nests(pawl_task *t)
{
	struct nest *n = PAWL_OF(t, struct nest, task);
	pawl_spawn_options o = { .session = &n->session };

	pawl_session_init(&n->session, pawl_here(t));
	CHECK_INT(pawl_spawn_dedicated(NULL, &n->inner.task, settles, &o), 0);
	return 0;
}

TEST(thread_outlives_the_sessions_on_it)
{
	static struct nest n;
	unsigned before = 0, round;

	for (round = 0; round < 20; round++) {
		pawl_host *h = begin_next(&before);

		settler_init(&n.inner);
		CHECK_INT(pawl_spawn_dedicated(pawl_host_exec(h), &n.task, nests, NULL), 0);
		CHECK_INT(pawl_block_on(pawl_host_exec(h), &n.task, NULL), 0);
		wait_for(&n.inner.here);
		CHECK_UINT(threads(), before + 2);
		if (round % 2)
			CHECK_INT(pawl_shutdown(pawl_host_exec(h)), 0);
		sem_post(&n.inner.go);
		await_threads(before);
		pawl_host_free(h);
		CHECK_UINT(pawl_session_count(&n.session), 0);
		CHECK_UINT(pawl_session_failed(&n.session), 1);
	}
}

TEST(thread_counts_as_a_task_of_the_host)
{
	pawl_host *h = begin(1);
	pawl_exec *x = pawl_host_exec(h);
	struct settler s;
	struct lodger l;

	settler_init(&s);
	lodger_init(&l);
	CHECK_INT(pawl_spawn_dedicated(x, &s.task, settles, NULL), 0);
	CHECK_INT(pawl_spawn_dedicated(x, &l.task, panics, NULL), PAWL_EFULL);
	CHECK_UINT(l.drops, 1);
	sem_post(&s.go);
	CHECK_INT(pawl_block_on(x, &s.task, NULL), 0);
	pawl_host_free(h);
}

/* Many of them, each with a child; some are cancelled, some detached, and the host goes early. */
#define CROWD 200

struct member {
	struct lodger lodger;
	pawl_task child;
	uint32_t polls, joined, refused;
};

static int member_child_poll(pawl_task *t)
{
	return pawl_sleep(t, PAWL_US(50));
}

static int member_poll(pawl_task *t)
{
	struct member *m = PAWL_OF(t, struct member, lodger.task);

	if (m->polls++ == 0) {
		int r = pawl_spawn(pawl_here(t), &m->child, member_child_poll);

		m->refused = r == PAWL_ESTOPPED;
		if (r < 0)
			return r;
	}
	/* The end of the child is waited for also when it is to stop. */
	if (pawl_stop(t, &m->child, NULL) == PAWL_PENDING)
		return PAWL_PENDING;
	m->joined++;
	return pawl_cancelled(t) ? PAWL_ECANCELED : 0;
}

static void check_crowd(const struct member *m)
{
	unsigned i;

	for (i = 0; i < CROWD; i++) {
		CHECK_UINT(m[i].lodger.drops, 1);
		CHECK_UINT(m[i].joined + m[i].refused, m[i].polls > 0);
	}
}

static unsigned crowd_begin(struct member *m, pawl_exec *x)
{
	unsigned i, spawned = 0;

	for (i = 0; i < CROWD; i++) {
		lodger_init(&m[i].lodger);
		m[i].polls = m[i].joined = m[i].refused = 0;
		memset(&m[i].child, 0, sizeof m[i].child);
		if (pawl_spawn_dedicated(x, &m[i].lodger.task, member_poll, NULL) < 0)
			continue;
		spawned++;
		if (i % 3 == 0)
			pawl_cancel(&m[i].lodger.task);
		if (i % 2)
			pawl_detach(&m[i].lodger.task);
	}
	return spawned;
}

TEST(crowd_finds_its_end)
{
	static struct member m[CROWD];
	unsigned before = 0, round, i, rounds = kit_long() ? 50 : 2;

	for (round = 0; round < rounds; round++) {
		pawl_host *h = begin_next(&before);

		CHECK_UINT(crowd_begin(m, pawl_host_exec(h)), CROWD);
		for (i = 0; i < CROWD; i += 2)
			CHECK_INT(pawl_block_on(pawl_host_exec(h), &m[i].lodger.task, NULL), 0);
		if (round % 2)
			await_threads(before);
		pawl_host_free(h);
		check_crowd(m);
	}
}

/*
 * A foreign thread spawns while the main thread stops the host: each task has run, or was refused.
 */
struct spawner {
	pawl_exec *exec;
	sem_t has_begun;
};

static void *spawns_crowd(void *arg)
{
	struct spawner *s = arg;
	static struct member m[CROWD];
	unsigned i;

	for (i = 0; i < CROWD; i++) {
		if (i == CROWD / 10)
			sem_post(&s->has_begun);
		lodger_init(&m[i].lodger);
		if (pawl_spawn_dedicated(s->exec, &m[i].lodger.task, member_poll, NULL) == 0)
			CHECK_INT(pawl_block_on(s->exec, &m[i].lodger.task, NULL), 0);
	}
	check_crowd(m);
	return NULL;
}

TEST(shutdown_meets_spawns)
{
	pawl_host *h = begin(0);
	struct spawner s = { .exec = pawl_host_exec(h) };
	pthread_t foreign;

	sem_init(&s.has_begun, 0, 0);
	CHECK_INT(pthread_create(&foreign, NULL, spawns_crowd, &s), 0);
	wait_for(&s.has_begun);
	CHECK_INT(pawl_shutdown(pawl_host_exec(h)), 0);
	pthread_join(foreign, NULL);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(shutdown_cancels_all_of_them_once),
	CASE(free_waits_for_the_threads),
	CASE(session_has_the_thread_as_a_whole),
	CASE(thread_outlives_the_sessions_on_it),
	CASE(thread_counts_as_a_task_of_the_host),
	CASE(crowd_finds_its_end),
	CASE(shutdown_meets_spawns),
};

KIT_MAIN(cases)
