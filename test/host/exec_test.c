/* SPDX-License-Identifier: MIT */
/* What only the host executor has: threads, a loop for others' handles, blocking work, idling. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <uv.h>

static pawl_host *begin(unsigned workers, unsigned blocking_max)
{
	pawl_host_options o = { .workers = workers, .blocking_max = blocking_max };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	return h;
}

static int ends(pawl_task *t)
{
	(void)t;
	return -4;
}

TEST(defaults_fit_the_machine)
{
	pawl_host *h = NULL;

	CHECK(pawl_host_cpus() >= 1);
	CHECK_INT(pawl_host_new(NULL, &h), 0);
	CHECK(pawl_host_workers(h) >= 2);
	CHECK(pawl_host_workers(h) >= pawl_host_cpus());
	CHECK(pawl_host_of(pawl_host_exec(h)) == h);
	CHECK(!pawl_host_of(pawl_current_executor()));
	pawl_host_free(h);
	pawl_host_free(NULL);
}

TEST(limit_names_itself)
{
	pawl_host_options o = { .tasks_max = 2 };
	pawl_host *h = NULL;
	pawl_task t[3] = { 0 };
	char text[128];
	unsigned i;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	for (i = 0; i < 2; i++)
		CHECK_INT(pawl_spawn_after(pawl_host_exec(h), &t[i], ends, PAWL_S(100)), 0);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &t[2], ends), PAWL_EFULL);
	pawl_exec_full_text(pawl_host_exec(h), text, sizeof text);
	CHECK_STR(text, "executor 'host' is full: 2 of 2 tasks; raise pawl_host_options.tasks_max");
	for (i = 0; i < 2; i++)
		pawl_detach(&t[i]);
	pawl_host_free(h);
}

/* Who ended before it was stopped was not asked to, also when nobody had listed it. */
TEST(ended_before_the_stop_is_not_cancelled)
{
	pawl_host *h = begin(1, 0);
	pawl_task t = { 0 };

	CHECK_INT(pawl_spawn(pawl_host_exec(h), &t, ends), 0);
	while (!pawl_task_is_finished(&t))
		sched_yield();
	CHECK(!pawl_cancelled(&t));
	CHECK_INT(pawl_shutdown(pawl_host_exec(h)), 0);
	CHECK(!pawl_cancelled(&t));
	pawl_host_free(h);
	CHECK(!pawl_cancelled(&t));
	pawl_detach(&t);
}

/* Timers that become due just when the loop looks for them: it must not sleep on. */
struct dozer {
	pawl_task task;
	unsigned i;
};

static int dozes(pawl_task *t)
{
	struct dozer *d = PAWL_OF(t, struct dozer, task);
	int r;

	while (d->i < 300) {
		r = pawl_sleep(t, 50 * (pawl_time)(d->i % 100));
		if (r)
			return r;
		d->i++;
	}
	return 0;
}

TEST(very_short_sleeps_end)
{
	pawl_host *h = begin(1, 0);
	struct dozer foreground = { 0 }, background = { 0 };

	CHECK_INT(pawl_spawn_foreground(pawl_host_exec(h), &foreground.task, dozes), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &foreground.task, NULL), 0);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &background.task, dozes), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &background.task, NULL), 0);
	pawl_host_free(h);
}

static pawl_time cpu_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (pawl_time)ts.tv_sec * PAWL_S(1) + ts.tv_nsec;
}

static int naps(pawl_task *t)
{
	return pawl_sleep(t, PAWL_MS(100));
}

static pawl_time cpu_of_naps(pawl_exec *x)
{
	pawl_task background = { 0 }, foreground = { 0 };
	pawl_time cpu = cpu_time();

	CHECK_INT(pawl_spawn(x, &background, naps), 0);
	CHECK_INT(pawl_spawn_foreground(x, &foreground, naps), 0);
	CHECK_INT(pawl_block_on(x, &background, NULL), 0);
	CHECK_INT(pawl_block_on(x, &foreground, NULL), 0);
	return cpu_time() - cpu;
}

/* Sooner or later: at first its threads begin, which takes a slow machine its time. */
TEST(idle_takes_no_cpu)
{
	pawl_host *h = begin(4, 0);

	while (cpu_of_naps(pawl_host_exec(h)) >= PAWL_MS(30)) {}
	pawl_host_free(h);
}

static int waits_for_itself(pawl_task *t)
{
	pawl_block_on(pawl_here(t), t, NULL);
	CHECK_FAIL("it waited for itself");
	return 0;
}

static void blocks_on_itself(void *arg)
{
	pawl_host *h = begin(1, 0);

	CHECK_INT(pawl_spawn_foreground(pawl_host_exec(h), arg, waits_for_itself), 0);
	pawl_block_on(pawl_host_exec(h), arg, NULL);
}

static void worker_blocks_on_itself(void *arg)
{
	pawl_host *h = begin(1, 0);

	CHECK_INT(pawl_spawn(pawl_host_exec(h), arg, waits_for_itself), 0);
	pawl_block_on(pawl_host_exec(h), arg, NULL);
}

TEST(waiting_for_oneself_is_noticed)
{
	pawl_task t = { 0 };

	CHECK_ABORTS(blocks_on_itself, &t);
	CHECK_ABORTS(worker_blocks_on_itself, &t);
}

/* Background tasks sleep and run while the main thread does something else altogether. */
struct signal {
	pawl_task task;
	sem_t done;
	unsigned i;
};

static int signals_later(pawl_task *t)
{
	struct signal *s = PAWL_OF(t, struct signal, task);

	PAWL_BEGIN(t);
	for (s->i = 0; s->i < 5; s->i++)
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(300)));
	sem_post(&s->done);
	PAWL_END(t);
}

TEST(timers_run_without_the_main_thread)
{
	unsigned workers;

	for (workers = 1; workers <= 3; workers++) {
		pawl_host *h = begin(workers, 0);
		struct signal s = { 0 };

		sem_init(&s.done, 0, 0);
		CHECK_INT(pawl_spawn(pawl_host_exec(h), &s.task, signals_later), 0);
		while (sem_wait(&s.done) != 0) {}
		CHECK_INT(pawl_block_on(pawl_host_exec(h), &s.task, NULL), 0);
		sem_destroy(&s.done);
		pawl_host_free(h);
	}
}

/* One worker is busy for long, so another one must keep the timers. */
struct busy {
	pawl_task task;
	struct signal *other;
};

static int keeps_busy(pawl_task *t)
{
	struct busy *b = PAWL_OF(t, struct busy, task);

	CHECK_INT(pawl_spawn(pawl_here(t), &b->other->task, signals_later), 0);
	while (sem_wait(&b->other->done) != 0) {}
	return 0;
}

TEST(busy_worker_does_not_hold_the_timers)
{
	pawl_host *h = begin(2, 0);
	struct signal s = { 0 };
	struct busy b = { .other = &s };

	sem_init(&s.done, 0, 0);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &b.task, keeps_busy), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &b.task, NULL), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &s.task, NULL), 0);
	sem_destroy(&s.done);
	pawl_host_free(h);
}

/* Two tasks that become ready at once meet on two workers, though one wake may reach but one. */
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
	struct meeting m[3];
	pthread_barrier_t place;
	unsigned round, i;
};

static int holds_meetings(pawl_task *t)
{
	struct host_of_meetings *h = PAWL_OF(t, struct host_of_meetings, task);

	PAWL_BEGIN(t);
	for (h->round = 0; h->round < 300; h->round++) {
		for (h->i = 0; h->i < 3; h->i++) {
			h->m[h->i].place = &h->place;
			CHECK_INT(pawl_spawn(pawl_here(t), &h->m[h->i].task, meets), 0);
		}
		for (h->i = 0; h->i < 3; h->i++)
			PAWL_AWAIT(t, pawl_join(t, &h->m[h->i].task, NULL));
	}
	PAWL_END(t);
}

TEST(ready_tasks_use_all_workers)
{
	pawl_host *h = begin(3, 0);
	struct host_of_meetings m = { 0 };

	pthread_barrier_init(&m.place, NULL, 3);
	CHECK_INT(pawl_spawn_foreground(pawl_host_exec(h), &m.task, holds_meetings), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &m.task, NULL), 0);
	pthread_barrier_destroy(&m.place);
	pawl_host_free(h);
}

static void *blocks_elsewhere(void *arg)
{
	pawl_host *h = arg;
	unsigned i;

	CHECK(!pawl_is_main_thread(pawl_host_exec(h)));
	CHECK_INT(pawl_poll_once(pawl_host_exec(h)), PAWL_ENOTSUP);
	for (i = 0; i < 200; i++) {
		pawl_task t = { 0 };
		int outcome = 1;

		CHECK_INT(pawl_spawn(pawl_host_exec(h), &t, ends), 0);
		CHECK_INT(pawl_block_on(pawl_host_exec(h), &t, &outcome), 0);
		CHECK_INT(outcome, -4);
	}
	return NULL;
}

TEST(other_threads_may_block_on_tasks)
{
	pawl_host *h = begin(2, 0);
	pthread_t t[3];
	unsigned i;

	for (i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&t[i], NULL, blocks_elsewhere, h), 0);
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	pawl_host_free(h);
}

/* The only worker drives the executor from inside a task: what it waits for runs on it. */
struct nested {
	pawl_task task, inner;
	int outcome;
};

static int nests(pawl_task *t)
{
	struct nested *n = PAWL_OF(t, struct nested, task);

	CHECK_INT(pawl_spawn(pawl_here(t), &n->inner, naps), 0);
	CHECK_INT(pawl_block_on(pawl_here(t), &n->inner, &n->outcome), 0);
	return 0;
}

TEST(worker_may_block_on_a_task)
{
	pawl_host *h = begin(1, 0);
	struct nested n = { .outcome = 1 };

	CHECK_INT(pawl_spawn(pawl_host_exec(h), &n.task, nests), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &n.task, NULL), 0);
	CHECK_INT(n.outcome, 0);
	pawl_host_free(h);
}

/* Handles of others on the loop. */
struct guest {
	pawl_task task;
	uv_timer_t timer;
	unsigned fired;
};

static void on_guest_timer(uv_timer_t *timer)
{
	struct guest *g = PAWL_OF(timer, struct guest, timer);

	g->fired++;
	pawl_wake(&g->task);
}

static int waits_for_guest(pawl_task *t)
{
	return PAWL_OF(t, struct guest, task)->fired == 3 ? 0 : PAWL_PENDING;
}

TEST(loop_takes_handles_of_others)
{
	pawl_host *h = begin(1, 0);
	struct guest g = { 0 };

	uv_timer_init(pawl_host_loop(h), &g.timer);
	uv_timer_start(&g.timer, on_guest_timer, 1, 1);
	CHECK_INT(pawl_spawn_foreground(pawl_host_exec(h), &g.task, waits_for_guest), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &g.task, NULL), 0);
	uv_close((uv_handle_t *)&g.timer, NULL);
	pawl_host_free(h);
}

/* Blocking work with one thread: what waits in line can be taken back, what runs is awaited. */
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

static void job_begin(struct job *j, pawl_exec *x)
{
	*j = (struct job){ .work = { .fn = works } };
	sem_init(&j->started, 0, 0);
	sem_init(&j->go, 0, 0);
	CHECK_INT(pawl_spawn_foreground(x, &j->task, has_work), 0);
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

TEST(blocking_work_is_taken_back_only_before_its_start)
{
	pawl_host *h = begin(1, 1);
	pawl_exec *x = pawl_host_exec(h);
	struct job running, waiting;

	job_begin(&running, x);
	while (sem_trywait(&running.started) != 0)
		pawl_poll_once(x);
	job_begin(&waiting, x);
	while (pawl_poll_once(x) == 0) {}
	pawl_cancel(&waiting.task);
	job_end(&waiting, x, PAWL_ECANCELED);
	pawl_cancel(&running.task);
	while (pawl_poll_once(x) == 0) {}
	CHECK(!pawl_task_is_finished(&running.task));
	sem_post(&running.go);
	job_end(&running, x, 0);
	pawl_host_free(h);
}

TEST(blocking_work_runs_side_by_side)
{
	pawl_host *h = begin(1, 8);
	pawl_exec *x = pawl_host_exec(h);
	struct job j[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		job_begin(&j[i], x);
	for (i = 0; i < 8; i++)
		while (sem_trywait(&j[i].started) != 0)
			pawl_poll_once(x);
	for (i = 0; i < 8; i++)
		sem_post(&j[i].go);
	for (i = 0; i < 8; i++)
		job_end(&j[i], x, 0);
	pawl_host_free(h);
}

/* What is pending when the host goes is cancelled once, wherever it runs. */
struct pending {
	pawl_task task;
	uint32_t polls, cancelled;
};

static int stays(pawl_task *t)
{
	struct pending *p = PAWL_OF(t, struct pending, task);
	int r = pawl_sleep(t, PAWL_S(1000));

	__atomic_add_fetch(&p->polls, 1, __ATOMIC_RELAXED);
	if (r == PAWL_ECANCELED)
		__atomic_add_fetch(&p->cancelled, 1, __ATOMIC_RELAXED);
	return r;
}

TEST(free_cancels_what_is_pending_once)
{
	unsigned round, i;

	for (round = 0; round < 10; round++) {
		pawl_host *h = begin(1 + round % 3, 0);
		struct pending p[20] = { 0 };

		for (i = 0; i < 20; i++) {
			pawl_spawn_options o = { .foreground = i % 2 };

			CHECK_INT(pawl_spawn_with(pawl_host_exec(h), &p[i].task, stays, &o), 0);
			pawl_detach(&p[i].task);
		}
		pawl_host_free(h);
		for (i = 0; i < 20; i++) {
			CHECK_UINT(p[i].cancelled, 1);
			CHECK(p[i].polls >= 1 && p[i].polls <= 2);
		}
	}
}

/* Many tasks that sleep, wake each other and spawn, on all threads at once. */
#define CROWD 200

struct crowd {
	pawl_task task;
	struct member {
		pawl_task task;
		struct crowd *crowd;
		uint32_t i;
	} m[CROWD];
	pawl_sem sem;
	pawl_session session;
	uint32_t i;
};

static int member_poll(pawl_task *t)
{
	struct member *m = PAWL_OF(t, struct member, task);

	PAWL_BEGIN(t);
	for (m->i = 0; m->i < 5; m->i++) {
		PAWL_AWAIT(t, pawl_sem_acquire(t, &m->crowd->sem));
		pawl_sem_release(&m->crowd->sem);
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(10) * (pawl_time)(m - m->crowd->m)));
		pawl_wake(&m->crowd->task);
	}
	PAWL_END(t);
}

static int crowd_poll(pawl_task *t)
{
	struct crowd *c = PAWL_OF(t, struct crowd, task);
	pawl_spawn_options o = { .session = &c->session };

	PAWL_BEGIN(t);
	pawl_sem_init(&c->sem, 3);
	pawl_session_init(&c->session, pawl_here(t));
	for (c->i = 0; c->i < CROWD; c->i++) {
		o.foreground = c->i % 4 == 0;
		c->m[c->i].crowd = c;
		CHECK_INT(pawl_spawn_with(NULL, &c->m[c->i].task, member_poll, &o), 0);
	}
	PAWL_AWAIT(t, pawl_session_wait(t, &c->session));
	CHECK_UINT(pawl_sem_available(&c->sem), 3);
	CHECK_UINT(pawl_session_failed(&c->session), 0);
	PAWL_END(t);
}

TEST(crowd_finds_its_end)
{
	pawl_host *h = begin(2, 0);
	static struct crowd c;
	int outcome = 1;

	CHECK_INT(pawl_spawn(pawl_host_exec(h), &c.task, crowd_poll), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &c.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	pawl_host_free(h);
}

/* How many allocations libuv makes for a loop with our handles; when those fail, it aborts. */
static unsigned long allocations_of_libuv(void)
{
	unsigned long n;
	uv_loop_t loop;
	uv_async_t async;

	kit_alloc_fail(0, false);
	CHECK_INT(uv_loop_init(&loop), 0);
	CHECK_INT(uv_async_init(&loop, &async, NULL), 0);
	n = kit_alloc_count();
	uv_close((uv_handle_t *)&async, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK_INT(uv_loop_close(&loop), 0);
	return n;
}

static int new_with_failure(unsigned long n)
{
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	int r;

	kit_alloc_fail(n, false);
	r = pawl_host_new(&o, &h);
	kit_alloc_fail(0, false);
	CHECK(r == 0 ? h != NULL : !h);
	pawl_host_free(h);
	return r;
}

/* Each of our own allocations fails once: an error comes back and nothing stays behind. */
TEST(every_allocation_may_fail)
{
	unsigned long theirs;

	if (!kit_can_fail_alloc())
		return;
	theirs = allocations_of_libuv();
	CHECK_INT(new_with_failure(1), PAWL_ENOMEM);
	CHECK_INT(new_with_failure(1 + theirs + 1), PAWL_ENOMEM);
	CHECK_INT(new_with_failure(1 + theirs + 2), PAWL_ENOMEM);
	CHECK(new_with_failure(1 + theirs + 3) < 0);
	CHECK_INT(new_with_failure(1000), 0);
}

/* What a timer is started for, and what it is due for then: later, by as much as host.h says. */
static int starts_timers(pawl_task *t)
{
	pawl_exec *x = pawl_here(t);
	pawl_time length, due, got;

	for (length = 0; length < PAWL_S(3600); length = 2 * length + 7) {
		due = pawl_now(x) + length;
		CHECK_INT(x->ops->arm(x, t, due), 0);
		got = x->ops->disarm(x, t);
		CHECK(got >= due);
		CHECK(got - due <= length / 256);
		CHECK(got - due < (pawl_time)1 << 20);
	}
	CHECK_INT(x->ops->arm(x, t, PAWL_NEVER - 1), 0);
	CHECK(x->ops->disarm(x, t) == PAWL_NEVER - 1);
	return 0;
}

TEST(sleeps_are_late_by_a_256th_at_most)
{
	pawl_host *h = NULL;
	pawl_task task = { 0 };
	int outcome = -1;

	CHECK_INT(pawl_host_new(NULL, &h), 0);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &task, starts_timers), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &task, &outcome), 0);
	CHECK_INT(outcome, 0);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(sleeps_are_late_by_a_256th_at_most),
	CASE(defaults_fit_the_machine),
	CASE(limit_names_itself),
	CASE(ended_before_the_stop_is_not_cancelled),
	CASE(very_short_sleeps_end),
	CASE(idle_takes_no_cpu),
	CASE(waiting_for_oneself_is_noticed),
	CASE(timers_run_without_the_main_thread),
	CASE(busy_worker_does_not_hold_the_timers),
	CASE(ready_tasks_use_all_workers),
	CASE(other_threads_may_block_on_tasks),
	CASE(worker_may_block_on_a_task),
	CASE(loop_takes_handles_of_others),
	CASE(blocking_work_is_taken_back_only_before_its_start),
	CASE(blocking_work_runs_side_by_side),
	CASE(free_cancels_what_is_pending_once),
	CASE(crowd_finds_its_end),
	CASE(every_allocation_may_fail),
};

KIT_MAIN(cases)
