/* SPDX-License-Identifier: MIT */
/* Dedicated threads: who runs where, how often, and that nothing stays behind. */
#define _GNU_SOURCE
#include "dedicated_fix.h"

#include <pawl/sim.h>

#include <sys/resource.h>

static void labelled(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll, const char *label)
{
	pawl_spawn_options o = { .label = label };

	CHECK_INT(pawl_spawn_dedicated(x, t, poll, &o), 0);
}

static void check_line(void *arg, const char *text)
{
	unsigned *lines = arg;

	CHECK(strstr(text, "a rather long label (") == text);
	CHECK(strstr(text, "dedicated_test.c:") && strstr(text, "): running on its thread"));
	++*lines;
}

TEST(it_has_a_thread_of_its_own)
{
	pawl_host *h = begin(0);
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads(), lines = 0;
	struct settler a, b;
	int outcome = 1;

	settler_init(&a);
	settler_init(&b);
	labelled(x, &a.task, settles, "a rather long label");
	wait_for(&a.here);
	CHECK_UINT(threads(), before + 1);
	CHECK_STR(a.name, "a rather long l");
	CHECK_UINT(pawl_dump(x, check_line, &lines), 1);
	CHECK_UINT(lines, 1);
	CHECK_INT(pawl_spawn_dedicated(x, &b.task, settles, NULL), 0);
	wait_for(&b.here);
	CHECK_UINT(threads(), before + 2);
	CHECK(a.tid != b.tid && a.tid != getpid() && b.tid != getpid());
	CHECK(a.is_main && b.is_main);
	sem_post(&a.go);
	sem_post(&b.go);
	CHECK_INT(pawl_block_on(x, &a.task, &outcome), 0);
	CHECK_INT(outcome, -4);
	CHECK_INT(pawl_block_on(x, &b.task, &outcome), 0);
	CHECK_INT(outcome, -4);
	CHECK_UINT(a.polls + b.polls, 2);
	await_threads(before);
	pawl_host_free(h);
}

/* Spawns a child beside it, which goes on when the parent has ended. */
struct family {
	pawl_task parent, child;
	sem_t go;
	pid_t tid[2];
	unsigned polls[2];
	bool is_detached;
};

static int child_poll(pawl_task *t)
{
	struct family *f = PAWL_OF(t, struct family, child);

	f->tid[1] = gettid();
	if (++f->polls[1] == 1)
		return pawl_sleep(t, PAWL_MS(1));
	wait_for(&f->go);
	return 0;
}

static int parent_poll(pawl_task *t)
{
	struct family *f = PAWL_OF(t, struct family, parent);

	f->tid[0] = gettid();
	f->polls[0]++;
	CHECK_INT(pawl_spawn(pawl_here(t), &f->child, child_poll), 0);
	if (f->is_detached)
		pawl_detach(&f->child);
	else
		CHECK_INT(pawl_block_on(pawl_here(t), &f->child, NULL), 0);
	return 0;
}

TEST(what_it_spawns_runs_there)
{
	pawl_host *h = begin(0);
	unsigned before = threads(), round;
	struct family all[2];

	for (round = 0; round < 2; round++) {
		struct family *f = &all[round];

		*f = (struct family){ .is_detached = round };
		sem_init(&f->go, 0, !f->is_detached);
		CHECK_INT(pawl_spawn_dedicated(pawl_host_exec(h), &f->parent, parent_poll, NULL),
			  0);
		CHECK_INT(pawl_block_on(pawl_host_exec(h), &f->parent, NULL), 0);
		if (f->is_detached) {
			CHECK_UINT(threads(), before + 1);
			sem_post(&f->go);
		}
		await_threads(before);
	}
	pawl_host_free(h);
	for (round = 0; round < 2; round++) {
		CHECK_INT(all[round].tid[0], all[round].tid[1]);
		CHECK_UINT(all[round].polls[0], 1);
		CHECK_UINT(all[round].polls[1], 2);
	}
}

/* Four that wait for each other in the way that would stop a pool of one worker for good. */
struct meeting {
	pawl_task task;
	pthread_barrier_t *place;
};

static int meets(pawl_task *t)
{
	pthread_barrier_wait(PAWL_OF(t, struct meeting, task)->place);
	return 0;
}

struct host_of_meetings {
	pawl_task task;
	struct meeting m[4];
	pthread_barrier_t place;
	unsigned i;
};

static int holds_meeting(pawl_task *t)
{
	struct host_of_meetings *h = PAWL_OF(t, struct host_of_meetings, task);

	PAWL_BEGIN(t);
	for (h->i = 0; h->i < 4; h->i++) {
		h->m[h->i].place = &h->place;
		CHECK_INT(pawl_spawn_dedicated(pawl_here(t), &h->m[h->i].task, meets, NULL), 0);
	}
	for (h->i = 0; h->i < 4; h->i++)
		PAWL_AWAIT(t, pawl_join(t, &h->m[h->i].task, NULL));
	PAWL_END(t);
}

static void hold_meeting(pawl_host *h, int (*spawn)(pawl_exec *, pawl_task *, pawl_poll_fn *))
{
	struct host_of_meetings m = { 0 };
	int outcome = 1;

	pthread_barrier_init(&m.place, NULL, 4);
	CHECK_INT(spawn(pawl_host_exec(h), &m.task, holds_meeting), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &m.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	pthread_barrier_destroy(&m.place);
}

/* The parent is a task of a worker, of the main thread, of a thread of its own. */
TEST(they_block_side_by_side_and_are_joined)
{
	pawl_host *h = begin(0);
	unsigned before = threads();

	hold_meeting(h, on_worker);
	hold_meeting(h, on_main);
	hold_meeting(h, on_own);
	await_threads(before);
	pawl_host_free(h);
}

static void block_on_four(pawl_exec *x)
{
	pawl_task t = { 0 };
	int outcome = 1;

	CHECK_INT(pawl_spawn_dedicated(x, &t, four, NULL), 0);
	CHECK_INT(pawl_block_on(x, &t, &outcome), 0);
	CHECK_INT(outcome, -4);
}

static int blocks(pawl_task *t)
{
	block_on_four(pawl_here(t));
	return 0;
}

static void *blocks_elsewhere(void *arg)
{
	block_on_four(arg);
	return NULL;
}

TEST(any_thread_may_block_on_it)
{
	pawl_host *h = begin(0);
	pawl_exec *x = pawl_host_exec(h);
	pawl_task t = { 0 };
	pthread_t foreign;

	block_on_four(x);
	CHECK_INT(pawl_spawn(x, &t, blocks), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_INT(pawl_spawn_dedicated(x, &t, blocks, NULL), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_INT(pthread_create(&foreign, NULL, blocks_elsewhere, x), 0);
	pthread_join(foreign, NULL);
	pawl_host_free(h);
}

TEST(cancel_reaches_a_poll_that_goes_on)
{
	pawl_host *h = begin(0);
	pawl_exec *x = pawl_host_exec(h);
	struct pending p;
	int outcome = 1;

	pending_begin(&p, x, computes, NULL);
	pawl_cancel(&p.task);
	CHECK_INT(pawl_block_on(x, &p.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_UINT(p.polls, 1);
	CHECK_UINT(p.cancelled, 1);
	pawl_host_free(h);
}

TEST(cancel_is_for_one_task)
{
	pawl_host *h = begin(0);
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads();
	struct pending p;
	int outcome = 1;

	pending_begin(&p, x, pending_poll, NULL);
	pawl_cancel(&p.task);
	CHECK_INT(pawl_block_on(x, &p.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ECANCELED);
	CHECK_UINT(p.cancelled, 1);
	CHECK_UINT(threads(), before + 1);
	pawl_cancel(&p.child);
	await_threads(before);
	pawl_host_free(h);
	CHECK_UINT(p.cancelled, 2);
}

static int panics_beside_a_child(pawl_task *t)
{
	struct family *f = PAWL_OF(t, struct family, parent);

	CHECK_INT(pawl_spawn(pawl_here(t), &f->child, child_poll), 0);
	pawl_detach(&f->child);
	pawl_panic("on purpose");
}

TEST(panic_ends_the_task_alone)
{
	pawl_host *h = begin(0);
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads();
	struct family f = { 0 };
	pawl_task t = { 0 };
	int outcome = 1;

	CHECK_INT(pawl_spawn_dedicated(x, &t, panics, NULL), 0);
	CHECK_INT(pawl_block_on(x, &t, &outcome), 0);
	CHECK_INT(outcome, PAWL_EPANIC);
	sem_init(&f.go, 0, 1);
	CHECK_INT(pawl_spawn_dedicated(x, &f.parent, panics_beside_a_child, NULL), 0);
	CHECK_INT(pawl_block_on(x, &f.parent, &outcome), 0);
	CHECK_INT(outcome, PAWL_EPANIC);
	await_threads(before);
	pawl_host_free(h);
	CHECK_UINT(f.polls[1], 2);
}

/* Nothing of it is polled, and the owner has it back, once. */
static void try_in_vain(pawl_exec *x, const pawl_spawn_options *options, int want)
{
	struct lodger l;

	lodger_init(&l);
	CHECK_INT(pawl_spawn_dedicated(x, &l.task, panics, options), want);
	CHECK_UINT(l.drops, 1);
}

static void try_all_in_vain(pawl_exec *x, int want)
{
	pawl_session session;
	pawl_spawn_options later = { .after = PAWL_S(1000) }, in = { .session = &session };

	pawl_session_init(&session, x);
	try_in_vain(x, NULL, want);
	try_in_vain(x, &later, want);
	try_in_vain(NULL, &in, want);
	CHECK_UINT(pawl_session_count(&session), 0);
	CHECK_UINT(pawl_session_failed(&session), 0);
}

TEST(system_may_give_no_thread)
{
	pawl_host *h = begin(0);
	struct rlimit before, small;
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f && fscanf(f, "%lu", &pages) == 1);
	fclose(f);
	if (kit_can_fail_alloc()) {
		CHECK_INT(getrlimit(RLIMIT_AS, &before), 0);
		small = before;
		small.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + (512 << 10);
		CHECK_INT(setrlimit(RLIMIT_AS, &small), 0);
		try_all_in_vain(pawl_host_exec(h), PAWL_EAGAIN);
		kit_alloc_fail(1, true);
		try_all_in_vain(pawl_host_exec(h), PAWL_ENOMEM);
		kit_alloc_fail(0, false);
		setrlimit(RLIMIT_AS, &before);
	}
	block_on_four(pawl_host_exec(h));
	pawl_host_free(h);
}

/* Blocking work is for the host's pool, so that the thread's other tasks run meanwhile. */
struct mixed {
	pawl_task task;
	pawl_work work;
	pid_t tid, work_tid;
};

static void notes_thread(pawl_work *w)
{
	PAWL_OF(w, struct mixed, work)->work_tid = gettid();
}

static int mixed_poll(pawl_task *t)
{
	struct mixed *m = PAWL_OF(t, struct mixed, task);

	PAWL_BEGIN(t);
	m->tid = gettid();
	m->work.fn = notes_thread;
	PAWL_AWAIT(t, pawl_blocking(t, &m->work));
	CHECK_INT(gettid(), m->tid);
	CHECK(m->work_tid != m->tid);
	PAWL_AWAIT(t, pawl_task_yield(t));
	CHECK_INT(gettid(), m->tid);
	PAWL_END(t);
}

TEST(it_has_blocking_work_and_delays)
{
	pawl_host *h = begin(0);
	pawl_spawn_options o = { .after = PAWL_MS(1) };
	struct mixed m = { 0 };
	pawl_time began = pawl_now(pawl_host_exec(h));
	int outcome = 1;

	CHECK_INT(pawl_spawn_dedicated(pawl_host_exec(h), &m.task, mixed_poll, &o), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &m.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK(pawl_now(pawl_host_exec(h)) - began >= PAWL_MS(1));
	o = (pawl_spawn_options){ .foreground = true };
	CHECK_INT(pawl_spawn_dedicated(pawl_host_exec(h), &m.task, mixed_poll, &o), PAWL_ENOTSUP);
	pawl_host_free(h);
}

/* By the pointer alone: the simulator has a task more, the local executor refuses. */
TEST(other_executors_answer_as_they_can)
{
	uint64_t seed;

	for (seed = 0; seed < 10; seed++) {
		struct family f = { 0 };
		pawl_sim *sim = NULL;
		int outcome = 1;

		kit_at("seed", (int64_t)seed);
		CHECK_INT(pawl_sim_new(seed, &sim), 0);
		sem_init(&f.go, 0, 1);
		CHECK_INT(pawl_spawn_dedicated(pawl_sim_exec(sim), &f.parent, parent_poll, NULL),
			  0);
		CHECK(pawl_here(&f.parent) == pawl_sim_exec(sim));
		CHECK_INT(pawl_block_on(pawl_sim_exec(sim), &f.parent, &outcome), 0);
		CHECK_INT(outcome, 0);
		CHECK_UINT(f.polls[0] + f.polls[1], 3);
		pawl_sim_free(sim);
	}
}

TEST(local_executor_refuses)
{
	struct lodger l;
	pawl_local local;

	pawl_local_init(&local);
	lodger_init(&l);
	CHECK_INT(pawl_spawn_dedicated(pawl_local_exec(&local), &l.task, four, NULL), PAWL_ENOTSUP);
	CHECK_UINT(l.drops, 1);
	pawl_local_fini(&local);
}

static const struct kit_case cases[] = {
	CASE(it_has_a_thread_of_its_own),
	CASE(what_it_spawns_runs_there),
	CASE(they_block_side_by_side_and_are_joined),
	CASE(any_thread_may_block_on_it),
	CASE(cancel_reaches_a_poll_that_goes_on),
	CASE(cancel_is_for_one_task),
	CASE(panic_ends_the_task_alone),
	CASE(system_may_give_no_thread),
	CASE(it_has_blocking_work_and_delays),
	CASE(other_executors_answer_as_they_can),
	CASE(local_executor_refuses),
};

KIT_MAIN(cases)
