/* SPDX-License-Identifier: MIT */
/* Blocking work: how many threads there are for it, and which work runs, counted. */
#define _GNU_SOURCE
#include "threads_fix.h"

#include <pawl/host.h>
#include <pawl/pawl.h>

#include <semaphore.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static pawl_host *begin(unsigned max, pawl_time idle)
{
	pawl_host_options o = { .workers = 1, .blocking_max = max, .blocking_idle = idle };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

/* Work that stays where it is until it is let go. */
struct job {
	pawl_task task;
	pawl_work work;
	sem_t started, go;
	unsigned done;
};

static void works(pawl_work *w)
{
	struct job *j = PAWL_OF(w, struct job, work);

	sem_post(&j->started);
	while (sem_wait(&j->go) != 0) {}
	j->done++;
}

static int has_work(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct job, task)->work);
}

/* Submitted on return. */
static void job_begin(struct job *j, pawl_exec *x)
{
	*j = (struct job){ .work = { .fn = works } };
	sem_init(&j->started, 0, 0);
	sem_init(&j->go, 0, 0);
	CHECK_INT(pawl_spawn_foreground(x, &j->task, has_work), 0);
	while (pawl_poll_once(x) == 0) {}
}

static void job_end(struct job *j, pawl_exec *x, int want)
{
	int outcome = 1;

	CHECK_INT(pawl_block_on(x, &j->task, &outcome), 0);
	CHECK_INT(outcome, want);
	CHECK_UINT(j->done, want == 0);
	sem_destroy(&j->started);
	sem_destroy(&j->go);
}

static void jobs_begin(struct job *j, unsigned n, pawl_exec *x)
{
	unsigned i;

	for (i = 0; i < n; i++)
		job_begin(&j[i], x);
}

static void jobs_end(struct job *j, unsigned n, pawl_exec *x)
{
	unsigned i;

	for (i = 0; i < n; i++)
		sem_post(&j[i].go);
	for (i = 0; i < n; i++)
		job_end(&j[i], x, 0);
}

static void await_start(struct job *j)
{
	while (sem_wait(&j->started) != 0) {}
}

/* One piece of work after the other. */
struct row {
	pawl_task task;
	pawl_work work;
	unsigned i, count, calls;
};

static void counts(pawl_work *w)
{
	PAWL_OF(w, struct row, work)->calls++;
}

static int row_poll(pawl_task *t)
{
	struct row *s = PAWL_OF(t, struct row, task);

	PAWL_BEGIN(t);
	for (s->i = 0; s->i < s->count; s->i++)
		PAWL_AWAIT(t, pawl_blocking(t, &s->work));
	PAWL_END(t);
}

static void run_row(pawl_exec *x, unsigned count)
{
	struct row s = { .work = { .fn = counts }, .count = count };
	int outcome = 1;

	CHECK_INT(pawl_spawn_foreground(x, &s.task, row_poll), 0);
	CHECK_INT(pawl_block_on(x, &s.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_UINT(s.calls, count);
}

/* Who hears that its work is done has more for the thread that says so, not for another one. */
TEST(row_needs_one_thread)
{
	pawl_host *h = begin(8, PAWL_NEVER);
	unsigned before = threads();

	run_row(pawl_host_exec(h), 3000);
	CHECK_UINT(threads(), before + 1);
	pawl_host_free(h);
	await_threads(before - 1);
}

TEST(burst_starts_as_many_as_it_needs)
{
	pawl_host *h = begin(64, PAWL_NEVER);
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads(), round, i;
	struct job j[8];

	for (round = 1; round <= 8; round++) {
		jobs_begin(j, round, x);
		for (i = 0; i < round; i++)
			await_start(&j[i]);
		CHECK_UINT(threads(), before + round);
		jobs_end(j, round, x);
	}
	for (round = 8; round >= 1; round--) {
		jobs_begin(j, round, x);
		for (i = 0; i < round; i++)
			await_start(&j[i]);
		CHECK_UINT(threads(), before + 8);
		jobs_end(j, round, x);
	}
	pawl_host_free(h);
}

TEST(limit_holds)
{
	pawl_host *h = begin(3, 0);
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads(), i;
	struct job j[8];
	int started = 0;

	jobs_begin(j, 8, x);
	for (i = 0; i < 3; i++)
		await_start(&j[i]);
	CHECK_UINT(threads(), before + 3);
	for (i = 3; i < 8; i++)
		CHECK_INT(sem_getvalue(&j[i].started, &started) || started, 0);
	jobs_end(j, 8, x);
	CHECK_UINT(threads(), before + 3);
	pawl_host_free(h);
}

TEST(idle_threads_end)
{
	pawl_host *h = begin(8, PAWL_MS(1));
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads(), round, i;
	struct job j[8];

	for (round = 0; round < 20; round++) {
		jobs_begin(j, 8, x);
		for (i = 0; i < 8; i++)
			await_start(&j[i]);
		jobs_end(j, 8, x);
		await_threads(before);
	}
	pawl_host_free(h);
}

/*
 * While there is work for one thread, the others find none and go: the last to rest is the first.
 */
TEST(work_for_one_keeps_one)
{
	pawl_host *h = begin(4, PAWL_MS(50));
	pawl_exec *x = pawl_host_exec(h);
	unsigned before = threads(), i;
	struct job j[4];

	jobs_begin(j, 4, x);
	for (i = 0; i < 4; i++)
		await_start(&j[i]);
	jobs_end(j, 4, x);
	while (threads() > before + 1)
		run_row(x, 100);
	pawl_host_free(h);
}

TEST(never_keeps_them)
{
	pawl_host *stays = begin(4, PAWL_NEVER), *goes = begin(4, PAWL_MS(1));
	unsigned before = threads(), i;
	struct job j[8];

	jobs_begin(j, 4, pawl_host_exec(stays));
	jobs_begin(j + 4, 4, pawl_host_exec(goes));
	for (i = 0; i < 8; i++)
		await_start(&j[i]);
	CHECK_UINT(threads(), before + 8);
	jobs_end(j, 4, pawl_host_exec(stays));
	jobs_end(j + 4, 4, pawl_host_exec(goes));
	await_threads(before + 4);
	pawl_host_free(goes);
	await_threads(before + 4 - 1);
	pawl_host_free(stays);
}

/* One thread and a line behind it: every third is taken back, first, last and between. */
#define LINE 100

TEST(cancelled_before_its_start_it_never_runs)
{
	pawl_host *h = begin(1, 0);
	pawl_exec *x = pawl_host_exec(h);
	static struct job first, line[LINE];
	unsigned i;

	job_begin(&first, x);
	await_start(&first);
	jobs_begin(line, LINE, x);
	for (i = 0; i < LINE; i += 3) {
		pawl_cancel(&line[i].task);
		job_end(&line[i], x, PAWL_ECANCELED);
	}
	sem_post(&first.go);
	for (i = 0; i < LINE; i++) {
		if (i % 3 == 0)
			continue;
		await_start(&line[i]);
		sem_post(&line[i].go);
		job_end(&line[i], x, 0);
	}
	job_end(&first, x, 0);
	for (i = 0; i < LINE; i++)
		CHECK_UINT(line[i].done, i % 3 != 0);
	pawl_host_free(h);
}

TEST(cancelled_after_its_start_it_is_waited_for)
{
	pawl_host *h = begin(2, 0);
	pawl_exec *x = pawl_host_exec(h);
	struct job j[2];
	unsigned i;

	jobs_begin(j, 2, x);
	for (i = 0; i < 2; i++) {
		await_start(&j[i]);
		pawl_cancel(&j[i].task);
	}
	while (pawl_poll_once(x) == 0) {}
	for (i = 0; i < 2; i++) {
		CHECK(!pawl_task_is_finished(&j[i].task));
		CHECK_UINT(j[i].done, 0);
	}
	jobs_end(j, 2, x);
	pawl_host_free(h);
}

/* The host goes while work runs and other work waits. */
TEST(free_takes_back_what_did_not_start)
{
	pawl_host *h = begin(1, 0);
	pawl_exec *x = pawl_host_exec(h);
	struct job j[3];
	unsigned i;

	jobs_begin(j, 3, x);
	await_start(&j[0]);
	for (i = 0; i < 3; i++)
		pawl_detach(&j[i].task);
	CHECK_INT(pawl_shutdown(x), 0);
	while (pawl_poll_once(x) == 0) {}
	CHECK_UINT(j[0].done, 0);
	sem_post(&j[0].go);
	pawl_host_free(h);
	CHECK_UINT(j[0].done, 1);
	CHECK_UINT(j[1].done + j[2].done, 0);
}

/* From now on there is no room for another thread's stack. */
static void forbid_threads(struct rlimit *ret_before)
{
	unsigned long pages = 0;
	struct rlimit small;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f && fscanf(f, "%lu", &pages) == 1);
	fclose(f);
	CHECK_INT(getrlimit(RLIMIT_AS, ret_before), 0);
	small = *ret_before;
	small.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + (512 << 10);
	CHECK_INT(setrlimit(RLIMIT_AS, &small), 0);
}

TEST(first_thread_may_not_start)
{
	struct rlimit before;
	pawl_host *h;
	struct job j;

	if (!kit_can_fail_alloc())
		return;
	h = begin(2, 0);
	forbid_threads(&before);
	job_begin(&j, pawl_host_exec(h));
	job_end(&j, pawl_host_exec(h), PAWL_EAGAIN);
	setrlimit(RLIMIT_AS, &before);
	run_row(pawl_host_exec(h), 10);
	pawl_host_free(h);
}

TEST(next_thread_may_not_start)
{
	struct rlimit before;
	unsigned there;
	pawl_host *h;
	struct job j[3];

	if (!kit_can_fail_alloc())
		return;
	h = begin(3, 0);
	jobs_begin(j, 1, pawl_host_exec(h));
	await_start(&j[0]);
	there = threads();
	forbid_threads(&before);
	jobs_begin(j + 1, 2, pawl_host_exec(h));
	CHECK_UINT(threads(), there);
	jobs_end(j, 3, pawl_host_exec(h));
	setrlimit(RLIMIT_AS, &before);
	pawl_host_free(h);
}

/* Background tasks with short work, some of it cancelled, while threads come and go. */
#define CROWD 32

struct member {
	struct row row;
	uint32_t cancelled;
};

static int member_poll(pawl_task *t)
{
	struct member *m = PAWL_OF(t, struct member, row.task);
	int r = row_poll(t);

	m->cancelled += r == PAWL_ECANCELED;
	return r;
}

static void cancel_some(struct member *m)
{
	unsigned i;

	for (i = 0; i < CROWD; i += 4)
		pawl_cancel(&m[i].row.task);
}

TEST(threads_come_and_go_under_load)
{
	static struct member m[CROWD];
	unsigned round, i, rounds = kit_long() ? 1000 : 20;

	for (round = 0; round < rounds; round++) {
		pawl_host *h = begin(1 + round % 7, PAWL_US(1 + round % 30));

		memset(m, 0, sizeof m);
		for (i = 0; i < CROWD; i++) {
			m[i].row = (struct row){ .work = { .fn = counts }, .count = 40 };
			CHECK_INT(pawl_spawn(pawl_host_exec(h), &m[i].row.task, member_poll), 0);
		}
		cancel_some(m);
		for (i = 0; i < CROWD; i++) {
			int outcome = 1;

			CHECK_INT(pawl_block_on(pawl_host_exec(h), &m[i].row.task, &outcome), 0);
			CHECK(outcome == 0 || outcome == PAWL_ECANCELED);
			CHECK_UINT(m[i].cancelled, outcome == PAWL_ECANCELED);
			CHECK(outcome == 0 ? m[i].row.calls == 40 : m[i].row.calls == m[i].row.i);
		}
		pawl_host_free(h);
	}
}

static const struct kit_case cases[] = {
	CASE(row_needs_one_thread),
	CASE(burst_starts_as_many_as_it_needs),
	CASE(limit_holds),
	CASE(idle_threads_end),
	CASE(work_for_one_keeps_one),
	CASE(never_keeps_them),
	CASE(cancelled_before_its_start_it_never_runs),
	CASE(cancelled_after_its_start_it_is_waited_for),
	CASE(free_takes_back_what_did_not_start),
	CASE(first_thread_may_not_start),
	CASE(next_thread_may_not_start),
	CASE(threads_come_and_go_under_load),
};

KIT_MAIN(cases)
