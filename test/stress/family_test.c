/* SPDX-License-Identifier: MIT */
/* Storms of children that yield, sleep, wait, wake and cancel each other: exact counts. */
#include "stress.h"

#include <port/atomic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOTS 32         /* the storm's own children */
#define KIDS (2 * ROOTS) /* and each may have one of its own */

enum doing { NOTHING, YIELD, NAP, LOCK, PERMIT, NOTICE, CHILD, BLOCK, DOINGS };

struct storm;
struct kid {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	struct storm *storm;
	uint32_t random;
	unsigned left; /* actions until it ends */
	enum doing doing;
	pawl_time nap;
	pawl_timeout limit;
	pawl_work work;
	unsigned asked_work; /* times that it asked for work that blocks */
	uint32_t did_work;   /* times that this was done; the work's own */
	struct kid *child;   /* that it has to join */
	unsigned locked;     /* times that it had the mutex */
	bool is_detached;
	/* what its last poll answered, and what the one who joined it was told */
	int said, outcome;
	uint32_t polling;  /* atomic: a poll runs */
	uint32_t asked;    /* atomic: somebody cancelled it */
	uint32_t is_there; /* atomic: others may touch it */
	uint32_t drops;    /* atomic */
};

struct storm {
	pawl_task task;
	pawl_exec *exec;
	pawl_mutex mutex;
	pawl_sem permits, dropped;
	pawl_notify notify;
	uint32_t random;
	unsigned rounds, joined, awaited;
	bool is_waiting;
	unsigned counted; /* under the mutex */
	uint32_t inside;  /* atomic: who has a permit */
	uint32_t spawned; /* atomic */
	struct kid kids[KIDS];
};

static void kid_drop(pawl_task_owner *o, pawl_task *t)
{
	struct kid *k = PAWL_OF(o, struct kid, owner);

	(void)t;
	pawl_fetch_add(&k->drops, 1);
	pawl_sem_release(&k->storm->dropped);
}

/* Something that happens to somebody else. */
static void bother(struct storm *s, uint32_t *random)
{
	struct kid *other = &s->kids[stress_random(random, KIDS)];
	uint32_t what = stress_random(random, 10);

	if (what == 0)
		pawl_notify_one(&s->notify);
	if (what == 1)
		pawl_notify_all(&s->notify);
	if (!pawl_load(&other->is_there))
		return;
	if (what == 2) {
		pawl_store(&other->asked, 1);
		pawl_cancel(&other->task);
	} else if (what < 6) {
		pawl_wake(&other->task);
	}
}

static int with_lock(struct kid *k)
{
	int r = pawl_mutex_lock(&k->task, &k->storm->mutex);

	if (r)
		return r;
	k->storm->counted++;
	k->locked++;
	pawl_mutex_unlock(&k->task, &k->storm->mutex);
	return 0;
}

static int with_permit(struct kid *k)
{
	int r = pawl_sem_acquire(&k->task, &k->storm->permits);

	if (r)
		return r;
	CHECK(pawl_fetch_add(&k->storm->inside, 1) < 2);
	pawl_fetch_add(&k->storm->inside, UINT32_MAX);
	pawl_sem_release(&k->storm->permits);
	return 0;
}

static int with_notice(struct kid *k)
{
	int r = PAWL_TIMEOUT(&k->task, &k->limit, PAWL_US(30),
			     pawl_notify_wait(&k->task, &k->storm->notify));

	return r == PAWL_ETIMEDOUT ? 0 : r;
}

static void works(pawl_work *w)
{
	PAWL_OF(w, struct kid, work)->did_work++;
}

/* Each piece of work runs once, or never, when it was taken back before. */
static int with_work(struct kid *k)
{
	uint32_t before = k->asked_work;
	int r;

	r = pawl_blocking(&k->task, &k->work);
	if (r == PAWL_PENDING)
		return r;
	CHECK_INT(r, k->did_work == before ? PAWL_ECANCELED : 0);
	k->asked_work = k->did_work;
	return r;
}

static void spawn_kid(struct storm *s, unsigned i, uint32_t seed);

/* A child of its own, once, and joined. */
static int with_child(struct kid *k)
{
	struct storm *s = k->storm;
	unsigned i = (unsigned)(k - s->kids);
	int r;

	if (!k->child) {
		if (i >= ROOTS || s->kids[ROOTS + i].storm)
			return 0;
		k->child = &s->kids[ROOTS + i];
		spawn_kid(s, ROOTS + i, k->random);
	}
	r = pawl_join(&k->task, &k->child->task, &k->child->outcome);
	if (r == 0)
		k->child = NULL;
	return r;
}

static int go_on(struct kid *k)
{
	switch (k->doing) {
	case YIELD:
		return pawl_task_yield(&k->task);
	case NAP:
		return pawl_sleep(&k->task, k->nap);
	case LOCK:
		return with_lock(k);
	case PERMIT:
		return with_permit(k);
	case NOTICE:
		return with_notice(k);
	case CHILD:
		return with_child(k);
	case BLOCK:
		return with_work(k);
	default:
		return 0;
	}
}

/* Cancelled: its child is stopped before it leaves. */
static int leave(struct kid *k)
{
	int r = 0;

	k->left = 0;
	if (k->child)
		r = pawl_stop(&k->task, &k->child->task, &k->child->outcome);
	if (r == PAWL_PENDING)
		return r;
	k->child = NULL;
	return PAWL_ECANCELED;
}

static int live(struct kid *k)
{
	int r;

	while (k->left) {
		r = go_on(k);
		if (r == PAWL_PENDING)
			return r;
		if (r < 0)
			return leave(k);
		k->left--;
		k->doing = (enum doing)stress_random(&k->random, DOINGS);
		k->nap = PAWL_US(stress_random(&k->random, 40));
		bother(k->storm, &k->random);
	}
	return k->child ? leave(k) : -100;
}

static int kid_poll(pawl_task *t)
{
	struct kid *k = PAWL_OF(t, struct kid, task);
	int r;

	CHECK_UINT(pawl_fetch_add(&k->polling, 1), 0);
	r = live(k);
	if (r != PAWL_PENDING)
		k->said = r;
	CHECK_UINT(pawl_fetch_add(&k->polling, UINT32_MAX), 1);
	return r;
}

static void spawn_kid(struct storm *s, unsigned i, uint32_t seed)
{
	struct kid *k = &s->kids[i];
	pawl_spawn_options o = { 0 };

	k->storm = s;
	k->owner.drop = kid_drop;
	k->work.fn = works;
	k->random = (seed + i * 0x9e3779b9u) | 1;
	k->left = 1 + stress_random(&k->random, 12);
	k->outcome = k->said = 1;
	pawl_task_own(k, task, &k->owner);
	pawl_fetch_add(&s->spawned, 1);
	o.priority = (int8_t)(stress_random(&k->random, 5) - 2);
	CHECK_INT(pawl_spawn_with(s->exec, &k->task, kid_poll, &o), 0);
	pawl_store(&k->is_there, 1);
}

static void spawn_all(struct storm *s)
{
	unsigned i;

	memset(s->kids, 0, sizeof s->kids);
	s->spawned = s->joined = s->awaited = 0;
	stress_random(&s->random, 2);
	for (i = 0; i < ROOTS; i++) {
		s->kids[i].is_detached = stress_random(&s->random, 4) == 0;
		spawn_kid(s, i, s->random);
		if (s->kids[i].is_detached)
			pawl_detach(&s->kids[i].task);
		bother(s, &s->random);
	}
}

static int join_all(struct storm *s)
{
	for (; s->joined < ROOTS; s->joined++) {
		struct kid *k = &s->kids[s->joined];
		int r;

		if (k->is_detached)
			continue;
		r = pawl_join(&s->task, &k->task, &k->outcome);
		if (r)
			return r;
	}
	return 0;
}

/* Also those that nobody joins, by now, or soon. */
static int await_drops(struct storm *s)
{
	for (; s->awaited < ROOTS || s->awaited < pawl_load(&s->spawned); s->awaited++) {
		int r = pawl_sem_acquire(&s->task, &s->dropped);

		if (r)
			return r;
	}
	return 0;
}

static void check_kid(const struct kid *k)
{
	if (!k->storm)
		return;
	CHECK_UINT(k->drops, 1);
	CHECK(k->said == -100 ||
	      (k->said == PAWL_ECANCELED && (k->asked || k - k->storm->kids >= ROOTS)));
	CHECK(k->is_detached || k->outcome == k->said);
	CHECK(!k->child && k->polling == 0);
}

static void check_all(struct storm *s)
{
	unsigned i, locked = 0;

	for (i = 0; i < KIDS; i++) {
		check_kid(&s->kids[i]);
		locked += s->kids[i].locked;
	}
	CHECK_UINT(s->counted, locked);
	CHECK_UINT(s->inside, 0);
	CHECK_UINT(pawl_sem_available(&s->permits), 2);
	s->counted = 0;
}

static int storm_poll(pawl_task *t)
{
	struct storm *s = PAWL_OF(t, struct storm, task);
	int r;

	while (s->rounds) {
		if (!s->is_waiting)
			spawn_all(s);
		s->is_waiting = true;
		r = join_all(s);
		if (r == 0)
			r = await_drops(s);
		if (r)
			return r;
		check_all(s);
		s->is_waiting = false;
		s->rounds--;
	}
	return 0;
}

static struct storm *storm_new(pawl_exec *x, uint32_t seed)
{
	struct storm *s = calloc(1, sizeof *s);

	CHECK(s);
	s->exec = x;
	s->random = seed;
	s->rounds = stress_rounds(60);
	pawl_mutex_init(&s->mutex);
	pawl_sem_init(&s->permits, 2);
	pawl_sem_init(&s->dropped, 0);
	pawl_notify_init(&s->notify);
	return s;
}

TEST(children)
{
	uint32_t seed = stress_begin();
	pawl_host *h = stress_host((unsigned)param);
	struct storm *s = storm_new(pawl_host_exec(h), seed);

	CHECK_INT(pawl_spawn(s->exec, &s->task, storm_poll), 0);
	CHECK_INT(pawl_block_on(s->exec, &s->task, NULL), 0);
	pawl_host_free(h);
	free(s);
}

/* Two at once, of which one runs in the foreground. */
TEST(children_of_two)
{
	uint32_t seed = stress_begin();
	pawl_host *h = stress_host((unsigned)param);
	struct storm *a = storm_new(pawl_host_exec(h), seed);
	struct storm *b = storm_new(pawl_host_exec(h), seed ^ 0x5a5a5a5a);

	CHECK_INT(pawl_spawn_foreground(a->exec, &a->task, storm_poll), 0);
	CHECK_INT(pawl_spawn(b->exec, &b->task, storm_poll), 0);
	CHECK_INT(pawl_block_on(a->exec, &a->task, NULL), 0);
	CHECK_INT(pawl_block_on(b->exec, &b->task, NULL), 0);
	pawl_host_free(h);
	free(a);
	free(b);
}

static const struct kit_case cases[] = {
	CASE_N(children, 1),        CASE_N(children, 2),        CASE_N(children, 8),
	CASE_N(children_of_two, 2), CASE_N(children_of_two, 8),
};

KIT_MAIN(cases)
