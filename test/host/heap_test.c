/* SPDX-License-Identifier: MIT */
/* Heap tasks: spawned, joined, in groups and scopes; on one thread and on several. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/heap.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <pthread.h>
#include <sched.h>

struct job {
	pawl_task task;
	unsigned polls;
	unsigned *ended;
	char rest[40];
};

struct large {
	pawl_task task;
	char rest[20000];
};

static int ends(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);

	if (j->ended)
		__atomic_fetch_add(j->ended, 1, __ATOMIC_RELAXED);
	return 0;
}

static int waits(pawl_task *t)
{
	PAWL_OF(t, struct job, task)->polls++;
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

enum { CROWD = 20000 };

static pawl_exec *local_begin(pawl_local *l)
{
	const pawl_local_options o = { .limit = CROWD };

	pawl_local_init_with(l, &o);
	return pawl_local_exec(l);
}

TEST(task_is_freed_when_it_is_dropped)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	unsigned ended = 0;
	struct job *j;
	int outcome = 1;

	j = PAWL_HEAP_NEW(struct job);
	j->ended = &ended;
	CHECK_INT(pawl_spawn(x, &j->task, ends), 0);
	CHECK_INT(pawl_block_on(x, &j->task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK(PAWL_HEAP_NEW(struct job) == j);
	j->ended = &ended;
	CHECK_INT(pawl_spawn(x, &j->task, ends), 0);
	pawl_detach(&j->task);
	pawl_local_run(&l);
	CHECK_UINT(ended, 2);
	CHECK(PAWL_HEAP_NEW(struct job) == j);
	pawl_task_ready(x, &j->task, 0);
	pawl_detach(&j->task);
	CHECK(PAWL_HEAP_NEW(struct job) == j);
	pawl_heap_free(j);
}

TEST(refused_task_is_freed)
{
	const pawl_local_options o = { .limit = 1 };
	pawl_local l;
	struct job *one = PAWL_HEAP_NEW(struct job), *two = PAWL_HEAP_NEW(struct job);
	struct large *three = PAWL_HEAP_NEW(struct large);
	int arg = 1;
	pawl_task *t = NULL;

	pawl_local_init_with(&l, &o);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &one->task, waits), 0);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &two->task, waits), PAWL_EFULL);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &three->task, waits), PAWL_EFULL);
	CHECK_INT(pawl_go(pawl_local_exec(&l), waits, &arg, &t), PAWL_EFULL);
	CHECK(!t);
	CHECK(PAWL_HEAP_NEW(struct job) == two);
	pawl_heap_free(two);
	pawl_cancel(&one->task);
	pawl_detach(&one->task);
	pawl_local_run(&l);
	pawl_local_fini(&l);
}

/* What pawl_go is given, it works on, and gives back. */
struct sum {
	int a, b, result;
	unsigned polls;
};

static int adds(pawl_task *t)
{
	struct sum *s = pawl_go_arg(t);
	int r;

	s->polls++;
	r = pawl_task_yield(t);
	if (r)
		return r;
	s->result = s->a + s->b;
	return s->result == 5 ? 0 : PAWL_EINVAL;
}

struct adder {
	pawl_task task;
	pawl_task *child;
	struct sum sum;
	int outcome;
	bool cancels;
};

static int asks(pawl_task *t)
{
	struct adder *a = PAWL_OF(t, struct adder, task);

	PAWL_BEGIN(t);
	a->sum = (struct sum){ .a = 2, .b = 3 };
	CHECK_INT(pawl_go(pawl_here(t), adds, &a->sum, &a->child), 0);
	CHECK_STR(pawl_task_name(a->child), "adds");
	CHECK(pawl_task_place(a->child)[0] != 0);
	a->sum.a = 100; /* it has its own */
	if (a->cancels)
		pawl_cancel(a->child);
	PAWL_AWAIT(t, pawl_go_join(t, a->child, &a->sum, &a->outcome));
	PAWL_END(t);
}

TEST(go_copies_there_and_back)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct adder a = { .outcome = 1 };
	int outcome = 1;

	CHECK_INT(pawl_spawn(x, &a.task, asks), 0);
	CHECK_INT(pawl_block_on(x, &a.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(a.outcome, 0);
	CHECK_INT(a.sum.a, 2);
	CHECK_INT(a.sum.result, 5);
	CHECK_UINT(a.sum.polls, 2);
}

TEST(go_can_be_blocked_on)
{
	struct sum sum = { .a = 2, .b = 3 };
	pawl_task *child = NULL;
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	int outcome = 1;

	CHECK_INT(pawl_go(x, adds, &sum, &child), 0);
	CHECK_INT(pawl_go_block_on(x, child, &sum, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_INT(sum.result, 5);
	CHECK_UINT(sum.polls, 2);
}

TEST(go_can_be_cancelled)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct adder a = { .outcome = 1, .cancels = true };

	CHECK_INT(pawl_spawn(x, &a.task, asks), 0);
	CHECK_INT(pawl_block_on(x, &a.task, NULL), 0);
	CHECK_INT(a.outcome, PAWL_ECANCELED);
	CHECK_INT(a.sum.result, 0);
	CHECK_UINT(a.sum.polls, 1);
}

static int counts(pawl_task *t)
{
	unsigned *const *ended = pawl_go_arg(t);

	__atomic_fetch_add(*ended, 1, __ATOMIC_RELAXED);
	return 0;
}

TEST(go_without_a_handle_is_detached)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	unsigned n = 0, *ended = &n;

	for (int i = 0; i < 10; i++)
		CHECK_INT(pawl_go(x, counts, &ended, NULL), 0);
	pawl_local_run(&l);
	CHECK_UINT(n, 10);
	CHECK_UINT(pawl_live_tasks(), 0);
}

/* Arguments that no class of the slab has room for come from malloc. */
struct wide {
	char bytes[PAWL_HEAP_SLOT_MAX + 100];
	bool seen;
};

static int looks_at_wide(pawl_task *t)
{
	struct wide *w = pawl_go_arg(t);

	CHECK_UINT((uintptr_t)w % 16, 0);
	w->seen = w->bytes[0] == 'a' && w->bytes[sizeof w->bytes - 1] == 'z';
	return 0;
}

struct wide_asker {
	pawl_task task;
	pawl_task *child;
	struct wide wide;
};

static int asks_wide(pawl_task *t)
{
	struct wide_asker *a = PAWL_OF(t, struct wide_asker, task);

	PAWL_BEGIN(t);
	a->wide.bytes[0] = 'a';
	a->wide.bytes[sizeof a->wide.bytes - 1] = 'z';
	CHECK_INT(pawl_go(pawl_here(t), looks_at_wide, &a->wide, &a->child), 0);
	PAWL_AWAIT(t, pawl_go_join(t, a->child, &a->wide, NULL));
	PAWL_END(t);
}

TEST(large_tasks_work_alike)
{
	static struct wide_asker a;
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct large *g = PAWL_HEAP_NEW(struct large);

	CHECK_INT(pawl_spawn(x, &a.task, asks_wide), 0);
	CHECK_INT(pawl_block_on(x, &a.task, NULL), 0);
	CHECK(a.wide.seen);
	CHECK_INT(g->rest[0] | g->rest[sizeof g->rest - 1], 0);
	pawl_heap_free(g);
}

/* Groups over handles: a task that spawns heap tasks and waits for all, or for the first. */
struct chief {
	pawl_task task;
	pawl_child children[20];
	pawl_group group;
	unsigned ended;
	unsigned *counter;
	long left;
	bool selects;
};

static int hurries_or_waits(pawl_task *t)
{
	int *const i = pawl_go_arg(t);

	return *i == 7 ? 7 - *i : waits(t);
}

static void employ(pawl_task *t, struct chief *c)
{
	c->group = (pawl_group){ .children = c->children, .count = PAWL_COUNT(c->children) };
	for (int i = 0; i < (int)PAWL_COUNT(c->children); i++)
		if (c->selects)
			CHECK_INT(pawl_go(pawl_here(t), hurries_or_waits, &i, &c->children[i].task),
				  0);
		else
			CHECK_INT(pawl_go(pawl_here(t), counts, &c->counter, &c->children[i].task),
				  0);
}

static int joins_all(pawl_task *t)
{
	struct chief *c = PAWL_OF(t, struct chief, task);

	PAWL_BEGIN(t);
	for (c->counter = &c->ended; c->left; c->left--) {
		employ(t, c);
		PAWL_AWAIT(t, pawl_join_all(t, &c->group));
	}
	PAWL_END(t);
}

static int selects(pawl_task *t)
{
	struct chief *c = PAWL_OF(t, struct chief, task);

	PAWL_BEGIN(t);
	c->selects = true;
	for (; c->left; c->left--) {
		employ(t, c);
		PAWL_AWAIT(t, pawl_select(t, &c->group));
		CHECK_UINT(c->group.first, 7);
		CHECK_INT(c->children[0].outcome, PAWL_ECANCELED);
	}
	PAWL_END(t);
}

TEST(groups_take_handles)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct chief all = { .left = 3 }, first = { .left = 3 };
	size_t before;

	CHECK_INT(pawl_spawn(x, &all.task, joins_all), 0);
	CHECK_INT(pawl_block_on(x, &all.task, NULL), 0);
	CHECK_UINT(all.ended, 3 * PAWL_COUNT(all.children));
	before = pawl_heap_bytes();
	CHECK_INT(pawl_spawn(x, &first.task, selects), 0);
	CHECK_INT(pawl_block_on(x, &first.task, NULL), 0);
	CHECK(pawl_heap_bytes() == before);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static pawl_host *host_begin(unsigned workers)
{
	const pawl_host_options o = { .workers = workers };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

/* Made on one thread, run on another, joined on a third. */
TEST(groups_take_handles_on_workers)
{
	pawl_host *h = host_begin((unsigned)param);
	struct chief all = { .left = 500 }, first = { .left = 500 };
	pawl_exec *x = pawl_host_exec(h);

	CHECK_INT(pawl_spawn(x, &all.task, joins_all), 0);
	CHECK_INT(pawl_spawn(x, &first.task, selects), 0);
	CHECK_INT(pawl_block_on(x, &all.task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &first.task, NULL), 0);
	CHECK_UINT(all.ended, 500 * PAWL_COUNT(all.children));
	pawl_host_free(h);
}

/* A scope whose children count in their parent. */
struct team {
	pawl_task task;
	pawl_scope scope;
	unsigned ended, seen, *counter;
	long left;
};

static int runs_team(pawl_task *t)
{
	struct team *m = PAWL_OF(t, struct team, task);

	PAWL_BEGIN(t);
	for (; m->left; m->left--) {
		m->counter = &m->ended;
		pawl_scope_begin(t, &m->scope, pawl_here(t));
		for (int i = 0; i < 50; i++)
			CHECK_INT(pawl_go_in(&m->scope, counts, &m->counter), 0);
		PAWL_AWAIT(t, pawl_scope_end(t, &m->scope, NULL));
		m->seen += 50;
		CHECK_UINT(m->ended, m->seen);
	}
	PAWL_END(t);
}

TEST(scopes_take_heap_tasks)
{
	pawl_host *h = host_begin((unsigned)param);
	struct team m = { .left = 200 };
	int outcome = 1;

	CHECK_INT(pawl_spawn(pawl_host_exec(h), &m.task, runs_team), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &m.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_UINT(m.ended, 200 * 50);
	pawl_host_free(h);
}

/* Children fail, panic and wait on several threads; one failure is the scope's. */
struct crowd {
	pawl_task task;
	pawl_scope scope;
	pawl_sem never;
	unsigned round, rounds;
	int outcome;
};

struct member {
	struct crowd *of;
	int part;
};

static int plays(pawl_task *t)
{
	struct member *m = pawl_go_arg(t);

	if (m->part == 7)
		pawl_panic("as planned");
	if (m->part == 11)
		return PAWL_EIO;
	return pawl_sem_acquire(t, &m->of->never);
}

static int gathers(pawl_task *t)
{
	struct crowd *c = PAWL_OF(t, struct crowd, task);
	struct member m = { .of = c };

	PAWL_BEGIN(t);
	for (; c->round < c->rounds; c->round++) {
		pawl_scope_begin(t, &c->scope, pawl_here(t));
		for (m.part = 0; m.part < 20; m.part++) {
			int r = pawl_go_in(&c->scope, plays, &m);

			/* It takes no more from the first failure on. */
			CHECK(r == 0 || (r == PAWL_ESTOPPED && m.part > 7));
		}
		PAWL_AWAIT(t, pawl_scope_end(t, &c->scope, &c->outcome));
		CHECK(c->outcome == PAWL_EPANIC || c->outcome == PAWL_EIO);
		CHECK_UINT(pawl_scope_count(&c->scope), 0);
	}
	PAWL_END(t);
}

TEST(scopes_fail_on_workers)
{
	pawl_host *h = host_begin((unsigned)param);
	struct crowd c = { .rounds = 300 };
	int outcome = 1;

	pawl_sem_init(&c.never, 0);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &c.task, gathers), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &c.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_UINT(c.round, c.rounds);
	CHECK_UINT(pawl_live_tasks(), 0);
	pawl_host_free(h);
}

/* The parent is asked to stop while its children wait, or fail, or have not begun. */
static int gathers_waiters(pawl_task *t)
{
	struct crowd *c = PAWL_OF(t, struct crowd, task);
	struct member m = { .of = c };

	PAWL_BEGIN(t);
	pawl_scope_begin(t, &c->scope, pawl_here(t));
	for (m.part = 0; m.part < 7; m.part++)
		CHECK_INT(pawl_go_in(&c->scope, plays, &m), 0);
	PAWL_AWAIT_AS(t, c->outcome, pawl_scope_end(t, &c->scope, NULL));
	CHECK_UINT(pawl_scope_count(&c->scope), 0);
	return c->outcome;
	PAWL_END(t);
}

TEST(scopes_are_cancelled_on_workers)
{
	pawl_host *h = host_begin((unsigned)param);

	for (int i = 0; i < 500; i++) {
		struct crowd c = { 0 };
		int outcome = 1;

		pawl_sem_init(&c.never, 0);
		CHECK_INT(pawl_spawn(pawl_host_exec(h), &c.task, gathers_waiters), 0);
		for (int k = 0; k < i % 50; k++)
			sched_yield();
		pawl_cancel(&c.task);
		CHECK_INT(pawl_block_on(pawl_host_exec(h), &c.task, &outcome), 0);
		CHECK_INT(outcome, PAWL_ECANCELED);
		CHECK_UINT(pawl_live_tasks(), 0);
	}
	pawl_host_free(h);
}

/* Spawned by a task, ended anywhere, a million times. */
struct flood {
	pawl_task task;
	unsigned ended, wanted, *counter;
	long left;
	size_t bytes; /* after the first batch */
};

static int floods(pawl_task *t)
{
	struct flood *f = PAWL_OF(t, struct flood, task);

	PAWL_BEGIN(t);
	for (f->counter = &f->ended; f->left; f->left--) {
		for (int i = 0; i < 1000; i++)
			CHECK_INT(pawl_go(pawl_here(t), counts, &f->counter, NULL), 0);
		f->wanted += 1000;
		while (__atomic_load_n(&f->ended, __ATOMIC_RELAXED) != f->wanted)
			PAWL_YIELD(t);
		if (!f->bytes)
			f->bytes = pawl_heap_bytes();
	}
	PAWL_END(t);
}

TEST(a_million_tasks_do_not_grow)
{
	pawl_local l;
	struct flood f = { .left = kit_long() ? 10000 : 1000 };
	unsigned tasks = (unsigned)f.left * 1000;
	pawl_host *h;

	local_begin(&l);
	CHECK_INT(pawl_spawn(pawl_local_exec(&l), &f.task, floods), 0);
	CHECK_INT(pawl_block_on(pawl_local_exec(&l), &f.task, NULL), 0);
	CHECK_UINT(f.ended, tasks);
	CHECK(pawl_heap_bytes() <= f.bytes);
	h = host_begin(2);
	f = (struct flood){ .left = kit_long() ? 10000 : 1000 };
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &f.task, floods), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &f.task, NULL), 0);
	CHECK_UINT(f.ended, tasks);
	/* Each thread keeps some; the most there may be is what two batches need. */
	CHECK(pawl_heap_bytes() <= f.bytes + ((size_t)256 << 10));
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(task_is_freed_when_it_is_dropped),
	CASE(refused_task_is_freed),
	CASE(go_copies_there_and_back),
	CASE(go_can_be_blocked_on),
	CASE(go_can_be_cancelled),
	CASE(go_without_a_handle_is_detached),
	CASE(large_tasks_work_alike),
	CASE(groups_take_handles),
	CASE_N(groups_take_handles_on_workers, 1),
	CASE_N(groups_take_handles_on_workers, 2),
	CASE_N(scopes_take_heap_tasks, 1),
	CASE_N(scopes_take_heap_tasks, 2),
	CASE_N(scopes_fail_on_workers, 1),
	CASE_N(scopes_fail_on_workers, 2),
	CASE_N(scopes_are_cancelled_on_workers, 1),
	CASE_N(scopes_are_cancelled_on_workers, 2),
	CASE(a_million_tasks_do_not_grow),
};

KIT_MAIN(cases)
