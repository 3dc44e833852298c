/* SPDX-License-Identifier: MIT */
/* Waits inside of tasks: sessions keep their order, threads are who they are, panics end there. */
#include <kit.h>
#include <pawl/dedicated.h>
#include <pawl/sim.h>
#include <pawl/sim_world.h>

#include <string.h>

/* A task with a mark, which it writes down when it is polled; then it does what its kind says. */
struct actor {
	pawl_task task;
	char mark;
	char **log;
	pawl_exec *x;
	struct actor *waits_for; /* blocks on it */
	pawl_time after;         /* sleeps before that */
	bool panics, was_main, is_main_after;
	int result, outcome;
};

static void say(struct actor *a, char mark)
{
	*(*a->log)++ = mark;
}

static int acts(pawl_task *t)
{
	struct actor *a = PAWL_OF(t, struct actor, task);

	PAWL_BEGIN(t);
	if (a->after)
		PAWL_AWAIT(t, pawl_sleep(t, a->after));
	say(a, a->mark);
	a->was_main = pawl_is_main_thread(a->x);
	if (a->waits_for) {
		a->result = pawl_block_on(a->x, &a->waits_for->task, &a->outcome);
		say(a, (char)(a->mark - 'a' + 'A'));
	}
	a->is_main_after = pawl_is_main_thread(a->x);
	if (a->panics)
		pawl_panic("as planned");
	PAWL_END(t);
}

struct stage {
	pawl_sim *sim;
	pawl_exec *x;
	pawl_session s[2];
	char text[64], *log;
};

static void stage_begin(struct stage *g, uint64_t seed)
{
	memset(g, 0, sizeof *g);
	CHECK_INT(pawl_sim_new(seed, &g->sim), 0);
	g->x = pawl_sim_exec(g->sim);
	g->log = g->text;
	pawl_session_init(&g->s[0], g->x);
	pawl_session_init(&g->s[1], g->x);
}

static struct actor actor(struct stage *g, char mark)
{
	return (struct actor){ .mark = mark, .log = &g->log, .x = g->x };
}

static size_t at(const struct stage *g, char mark)
{
	const char *p = strchr(g->text, mark);

	CHECK(p != NULL);
	return (size_t)(p - g->text);
}

/* a blocks on z; b and c are of its session, p of another one, q in the background. */
TEST(nothing_of_the_own_session_runs_meanwhile)
{
	unsigned seed, p_within = 0, q_within = 0;

	for (seed = 1; seed <= 200; seed++) {
		struct actor a, b, c, p, q, z;
		struct stage g;

		stage_begin(&g, seed);
		a = actor(&g, 'a'), b = actor(&g, 'b'), c = actor(&g, 'c');
		p = actor(&g, 'p'), q = actor(&g, 'q'), z = actor(&g, 'z');
		a.waits_for = &z;
		z.after = 10;
		CHECK_INT(pawl_spawn_in(&g.s[0], &a.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[0], &b.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[0], &c.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[1], &p.task, acts), 0);
		CHECK_INT(pawl_spawn(g.x, &q.task, acts), 0);
		CHECK_INT(pawl_spawn(g.x, &z.task, acts), 0);
		CHECK_UINT(pawl_sim_run(g.sim), 0);
		CHECK_INT(a.result, 0);
		CHECK_UINT(strlen(g.text), 7);
		CHECK(at(&g, 'a') < at(&g, 'A') && at(&g, 'z') < at(&g, 'A'));
		CHECK(at(&g, 'A') < at(&g, 'b') && at(&g, 'b') < at(&g, 'c'));
		p_within += at(&g, 'a') < at(&g, 'p') && at(&g, 'p') < at(&g, 'A');
		q_within += at(&g, 'a') < at(&g, 'q') && at(&g, 'q') < at(&g, 'A');
		CHECK(a.was_main && a.is_main_after && b.was_main && p.was_main);
		CHECK(!q.was_main && !z.was_main);
		pawl_detach(&q.task);
		pawl_sim_free(g.sim);
	}
	CHECK(p_within > 50 && q_within > 50);
}

/* Inside of the wait of a, p of the other session waits, too: then neither's tasks run. */
TEST(waits_inside_of_waits)
{
	unsigned seed, nested = 0;

	for (seed = 1; seed <= 200; seed++) {
		struct actor a, b, p, r, y, z;
		struct stage g;

		stage_begin(&g, seed);
		a = actor(&g, 'a'), b = actor(&g, 'b'), y = actor(&g, 'y');
		p = actor(&g, 'p'), r = actor(&g, 'r'), z = actor(&g, 'z');
		a.waits_for = &z;
		p.waits_for = &y;
		z.after = y.after = 10;
		CHECK_INT(pawl_spawn_in(&g.s[0], &a.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[1], &p.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[0], &b.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[1], &r.task, acts), 0);
		CHECK_INT(pawl_spawn(g.x, &y.task, acts), 0);
		CHECK_INT(pawl_spawn(g.x, &z.task, acts), 0);
		CHECK_UINT(pawl_sim_run(g.sim), 0);
		CHECK(at(&g, 'A') < at(&g, 'b') && at(&g, 'P') < at(&g, 'r'));
		nested += at(&g, 'a') < at(&g, 'p') && at(&g, 'P') < at(&g, 'A');
		CHECK(a.is_main_after && p.is_main_after);
		pawl_sim_free(g.sim);
	}
	CHECK(nested > 50);
}

/* What was in order stays so, however often tasks of the session are woken meanwhile. */
TEST(sessions_keep_order_and_interleave)
{
	unsigned seed, i, first_of[2] = { 0 }, mixed = 0;

	for (seed = 1; seed <= 200; seed++) {
		struct actor a[2][4];
		struct stage g;

		stage_begin(&g, seed);
		for (i = 0; i < 8; i++) {
			a[i % 2][i / 2] = actor(&g, (char)((i % 2 ? 'p' : 'a') + i / 2));
			CHECK_INT(pawl_spawn_in(&g.s[i % 2], &a[i % 2][i / 2].task, acts), 0);
		}
		CHECK_UINT(pawl_sim_pending(g.sim).foreground, 8);
		CHECK_UINT(pawl_sim_run(g.sim), 0);
		for (i = 1; i < 4; i++) {
			CHECK(at(&g, (char)('a' + i - 1)) < at(&g, (char)('a' + i)));
			CHECK(at(&g, (char)('p' + i - 1)) < at(&g, (char)('p' + i)));
		}
		first_of[g.text[0] == 'p']++;
		mixed += at(&g, 'd') > at(&g, 'p') && at(&g, 's') > at(&g, 'a');
		pawl_sim_free(g.sim);
	}
	CHECK(first_of[0] > 60 && first_of[1] > 60 && mixed > 150);
}

/* Says when it hears that it was asked to stop. */
static int hears(pawl_task *t)
{
	struct actor *a = PAWL_OF(t, struct actor, task);

	if (!pawl_cancelled(t))
		return PAWL_PENDING;
	say(a, a->mark);
	return PAWL_ECANCELED;
}

struct ender {
	struct actor a;
	pawl_session *s;
};

static int ends_the_session(pawl_task *t)
{
	struct ender *e = PAWL_OF(t, struct ender, a.task);

	pawl_session_cancel(e->s);
	say(&e->a, e->a.mark);
	return pawl_task_yield(t) == PAWL_PENDING && e->a.result++ < 20 ? PAWL_PENDING : 0;
}

/*
 * Also when the session is asked to stop meanwhile: its tasks hear of it after the wait, in order.
 */
TEST(sessions_that_end_meanwhile_wait)
{
	unsigned seed, i;

	for (seed = 1; seed <= 100; seed++) {
		struct actor a, b[3];
		struct ender z;
		struct stage g;

		stage_begin(&g, seed);
		a = actor(&g, 'a');
		z = (struct ender){ .a = actor(&g, 'z'), .s = &g.s[0] };
		a.waits_for = &z.a;
		for (i = 0; i < 3; i++) {
			b[i] = actor(&g, (char)('b' + i));
			CHECK_INT(pawl_spawn_in(&g.s[0], &b[i].task, hears), 0);
		}
		CHECK_UINT(pawl_sim_run(g.sim), 3);
		CHECK_INT(pawl_spawn_in(&g.s[0], &a.task, acts), 0);
		/* It comes after a has begun. */
		CHECK_INT(pawl_spawn_after(g.x, &z.a.task, ends_the_session, 1), 0);
		CHECK_UINT(pawl_sim_run(g.sim), 0);
		CHECK(at(&g, 'a') < at(&g, 'z') && at(&g, 'z') < at(&g, 'A'));
		CHECK(at(&g, 'A') < at(&g, 'b') && at(&g, 'b') < at(&g, 'c'));
		CHECK(at(&g, 'c') < at(&g, 'd'));
		pawl_sim_free(g.sim);
	}
}

TEST(block_on_for_a_number_of_steps)
{
	unsigned seed, done = 0, late = 0, i;

	for (seed = 1; seed <= 200; seed++) {
		struct actor a[10];
		struct stage g;
		int r, outcome = 1;

		stage_begin(&g, seed);
		for (i = 0; i < 10; i++) {
			a[i] = actor(&g, (char)('a' + i));
			CHECK_INT(pawl_spawn(g.x, &a[i].task, acts), 0);
		}
		r = pawl_sim_block_on_for(g.sim, &a[0].task, 10, &outcome);
		CHECK(r == 0 || r == PAWL_ETIMEDOUT);
		CHECK(strlen(g.text) <= 10);
		CHECK_INT(outcome, r == 0 ? 0 : 1);
		done += r == 0;
		late += r != 0;
		CHECK_UINT(pawl_sim_run(g.sim), 0);
		CHECK_UINT(strlen(g.text), 10);
		for (i = r == 0; i < 10; i++)
			pawl_detach(&a[i].task);
		pawl_sim_free(g.sim);
	}
	CHECK(done > 40 && late > 40);
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

TEST(block_on_for_as_long_as_may_be_without_choices)
{
	const pawl_sim_options o = { .is_fifo = true };
	struct stage g;
	struct actor a[3];
	pawl_task stalled = { 0 };
	pawl_sim *sim;
	unsigned i;

	stage_begin(&g, 1);
	CHECK_INT(pawl_sim_new_with(&o, &sim), 0);
	g.x = pawl_sim_exec(sim);
	for (i = 0; i < 3; i++) {
		a[i] = actor(&g, (char)('a' + i));
		CHECK_INT(pawl_spawn(g.x, &a[i].task, acts), 0);
	}
	CHECK_INT(pawl_sim_block_on_for(sim, &a[1].task, 0, NULL), PAWL_ETIMEDOUT);
	CHECK_INT(pawl_sim_block_on_for(sim, &a[1].task, 1, NULL), PAWL_ETIMEDOUT);
	CHECK_STR(g.text, "a");
	CHECK_INT(pawl_sim_block_on_for(sim, &a[1].task, UINT32_MAX, NULL), 0);
	CHECK_STR(g.text, "ab");
	CHECK_INT(pawl_spawn(g.x, &stalled, waits), 0);
	CHECK_INT(pawl_sim_block_on_for(sim, &stalled, 100, NULL), PAWL_EBUSY);
	CHECK_STR(g.text, "abc");
	/* One that ended needs no steps. */
	CHECK_INT(pawl_sim_block_on_for(sim, &a[0].task, 0, NULL), 0);
	pawl_detach(&a[2].task);
	pawl_detach(&stalled);
	pawl_sim_free(sim);
	pawl_sim_free(g.sim);
}

struct stepper {
	pawl_task task;
	pawl_sim *sim;
	unsigned steps;
};

static int steps_itself(pawl_task *t)
{
	struct stepper *s = PAWL_OF(t, struct stepper, task);

	while (s->steps && pawl_sim_step(s->sim) == 0)
		s->steps--;
	return 0;
}

/* One that makes steps of its own is one step of who made it run. */
TEST(steps_inside_of_steps)
{
	const pawl_sim_options o = { .is_fifo = true };
	struct stepper s = { .steps = 3 };
	struct actor a[8];
	struct stage g;
	unsigned i;

	stage_begin(&g, 5);
	CHECK_INT(pawl_sim_new_with(&o, &s.sim), 0);
	g.x = pawl_sim_exec(s.sim);
	CHECK_INT(pawl_spawn(g.x, &s.task, steps_itself), 0);
	for (i = 0; i < 8; i++) {
		a[i] = actor(&g, (char)('a' + i));
		CHECK_INT(pawl_spawn(g.x, &a[i].task, acts), 0);
	}
	CHECK_INT(pawl_sim_step(s.sim), 0);
	CHECK_STR(g.text, "abc");
	CHECK_UINT(s.steps, 0);
	CHECK_INT(pawl_sim_block_on_for(s.sim, &a[7].task, 2, NULL), PAWL_ETIMEDOUT);
	CHECK_STR(g.text, "abcde");
	CHECK_UINT(pawl_sim_run(s.sim), 0);
	for (i = 0; i < 8; i++)
		pawl_detach(&a[i].task);
	pawl_detach(&s.task);
	pawl_sim_free(s.sim);
	pawl_sim_free(g.sim);
}

TEST(panics_end_the_task_and_no_other)
{
	unsigned seed;

	for (seed = 1; seed <= 20; seed++) {
		struct actor a, b, c, z;
		struct stage g;
		int outcome = 0;

		stage_begin(&g, seed);
		a = actor(&g, 'a'), b = actor(&g, 'b'), c = actor(&g, 'c');
		z = actor(&g, 'z');
		z.panics = a.panics = true;
		z.after = 3;
		a.waits_for = &z;
		CHECK_INT(pawl_spawn_in(&g.s[0], &a.task, acts), 0);
		CHECK_INT(pawl_spawn_in(&g.s[0], &b.task, acts), 0);
		CHECK_INT(pawl_spawn(g.x, &z.task, acts), 0);
		CHECK_UINT(pawl_sim_run(g.sim), 0);
		CHECK_STR(g.text, "azAb");
		CHECK_INT(a.outcome, PAWL_EPANIC);
		CHECK_UINT(pawl_session_failed(&g.s[0]), 1);
		c.panics = true;
		CHECK_INT(pawl_spawn(g.x, &c.task, acts), 0);
		CHECK_INT(pawl_block_on(g.x, &c.task, &outcome), 0);
		CHECK_INT(outcome, PAWL_EPANIC);
		CHECK(pawl_is_main_thread(g.x));
		pawl_sim_free(g.sim);
	}
}

struct worker {
	pawl_task task;
	pawl_work work;
	pawl_exec *x;
	bool did, panics, was_main;
	int result;
};

static void works(pawl_work *w)
{
	struct worker *k = PAWL_OF(w, struct worker, work);

	k->did = true;
	k->was_main = pawl_is_main_thread(k->x);
	if (k->panics)
		pawl_panic("in the work");
}

static int has_work(pawl_task *t)
{
	struct worker *w = PAWL_OF(t, struct worker, task);

	w->result = pawl_blocking(t, &w->work);
	return w->result == PAWL_PENDING ? PAWL_PENDING : 0;
}

TEST(blocking_work_runs_once_or_is_taken_back)
{
	unsigned has_world, panics;

	for (has_world = 0; has_world < 2; has_world++) {
		for (panics = 0; panics < 2; panics++) {
			struct worker w = { .work = { .fn = works }, .panics = panics };
			struct worker c = { .work = { .fn = works } };
			pawl_sim_counts n;
			struct stage g;

			stage_begin(&g, 7);
			if (has_world)
				CHECK(pawl_sim_node_world(pawl_sim_first_node(g.sim)) != NULL);
			w.x = c.x = g.x;
			CHECK_INT(pawl_spawn_foreground(g.x, &w.task, has_work), 0);
			CHECK_INT(pawl_sim_step(g.sim), 0);
			n = pawl_sim_pending(g.sim);
			CHECK_UINT(n.works + n.background, 1);
			CHECK(!w.did);
			CHECK_UINT(pawl_sim_run(g.sim), 0);
			CHECK(w.did && !w.was_main);
			CHECK_INT(w.result, panics ? PAWL_EPANIC : 0);
			if (panics)
				CHECK_STR(w.work.why, "in the work");

			CHECK_INT(pawl_spawn(g.x, &c.task, has_work), 0);
			CHECK_INT(pawl_sim_step(g.sim), 0);
			pawl_cancel(&c.task);
			CHECK_UINT(pawl_sim_run(g.sim), 0);
			/* The work may have been first. */
			CHECK_INT(c.result, c.did ? 0 : PAWL_ECANCELED);
			CHECK_UINT(pawl_sim_pending(g.sim).works, 0);
			pawl_detach(&w.task);
			pawl_detach(&c.task);
			pawl_sim_free(g.sim);
		}
	}
}

static uint64_t dedicate(uint64_t seed, char *ret_text)
{
	struct actor a[4];
	struct stage g;
	uint64_t trace;
	unsigned i;

	stage_begin(&g, seed);
	for (i = 0; i < 4; i++) {
		a[i] = actor(&g, (char)('a' + i));
		CHECK_INT(pawl_spawn_dedicated(g.x, &a[i].task, acts, NULL), 0);
	}
	CHECK_UINT(pawl_sim_run(g.sim), 0);
	for (i = 0; i < 4; i++) {
		CHECK(!a[i].was_main);
		pawl_detach(&a[i].task);
	}
	strcpy(ret_text, g.text);
	trace = pawl_sim_trace(g.sim);
	pawl_sim_free(g.sim);
	return trace;
}

TEST(dedicated_threads_are_deterministic)
{
	char first[8], text[8], again[8];
	unsigned seed, different = 0;

	dedicate(1, first);
	for (seed = 1; seed <= 50; seed++) {
		CHECK(dedicate(seed, text) == dedicate(seed, again));
		CHECK_STR(text, again);
		different += strcmp(text, first) != 0;
	}
	CHECK(different > 30);
}

TEST(dedicated_threads_have_no_foreground)
{
	const pawl_spawn_options o = { .foreground = true };
	struct stage g;
	struct actor a;

	stage_begin(&g, 1);
	a = actor(&g, 'a');
	CHECK_INT(pawl_spawn_dedicated(g.x, &a.task, acts, &o), PAWL_ENOTSUP);
	pawl_sim_free(g.sim);
}

static const struct kit_case cases[] = {
	CASE(nothing_of_the_own_session_runs_meanwhile),
	CASE(waits_inside_of_waits),
	CASE(sessions_keep_order_and_interleave),
	CASE(sessions_that_end_meanwhile_wait),
	CASE(block_on_for_a_number_of_steps),
	CASE(block_on_for_as_long_as_may_be_without_choices),
	CASE(steps_inside_of_steps),
	CASE(panics_end_the_task_and_no_other),
	CASE(blocking_work_runs_once_or_is_taken_back),
	CASE(dedicated_threads_are_deterministic),
	CASE(dedicated_threads_have_no_foreground),
};

KIT_MAIN(cases)
