/* SPDX-License-Identifier: MIT */
/* Promises about the executor: spawning, driving, fairness, sessions, shutdown, the dump. */
#include "conform.h"

#include <string.h>

struct lead {
	TASK(task);
	struct probe p[6];
	pawl_session session;
	uint32_t i;
	pawl_time began;
	int outcome;
};

static struct lead *lead_of(pawl_task *t)
{
	return PAWL_OF(t, struct lead, task);
}

/* Spawning from inside of tasks, some levels deep. */
struct level {
	TASK(task);
	struct level *below;
	int sum, outcome;
};

static int level_poll(pawl_task *t)
{
	struct level *l = PAWL_OF(t, struct level, task);

	PAWL_BEGIN(t);
	l->sum = 1;
	if (!l->below)
		return 0;
	CHECK_INT(pawl_spawn(pawl_here(t), &l->below->task, level_poll), 0);
	PAWL_AWAIT(t, pawl_join(t, &l->below->task, &l->outcome));
	CHECK_INT(l->outcome, 0);
	l->sum += l->below->sum;
	PAWL_END(t);
}

CONFORM(tasks_spawn_tasks)
{
	struct level l[20] = { 0 };
	unsigned i;

	for (i = 0; i + 1 < PAWL_COUNT(l); i++)
		l[i].below = &l[i + 1];
	CHECK_INT(conform_run(x, &l[0].task, level_poll), 0);
	CHECK_INT(l[0].sum, 20);
}

CONFORM(block_on_drives_the_others)
{
	struct probe p[4];
	unsigned i;

	for (i = 0; i < PAWL_COUNT(p); i++) {
		probe_init(&p[i], NULL);
		p[i].outcome = -(int)i - 50;
		CHECK_INT(pawl_spawn(x, &p[i].task, probe_once_poll), 0);
	}
	for (i = PAWL_COUNT(p); i-- > 0;) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(x, &p[i].task, &outcome), 0);
		CHECK_INT(outcome, -(int)i - 50);
		CHECK_UINT(p[i].polls, 1);
		CHECK_UINT(p[i].drops, 1);
	}
}

/* A task may drive the executor itself; the others run meanwhile, it does not. */
static int nests(pawl_task *t)
{
	struct lead *l = lead_of(t);
	int outcome = 1;

	l->i++;
	probe_init(&l->p[0], t);
	probe_init(&l->p[1], NULL);
	l->p[1].outcome = -9;
	CHECK_INT(pawl_spawn(pawl_here(t), &l->p[0].task, probe_once_poll), 0);
	CHECK_INT(pawl_spawn_foreground(pawl_here(t), &l->p[1].task, probe_once_poll), 0);
	CHECK_INT(pawl_block_on(pawl_here(t), &l->p[0].task, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_here(t), &l->p[1].task, &outcome), 0);
	CHECK_UINT(l->i, 1);
	return outcome;
}

CONFORM(block_on_may_be_nested)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, nests), -9);
}

/* A task that never rests, until another one had its turn. */
static int restless(pawl_task *t)
{
	struct lead *l = lead_of(t);
	int r;

	while (!count_of(&l->p[0].polls)) {
		r = pawl_task_yield(t);
		if (r)
			return r;
	}
	return 0;
}

CONFORM(restless_task_lets_others_run)
{
	struct lead l = { 0 };
	int outcome = 1;

	probe_init(&l.p[0], NULL);
	CHECK_INT(pawl_spawn(x, &l.task, restless), 0);
	CHECK_INT(pawl_spawn(x, &l.p[0].task, probe_once_poll), 0);
	CHECK_INT(pawl_block_on(x, &l.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(pawl_block_on(x, &l.p[0].task, NULL), 0);
}

CONFORM(main_thread_is_known)
{
	CHECK(pawl_is_main_thread(x));
	CHECK_INT(pawl_is_running(x), 1);
	CHECK(pawl_now(x) <= pawl_now(x));
	CHECK_INT(pawl_poll_once(x), PAWL_PENDING);
}

/* Later spawns. */

static int spawns_later(pawl_task *t)
{
	struct lead *l = lead_of(t);

	PAWL_BEGIN(t);
	probe_init(&l->p[0], t);
	probe_init(&l->p[1], NULL);
	l->began = pawl_now(pawl_here(t));
	CHECK_INT(pawl_spawn_after(pawl_here(t), &l->p[0].task, probe_sleep_poll, PAWL_MS(1)), 0);
	CHECK_INT(pawl_spawn_after(pawl_here(t), &l->p[1].task, probe_once_poll, PAWL_S(1000)), 0);
	UNTIL(t, probe_was_polled(&l->p[0], 1));
	CHECK(pawl_now(pawl_here(t)) >= l->began + PAWL_MS(1));
	/* Its first poll began a sleep of its own, which the delay must not have ended. */
	PAWL_AWAIT(t, pawl_stop(t, &l->p[0].task, &l->outcome));
	CHECK_INT(l->outcome, PAWL_ECANCELED);
	CHECK_UINT(l->p[0].polls, 2);
	CHECK_UINT(count_of(&l->p[1].polls), 0);
	PAWL_AWAIT(t, pawl_stop(t, &l->p[1].task, &l->outcome));
	CHECK_INT(l->outcome, 0);
	CHECK_UINT(l->p[1].polls, 1);
	PAWL_END(t);
}

CONFORM(spawn_after_waits_for_the_first_poll)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, spawns_later), 0);
}

/* Sessions. */

struct writer {
	TASK(task);
	char mark;
	char **at;
};

static int writer_poll(pawl_task *t)
{
	struct writer *w = PAWL_OF(t, struct writer, task);

	PAWL_BEGIN(t);
	*(*w->at)++ = w->mark;
	PAWL_AWAIT(t, pawl_task_yield(t));
	*(*w->at)++ = (char)(w->mark - 'a' + 'A');
	PAWL_END(t);
}

struct book {
	TASK(task);
	pawl_session a, b;
	struct writer wa[3], wb[3];
	char text_a[8], text_b[8];
	char *at_a, *at_b;
};

static int book_poll(pawl_task *t)
{
	struct book *b = PAWL_OF(t, struct book, task);
	unsigned i;

	PAWL_BEGIN(t);
	b->at_a = b->text_a;
	b->at_b = b->text_b;
	pawl_session_init(&b->a, pawl_here(t));
	pawl_session_init(&b->b, pawl_here(t));
	for (i = 0; i < 3; i++) {
		b->wa[i] = (struct writer){ .mark = (char)('a' + i), .at = &b->at_a };
		b->wb[i] = (struct writer){ .mark = (char)('x' + i), .at = &b->at_b };
		CHECK_INT(pawl_spawn_in(&b->a, &b->wa[i].task, writer_poll), 0);
		CHECK_INT(pawl_spawn_in(&b->b, &b->wb[i].task, writer_poll), 0);
	}
	PAWL_AWAIT(t, pawl_session_wait(t, &b->a));
	PAWL_AWAIT(t, pawl_session_wait(t, &b->b));
	CHECK_STR(b->text_a, "abcABC");
	CHECK_STR(b->text_b, "xyzXYZ");
	CHECK_UINT(pawl_session_count(&b->a), 0);
	PAWL_END(t);
}

CONFORM(session_keeps_its_order)
{
	struct book b = { 0 };

	CHECK_INT(conform_run(x, &b.task, book_poll), 0);
}

static int fails(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	count_up(&p->polls);
	return PAWL_EINVAL;
}

static int ends_a_session(pawl_task *t)
{
	struct lead *l = lead_of(t);
	pawl_spawn_options o = { .session = &l->session, .label = "stray" };
	pawl_task_info left[2];
	pawl_session_info all;

	PAWL_BEGIN(t);
	pawl_session_init(&l->session, pawl_here(t));
	for (l->i = 0; l->i < 5; l->i++)
		probe_init(&l->p[l->i], NULL);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[0].task, probe_sleep_poll, &o), 0);
	CHECK_INT(pawl_spawn_in(&l->session, &l->p[1].task, probe_poll), 0);
	CHECK_INT(pawl_spawn_in(&l->session, &l->p[2].task, fails), 0);
	CHECK_INT(pawl_spawn_with(NULL, &l->p[3].task, probe_poll, &o), 0);
	UNTIL(t, count_of(&l->p[2].drops) == 1 || (pawl_wake(t), false));
	UNTIL(t, pawl_session_count(&l->session) == 3 || (pawl_wake(t), false));
	CHECK_UINT(pawl_session_failed(&l->session), 1);
	CHECK_UINT(pawl_session_list(&l->session, left, 2), 3);
	CHECK_STR(left[0].name, "stray");
	CHECK_STR(left[1].name, "probe_poll");
	CHECK(strstr(left[1].place, "suite_exec.c:") != NULL);
	CHECK(left[0].age >= left[1].age && left[1].age >= 0);
	CHECK_UINT(pawl_sessions(pawl_here(t), &all, 1), 1);
	CHECK_UINT(all.count, 3);
	CHECK_UINT(all.failed, 1);
	CHECK_INT(pawl_session_validate(&l->session, NULL, NULL), PAWL_EBUSY);
	PAWL_AWAIT(t, pawl_session_end(t, &l->session));
	CHECK_INT(pawl_spawn_in(&l->session, &l->p[4].task, probe_poll), PAWL_ESTOPPED);
	CHECK_INT(pawl_session_validate(&l->session, NULL, NULL), 0);
	CHECK_UINT(pawl_session_count(&l->session), 0);
	for (l->i = 0; l->i < 5; l->i++)
		CHECK_UINT(l->p[l->i].drops, 1);
	PAWL_END(t);
}

CONFORM(session_ends_with_all_its_tasks)
{
	struct lead l = { 0 };

	CHECK_INT(conform_run(x, &l.task, ends_a_session), 0);
}

/* Shutdown. */

struct stopping {
	struct probe p[4];
	pawl_session session;
	struct probe member, late;
};

static void drive(pawl_exec *x, uint32_t *drops)
{
	while (!count_of(drops))
		pawl_poll_once(x);
}

CONFORM(shutdown_cancels_once_and_refuses)
{
	struct stopping s = { 0 };
	unsigned i;

	for (i = 0; i < 4; i++) {
		probe_init(&s.p[i], NULL);
		CHECK_INT(pawl_spawn(x, &s.p[i].task, i % 2 ? probe_sleep_poll : probe_poll), 0);
	}
	pawl_session_init(&s.session, x);
	probe_init(&s.member, NULL);
	CHECK_INT(pawl_spawn_in(&s.session, &s.member.task, probe_sleep_poll), 0);
	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_shutdown(x), PAWL_ESTOPPED);
	CHECK_INT(pawl_is_running(x), 0);
	probe_init(&s.late, NULL);
	CHECK_INT(pawl_spawn(x, &s.late.task, probe_poll), PAWL_ESTOPPED);
	CHECK_UINT(s.late.polls, 0);
	CHECK_UINT(s.late.drops, 1);
	for (i = 0; i < 4; i++) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(x, &s.p[i].task, &outcome), 0);
		CHECK_INT(outcome, PAWL_ECANCELED);
		CHECK_UINT(s.p[i].drops, 1);
		CHECK(s.p[i].polls <= 2);
	}
	drive(x, &s.member.drops);
	CHECK_UINT(s.member.drops, 1);
	CHECK_UINT(s.member.polls, 1);
}

/* What is seen from outside. */

struct seen {
	unsigned lines;
	char text[512];
};

static void see(void *arg, const char *text)
{
	struct seen *s = arg;

	s->lines++;
	strncat(s->text, text, sizeof s->text - strlen(s->text) - 2);
	strcat(s->text, "\n");
}

struct show {
	TASK(task);
	struct probe p[2];
	pawl_sem sem;
	struct seen seen;
	uint32_t i;
};

static int show_poll(pawl_task *t)
{
	struct show *s = PAWL_OF(t, struct show, task);
	pawl_spawn_options o = { .label = "the waiting one" };

	PAWL_BEGIN(t);
	pawl_sem_init(&s->sem, 0);
	probe_init(&s->p[0], t);
	s->p[0].sem = &s->sem;
	probe_init(&s->p[1], t);
	CHECK_INT(pawl_spawn_with(pawl_here(t), &s->p[0].task, probe_sem_poll, &o), 0);
	CHECK_INT(pawl_spawn(pawl_here(t), &s->p[1].task, probe_sleep_poll), 0);
	UNTIL(t,
	      strcmp(pawl_task_wait(&s->p[0].task), "a semaphore") == 0 || (pawl_wake(t), false));
	UNTIL(t, strcmp(pawl_task_wait(&s->p[1].task), "a timer") == 0 || (pawl_wake(t), false));
	CHECK_UINT(pawl_dump(pawl_here(t), see, &s->seen), 3);
	CHECK_UINT(s->seen.lines, 3);
	CHECK(strstr(s->seen.text, "the waiting one (") != NULL);
	CHECK(strstr(s->seen.text, "suite_exec.c:") != NULL);
	CHECK(strstr(s->seen.text, "): a semaphore\n") != NULL);
	CHECK(strstr(s->seen.text, "probe_sleep_poll (") != NULL);
	CHECK(strstr(s->seen.text, "): a timer\n") != NULL);
	CHECK(strstr(s->seen.text, "): running\n") != NULL);
	for (s->i = 0; s->i < 2; s->i++)
		PAWL_AWAIT(t, pawl_stop(t, &s->p[s->i].task, NULL));
	PAWL_END(t);
}

CONFORM(dump_shows_every_task)
{
	struct show s = { 0 };

	CHECK_INT(conform_run(x, &s.task, show_poll), 0);
}

/* What ends in a nested block_on is not missed by the one around it. */

static int nests_and_goes_on(pawl_task *t)
{
	struct lead *l = lead_of(t);

	if (l->i++ == 0)
		CHECK_INT(pawl_block_on(pawl_here(t), &l->p[1].task, NULL), 0);
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (l->outcome)
		pawl_wake(t);
	return PAWL_PENDING;
}

static void ends_below(pawl_exec *x, int is_restless)
{
	struct lead l = { .outcome = is_restless };

	probe_init(&l.p[0], NULL);
	probe_init(&l.p[1], NULL);
	CHECK_INT(pawl_spawn_foreground(x, &l.task, nests_and_goes_on), 0);
	CHECK_INT(pawl_spawn_foreground(x, &l.p[0].task, probe_once_poll), 0);
	CHECK_INT(pawl_spawn_foreground(x, &l.p[1].task, probe_once_poll), 0);
	CHECK_INT(pawl_block_on(x, &l.p[0].task, NULL), 0);
	CHECK_UINT(l.p[0].polls, 1);
	pawl_cancel(&l.task);
	CHECK_INT(pawl_block_on(x, &l.task, NULL), 0);
	CHECK_UINT(l.p[1].drops, 1);
}

CONFORM(end_in_a_nested_block_on_is_seen)
{
	ends_below(x, 0);
}

CONFORM(end_in_a_nested_block_on_is_seen_by_the_busy)
{
	ends_below(x, 1);
}

/* The program's executor: tasks run to their end from plain code, and from code inside of tasks. */

struct deep {
	TASK(task);
	struct deep *below;
	int outcome;
};

static int goes_down(pawl_task *t)
{
	struct deep *d = PAWL_OF(t, struct deep, task);

	if (!d->below)
		return -40;
	CHECK_INT(pawl_with_async(&d->below->task, goes_down, &d->outcome), 0);
	return d->outcome - 1;
}

CONFORM(with_async_nests_three_levels)
{
	struct deep d[4] = { 0 };
	struct probe p;
	pawl_runtime rt;
	int outcome = 1;
	unsigned i;

	for (i = 0; i < 3; i++)
		d[i].below = &d[i + 1];
	probe_init(&p, NULL);
	CHECK_INT(pawl_runtime_init(&rt, x), 0);
	CHECK_INT(pawl_spawn(x, &p.task, probe_once_poll), 0);
	CHECK_INT(pawl_with_async(&d[0].task, goes_down, &outcome), 0);
	CHECK_INT(outcome, -43);
	CHECK_INT(pawl_block_on(x, &p.task, NULL), 0);
	pawl_runtime_fini(&rt);
	CHECK(pawl_is_using_fallback());
	CHECK_INT(pawl_is_running(x), 0);
}

CONFORM(thousand_tasks_from_plain_code)
{
	pawl_runtime rt;
	struct probe p;
	unsigned i;

	CHECK_INT(pawl_runtime_init(&rt, x), 0);
	for (i = 0; i < 1000; i++) {
		int outcome = 1;

		probe_init(&p, NULL);
		p.outcome = -5;
		CHECK_INT(pawl_with_async(&p.task, probe_once_poll, &outcome), 0);
		CHECK_INT(outcome, -5);
		CHECK_UINT(p.drops, 1);
	}
	pawl_runtime_fini(&rt);
}

struct holder {
	TASK(task);
	pawl_handle handle;
	struct probe p;
};

static int spawns_by_handle(pawl_task *t)
{
	struct holder *h = PAWL_OF(t, struct holder, task);

	PAWL_BEGIN(t);
	probe_init(&h->p, t);
	CHECK_INT(pawl_handle_spawn(h->handle, &h->p.task, probe_once_poll, NULL), 0);
	PAWL_AWAIT(t, pawl_join(t, &h->p.task, NULL));
	PAWL_END(t);
}

CONFORM(handles_answer_stopped_after_their_runtime)
{
	struct holder h = { 0 };
	pawl_runtime rt, other;

	CHECK_INT(pawl_runtime_init(&rt, x), 0);
	CHECK_INT(pawl_runtime_init(&other, NULL), PAWL_EBUSY);
	h.handle = pawl_runtime_handle(&rt);
	CHECK_INT(pawl_handle_is_running(h.handle), 1);
	CHECK_INT(conform_run(x, &h.task, spawns_by_handle), 0);
	CHECK_UINT(h.p.polls, 1);
	pawl_runtime_fini(&rt);
	CHECK_INT(pawl_handle_is_running(h.handle), 0);
	probe_init(&h.p, NULL);
	CHECK_INT(pawl_handle_spawn(h.handle, &h.p.task, probe_once_poll, NULL), PAWL_ESTOPPED);
	CHECK_UINT(h.p.drops, 1);
	CHECK_UINT(h.p.polls, 0);
}

/* Spawning from a thread that runs no tasks: the one that does blocking work. */

struct elsewhere {
	TASK(task);
	pawl_work work;
	pawl_exec *exec;
	struct probe p;
	int result;
};

static void spawns_from_work(pawl_work *w)
{
	struct elsewhere *e = PAWL_OF(w, struct elsewhere, work);

	e->result = pawl_spawn(e->exec, &e->p.task, probe_once_poll);
}

static int works_elsewhere(pawl_task *t)
{
	struct elsewhere *e = PAWL_OF(t, struct elsewhere, task);
	int r;

	PAWL_BEGIN(t);
	probe_init(&e->p, NULL);
	e->work.fn = spawns_from_work;
	e->exec = pawl_here(t);
	PAWL_AWAIT_AS(t, r, pawl_blocking(t, &e->work));
	if (r == PAWL_ENOTSUP)
		return 0;
	CHECK_INT(r, 0);
	CHECK_INT(e->result, 0);
	PAWL_AWAIT(t, pawl_join(t, &e->p.task, NULL));
	CHECK_UINT(e->p.polls, 1);
	CHECK_UINT(e->p.drops, 1);
	PAWL_END(t);
}

CONFORM(spawned_from_blocking_work)
{
	struct elsewhere e = { 0 };

	CHECK_INT(conform_run(x, &e.task, works_elsewhere), 0);
}

/* Pools. */

struct worker {
	TASK(task);
	uint32_t *done;
};

PAWL_TASK_POOL(workers, struct worker, 3);

static int works(pawl_task *t)
{
	struct worker *w = PAWL_OF(t, struct worker, task);
	int r = pawl_task_yield(t);

	if (r == 0)
		count_up(w->done);
	return r;
}

struct boss {
	TASK(task);
	struct worker *w[3];
	pawl_reservation r;
	uint32_t done, round, i;
};

/* Each round: two slots set aside, one claimed, the fourth refused, all of them run. */
static int leads_workers(pawl_task *t)
{
	struct boss *b = PAWL_OF(t, struct boss, task);

	PAWL_BEGIN(t);
	for (b->round = 1; b->round <= 5; b->round++) {
		b->r = (pawl_reservation){ .pool = &workers, .count = 2 };
		CHECK_INT(pawl_reserve(&b->r, 1), 0);
		b->w[0] = workers_claim();
		CHECK(b->w[0] && !workers_claim());
		b->w[1] = workers_commit(&b->r);
		b->w[2] = workers_commit(&b->r);
		for (b->i = 0; b->i < 3; b->i++) {
			b->w[b->i]->done = &b->done;
			CHECK_INT(pawl_spawn(pawl_here(t), &b->w[b->i]->task, works), 0);
		}
		for (b->i = 0; b->i < 3; b->i++)
			PAWL_AWAIT(t, pawl_join(t, &b->w[b->i]->task, NULL));
		CHECK_UINT(count_of(&b->done), 3 * b->round);
		CHECK_UINT(pawl_pool_available(&workers), 3);
	}
	PAWL_END(t);
}

CONFORM(pool_runs_full_and_recovers)
{
	struct boss b = { 0 };
	unsigned refused = pawl_pool_refused(&workers);

	CHECK_INT(conform_run(x, &b.task, leads_workers), 0);
	CHECK_UINT(pawl_pool_refused(&workers), refused + 5);
	CHECK_UINT(pawl_pool_peak(&workers), 3);
}

/* Futures. */

struct counted {
	uint32_t polls, drops;
	enum { ENDS, WAITS, PANICS } how;
};

static int counted_poll(void *state, pawl_task *t)
{
	struct counted *c = state;

	count_up(&c->polls);
	CHECK_UINT(count_of(&c->drops), 0);
	if (c->how == PANICS)
		pawl_panic("as told");
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	return c->how == ENDS ? -6 : PAWL_PENDING;
}

static void counted_drop(void *state)
{
	count_up(&((struct counted *)state)->drops);
}

struct futures {
	TASK(task);
	struct counted c[PAWL_GENERIC_TASKS + 1];
	pawl_task *t[PAWL_GENERIC_TASKS];
	uint32_t i;
	int outcome;
};

static int future_start(struct futures *f, uint32_t i)
{
	pawl_future future = { counted_poll, counted_drop, &f->c[i], 0, NULL };

	f->c[i].how = i % 3;
	return pawl_spawn_future(pawl_here(&f->task), &future,
				 i < PAWL_GENERIC_TASKS ? &f->t[i] : NULL);
}

static int leads_futures(pawl_task *t)
{
	static const int outcomes[] = { -6, PAWL_ECANCELED, PAWL_EPANIC };
	struct futures *f = PAWL_OF(t, struct futures, task);

	PAWL_BEGIN(t);
	for (f->i = 0; f->i < PAWL_GENERIC_TASKS; f->i++)
		CHECK_INT(future_start(f, f->i), 0);
	CHECK_INT(future_start(f, f->i), PAWL_EFULL);
	CHECK_UINT(f->c[f->i].drops, 1);
	CHECK_UINT(f->c[f->i].polls, 0);
	for (f->i = 0; f->i < PAWL_GENERIC_TASKS; f->i++) {
		if (f->i % 3 == WAITS)
			pawl_cancel(f->t[f->i]);
		PAWL_AWAIT(t, pawl_join(t, f->t[f->i], &f->outcome));
		CHECK_INT(f->outcome, outcomes[f->i % 3]);
		CHECK_UINT(count_of(&f->c[f->i].drops), 1);
	}
	CHECK_UINT(pawl_pool_in_use(pawl_runner_pool()), 0);
	PAWL_END(t);
}

CONFORM(futures_are_dropped_once)
{
	struct futures f = { 0 };

	CHECK_INT(conform_run(x, &f.task, leads_futures), 0);
}

#if PAWL_POLICIES

/* Budgets end turns everywhere, however ready tasks are ordered. */
struct spender {
	TASK(task);
	uint32_t polls, steps;
};

static int spends(pawl_task *t)
{
	struct spender *s = PAWL_OF(t, struct spender, task);
	int r;

	s->polls++;
	while (s->steps < 10) {
		r = pawl_spend(t, 1);
		if (r)
			return r;
		s->steps++;
	}
	return 0;
}

CONFORM(budget_ends_each_turn)
{
	struct spender s[2] = { 0 };
	pawl_spawn_options o = { .budget = 3 };
	unsigned i;

	for (i = 0; i < 2; i++)
		CHECK_INT(pawl_spawn_with(x, &s[i].task, spends, &o), 0);
	for (i = 0; i < 2; i++) {
		CHECK_INT(pawl_block_on(x, &s[i].task, NULL), 0);
		CHECK_UINT(s[i].steps, 10);
		CHECK_UINT(s[i].polls, 4);
	}
	CHECK_SCHEDULES(x, 8);
}

#endif

const struct conform_case conform_exec_cases[] = {
	CONFORM_CASE(tasks_spawn_tasks),
	CONFORM_CASE(block_on_drives_the_others),
	CONFORM_CASE(block_on_may_be_nested),
	CONFORM_CASE(restless_task_lets_others_run),
	CONFORM_CASE(main_thread_is_known),
	CONFORM_CASE(spawn_after_waits_for_the_first_poll),
	CONFORM_CASE(session_keeps_its_order),
	CONFORM_CASE(session_ends_with_all_its_tasks),
	CONFORM_CASE(shutdown_cancels_once_and_refuses),
	CONFORM_CASE(dump_shows_every_task),
	CONFORM_CASE(end_in_a_nested_block_on_is_seen),
	CONFORM_CASE(end_in_a_nested_block_on_is_seen_by_the_busy),
	CONFORM_CASE(with_async_nests_three_levels),
	CONFORM_CASE(thousand_tasks_from_plain_code),
	CONFORM_CASE(handles_answer_stopped_after_their_runtime),
	CONFORM_CASE(spawned_from_blocking_work),
	CONFORM_CASE(pool_runs_full_and_recovers),
	CONFORM_CASE(futures_are_dropped_once),
#if PAWL_POLICIES
	CONFORM_CASE(budget_ends_each_turn),
#endif
};
const size_t conform_exec_case_count = PAWL_COUNT(conform_exec_cases);
