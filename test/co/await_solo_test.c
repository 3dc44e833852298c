/* SPDX-License-Identifier: MIT */
/* Awaitables in a coroutine that end without anybody else's doing, scopes, and typed forms. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/host.h>
#include <pawl/local.h>
#include <pawl/sim.h>

struct child {
	pawl_task task;
	pawl_event *go;
};

static int child_poll(pawl_task *t)
{
	return pawl_event_wait(t, PAWL_OF(t, struct child, task)->go);
}

struct solo {
	pawl_task task;
	pawl_co co;
	int (*wait)(struct solo *s);
	unsigned polls;
	pawl_exec *x;
	pawl_event never;
	struct child children[2];
	pawl_child list[2];
	pawl_group group;
	pawl_session session;
	pawl_work work;
	bool has_worked, is_deaf;
	int count;
};

static int yields_once(struct solo *s)
{
	return pawl_co_yield(&s->co);
}

static int spends(struct solo *s)
{
	int i, r;

	/* Three units fit into a turn: 2 and 1, then 3, then one that is larger than that. */
	for (i = 0; i < 3; i++) {
		r = pawl_co_spend(&s->co, i == 0 ? 2 : i == 1 ? 1 : 3);
		if (r < 0)
			return r;
		CHECK_UINT(s->polls, i == 2 ? 2 : 1);
	}
	r = pawl_co_spend(&s->co, 9);
	if (r == 0)
		CHECK_UINT(s->polls, 3);
	return r;
}

static void spawn_waiting_child(struct solo *s, int i, pawl_session *session)
{
	pawl_spawn_options o = { .session = session };

	s->children[i].go = &s->never;
	CHECK_INT(pawl_spawn_with(session ? NULL : s->x, &s->children[i].task, child_poll, &o), 0);
	s->list[i].task = &s->children[i].task;
}

static int stops(struct solo *s)
{
	int outcome = 0, r;

	spawn_waiting_child(s, 0, NULL);
	r = pawl_co_stop(&s->co, &s->children[0].task, &outcome);
	CHECK_INT(outcome, PAWL_ECANCELED);
	return r;
}

static int stops_all(struct solo *s)
{
	int r;

	spawn_waiting_child(s, 0, NULL);
	spawn_waiting_child(s, 1, NULL);
	s->group = (pawl_group){ .children = s->list, .count = 2 };
	r = pawl_co_stop_all(&s->co, &s->group);
	CHECK(!s->list[0].task && !s->list[1].task);
	return r;
}

static int ends_session(struct solo *s)
{
	pawl_session_init(&s->session, s->x);
	spawn_waiting_child(s, 0, &s->session);
	return pawl_co_session_end(&s->co, &s->session);
}

static void works(pawl_work *w)
{
	PAWL_OF(w, struct solo, work)->has_worked = true;
}

static int blocks(struct solo *s)
{
	int r;

	s->has_worked = false;
	s->work = (pawl_work){ .fn = works };
	r = pawl_co_blocking(&s->co, &s->work);
	CHECK(r == 0 ? s->has_worked : r == PAWL_ECANCELED && !s->has_worked);
	return r;
}

/* A scope is the function's own: it ends in there in any case. */
static int scopes(struct solo *s)
{
	pawl_scope scope;
	int outcome = 1, r;

	pawl_scope_begin(pawl_co_task(&s->co), &scope, s->x);
	s->children[0].go = &s->never;
	CHECK_INT(pawl_scope_spawn(&scope, &s->children[0].task, child_poll), 0);
	if (!s->is_deaf)
		pawl_scope_cancel(&scope);
	r = pawl_co_scope_end(&s->co, &scope, &outcome);
	CHECK_INT(outcome, r == 0 ? 0 : 1);
	return r;
}

static int solo_body(pawl_co *co)
{
	struct solo *s = PAWL_OF(co, struct solo, co);

	return s->wait(s);
}

static int solo_counted(pawl_task *t)
{
	PAWL_OF(t, struct solo, task)->polls++;
	return pawl_co_poll(t);
}

static void solo_begin(struct solo *s)
{
	pawl_spawn_options o = { .budget = 3 };

	s->polls = 0;
	pawl_event_init(&s->never);
	pawl_co_init(s, solo_body, NULL);
	CHECK_INT(pawl_spawn_with(s->x, &s->task, solo_counted, &o), 0);
}

static void solo_ends(struct solo *s, int want)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(s->x, &s->task, &outcome), 0);
	CHECK_INT(outcome, want);
}

static const struct solo_form {
	int (*wait)(struct solo *s);
	unsigned polls;
	int cancelled; /* what it answers when it is asked to stop after its first poll */
	unsigned polls_cancelled;
} solo_forms[] = {
	{ yields_once, 2, PAWL_ECANCELED, 2 },
	{ spends, 3, PAWL_ECANCELED, 2 },
	{ stops, 2, 0, 2 },
	{ stops_all, 2, 0, 2 },
	{ ends_session, 2, 0, 2 },
	{ blocks, 2, PAWL_ECANCELED, 2 },
	{ scopes, 2, PAWL_ECANCELED, 2 },
};

static void try_solo(const struct solo_form *form, pawl_sim *sim)
{
	struct solo s = { .wait = form->wait, .x = pawl_sim_exec(sim) };
	int outcome = 1;

	solo_begin(&s);
	solo_ends(&s, 0);
	/* Who stops or joins several may look once for each of them. */
	CHECK(s.polls == form->polls || (form->wait == stops_all && s.polls == form->polls + 1));
	solo_begin(&s);
	while (s.polls == 0)
		CHECK_INT(pawl_sim_step(sim), 0);
	pawl_cancel(&s.task);
	CHECK_INT(pawl_block_on(s.x, &s.task, &outcome), 0);
	/* Work that ran before it was withdrawn has its result. */
	CHECK_INT(outcome, form->wait == blocks && s.has_worked ? 0 : form->cancelled);
	CHECK(s.polls >= form->polls_cancelled &&
	      s.polls <= form->polls_cancelled + (form->wait == stops_all ? 2 : 1));
}

TEST(what_ends_by_itself)
{
	uint64_t seed;
	size_t i;

	for (seed = 1; seed <= 10; seed++)
		for (i = 0; i < PAWL_COUNT(solo_forms); i++) {
			pawl_sim *sim = NULL;

			kit_at("seed", (int64_t)(100 * i + seed));
			CHECK_INT(pawl_sim_new(seed, &sim), 0);
			try_solo(&solo_forms[i], sim);
			pawl_sim_free(sim);
		}
}

TEST(what_ends_by_itself_on_a_host)
{
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	size_t i;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	for (i = 0; i < PAWL_COUNT(solo_forms); i++) {
		struct solo s = { .wait = solo_forms[i].wait, .x = pawl_host_exec(h) };

		kit_at("form", (int64_t)i);
		solo_begin(&s);
		solo_ends(&s, 0);
		CHECK(s.polls >= 1);
	}
	pawl_host_free(h);
}

/* When the task is cancelled, its scope's children are, and waited for. */
TEST(a_scope_ends_with_its_task)
{
	struct solo s = { .wait = scopes, .is_deaf = true };
	pawl_sim *sim = NULL;

	CHECK_INT(pawl_sim_new(1, &sim), 0);
	s.x = pawl_sim_exec(sim);
	solo_begin(&s);
	CHECK_UINT(pawl_sim_run(sim), 2);
	CHECK_UINT(s.polls, 1);
	pawl_cancel(&s.task);
	CHECK_UINT(pawl_sim_run(sim), 0);
	CHECK_UINT(s.polls, 3);
	solo_ends(&s, PAWL_ECANCELED);
	pawl_sim_free(sim);
}

/* ---- typed ones ---- */

PAWL_CHAN(numbers, int, 1);
PAWL_CHAN_CO(numbers, int);
PAWL_WATCH(level, int);
PAWL_WATCH_CO(level, int);

static int sends_numbers(struct solo *s)
{
	int i, r;

	for (i = 0; i < 10; i++)
		if ((r = numbers_co_send(&s->co, &i)) < 0)
			return r;
	pawl_chan_close(&numbers);
	return level_set(&i);
}

static int receives_numbers(struct solo *s)
{
	int v = -1, r;

	while ((r = numbers_co_recv(&s->co, &v)) == 0)
		CHECK_INT(v, s->count++);
	return r;
}

static int watches(struct solo *s)
{
	uint32_t seen = 0;

	return level_co_next(&s->co, &seen, &s->count);
}

TEST(typed_forms)
{
	struct solo s[] = { { .wait = watches },
			    { .wait = receives_numbers },
			    { .wait = sends_numbers } };
	pawl_local l;
	size_t i;

	pawl_local_init(&l);
	numbers_init();
	level_init();
	for (i = 0; i < PAWL_COUNT(s); i++) {
		s[i].x = pawl_local_exec(&l);
		solo_begin(&s[i]);
	}
	solo_ends(&s[0], 0);
	CHECK_INT(s[0].count, 10);
	CHECK_UINT(s[0].polls, 2);
	solo_ends(&s[1], PAWL_ECLOSED);
	CHECK_INT(s[1].count, 10);
	solo_ends(&s[2], 0);
	pawl_local_fini(&l);
}

static const struct kit_case cases[] = {
	CASE(what_ends_by_itself),
	CASE(what_ends_by_itself_on_a_host),
	CASE(a_scope_ends_with_its_task),
	CASE(typed_forms),
};

KIT_MAIN(cases)
