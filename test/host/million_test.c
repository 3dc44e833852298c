/* SPDX-License-Identifier: MIT */
/* Millions of tasks leave nothing behind: neither memory nor a list grows with their number. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/heap.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* So many tasks are spawned, and end, before the next wave of them comes. */
#define WAVE 1000

/* Waves before the first look: until then heaps of timers and stacks may grow. */
#define WARM 10

/* What the process has. */
struct usage {
	size_t heap, slab, resident;
	unsigned long allocations; /* so far */
};

struct mill;

/* How the tasks of a wave are spawned, and waited for. */
struct kind {
	void (*begin)(struct mill *m);
	int (*spawn)(struct mill *m, uint32_t i);
	int (*await)(struct mill *m);
	uint32_t waves; /* a twentieth of those of a long run */
	bool is_background;
};

struct grain {
	pawl_task task;
	uint32_t i;
};

struct mill {
	pawl_task task;
	pawl_task starter; /* in the foreground: block_on has begun when it is polled */
	const struct kind *kind;
	pawl_exec *x;
	uint32_t waves, wave, i;
	uint32_t ended; /* atomic: tasks of this wave */
	uint32_t alone; /* live tasks between waves: these two, and one by which block_on waits */
	struct usage before;
	struct grain grain[WAVE];
	pawl_child children[WAVE];
	pawl_group group;
	pawl_session session;
	pawl_scope scope;
	pawl_sem sem;
};

static struct mill mill;

/* What tasks do. */

static int ends(pawl_task *t)
{
	(void)t;
	__atomic_add_fetch(&mill.ended, 1, __ATOMIC_RELEASE);
	return 0;
}

static int yields(pawl_task *t)
{
	int r = pawl_task_yield(t);

	return r ? r : ends(t);
}

static int sleeps(pawl_task *t)
{
	int r = pawl_sleep(t, 1 + PAWL_OF(t, struct grain, task)->i % 50);

	return r ? r : ends(t);
}

static int waits_its_turn(pawl_task *t)
{
	int r = pawl_sem_acquire(t, &mill.sem);

	if (r)
		return r;
	pawl_sem_release(&mill.sem);
	return ends(t);
}

/* Every third one sleeps, every third one waits for the others. */
static pawl_poll_fn *work_of(uint32_t i)
{
	static pawl_poll_fn *const works[] = { yields, sleeps, waits_its_turn };

	return works[i % 3];
}

/* Joined. */

static int spawn_joined(struct mill *m, uint32_t i)
{
	m->children[i].task = &m->grain[i].task;
	return pawl_spawn(m->x, &m->grain[i].task, ends);
}

static int spawn_mixed(struct mill *m, uint32_t i)
{
	m->children[i].task = &m->grain[i].task;
	return pawl_spawn(m->x, &m->grain[i].task, work_of(i));
}

static int spawn_timer(struct mill *m, uint32_t i)
{
	m->children[i].task = &m->grain[i].task;
	return pawl_timer(m->x, &m->grain[i].task, 1 + i % 50);
}

static void begin_joined(struct mill *m)
{
	m->group = (pawl_group){ .children = m->children, .count = WAVE };
}

static int await_joined(struct mill *m)
{
	return pawl_join_all(&m->task, &m->group);
}

/* A timer ends without a word: its end is counted for it. */
static int await_timers(struct mill *m)
{
	int r = pawl_join_all(&m->task, &m->group);

	if (r == 0)
		m->ended = WAVE;
	return r;
}

/* Detached, from a pool that is smaller than a wave. */

PAWL_TASK_POOL(grains, struct grain, 300);

static int spawn_detached(struct mill *m, uint32_t i)
{
	struct grain *g = grains_claim();
	int r;

	if (!g)
		return PAWL_EFULL;
	g->i = i;
	r = pawl_spawn(m->x, &g->task, work_of(i));
	if (r == 0)
		pawl_detach(&g->task);
	return r;
}

static int await_detached(struct mill *m)
{
	if (pawl_live_tasks() == m->alone && pawl_pool_in_use(&grains) == 0)
		return 0;
	pawl_wake(&m->task);
	return PAWL_PENDING;
}

/* In a session. */

static void begin_session(struct mill *m)
{
	pawl_session_init(&m->session, m->x);
}

static int spawn_in_session(struct mill *m, uint32_t i)
{
	pawl_spawn_options o = { .session = &m->session, .foreground = i % 16 == 0 };

	return pawl_spawn_with(NULL, &m->grain[i].task, work_of(i), &o);
}

static int await_session(struct mill *m)
{
	return pawl_session_wait(&m->task, &m->session);
}

/* In a scope. */

static void begin_scope(struct mill *m)
{
	pawl_scope_begin(&m->task, &m->scope, m->x);
}

static int spawn_in_scope(struct mill *m, uint32_t i)
{
	return pawl_scope_spawn(&m->scope, &m->grain[i].task, work_of(i));
}

static int await_scope(struct mill *m)
{
	return pawl_scope_end(&m->task, &m->scope, NULL);
}

/* On the heap: half of them joined, half detached. */

static void begin_heap(struct mill *m)
{
	m->group = (pawl_group){ .children = m->children, .count = WAVE / 2 };
}

static int spawn_on_heap(struct mill *m, uint32_t i)
{
	struct grain *g = PAWL_HEAP_NEW(struct grain);
	int r;

	CHECK(g != NULL);
	g->i = i;
	r = pawl_spawn(m->x, &g->task, work_of(i));
	if (r == 0 && i % 2)
		pawl_detach(&g->task);
	else if (r == 0)
		m->children[i / 2].task = &g->task;
	return r;
}

static int await_heap(struct mill *m)
{
	int r = pawl_join_all(&m->task, &m->group);

	if (r || pawl_live_tasks() == m->alone)
		return r;
	pawl_wake(&m->task);
	return PAWL_PENDING;
}

/* The looks. */

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	CHECK(f && fscanf(f, "%*u %lu", &pages) == 1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static struct usage look(void)
{
	struct usage u = { .slab = pawl_heap_bytes(), .resident = resident() };

	u.heap = mallinfo2().uordblks;
	u.allocations = kit_alloc_count();
	return u;
}

/*
 * What may still come is a few sizes of buffers, whatever the number of tasks: a byte for each task
 * would be more. Under sanitizers nothing but the slab is counted, since they keep memory of their
 * own.
 */
static void check_usage(const struct mill *m)
{
	struct usage now = look();

	CHECK(now.slab <= m->before.slab + (1 << 20));
	if (!kit_can_fail_alloc())
		return;
	CHECK(now.heap <= m->before.heap + (64 << 10));
	CHECK(now.allocations <= m->before.allocations + 2 * m->waves);
	CHECK(now.resident <= m->before.resident + (2 << 20));
}

static void ignore(void *arg, const char *text)
{
	(void)arg, (void)text;
}

/* Only this task and its starter are known to anybody. */
static void check_lists(struct mill *m)
{
	CHECK_UINT(pawl_live_tasks(), m->alone);
	CHECK_UINT(pawl_dump(m->x, ignore, NULL), 2);
	CHECK_UINT(pawl_sessions(m->x, NULL, 0), 0);
	CHECK_UINT(pawl_pool_in_use(&grains), 0);
	CHECK_UINT(pawl_sem_available(&m->sem), 3);
}

/* Between waves; true when there is another one. */
static bool begins_another(struct mill *m)
{
	uint32_t i;

	check_lists(m);
	if (m->wave == WARM)
		m->before = look();
	if (m->wave++ == m->waves)
		return false;
	m->ended = 0;
	for (i = 0; i < WAVE; i++)
		m->grain[i].i = i;
	if (m->kind->begin)
		m->kind->begin(m);
	return true;
}

/* A full pool is waited for by letting others run. */
static int grinds(pawl_task *t)
{
	struct mill *m = PAWL_OF(t, struct mill, task);
	int r;

	PAWL_BEGIN(t);
	m->alone = pawl_live_tasks();
	while (begins_another(m)) {
		for (m->i = 0; m->i < WAVE; m->i++) {
			while ((r = m->kind->spawn(m, m->i)) == PAWL_EFULL)
				PAWL_AWAIT(t, pawl_task_yield(t));
			CHECK_INT(r, 0);
		}
		PAWL_AWAIT(t, m->kind->await(m));
		CHECK_UINT(__atomic_load_n(&m->ended, __ATOMIC_ACQUIRE), WAVE);
	}
	check_usage(m);
	PAWL_END(t);
}

static int starts(pawl_task *t)
{
	struct mill *m = PAWL_OF(t, struct mill, starter);
	pawl_spawn_options o = { .foreground = !m->kind->is_background };

	PAWL_BEGIN(t);
	CHECK_INT(pawl_spawn_with(m->x, &m->task, grinds, &o), 0);
	PAWL_AWAIT(t, pawl_join(t, &m->task, NULL));
	PAWL_END(t);
}

static const struct kind kinds[] = {
	{ begin_joined, spawn_joined, await_joined, 100, false },
	{ begin_joined, spawn_joined, await_joined, 100, true },
	{ begin_joined, spawn_mixed, await_joined, 50, true },
	{ begin_joined, spawn_timer, await_timers, 50, false },
	{ NULL, spawn_detached, await_detached, 50, false },
	{ begin_session, spawn_in_session, await_session, 50, false },
	{ begin_scope, spawn_in_scope, await_scope, 50, true },
	{ begin_heap, spawn_on_heap, await_heap, 50, true },
};

TEST(no_growth)
{
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	int outcome = 1;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	mill.kind = &kinds[param];
	mill.x = pawl_host_exec(h);
	mill.waves = mill.kind->waves * (kit_long() ? 20 : 1);
	pawl_sem_init(&mill.sem, 3);
	CHECK_INT(pawl_spawn_foreground(mill.x, &mill.starter, starts), 0);
	CHECK_INT(pawl_block_on(mill.x, &mill.starter, &outcome), 0);
	CHECK_INT(outcome, 0);
	pawl_host_free(h);
}

/* clang-format off */
#define OF_KIND(id, n) { .name = id, .fn = test_no_growth, .param = (n) }
/* clang-format on */

static const struct kit_case cases[] = {
	OF_KIND("joined_in_the_foreground", 0),
	OF_KIND("joined_in_the_background", 1),
	OF_KIND("sleeping_and_waiting", 2),
	OF_KIND("timers", 3),
	OF_KIND("detached_of_a_pool", 4),
	OF_KIND("in_sessions", 5),
	OF_KIND("in_scopes", 6),
	OF_KIND("on_the_heap", 7),
};

KIT_MAIN(cases)
