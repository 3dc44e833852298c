/* SPDX-License-Identifier: MIT */
/* One program over the host and the simulator: all it knows of either is the pointer to it. */
#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/sim.h>

#include <string.h>

/* What every case is given: a pointer, and nothing else. */
typedef void scheduler_case(pawl_exec *x);

#define SCHEDULER(id) static void scheduler_##id(pawl_exec *x)

static uint32_t count_up(uint32_t *n)
{
	return __atomic_add_fetch(n, 1, __ATOMIC_ACQ_REL);
}

static uint32_t count_of(const uint32_t *n)
{
	return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static int run(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	int outcome = 1;

	CHECK_INT(pawl_spawn_foreground(x, t, poll), 0);
	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	return outcome;
}

/* Where tasks run, and what they are called. */

struct place {
	pawl_task task;
	bool is_main;
	uint32_t polls;
};

static int looks_around(pawl_task *t)
{
	struct place *p = PAWL_OF(t, struct place, task);

	p->polls++;
	p->is_main = pawl_is_main_thread(pawl_here(t));
	return pawl_task_yield(t);
}

SCHEDULER(background_and_foreground)
{
	pawl_spawn_options options[] = {
		{ .label = "index", .priority = -1 },
		{ .label = "compile" },
		{ .label = "complete", .priority = 1 },
		{ .label = "draw", .foreground = true },
	};
	struct place p[6] = { 0 };
	unsigned i;

	CHECK(pawl_is_main_thread(x));
	for (i = 0; i < 4; i++) {
		CHECK_INT(pawl_spawn_with(x, &p[i].task, looks_around, &options[i]), 0);
		CHECK_STR(pawl_task_name(&p[i].task), options[i].label);
		CHECK_INT(pawl_task_priority(&p[i].task), options[i].priority);
	}
	CHECK_INT(pawl_spawn_background(x, &p[4].task, looks_around), 0);
	CHECK_INT(pawl_spawn_foreground(x, &p[5].task, looks_around), 0);
	CHECK_STR(pawl_task_name(&p[4].task), "looks_around");
	for (i = 0; i < 6; i++) {
		CHECK_INT(pawl_block_on(x, &p[i].task, NULL), 0);
		CHECK_UINT(p[i].polls, 2);
		CHECK(p[i].is_main == (i == 3 || i == 5));
	}
}

/* To and fro between the main thread and the others. */
struct hopper {
	pawl_task task;
	struct place away;
	uint32_t i;
};

static int hops(pawl_task *t)
{
	struct hopper *h = PAWL_OF(t, struct hopper, task);

	PAWL_BEGIN(t);
	for (h->i = 0; h->i < 20; h->i++) {
		h->away = (struct place){ .is_main = true };
		CHECK_INT(pawl_spawn_background(pawl_here(t), &h->away.task, looks_around), 0);
		PAWL_AWAIT(t, pawl_join(t, &h->away.task, NULL));
		CHECK(!h->away.is_main);
		CHECK(pawl_is_main_thread(pawl_here(t)));
	}
	PAWL_END(t);
}

SCHEDULER(foreground_awaits_background)
{
	struct hopper h = { 0 };

	CHECK_INT(run(x, &h.task, hops), 0);
}

/* Time. */

struct alarms {
	pawl_task task;
	pawl_task timer[4];
	struct late {
		pawl_task task;
		pawl_time at;
	} late[3];
	pawl_child children[4];
	pawl_group group;
	pawl_time began;
	uint32_t i;
};

static int notes_the_time(pawl_task *t)
{
	PAWL_OF(t, struct late, task)->at = pawl_now(pawl_here(t));
	return 0;
}

static int waits_for_all(pawl_task *t)
{
	struct alarms *a = PAWL_OF(t, struct alarms, task);

	PAWL_BEGIN(t);
	a->began = pawl_now(pawl_here(t));
	for (a->i = 0; a->i < 3; a->i++)
		CHECK_INT(pawl_spawn_after(pawl_here(t), &a->late[a->i].task, notes_the_time,
					   PAWL_MS(3 - a->i)),
			  0);
	for (a->i = 0; a->i < 3; a->i++) {
		PAWL_AWAIT(t, pawl_join(t, &a->late[a->i].task, NULL));
		CHECK(a->late[a->i].at - a->began >= PAWL_MS(3 - a->i));
	}
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
	CHECK(pawl_now(pawl_here(t)) - a->began >= PAWL_MS(4));
	PAWL_END(t);
}

SCHEDULER(spawn_after_keeps_the_time)
{
	struct alarms a = { 0 };

	CHECK_INT(run(x, &a.task, waits_for_all), 0);
}

/* Three timers never end; the fourth does. */
static int waits_for_the_first(pawl_task *t)
{
	struct alarms *a = PAWL_OF(t, struct alarms, task);

	PAWL_BEGIN(t);
	for (a->i = 0; a->i < 4; a->i++) {
		CHECK_INT(pawl_timer(pawl_here(t), &a->timer[a->i],
				     a->i == 2 ? PAWL_MS(1) : PAWL_S(1000)),
			  0);
		a->children[a->i] = (pawl_child){ .task = &a->timer[a->i], .outcome = 1 };
	}
	a->group = (pawl_group){ .children = a->children, .count = 4 };
	PAWL_AWAIT(t, pawl_select(t, &a->group));
	CHECK_UINT(a->group.first, 2);
	for (a->i = 0; a->i < 4; a->i++)
		CHECK_INT(a->children[a->i].outcome, a->i == 2 ? 0 : PAWL_ECANCELED);
	PAWL_END(t);
}

SCHEDULER(several_timers_of_one_task)
{
	struct alarms a = { 0 };

	CHECK_INT(run(x, &a.task, waits_for_the_first), 0);
}

/*
 * An editor's two windows. Each has files read in the background, whose pieces are drawn in the
 * foreground in the order in which they came; its caret blinks until it is closed.
 */
#define FILES 3
#define PIECES 5

struct window {
	pawl_session session;
	struct pieces {
		pawl_chan chan;
		uint32_t ring[2];
	} pieces[FILES];
	struct reader {
		pawl_task task;
		pawl_chan *to;
		uint32_t i;
	} reader[FILES];
	struct drawer {
		pawl_task task;
		struct window *window;
		pawl_chan *from;
		uint32_t i, piece;
	} drawer[FILES];
	struct caret {
		pawl_task task;
		struct window *window;
		pawl_ticker ticker;
	} caret;
	uint32_t drawn, blinks;
};

struct editor {
	pawl_task task;
	struct window window[2];
	struct lines {
		uint32_t count;
		char last[256];
	} lines;
	uint32_t i, k;
};

static int reads(pawl_task *t)
{
	struct reader *r = PAWL_OF(t, struct reader, task);

	PAWL_BEGIN(t);
	CHECK(!pawl_is_main_thread(pawl_here(t)));
	for (r->i = 0; r->i < PIECES; r->i++) {
		PAWL_AWAIT(t, pawl_chan_send(t, r->to, &r->i));
		if (r->i % 2)
			PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(20)));
	}
	PAWL_END(t);
}

static int draws(pawl_task *t)
{
	struct drawer *d = PAWL_OF(t, struct drawer, task);

	PAWL_BEGIN(t);
	for (d->i = 0; d->i < PIECES; d->i++) {
		PAWL_AWAIT(t, pawl_chan_recv(t, d->from, &d->piece));
		CHECK(pawl_is_main_thread(pawl_here(t)));
		CHECK_UINT(d->piece, d->i);
		d->window->drawn++;
	}
	PAWL_END(t);
}

static int blinks(pawl_task *t)
{
	struct caret *c = PAWL_OF(t, struct caret, task);

	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT(t, pawl_tick(t, &c->ticker));
		c->window->blinks++;
	}
	PAWL_END(t);
}

static void open_window(struct window *w, pawl_exec *x, const char *label)
{
	pawl_spawn_options read = { .session = &w->session, .label = "read" };
	unsigned i;

	pawl_session_init(&w->session, x);
	pawl_session_set_label(&w->session, label);
	w->caret.window = w;
	pawl_ticker_init(&w->caret.ticker, x, PAWL_US(200));
	CHECK_INT(pawl_spawn_in(&w->session, &w->caret.task, blinks), 0);
	for (i = 0; i < FILES; i++) {
		struct pieces *p = &w->pieces[i];

		pawl_chan_init(&p->chan, p->ring, sizeof(p->ring[0]), PAWL_COUNT(p->ring));
		w->reader[i] = (struct reader){ .to = &p->chan };
		w->drawer[i] = (struct drawer){ .window = w, .from = &p->chan };
		CHECK_INT(pawl_spawn_with(NULL, &w->reader[i].task, reads, &read), 0);
		CHECK_INT(pawl_spawn_in(&w->session, &w->drawer[i].task, draws), 0);
	}
}

static void keep_line(void *arg, const char *text)
{
	struct lines *l = arg;

	l->count++;
	strncpy(l->last, text, sizeof l->last - 1);
}

static int edits(pawl_task *t)
{
	struct editor *e = PAWL_OF(t, struct editor, task);
	pawl_session_info open[2];

	PAWL_BEGIN(t);
	open_window(&e->window[0], pawl_here(t), "left");
	open_window(&e->window[1], pawl_here(t), "right");
	CHECK_UINT(pawl_sessions(pawl_here(t), open, 2), 2);
	CHECK_STR(open[0].label, "right");
	CHECK_STR(open[1].label, "left");
	/* When all is drawn, only the caret is left. */
	for (e->i = 0; e->i < 2; e->i++)
		while (pawl_session_count(&e->window[e->i].session) > 1)
			PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(50)));
	for (e->i = 0; e->i < 2; e->i++) {
		e->lines = (struct lines){ 0 };
		CHECK_INT(pawl_session_validate(&e->window[e->i].session, keep_line, &e->lines),
			  PAWL_EBUSY);
		CHECK_UINT(e->lines.count, 1);
		CHECK(strstr(e->lines.last, e->i ? "right: blinks (" : "left: blinks ("));
		CHECK_UINT(e->window[e->i].drawn, FILES * PIECES);
		PAWL_AWAIT(t, pawl_session_end(t, &e->window[e->i].session));
		CHECK_INT(pawl_session_validate(&e->window[e->i].session, NULL, NULL), 0);
		CHECK_UINT(pawl_session_failed(&e->window[e->i].session), 0);
	}
	CHECK_UINT(pawl_sessions(pawl_here(t), open, 2), 0);
	PAWL_END(t);
}

SCHEDULER(editor_with_two_windows)
{
	static struct editor e;

	e = (struct editor){ 0 };
	CHECK_INT(run(x, &e.task, edits), 0);
}

/* A window is closed while everything in it is under way. */
static int closes_early(pawl_task *t)
{
	struct editor *e = PAWL_OF(t, struct editor, task);

	PAWL_BEGIN(t);
	for (e->k = 0; e->k < 5; e->k++) {
		e->window[0] = (struct window){ 0 };
		open_window(&e->window[0], pawl_here(t), NULL);
		for (e->i = 0; e->i < e->k * 3; e->i++)
			PAWL_AWAIT(t, pawl_task_yield(t));
		PAWL_AWAIT(t, pawl_session_end(t, &e->window[0].session));
		CHECK_UINT(pawl_session_count(&e->window[0].session), 0);
		CHECK_UINT(pawl_session_failed(&e->window[0].session), 0);
	}
	PAWL_END(t);
}

SCHEDULER(window_closed_early)
{
	static struct editor e;

	e = (struct editor){ 0 };
	CHECK_INT(run(x, &e.task, closes_early), 0);
}

/* Foreground tasks of a session run in the order of their spawns, whatever comes in between. */
struct steps {
	pawl_task task;
	pawl_session session[2];
	struct step {
		pawl_task task;
		struct steps *steps;
		uint32_t session, i;
	} step[2][10];
	uint32_t next[2], i;
};

static int steps_on(pawl_task *t)
{
	struct step *s = PAWL_OF(t, struct step, task);

	CHECK_UINT(s->steps->next[s->session]++, s->i);
	return 0;
}

static int starts_steps(pawl_task *t)
{
	struct steps *s = PAWL_OF(t, struct steps, task);

	PAWL_BEGIN(t);
	for (s->i = 0; s->i < 2; s->i++)
		pawl_session_init(&s->session[s->i], pawl_here(t));
	for (s->i = 0; s->i < 20; s->i++) {
		struct step *step = &s->step[s->i % 2][s->i / 2];

		*step = (struct step){ .steps = s, .session = s->i % 2, .i = s->i / 2 };
		CHECK_INT(pawl_spawn_in(&s->session[s->i % 2], &step->task, steps_on), 0);
	}
	for (s->i = 0; s->i < 2; s->i++)
		PAWL_AWAIT(t, pawl_session_wait(t, &s->session[s->i]));
	CHECK_UINT(s->next[0] + s->next[1], 20);
	PAWL_END(t);
}

SCHEDULER(sessions_keep_their_order)
{
	struct steps s = { 0 };

	CHECK_INT(run(x, &s.task, starts_steps), 0);
}

/* Work that blocks, driven from plain code on the main thread. */
struct digest {
	pawl_task task;
	pawl_work work;
	uint32_t sum;
	bool was_main;
	pawl_exec *x;
};

static void digests(pawl_work *w)
{
	struct digest *d = PAWL_OF(w, struct digest, work);
	uint32_t i;

	d->was_main = pawl_is_main_thread(d->x);
	for (i = 0; i <= 100; i++)
		d->sum += i;
}

static int awaits_digest(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct digest, task)->work);
}

SCHEDULER(blocking_work_is_awaited)
{
	struct digest d[4];
	unsigned i;

	for (i = 0; i < 4; i++) {
		d[i] = (struct digest){ .work.fn = digests, .x = x };
		CHECK_INT(pawl_spawn(x, &d[i].task, awaits_digest), 0);
	}
	for (i = 0; i < 4; i++) {
		CHECK_INT(pawl_block_on(x, &d[i].task, NULL), 0);
		CHECK_UINT(d[i].sum, 5050);
		CHECK(!d[i].was_main);
	}
}

/* At the end: what is pending is cancelled, once, and nothing new begins. */
struct pending {
	pawl_task task;
	uint32_t cancelled;
};

static int pends(pawl_task *t)
{
	struct pending *p = PAWL_OF(t, struct pending, task);
	int r = pawl_sleep(t, PAWL_S(1000));

	if (r == PAWL_ECANCELED)
		count_up(&p->cancelled);
	return r;
}

SCHEDULER(shutdown_ends_it)
{
	struct pending p[8] = { 0 };
	pawl_task late = { 0 };
	int outcome = 1;
	unsigned i;

	CHECK_INT(pawl_is_running(x), 1);
	for (i = 0; i < 8; i++) {
		pawl_spawn_options o = { .foreground = i % 2, .after = i % 3 };

		CHECK_INT(pawl_spawn_with(x, &p[i].task, pends, &o), 0);
	}
	CHECK_INT(pawl_shutdown(x), 0);
	CHECK_INT(pawl_is_running(x), 0);
	CHECK_INT(pawl_timer(x, &late, 1), PAWL_ESTOPPED);
	for (i = 0; i < 8; i++) {
		CHECK_INT(pawl_block_on(x, &p[i].task, &outcome), 0);
		CHECK_INT(outcome, PAWL_ECANCELED);
		CHECK_UINT(count_of(&p[i].cancelled), 1);
	}
}

/* The two of them. */

#define OVER(id)                    \
	{                           \
#id, scheduler_##id \
	}

static const struct {
	const char *name;
	scheduler_case *fn;
} all[] = {
	OVER(background_and_foreground),  OVER(foreground_awaits_background),
	OVER(spawn_after_keeps_the_time), OVER(several_timers_of_one_task),
	OVER(editor_with_two_windows),    OVER(window_closed_early),
	OVER(sessions_keep_their_order),  OVER(blocking_work_is_awaited),
	OVER(shutdown_ends_it),
};

/* The parameter is the place in the list, and in front of it how many workers. */
static void over_the_host(long param)
{
	pawl_host_options o = { .workers = (unsigned)param / PAWL_COUNT(all) };
	unsigned round;

	for (round = 0; round < 5; round++) {
		pawl_host *h = NULL;

		kit_at("round", round);
		CHECK_INT(pawl_host_new(&o, &h), 0);
		all[(size_t)param % PAWL_COUNT(all)].fn(pawl_host_exec(h));
		pawl_host_free(h);
		CHECK_UINT(pawl_live_tasks(), 0);
	}
}

static void over_the_sim(long param)
{
	unsigned seed;

	for (seed = 1; seed <= 100; seed++) {
		pawl_sim *sim = NULL;

		kit_at("seed", seed);
		CHECK_INT(pawl_sim_new(seed, &sim), 0);
		all[param].fn(pawl_sim_exec(sim));
		pawl_sim_free(sim);
		CHECK_UINT(pawl_live_tasks(), 0);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		unsigned workers;
	} grounds[] = { { "sim", 0 }, { "host1", 1 }, { "host2", 2 }, { "host8", 8 } };
	struct kit_case cases[PAWL_COUNT(grounds) * PAWL_COUNT(all)];
	size_t i, k, n = 0;

	for (i = 0; i < PAWL_COUNT(grounds); i++)
		for (k = 0; k < PAWL_COUNT(all); k++)
			cases[n++] = (struct kit_case){
				.group = grounds[i].name,
				.name = all[k].name,
				.fn = grounds[i].workers ? over_the_host : over_the_sim,
				.param = (long)(grounds[i].workers * PAWL_COUNT(all) + k),
			};
	return kit_main(cases, n, argc, argv);
}
