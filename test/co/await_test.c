/* SPDX-License-Identifier: MIT */
/* Awaitables in a coroutine: each waits, ends, is cancelled, runs out of time, leaves nothing. */
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/gen.h>
#include <pawl/host.h>
#include <pawl/local.h>
#include <pawl/sim.h>

/* How the wait is called. */
enum how { PLAIN, IN_GENERATOR };

struct child {
	pawl_task task;
	pawl_event *go;
};

struct fix;

struct form {
	const char *name;
	int (*wait)(struct fix *f, pawl_co *co);
	void (*init)(struct fix *f);    /* once */
	void (*begin)(struct fix *f);   /* before each wait */
	void (*satisfy)(struct fix *f); /* NULL: time does it */
	void (*end)(struct fix *f);     /* after each wait */
	int polls_cancelled;            /* of the coroutine; default 2 */
};

struct fix {
	pawl_task task;
	pawl_co co;
	const struct form *form;
	enum how how;
	bool is_limited;
	unsigned polls;
	pawl_exec *x;
	pawl_sim *sim;
	pawl_local *local;
	pawl_time after;
	int got;

	pawl_barrier barrier;
	pawl_chan chan;
	pawl_event event, go;
	pawl_mutex mutex;
	pawl_notify notify;
	pawl_oneshot oneshot;
	pawl_sem sem;
	pawl_session session;
	pawl_ticker ticker;
	pawl_watch watch;
	int slot, value;
	uint32_t seen;
	bool is_leader, was_cancelled;
	struct child children[2];
	pawl_child list[2];
	pawl_group group;
	struct fix_helper {
		pawl_task task;
		struct fix *f;
		int pc;
	} helper;
};

static void let_run(struct fix *f)
{
	if (f->sim)
		pawl_sim_run_until_idle(f->sim);
	if (f->local)
		pawl_local_run(f->local);
}

/* ---- the forms ---- */

static int child_poll(pawl_task *t)
{
	return pawl_event_wait(t, PAWL_OF(t, struct child, task)->go);
}

static void spawn_child(struct fix *f, unsigned i)
{
	f->children[i].go = &f->go;
	CHECK_INT(pawl_spawn(f->x, &f->children[i].task, child_poll), 0);
	f->list[i].task = &f->children[i].task;
}

static void begin_child(struct fix *f)
{
	spawn_child(f, 0);
}

static void begin_children(struct fix *f)
{
	spawn_child(f, 0);
	spawn_child(f, 1);
	f->group = (pawl_group){ .children = f->list, .count = 2 };
}

static void init_go(struct fix *f)
{
	pawl_event_init(&f->go);
}

static void satisfy_go(struct fix *f)
{
	pawl_event_set(&f->go);
}

/* Those that the wait did not drop. */
static void end_children(struct fix *f)
{
	unsigned i;
	int outcome;

	pawl_event_set(&f->go);
	for (i = 0; i < PAWL_COUNT(f->list); i++) {
		if (f->list[i].task)
			CHECK_INT(pawl_block_on(f->x, f->list[i].task, &outcome), 0);
		f->list[i].task = NULL;
	}
	pawl_event_clear(&f->go);
}

static int joined(struct fix *f, int r)
{
	if (r == 0)
		f->list[0].task = NULL;
	return r;
}

static int wait_await_end(struct fix *f, pawl_co *co)
{
	return pawl_co_await_end(co, f->list[0].task);
}

static int wait_join(struct fix *f, pawl_co *co)
{
	int r = joined(f, pawl_co_join(co, f->list[0].task, &f->got));

	return r == 0 ? f->got : r;
}

static int wait_join_fallible(struct fix *f, pawl_co *co)
{
	return joined(f, pawl_co_join_fallible(co, f->list[0].task, &f->was_cancelled, &f->got));
}

static int wait_join_all(struct fix *f, pawl_co *co)
{
	return pawl_co_join_all(co, &f->group);
}

static int wait_select(struct fix *f, pawl_co *co)
{
	return pawl_co_select(co, &f->group);
}

static void init_session(struct fix *f)
{
	init_go(f);
	pawl_session_init(&f->session, f->x);
}

static void begin_session(struct fix *f)
{
	pawl_spawn_options o = { .session = &f->session };

	f->children[0].go = &f->go;
	CHECK_INT(pawl_spawn_with(NULL, &f->children[0].task, child_poll, &o), 0);
}

static int wait_session_wait(struct fix *f, pawl_co *co)
{
	return pawl_co_session_wait(co, &f->session);
}

static int waits_for_session(pawl_task *t)
{
	return pawl_session_wait(t, &PAWL_OF(t, struct fix_helper, task)->f->session);
}

static void end_session(struct fix *f)
{
	int outcome = 1;

	pawl_event_set(&f->go);
	f->helper.f = f;
	CHECK_INT(pawl_spawn(f->x, &f->helper.task, waits_for_session), 0);
	CHECK_INT(pawl_block_on(f->x, &f->helper.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	pawl_event_clear(&f->go);
}

static void init_barrier(struct fix *f)
{
	pawl_barrier_init(&f->barrier, 2);
}

static int wait_barrier(struct fix *f, pawl_co *co)
{
	return pawl_co_barrier_wait(co, &f->barrier, &f->is_leader);
}

static int comes_to_barrier(pawl_task *t)
{
	bool is_leader;

	return pawl_barrier_wait(t, &PAWL_OF(t, struct fix_helper, task)->f->barrier, &is_leader);
}

static void begin_helper(struct fix *f, pawl_poll_fn *poll)
{
	f->helper.f = f;
	CHECK_INT(pawl_spawn(f->x, &f->helper.task, poll), 0);
}

static void end_helper(struct fix *f)
{
	int outcome = 1;

	if (f->helper.f)
		CHECK_INT(pawl_block_on(f->x, &f->helper.task, &outcome), 0);
	f->helper.f = NULL;
}

static void satisfy_barrier(struct fix *f)
{
	begin_helper(f, comes_to_barrier);
}

static void init_chan(struct fix *f)
{
	pawl_chan_init(&f->chan, &f->slot, sizeof f->slot, 1);
}

static int wait_chan_recv(struct fix *f, pawl_co *co)
{
	int value = 0, r = pawl_co_chan_recv(co, &f->chan, &value);

	CHECK_INT(value, r == 0 ? 7 : 0);
	return r;
}

static void satisfy_chan_recv(struct fix *f)
{
	int seven = 7;

	CHECK_INT(pawl_chan_try_send(&f->chan, &seven), 0);
}

static void init_full_chan(struct fix *f)
{
	init_chan(f);
	satisfy_chan_recv(f);
}

static int wait_chan_send(struct fix *f, pawl_co *co)
{
	int nine = 9;

	return pawl_co_chan_send(co, &f->chan, &nine);
}

static void satisfy_chan_send(struct fix *f)
{
	int value = 0;

	CHECK_INT(pawl_chan_try_recv(&f->chan, &value), 0);
	CHECK_INT(value, 7);
}

static void init_event(struct fix *f)
{
	pawl_event_init(&f->event);
}

static int wait_event(struct fix *f, pawl_co *co)
{
	return pawl_co_event_wait(co, &f->event);
}

static void satisfy_event(struct fix *f)
{
	pawl_event_set(&f->event);
}

static int holds_mutex(pawl_task *t)
{
	struct fix_helper *h = PAWL_OF(t, struct fix_helper, task);
	int r;

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_mutex_lock(t, &h->f->mutex));
	PAWL_AWAIT_AS(t, r, pawl_event_wait(t, &h->f->go));
	pawl_mutex_unlock(t, &h->f->mutex);
	return r;
	PAWL_END(t);
}

static void init_mutex(struct fix *f)
{
	init_go(f);
	pawl_mutex_init(&f->mutex);
}

static void begin_mutex(struct fix *f)
{
	begin_helper(f, holds_mutex);
	let_run(f);
}

static int wait_mutex(struct fix *f, pawl_co *co)
{
	int r = pawl_co_mutex_lock(co, &f->mutex);

	if (r == 0)
		pawl_mutex_unlock(pawl_co_task(co), &f->mutex);
	return r;
}

static void end_mutex(struct fix *f)
{
	pawl_event_set(&f->go);
	end_helper(f);
	pawl_event_clear(&f->go);
}

static void init_notify(struct fix *f)
{
	pawl_notify_init(&f->notify);
}

static int wait_notify(struct fix *f, pawl_co *co)
{
	return pawl_co_notify_wait(co, &f->notify);
}

static void satisfy_notify(struct fix *f)
{
	pawl_notify_one(&f->notify);
}

static void init_oneshot(struct fix *f)
{
	pawl_oneshot_init(&f->oneshot, &f->slot, sizeof f->slot);
}

static int wait_oneshot(struct fix *f, pawl_co *co)
{
	int value = 0, r = pawl_co_oneshot_recv(co, &f->oneshot, &value);

	CHECK_INT(value, r == 0 ? 5 : 0);
	return r;
}

static void satisfy_oneshot(struct fix *f)
{
	int five = 5;

	CHECK_INT(pawl_oneshot_send(&f->oneshot, &five), 0);
}

static void init_sem(struct fix *f)
{
	pawl_sem_init(&f->sem, 0);
}

static int wait_sem(struct fix *f, pawl_co *co)
{
	return pawl_co_sem_acquire(co, &f->sem);
}

static void satisfy_sem(struct fix *f)
{
	pawl_sem_release(&f->sem);
}

/* What it keeps meanwhile lies on the stack. */
static int wait_sem_n(struct fix *f, pawl_co *co)
{
	pawl_sem_want want = { 0 };

	return pawl_co_sem_acquire_n(co, &f->sem, &want, 3);
}

static void satisfy_sem_n(struct fix *f)
{
	pawl_sem_release_n(&f->sem, 3);
}

static void end_sem(struct fix *f)
{
	CHECK_UINT(pawl_sem_available(&f->sem), 0);
}

static int wait_sleep(struct fix *f, pawl_co *co)
{
	return pawl_co_sleep(co, f->after);
}

static int wait_sleep_until(struct fix *f, pawl_co *co)
{
	return pawl_co_sleep_until(co, pawl_now(f->x) + f->after);
}

static void begin_ticker(struct fix *f)
{
	pawl_ticker_init(&f->ticker, f->x, f->after);
}

static int wait_tick(struct fix *f, pawl_co *co)
{
	return pawl_co_tick(co, &f->ticker);
}

static void init_watch(struct fix *f)
{
	pawl_watch_init(&f->watch, &f->slot, sizeof f->slot);
}

static int wait_watch(struct fix *f, pawl_co *co)
{
	int value = 0, r = pawl_co_watch_next(co, &f->watch, &f->seen, &value);

	CHECK_INT(value, r == 0 ? 3 : 0);
	return r;
}

static void satisfy_watch(struct fix *f)
{
	int three = 3;

	CHECK_INT(pawl_watch_set(&f->watch, &three), 0);
}

static const struct form forms[] = {
	{ "await_end", wait_await_end, init_go, begin_child, satisfy_go, end_children, 0 },
	{ "barrier_wait", wait_barrier, init_barrier, NULL, satisfy_barrier, end_helper, 0 },
	{ "chan_recv", wait_chan_recv, init_chan, NULL, satisfy_chan_recv, NULL, 0 },
	{ "chan_send", wait_chan_send, init_full_chan, NULL, satisfy_chan_send, NULL, 0 },
	{ "event_wait", wait_event, init_event, NULL, satisfy_event, NULL, 0 },
	{ "join", wait_join, init_go, begin_child, satisfy_go, end_children, 0 },
	{ "join_all", wait_join_all, init_go, begin_children, satisfy_go, end_children, 0 },
	{ "join_fallible", wait_join_fallible, init_go, begin_child, satisfy_go, end_children, 0 },
	{ "mutex_lock", wait_mutex, init_mutex, begin_mutex, satisfy_go, end_mutex, 0 },
	{ "notify_wait", wait_notify, init_notify, NULL, satisfy_notify, NULL, 0 },
	{ "oneshot_recv", wait_oneshot, init_oneshot, NULL, satisfy_oneshot, NULL, 0 },
	/* It cancels its children, and waits for them. */
	{ "select", wait_select, init_go, begin_children, satisfy_go, end_children, 3 },
	{ "sem_acquire", wait_sem, init_sem, NULL, satisfy_sem, end_sem, 0 },
	{ "sem_acquire_n", wait_sem_n, init_sem, NULL, satisfy_sem_n, end_sem, 0 },
	{ "session_wait", wait_session_wait, init_session, begin_session, satisfy_go, end_session,
	  0 },
	{ "sleep", wait_sleep, NULL, NULL, NULL, NULL, 0 },
	{ "sleep_until", wait_sleep_until, NULL, NULL, NULL, NULL, 0 },
	{ "tick", wait_tick, NULL, begin_ticker, NULL, NULL, 0 },
	{ "watch_next", wait_watch, init_watch, NULL, satisfy_watch, NULL, 0 },
};

/* ---- a coroutine that waits, some calls further in ---- */

static int wait_deep(struct fix *f, pawl_co *co, int depth)
{
	volatile int frame[16];
	int r;

	frame[depth] = depth;
	r = depth == 0 ? f->form->wait(f, co) : wait_deep(f, co, depth - 1);
	CHECK_INT(frame[depth], depth);
	return r;
}

PAWL_GEN(results, int);

struct source {
	struct fix *f;
	pawl_co *co;
};

static int waits_in_generator(pawl_gen *g)
{
	struct source *s = g->arg;

	return results_yield(g, wait_deep(s->f, s->co, 3));
}

static int wait_in_generator(struct fix *f, pawl_co *co)
{
	struct source s = { f, co };
	int r = 1, again;
	pawl_gen g;

	pawl_gen_init(&g, waits_in_generator, &s);
	CHECK_INT(results_next(&g, &r), 0);
	CHECK_INT(results_next(&g, &again), PAWL_ECLOSED);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return r;
}

static int wait_somehow(struct fix *f, pawl_co *co)
{
	return f->how == IN_GENERATOR ? wait_in_generator(f, co) : wait_deep(f, co, 5);
}

static int wait_limited(struct fix *f, pawl_co *co)
{
	int r;

	PAWL_CO_TIMEOUT(co, r, 400, wait_somehow(f, co));
	return r;
}

static int body(pawl_co *co)
{
	struct fix *f = PAWL_OF(co, struct fix, co);
	int r;

	if (!f->is_limited)
		return wait_somehow(f, co);
	PAWL_CO_TIMEOUT(co, r, 5000, wait_limited(f, co));
	CHECK(!co->limits_);
	return r;
}

static int counted(pawl_task *t)
{
	PAWL_OF(t, struct fix, task)->polls++;
	return pawl_co_poll(t);
}

static void begin(struct fix *f)
{
	if (f->form->begin)
		f->form->begin(f);
	f->polls = 0;
	pawl_co_init(f, body, NULL);
	CHECK_INT(pawl_spawn(f->x, &f->task, counted), 0);
	let_run(f);
}

static void end(struct fix *f, int want)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(f->x, &f->task, &outcome), 0);
	CHECK_INT(outcome, want);
	if (f->form->end)
		f->form->end(f);
}

/* ---- on the simulator: each poll is counted ---- */

static void is_cancelled(struct fix *f)
{
	begin(f);
	CHECK_UINT(f->polls, 1);
	pawl_cancel(&f->task);
	let_run(f);
	CHECK(pawl_task_is_finished(&f->task));
	/* Children may end together or one by one. */
	CHECK((int)f->polls == (f->form->polls_cancelled ? f->form->polls_cancelled : 2) ||
	      (f->form->wait == wait_select && f->polls == 4));
	end(f, PAWL_ECANCELED);
}

static void runs_out_of_time(struct fix *f)
{
	f->is_limited = true;
	begin(f);
	pawl_sim_advance_time(f->sim, 399);
	CHECK_UINT(f->polls, 1);
	pawl_sim_advance_time(f->sim, 1);
	CHECK_UINT(f->polls, 2);
	CHECK(pawl_task_is_finished(&f->task));
	f->is_limited = false;
	end(f, PAWL_ETIMEDOUT);
}

/* A wake for nothing comes in between. */
static void succeeds(struct fix *f, bool is_limited)
{
	f->is_limited = is_limited;
	begin(f);
	pawl_wake(&f->task);
	let_run(f);
	CHECK_UINT(f->polls, 2);
	CHECK(!pawl_task_is_finished(&f->task));
	if (f->form->satisfy)
		f->form->satisfy(f);
	else
		pawl_sim_advance_time(f->sim, f->after);
	let_run(f);
	CHECK(pawl_task_is_finished(&f->task));
	/* Those that the group waits for end one after the other, or both before it looks. */
	CHECK(f->polls == 3 || (f->form->wait == wait_join_all && f->polls <= 4) ||
	      (f->form->wait == wait_select && f->polls <= 4));
	end(f, 0);
	/* No timer is left that would poll it. */
	pawl_sim_advance_time(f->sim, 10000);
	CHECK(f->polls <= 4);
}

/* Whoever was left behind would take what comes for the last wait. */
static void try_on_sim(const struct form *form, enum how how, bool is_limited, uint64_t seed)
{
	struct fix f = { .form = form, .how = how, .after = 300 };

	kit_at(form->name, (int64_t)seed);
	CHECK_INT(pawl_sim_new(seed, &f.sim), 0);
	f.x = pawl_sim_exec(f.sim);
	if (form->init)
		form->init(&f);
	is_cancelled(&f);
	f.after = 1000;
	runs_out_of_time(&f);
	f.after = 300;
	succeeds(&f, is_limited);
	pawl_sim_free(f.sim);
}

TEST(each_form_on_the_simulator)
{
	uint64_t seed;
	size_t i;

	for (seed = 1; seed <= 5; seed++)
		for (i = 0; i < PAWL_COUNT(forms); i++)
			try_on_sim(&forms[i], PLAIN, seed & 1, seed);
}

TEST(each_form_in_a_generator)
{
	uint64_t seed;
	size_t i;

	for (seed = 1; seed <= 5; seed++)
		for (i = 0; i < PAWL_COUNT(forms); i++)
			try_on_sim(&forms[i], IN_GENERATOR, seed & 1, seed);
}

/* ---- on real clocks, and over threads ---- */

static void try_for_real(struct fix *f)
{
	if (f->form->init)
		f->form->init(f);
	f->after = PAWL_S(3600);
	begin(f);
	pawl_cancel(&f->task);
	end(f, PAWL_ECANCELED);
	f->after = PAWL_US(1);
	begin(f);
	if (f->form->satisfy)
		f->form->satisfy(f);
	end(f, 0);
}

TEST(each_form_on_a_local_executor)
{
	size_t i;

	for (i = 0; i < 2 * PAWL_COUNT(forms); i++) {
		struct fix f = { .form = &forms[i / 2], .how = i & 1 ? IN_GENERATOR : PLAIN };
		pawl_local l;

		kit_at(f.form->name, (int64_t)i);
		pawl_local_init(&l);
		f.local = &l;
		f.x = pawl_local_exec(&l);
		try_for_real(&f);
		CHECK_INT(pawl_local_next(&l), PAWL_NEVER);
		pawl_local_fini(&l);
	}
}

TEST(each_form_on_a_host)
{
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	size_t i;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	for (i = 0; i < 2 * PAWL_COUNT(forms); i++) {
		struct fix f = { .form = &forms[i / 2], .how = i & 1 ? IN_GENERATOR : PLAIN };

		kit_at(f.form->name, (int64_t)i);
		f.x = pawl_host_exec(h);
		try_for_real(&f);
	}
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(each_form_on_the_simulator),
	CASE(each_form_in_a_generator),
	CASE(each_form_on_a_local_executor),
	CASE(each_form_on_a_host),
};

KIT_MAIN(cases)
