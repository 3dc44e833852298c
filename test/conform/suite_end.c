/* SPDX-License-Identifier: MIT */
/* Promises about the end: what cancel, detach and drop mean, each counted. */
#include "conform.h"

struct lead {
	TASK(task);
	struct probe p[8];
	pawl_session session;
	pawl_child children[3];
	pawl_group group;
	uint32_t i, step;
	int outcome, r;
};

static struct lead *lead_of(pawl_task *t)
{
	return PAWL_OF(t, struct lead, task);
}

static void start(struct lead *l, unsigned i, pawl_poll_fn *poll)
{
	probe_init(&l->p[i], &l->task);
	CHECK_INT(pawl_spawn(pawl_here(&l->task), &l->p[i].task, poll), 0);
}

/* Lets the others run until it is so. */
#define UNTIL_BUSILY(t, cond) UNTIL((t), (cond) || (pawl_wake(t), false))

static int panics(pawl_task *t)
{
	count_up(&PAWL_OF(t, struct probe, task)->polls);
	pawl_panic("on purpose");
}

static int fails(pawl_task *t)
{
	count_up(&PAWL_OF(t, struct probe, task)->polls);
	return PAWL_EINVAL;
}

/* Detached: dropped once, by whatever it ends. */

static int detaches_in_all_ways(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	/* Before the first poll, and then it ends; panics; hears that it was cancelled. */
	start(l, 0, probe_once_poll);
	pawl_detach(&l->p[0].task);
	start(l, 1, panics);
	pawl_detach(&l->p[1].task);
	start(l, 2, probe_sleep_poll);
	pawl_cancel(&l->p[2].task);
	pawl_detach(&l->p[2].task);
	/* While it waits; then it is cancelled. */
	start(l, 3, probe_sleep_poll);
	UNTIL(t, probe_was_polled(&l->p[3], 1));
	pawl_detach(&l->p[3].task);
	pawl_cancel(&l->p[3].task);
	for (l->i = 0; l->i < 4; l->i++)
		UNTIL_BUSILY(t, count_of(&l->p[l->i].drops) == 1);
	CHECK_UINT(l->p[0].polls, 1);
	CHECK_UINT(l->p[1].polls, 1);
	CHECK(l->p[2].polls == 1 || l->p[2].polls == 2);
	CHECK_UINT(l->p[3].polls, 2);
	PAWL_END(t);
}

CONFORM(detached_tasks_are_dropped_whatever_ends_them)
{
	struct lead l = { 0 };
	unsigned i;

	CHECK_INT(conform_run(x, &l.task, detaches_in_all_ways), 0);
	for (i = 0; i < 4; i++)
		CHECK_UINT(count_of(&l.p[i].drops), 1);
}

CONFORM(detached_tasks_are_dropped_at_the_shutdown)
{
	struct probe p[4];
	unsigned i;

	for (i = 0; i < 4; i++) {
		pawl_spawn_options o = { .after = i == 3 ? PAWL_S(1000) : 0 };

		probe_init(&p[i], NULL);
		CHECK_INT(pawl_spawn_with(x, &p[i].task, i % 2 ? probe_sleep_poll : probe_poll, &o),
			  0);
		pawl_detach(&p[i].task);
	}
	CHECK_INT(pawl_shutdown(x), 0);
	for (i = 0; i < 4; i++)
		while (!count_of(&p[i].drops))
			pawl_poll_once(x);
	for (i = 0; i < 4; i++) {
		CHECK_UINT(count_of(&p[i].drops), 1);
		CHECK(count_of(&p[i].polls) >= 1 && count_of(&p[i].polls) <= 2);
	}
}

/* Joined: the memory is in use until then, however long ago the task ended. */

static int stops_what_ended(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	probe_init(&l->p[0], NULL);
	l->p[0].outcome = -50;
	CHECK_INT(pawl_spawn(pawl_here(t), &l->p[0].task, probe_once_poll), 0);
	UNTIL_BUSILY(t, pawl_task_is_finished(&l->p[0].task));
	for (l->i = 0; l->i < 10; l->i++)
		PAWL_AWAIT(t, pawl_task_yield(t));
	CHECK_UINT(count_of(&l->p[0].drops), 0);
	CHECK(!pawl_cancelled(&l->p[0].task));
	PAWL_AWAIT(t, pawl_stop(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, -50);
	CHECK_UINT(l->p[0].polls, 1);
	CHECK_UINT(l->p[0].drops, 1);
	PAWL_END(t);
}

CONFORM(stop_of_what_ended_tells_its_outcome)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, stops_what_ended), 0);
}

/* What it answers is up to the task: a request is no outcome. */
static int ends_as_it_likes(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	count_up(&p->polls);
	return pawl_cancelled(t) ? -51 : PAWL_PENDING;
}

static int cancels_a_stubborn_one(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	start(l, 0, ends_as_it_likes);
	PAWL_AWAIT(t, pawl_stop(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, -51);
	CHECK_UINT(l->p[0].drops, 1);
	PAWL_END(t);
}

CONFORM(outcome_of_a_cancelled_task_is_its_own)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, cancels_a_stubborn_one), 0);
}

/* One memory lives joined, detached and in a session; a request of one life is none of the next. */

static int lives_again(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	probe_init(&l->p[0], NULL);
	pawl_session_init(&l->session, pawl_here(t));
	for (l->i = 0; l->i < 9; l->i++) {
		pawl_spawn_options o = { .session = l->i % 3 == 2 ? &l->session : NULL };

		CHECK_INT(pawl_spawn_with(pawl_here(t), &l->p[0].task, probe_poll, &o), 0);
		CHECK(!pawl_cancelled(&l->p[0].task));
		pawl_cancel(&l->p[0].task);
		if (l->i % 3 == 0) {
			CHECK(pawl_cancelled(&l->p[0].task));
			PAWL_AWAIT(t, pawl_join(t, &l->p[0].task, &l->outcome));
			CHECK_INT(l->outcome, PAWL_ECANCELED);
		} else if (l->i % 3 == 1) {
			pawl_detach(&l->p[0].task);
			UNTIL_BUSILY(t, count_of(&l->p[0].drops) == l->i + 1);
		} else {
			PAWL_AWAIT(t, pawl_session_wait(t, &l->session));
		}
		CHECK_UINT(count_of(&l->p[0].drops), l->i + 1);
	}
	PAWL_END(t);
}

CONFORM(dropped_memory_lives_again)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, lives_again), 0);
}

/* The drop is called where the task ended, or where it was joined. */

struct local_end {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	pawl_exec *x;
	bool ran_on_main, dropped_on_main;
	uint32_t go, drops;
};

static void note_place(pawl_task_owner *o, pawl_task *t)
{
	struct local_end *e = PAWL_OF(o, struct local_end, owner);

	(void)t;
	e->dropped_on_main = pawl_is_main_thread(e->x);
	count_up(&e->drops);
}

static int runs_somewhere(pawl_task *t)
{
	struct local_end *e = PAWL_OF(t, struct local_end, task);

	e->ran_on_main = pawl_is_main_thread(pawl_here(t));
	return count_of(&e->go) ? 0 : PAWL_PENDING;
}

struct ends {
	TASK(task);
	pawl_session session;
	struct local_end e[5];
	uint32_t i;
};

static int ends_in_places(pawl_task *t)
{
	struct ends *s = PAWL_OF(t, struct ends, task);

	PAWL_BEGIN(t);
	pawl_session_init(&s->session, pawl_here(t));
	for (s->i = 0; s->i < 5; s->i++) {
		struct local_end *e = &s->e[s->i];
		pawl_spawn_options o = { .foreground = s->i % 2,
					 .session = s->i / 2 == 1 ? &s->session : NULL };

		*e = (struct local_end){ .owner = { note_place }, .x = pawl_here(t) };
		pawl_task_own(e, task, &e->owner);
		CHECK_INT(pawl_spawn_with(e->x, &e->task, runs_somewhere, &o), 0);
		if (s->i / 2 == 0)
			pawl_detach(&e->task);
		count_up(&e->go);
		pawl_wake(&e->task);
	}
	PAWL_AWAIT(t, pawl_join(t, &s->e[4].task, NULL));
	CHECK(s->e[4].dropped_on_main);
	for (s->i = 0; s->i < 4; s->i++) {
		UNTIL_BUSILY(t, count_of(&s->e[s->i].drops) == 1);
		CHECK(s->e[s->i].dropped_on_main == s->e[s->i].ran_on_main);
		CHECK(s->e[s->i].ran_on_main || s->i % 2 == 0);
	}
	PAWL_AWAIT(t, pawl_session_wait(t, &s->session));
	PAWL_END(t);
}

CONFORM(drop_is_called_where_the_task_ends)
{
	struct ends s = { 0 };

	CHECK_INT(conform_run(x, &s.task, ends_in_places), 0);
}

/* Requests that meet the end on another thread: it has one outcome, and is dropped once. */

#define RACES 24

struct races {
	TASK(task);
	struct probe p[RACES];
	uint32_t i, round;
	int outcome;
};

static void start_races(struct races *r)
{
	unsigned i;

	for (i = 0; i < RACES; i++) {
		probe_init(&r->p[i], NULL);
		CHECK_INT(pawl_spawn(pawl_here(&r->task), &r->p[i].task,
				     i % 2 ? probe_once_poll : probe_sleep_poll),
			  0);
		if (i % 2)
			pawl_detach(&r->p[i].task);
		else
			pawl_cancel(&r->p[i].task);
	}
}

static int races_the_end(pawl_task *t)
{
	struct races *r = PAWL_OF(t, struct races, task);

	PAWL_BEGIN(t);
	for (r->round = 0; r->round < 5; r->round++) {
		start_races(r);
		for (r->i = 0; r->i < RACES; r->i += 2) {
			PAWL_AWAIT(t, pawl_join(t, &r->p[r->i].task, &r->outcome));
			CHECK_INT(r->outcome, PAWL_ECANCELED);
			CHECK(r->p[r->i].polls >= 1 && r->p[r->i].polls <= 2);
			CHECK_UINT(r->p[r->i].drops, 1);
		}
		for (r->i = 1; r->i < RACES; r->i += 2) {
			UNTIL_BUSILY(t, count_of(&r->p[r->i].drops) >= 1);
			CHECK_UINT(r->p[r->i].polls, 1);
			CHECK_UINT(count_of(&r->p[r->i].drops), 1);
		}
	}
	PAWL_END(t);
}

CONFORM(requests_meet_the_end)
{
	struct races r = { 0 };

	CHECK_INT(conform_run(x, &r.task, races_the_end), 0);
}

static int stops_those_that_end(pawl_task *t)
{
	struct races *r = PAWL_OF(t, struct races, task);

	PAWL_BEGIN(t);
	for (r->i = 0; r->i < RACES; r->i++) {
		probe_init(&r->p[r->i], NULL);
		r->p[r->i].outcome = -52;
		r->p[r->i].go = 1;
		CHECK_INT(pawl_spawn(pawl_here(t), &r->p[r->i].task, probe_poll), 0);
		if (r->i % 3 == 0)
			PAWL_AWAIT(t, pawl_task_yield(t));
		PAWL_AWAIT(t, pawl_stop(t, &r->p[r->i].task, &r->outcome));
		CHECK(r->outcome == -52 || r->outcome == PAWL_ECANCELED);
		CHECK_UINT(r->p[r->i].polls, 1);
		CHECK_UINT(r->p[r->i].drops, 1);
	}
	PAWL_END(t);
}

CONFORM(stop_meets_the_end)
{
	struct races r = { 0 };

	CHECK_INT(conform_run(x, &r.task, stops_those_that_end), 0);
}

/* Sessions. */

static int counts_failures(pawl_task *t)
{
	struct lead *l = lead_of(t);
	pawl_spawn_options o = { .session = &l->session };
	pawl_spawn_options later = { .session = &l->session, .after = PAWL_S(1000) };

	PAWL_BEGIN(t);
	pawl_session_init(&l->session, pawl_here(t));
	for (l->i = 0; l->i < 6; l->i++)
		probe_init(&l->p[l->i], NULL);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[0].task, fails, &o), 0);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[1].task, panics, &o), 0);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[2].task, probe_once_poll, &o), 0);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[3].task, probe_sleep_poll, &o), 0);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[4].task, probe_sleep_poll, &o), 0);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[5].task, probe_sleep_poll, &later), 0);
	/* A member may be cancelled alone; it is no failure. */
	pawl_cancel(&l->p[3].task);
	UNTIL_BUSILY(t, pawl_session_count(&l->session) == 2);
	CHECK_UINT(pawl_session_failed(&l->session), 2);
	UNTIL_BUSILY(t, probe_was_polled(&l->p[4], 1));
	PAWL_AWAIT(t, pawl_session_end(t, &l->session));
	CHECK_UINT(pawl_session_failed(&l->session), 2);
	CHECK_UINT(l->p[4].polls, 2);
	CHECK_UINT(l->p[5].polls, 1);
	for (l->i = 0; l->i < 6; l->i++)
		CHECK_UINT(count_of(&l->p[l->i].drops), 1);
	PAWL_END(t);
}

CONFORM(session_counts_failures_and_no_requests)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, counts_failures), 0);
}

/* Who waits for a session may leave, which changes nothing in it; who ends it goes on. */
struct waiting {
	TASK(task);
	pawl_session *session;
	uint32_t polls;
	bool ends;
};

static int waits_for_session(pawl_task *t)
{
	struct waiting *w = PAWL_OF(t, struct waiting, task);

	count_up(&w->polls);
	return w->ends ? pawl_session_end(t, w->session) : pawl_session_wait(t, w->session);
}

struct waitings {
	TASK(task);
	pawl_session session;
	struct probe p[3];
	struct waiting w;
	uint32_t i;
	int outcome;
};

static int leaves_a_session(pawl_task *t)
{
	struct waitings *s = PAWL_OF(t, struct waitings, task);
	pawl_spawn_options o = { .session = &s->session };

	PAWL_BEGIN(t);
	pawl_session_init(&s->session, pawl_here(t));
	for (s->i = 0; s->i < 3; s->i++) {
		probe_init(&s->p[s->i], NULL);
		CHECK_INT(pawl_spawn_with(NULL, &s->p[s->i].task, probe_sleep_poll, &o), 0);
		UNTIL_BUSILY(t, probe_was_polled(&s->p[s->i], 1));
	}
	for (s->i = 0; s->i < 2; s->i++) {
		s->w = (struct waiting){ .session = &s->session, .ends = s->i };
		CHECK_INT(pawl_spawn(pawl_here(t), &s->w.task, waits_for_session), 0);
		UNTIL_BUSILY(t, count_of(&s->w.polls) >= 1);
		pawl_cancel(&s->w.task);
		PAWL_AWAIT(t, pawl_join(t, &s->w.task, &s->outcome));
		CHECK_INT(s->outcome, s->i ? 0 : PAWL_ECANCELED);
		CHECK_UINT(pawl_session_count(&s->session), s->i ? 0 : 3);
		CHECK_UINT(count_of(&s->p[0].polls), 1 + s->i);
	}
	for (s->i = 0; s->i < 3; s->i++)
		CHECK_UINT(count_of(&s->p[s->i].drops), 1);
	PAWL_END(t);
}

CONFORM(session_is_left_alone_or_ended)
{
	struct waitings s = { 0 };

	CHECK_INT(conform_run(x, &s.task, leaves_a_session), 0);
}

/*
 * Members spawn the next member, until the session ends: one of them is refused, and none is lost.
 */

#define CHAIN 12

struct chain {
	TASK(task);
	pawl_session session;
	struct probe p[CHAIN];
	uint32_t refused, round, i, waits;
};

static struct chain *chain_of(struct probe *p)
{
	return PAWL_OF(p->watcher, struct chain, task);
}

static void spawn_next(struct chain *c, struct probe *p, pawl_poll_fn *poll)
{
	pawl_spawn_options o = { .session = &c->session };
	int r = pawl_spawn_with(NULL, &p->task, poll, &o);

	CHECK(r == 0 || r == PAWL_ESTOPPED);
	if (r)
		count_up(&c->refused);
}

static int spawns_the_next(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);
	struct chain *c = chain_of(p);

	if (count_up(&p->polls) == 1 && p < &c->p[CHAIN - 1])
		spawn_next(c, p + 1, spawns_the_next);
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int ends_a_chain(pawl_task *t)
{
	struct chain *c = PAWL_OF(t, struct chain, task);

	PAWL_BEGIN(t);
	for (c->round = 0; c->round < 10; c->round++) {
		c->refused = 0;
		pawl_session_init(&c->session, pawl_here(t));
		for (c->i = 0; c->i < CHAIN; c->i++)
			probe_init(&c->p[c->i], t);
		spawn_next(c, &c->p[0], spawns_the_next);
		for (c->waits = 0; c->waits < c->round; c->waits++)
			PAWL_AWAIT(t, pawl_task_yield(t));
		PAWL_AWAIT(t, pawl_session_end(t, &c->session));
		/*
		 * Those that were polled, then the one that was refused, then those that nobody
		 * knew.
		 */
		for (c->i = 0; c->i < CHAIN && c->p[c->i].polls; c->i++)
			CHECK_UINT(c->p[c->i].drops, 1);
		CHECK_UINT(c->refused, c->i < CHAIN);
		for (; c->i < CHAIN; c->i++) {
			CHECK_UINT(c->p[c->i].polls, 0);
			CHECK_UINT(c->p[c->i].drops, c->refused);
			c->refused = 0;
		}
		CHECK_UINT(pawl_session_failed(&c->session), 0);
	}
	PAWL_END(t);
}

CONFORM(members_are_spawned_until_the_end)
{
	struct chain c = { 0 };

	CHECK_INT(conform_run(x, &c.task, ends_a_chain), 0);
}

/* Groups: who is asked to stop while waiting has the children still, or none of them. */
struct family {
	TASK(task);
	TASK(parent);
	struct probe p[3];
	pawl_child children[3];
	pawl_group group;
	uint32_t ready, i; /* of the parent */
	uint32_t round, k; /* of the other one */
	bool selects;
	int outcome, stopped;
};

static bool all_were_polled(const struct family *f)
{
	return probe_was_polled(&f->p[0], 1) && probe_was_polled(&f->p[1], 1) &&
	       probe_was_polled(&f->p[2], 1);
}

static int waits_for_children(pawl_task *t)
{
	struct family *f = PAWL_OF(t, struct family, parent);

	PAWL_BEGIN(t);
	for (f->i = 0; f->i < 3; f->i++) {
		probe_init(&f->p[f->i], &f->task);
		CHECK_INT(pawl_spawn(pawl_here(t), &f->p[f->i].task, probe_sleep_poll), 0);
		f->children[f->i] = (pawl_child){ .task = &f->p[f->i].task };
	}
	f->group = (pawl_group){ .children = f->children, .count = 3 };
	count_up(&f->ready);
	pawl_wake(&f->task);
	PAWL_AWAIT_AS(t, f->outcome,
		      f->selects ? pawl_select(t, &f->group) : pawl_join_all(t, &f->group));
	CHECK_INT(f->outcome, PAWL_ECANCELED);
	for (f->i = 0; f->i < 3; f->i++) {
		CHECK(f->selects == !f->children[f->i].task);
		CHECK_UINT(count_of(&f->p[f->i].drops), f->selects);
		/* Nobody told those that are still there. */
		CHECK_UINT(count_of(&f->p[f->i].polls), f->selects ? 2 : 1);
	}
	PAWL_AWAIT(t, pawl_stop_all(t, &f->group));
	PAWL_END(t);
}

static int breaks_a_family(pawl_task *t)
{
	struct family *f = PAWL_OF(t, struct family, task);

	PAWL_BEGIN(t);
	for (f->round = 0; f->round < 2; f->round++) {
		f->selects = f->round;
		CHECK_INT(pawl_spawn(pawl_here(t), &f->parent, waits_for_children), 0);
		UNTIL(t, count_of(&f->ready) == f->round + 1);
		UNTIL(t, all_were_polled(f));
		PAWL_AWAIT(t, pawl_stop(t, &f->parent, &f->stopped));
		CHECK_INT(f->stopped, 0);
		for (f->k = 0; f->k < 3; f->k++) {
			CHECK_INT(f->children[f->k].outcome, PAWL_ECANCELED);
			CHECK_UINT(f->p[f->k].polls, 2);
			CHECK_UINT(f->p[f->k].drops, 1);
		}
	}
	PAWL_END(t);
}

CONFORM(group_is_kept_or_settled)
{
	struct family f = { 0 };

	CHECK_INT(conform_run(x, &f.task, breaks_a_family), 0);
}

/* Pools: a slot is free when its task was dropped, and not before. */

struct slot {
	TASK(task);
	uint32_t go;
};

PAWL_TASK_POOL(ending_slots, struct slot, 2);

static int waits_to_go(pawl_task *t)
{
	return count_of(&PAWL_OF(t, struct slot, task)->go) ? 0 : PAWL_PENDING;
}

struct slots {
	TASK(task);
	struct slot *s[2];
	uint32_t i;
};

static int frees_slots(pawl_task *t)
{
	struct slots *s = PAWL_OF(t, struct slots, task);

	PAWL_BEGIN(t);
	for (s->i = 0; s->i < 2; s->i++) {
		s->s[s->i] = ending_slots_claim();
		CHECK(s->s[s->i] != NULL);
		CHECK_INT(pawl_spawn(pawl_here(t), &s->s[s->i]->task, waits_to_go), 0);
	}
	pawl_detach(&s->s[1]->task);
	CHECK_UINT(pawl_pool_in_use(&ending_slots), 2);
	for (s->i = 0; s->i < 2; s->i++) {
		count_up(&s->s[s->i]->go);
		pawl_wake(&s->s[s->i]->task);
	}
	UNTIL_BUSILY(t, pawl_pool_in_use(&ending_slots) == 1);
	UNTIL_BUSILY(t, pawl_task_is_finished(&s->s[0]->task));
	CHECK_UINT(pawl_pool_in_use(&ending_slots), 1);
	PAWL_AWAIT(t, pawl_join(t, &s->s[0]->task, NULL));
	CHECK_UINT(pawl_pool_in_use(&ending_slots), 0);
	PAWL_END(t);
}

CONFORM(slot_is_free_when_its_task_was_dropped)
{
	struct slots s = { 0 };

	CHECK_INT(conform_run(x, &s.task, frees_slots), 0);
}

/* Futures: the drop function of one that nobody joins is called at its end. */

struct state {
	uint32_t polls, drops;
	bool waits;
};

static int state_poll(void *state, pawl_task *t)
{
	struct state *s = state;

	count_up(&s->polls);
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	return s->waits ? PAWL_PENDING : 0;
}

static void state_drop(void *state)
{
	count_up(&((struct state *)state)->drops);
}

struct futures {
	TASK(task);
	struct state s[3];
	pawl_task *t[3];
	uint32_t i;
};

static int drops_futures(pawl_task *t)
{
	struct futures *f = PAWL_OF(t, struct futures, task);

	PAWL_BEGIN(t);
	for (f->i = 0; f->i < 3; f->i++) {
		pawl_future future = { .poll = state_poll, .drop = state_drop };

		f->s[f->i].waits = f->i == 2;
		future.state = &f->s[f->i];
		CHECK_INT(pawl_spawn_future(pawl_here(t), &future, f->i ? &f->t[f->i] : NULL), 0);
	}
	UNTIL_BUSILY(t, count_of(&f->s[0].drops) == 1);
	UNTIL_BUSILY(t, pawl_task_is_finished(f->t[1]));
	CHECK_UINT(count_of(&f->s[1].drops), 0);
	PAWL_AWAIT(t, pawl_join(t, f->t[1], NULL));
	CHECK_UINT(count_of(&f->s[1].drops), 1);
	pawl_cancel(f->t[2]);
	pawl_detach(f->t[2]);
	UNTIL_BUSILY(t, count_of(&f->s[2].drops) == 1);
	UNTIL_BUSILY(t, pawl_pool_in_use(pawl_runner_pool()) == 0);
	PAWL_END(t);
}

CONFORM(future_is_dropped_at_its_end_or_its_join)
{
	struct futures f = { 0 };

	CHECK_INT(conform_run(x, &f.task, drops_futures), 0);
}

const struct conform_case conform_end_cases[] = {
	CONFORM_CASE(detached_tasks_are_dropped_whatever_ends_them),
	CONFORM_CASE(detached_tasks_are_dropped_at_the_shutdown),
	CONFORM_CASE(stop_of_what_ended_tells_its_outcome),
	CONFORM_CASE(outcome_of_a_cancelled_task_is_its_own),
	CONFORM_CASE(dropped_memory_lives_again),
	CONFORM_CASE(drop_is_called_where_the_task_ends),
	CONFORM_CASE(requests_meet_the_end),
	CONFORM_CASE(stop_meets_the_end),
	CONFORM_CASE(session_counts_failures_and_no_requests),
	CONFORM_CASE(session_is_left_alone_or_ended),
	CONFORM_CASE(members_are_spawned_until_the_end),
	CONFORM_CASE(group_is_kept_or_settled),
	CONFORM_CASE(slot_is_free_when_its_task_was_dropped),
	CONFORM_CASE(future_is_dropped_at_its_end_or_its_join),
};
const size_t conform_end_case_count = PAWL_COUNT(conform_end_cases);
