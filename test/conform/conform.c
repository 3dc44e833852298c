/* SPDX-License-Identifier: MIT */
/* Runs the whole suite over each of the ground's executors, with one line per case and executor. */
#include "conform.h"

/* How many cases times executors a ground may have. */
#ifndef CONFORM_CASES_MAX
#define CONFORM_CASES_MAX 1024
#endif

/* The one that counts, while there is one. */
static struct conform_exec counted;

/* The one that is being tried. */
static const struct conform_ground *ground;

unsigned conform_pollers(void)
{
	return ground->pollers;
}

void conform_relax(void)
{
	if (ground->relax)
		ground->relax();
}

static struct conform_exec *counting(pawl_exec *x)
{
	return PAWL_OF(x, struct conform_exec, exec);
}

static pawl_exec *inner(pawl_exec *x)
{
	return counting(x)->inner;
}

uint32_t conform_schedules(pawl_exec *x)
{
	return x == &counted.exec ? count_of(&counted.schedules) : 0;
}

void conform_check_schedules(pawl_exec *x, uint32_t want, const char *file, int line)
{
	if (x == &counted.exec)
		kit_check_uint(count_of(&counted.schedules), want, "schedules", file, line);
}

static void pass_schedule(pawl_exec *x, pawl_task *t)
{
	count_up(&counting(x)->schedules);
	inner(x)->ops->schedule(inner(x), t);
}

static pawl_time pass_now(pawl_exec *x)
{
	return inner(x)->ops->now(inner(x));
}

static int pass_arm(pawl_exec *x, pawl_task *t, pawl_time due)
{
	return inner(x)->ops->arm(inner(x), t, due);
}

static pawl_time pass_disarm(pawl_exec *x, pawl_task *t)
{
	return inner(x)->ops->disarm(inner(x), t);
}

static pawl_crew *pass_crew(pawl_exec *x)
{
	return inner(x)->ops->crew(inner(x));
}

static bool pass_is_main_thread(pawl_exec *x)
{
	return inner(x)->ops->is_main_thread(inner(x));
}

static int pass_poll_once(pawl_exec *x)
{
	return inner(x)->ops->poll_once(inner(x));
}

static int pass_block_on(pawl_exec *x, pawl_task *t)
{
	return inner(x)->ops->block_on(inner(x), t);
}

static bool pass_is_running(pawl_exec *x)
{
	return inner(x)->ops->is_running(inner(x));
}

static int pass_shutdown(pawl_exec *x)
{
	return inner(x)->ops->shutdown(inner(x));
}

static int pass_blocking(pawl_exec *x, pawl_work *w)
{
	return inner(x)->ops->blocking(inner(x), w);
}

static int pass_unblock(pawl_exec *x, pawl_work *w)
{
	return inner(x)->ops->unblock(inner(x), w);
}

static void count(struct conform_exec *c, pawl_exec *in)
{
	*c = (struct conform_exec){ .inner = in };
	c->ops = (pawl_exec_ops){
		.size = sizeof(pawl_exec_ops),
		.name = in->ops->name,
		.knob = in->ops->knob,
		.schedule = pass_schedule,
		.now = pass_now,
		.arm = pass_arm,
		.disarm = pass_disarm,
		.crew = pass_crew,
		.is_main_thread = pass_is_main_thread,
		.poll_once = pass_poll_once,
		.block_on = pass_block_on,
		.is_running = pass_is_running,
		.shutdown = pass_shutdown,
		.blocking = in->ops->blocking ? pass_blocking : NULL,
		.unblock = in->ops->unblock ? pass_unblock : NULL,
	};
	c->exec.ops = &c->ops;
}

static void probe_drop(pawl_task_owner *o, pawl_task *t)
{
	struct probe *p = PAWL_OF(o, struct probe, owner);

	CHECK(t == &p->task);
	count_up(&p->drops);
}

void probe_init(struct probe *p, pawl_task *watcher)
{
	*p = (struct probe){ .owner = { probe_drop }, .watcher = watcher };
	pawl_task_own(p, task, &p->owner);
}

static struct probe *probe_enter(pawl_task *t)
{
	struct probe *p = PAWL_OF(t, struct probe, task);

	/* Never concurrently with itself. */
	CHECK_INT(__atomic_exchange_n(&p->busy, 1, __ATOMIC_ACQ_REL), 0);
	count_up(&p->polls);
	return p;
}

static int probe_leave(struct probe *p, int r)
{
	pawl_task *watcher = p->watcher;

	__atomic_store_n(&p->busy, 0, __ATOMIC_RELEASE);
	if (watcher)
		pawl_wake(watcher);
	return r;
}

int probe_poll(pawl_task *t)
{
	struct probe *p = probe_enter(t);

	if (pawl_cancelled(t))
		return probe_leave(p, PAWL_ECANCELED);
	return probe_leave(p, count_of(&p->go) ? p->outcome : PAWL_PENDING);
}

int probe_sem_poll(pawl_task *t)
{
	struct probe *p = probe_enter(t);
	int r = pawl_sem_acquire(t, p->sem);

	return probe_leave(p, r);
}

int probe_sleep_poll(pawl_task *t)
{
	struct probe *p = probe_enter(t);

	return probe_leave(p, pawl_sleep(t, PAWL_S(10000)));
}

int probe_once_poll(pawl_task *t)
{
	struct probe *p = probe_enter(t);

	return probe_leave(p, p->outcome);
}

int conform_run(pawl_exec *x, pawl_task *t, pawl_poll_fn *poll)
{
	int outcome = 1;

	CHECK_INT(pawl_spawn_foreground(x, t, poll), 0);
	CHECK_INT(pawl_block_on(x, t, &outcome), 0);
	return outcome;
}

static const struct {
	const struct conform_case *cases;
	const size_t *count;
} suites[] = {
	{ conform_task_cases, &conform_task_case_count },
	{ conform_wait_cases, &conform_wait_case_count },
	{ conform_await_cases, &conform_await_case_count },
	{ conform_sync_cases, &conform_sync_case_count },
	{ conform_time_cases, &conform_time_case_count },
	{ conform_end_cases, &conform_end_case_count },
	{ conform_priority_cases, &conform_priority_case_count },
	{ conform_exec_cases, &conform_exec_case_count },
};

static const struct conform_case *case_at(size_t i)
{
	size_t s;

	for (s = 0; i >= *suites[s].count; s++)
		i -= *suites[s].count;
	return &suites[s].cases[i];
}

static size_t case_count(void)
{
	size_t s, n = 0;

	for (s = 0; s < PAWL_COUNT(suites); s++)
		n += *suites[s].count;
	return n;
}

static void run_round(const struct conform_ground *g, const struct conform_case *c, unsigned round,
		      bool is_counted)
{
	pawl_exec *in = g->make(g, round);

	ground = g;
	kit_at(is_counted ? "counted round" : "round", round);
	CHECK(in != NULL);
	count(&counted, in);
	c->fn(is_counted ? &counted.exec : in);
	g->drop(in);
	CHECK_UINT(pawl_live_tasks(), 0);
	stackful_check();
}

static void run(long at)
{
	const struct conform_ground *g = &conform_grounds[(size_t)at / case_count()];
	const struct conform_case *c = case_at((size_t)at % case_count());
	unsigned round;

	for (round = 0; round < g->rounds; round++) {
		run_round(g, c, round, true);
		run_round(g, c, round, false);
	}
}

int main(int argc, char **argv)
{
	static struct kit_case all[CONFORM_CASES_MAX];
	size_t n = case_count() * conform_ground_count, i;

	if (n > PAWL_COUNT(all)) {
		kit_put("raise CONFORM_CASES_MAX\n");
		return 1;
	}
	for (i = 0; i < n; i++)
		all[i] = (struct kit_case){
			.group = conform_grounds[i / case_count()].name,
			.name = case_at(i % case_count())->name,
			.fn = run,
			.param = (long)i,
		};
	return kit_main(all, n, argc, argv);
}
