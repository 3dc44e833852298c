/* SPDX-License-Identifier: MIT */
/* pawl_dump of a host: whatever a task is at, and wherever, there is a line that says so. */
#include <kit.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <sched.h>
#include <string.h>

static pawl_host *host;
static pawl_exec *x;

static char lines[64][200];
static unsigned count;

static void reads(void *arg, const char *text)
{
	CHECK(arg == lines);
	CHECK(count < KIT_COUNT(lines) && strlen(text) < sizeof lines[0]);
	strcpy(lines[count++], text);
}

static unsigned dump(void)
{
	unsigned n;

	count = 0;
	n = pawl_dump(x, reads, lines);
	CHECK_UINT(n, count);
	return n;
}

/* How many tasks of this name are at this? Each line has the place, too. */
static unsigned seen(const char *name, const char *wait)
{
	unsigned n = 0;
	size_t length = strlen(name);

	for (unsigned i = 0; i < count; i++) {
		const char *w = strstr(lines[i], "): ");

		CHECK(w && strstr(lines[i], "dump_test.c:"));
		n += strncmp(lines[i], name, length) == 0 && lines[i][length] == ' ' &&
		     strcmp(w + 3, wait) == 0;
	}
	return n;
}

/* Until so many lines are there, with these among them. */
static void await_seen(const char *name, const char *wait, unsigned of_all)
{
	while (dump() != of_all || seen(name, wait) != 1)
		sched_yield();
}

static void begin(unsigned workers)
{
	pawl_host_options o = { .workers = workers };

	CHECK_INT(pawl_host_new(&o, &host), 0);
	x = pawl_host_exec(host);
}

static void end(void)
{
	CHECK_UINT(dump(), 0);
	pawl_host_free(host);
	CHECK_UINT(pawl_live_tasks(), 0);
}

static void spawn(pawl_task *t, pawl_poll_fn *poll, const char *label, bool is_foreground)
{
	pawl_spawn_options o = { .label = label, .foreground = is_foreground };

	CHECK_INT(pawl_spawn_with(x, t, poll, &o), 0);
}

static uint32_t may_end, is_later;

/* At its first poll, or after one, until it may end. */
static int spins(pawl_task *t)
{
	(void)t;
	while (!__atomic_load_n(&may_end, __ATOMIC_ACQUIRE))
		sched_yield();
	return 0;
}

static int spins_later(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_YIELD(t);
	__atomic_store_n(&is_later, 1, __ATOMIC_RELEASE);
	spins(t);
	PAWL_END(t);
}

static int trivial(pawl_task *t)
{
	(void)t;
	return 0;
}

static void let_end(pawl_task *t, unsigned n)
{
	__atomic_store_n(&may_end, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < n; i++)
		CHECK_INT(pawl_block_on(x, &t[i], NULL), 0);
}

TEST(running_and_ready)
{
	pawl_task t[7] = { 0 };

	begin(2);
	spawn(&t[0], spins, "first", false);
	await_seen("first", "running", 1);
	spawn(&t[1], spins_later, "later", false);
	while (!__atomic_load_n(&is_later, __ATOMIC_ACQUIRE))
		sched_yield();
	spawn(&t[2], trivial, "ready", false);
	spawn(&t[3], trivial, "ready", true);
	for (unsigned i = 4; i < 7; i++) {
		pawl_spawn_options o = { .label = "urgency", .priority = (int8_t)(i - 5) };

		CHECK_INT(pawl_spawn_with(x, &t[i], trivial, &o), 0);
	}
	CHECK_UINT(dump(), 7);
	CHECK_UINT(seen("first", "running"), 1);
	CHECK_UINT(seen("later", "running"), 1);
	CHECK_UINT(seen("ready", "ready"), 2);
	CHECK_UINT(seen("urgency", "ready"), 3);
	let_end(t, 7);
	end();
}

static pawl_sem sem;

struct waiter {
	pawl_task task;
	pawl_work work;
};

static int waits_for_permit(pawl_task *t)
{
	return pawl_sem_acquire(t, &sem);
}

static int sleeps(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_NEVER));
	PAWL_END(t);
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static void blocks(pawl_work *w)
{
	(void)w;
	spins(NULL);
}

static int waits_for_work(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct waiter, task)->work);
}

TEST(waiting)
{
	static const struct {
		pawl_poll_fn *poll;
		const char *label, *wait;
	} kinds[] = {
		{ waits_for_permit, "permit", "a semaphore" },
		{ sleeps, "sleep", "a timer" },
		{ waits, "nothing", "a wake" },
		{ waits_for_work, "work", "blocking work" },
	};
	struct waiter w[KIT_COUNT(kinds)] = { 0 };

	begin(2);
	pawl_sem_init(&sem, 0);
	for (unsigned i = 0; i < KIT_COUNT(kinds); i++) {
		w[i].work.fn = blocks;
		spawn(&w[i].task, kinds[i].poll, kinds[i].label, param);
	}
	while (pawl_poll_once(x) == 0) {}
	for (unsigned i = 0; i < KIT_COUNT(kinds); i++)
		await_seen(kinds[i].label, kinds[i].wait, KIT_COUNT(kinds));
	__atomic_store_n(&may_end, 1, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < KIT_COUNT(kinds); i++) {
		pawl_cancel(&w[i].task);
		CHECK_INT(pawl_block_on(x, &w[i].task, NULL), 0);
	}
	end();
}

static int dumps_itself(pawl_task *t)
{
	(void)t;
	dump();
	return 0;
}

TEST(from_inside)
{
	pawl_task t = { 0 };

	begin(1);
	spawn(&t, dumps_itself, "itself", param);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	CHECK_UINT(count, 1);
	CHECK_UINT(seen("itself", "running"), 1);
	end();
}

/* What a task with a thread of its own spawns is there as well. */
enum { CHILDREN = 40 };

struct family {
	pawl_task task;
	pawl_task children[CHILDREN];
	pawl_task awake;
	pawl_session session;
	unsigned next;
	uint32_t may_end;
};

static int has_children(pawl_task *t)
{
	struct family *f = PAWL_OF(t, struct family, task);
	pawl_spawn_options child = { .label = "child" };
	pawl_spawn_options member = { .label = "member", .session = &f->session };

	PAWL_BEGIN(t);
	pawl_session_init(&f->session, pawl_here(t));
	for (f->next = 0; f->next < CHILDREN; f->next++)
		CHECK_INT(pawl_spawn_with(pawl_here(t), &f->children[f->next], sleeps, &child), 0);
	CHECK_INT(pawl_spawn_with(NULL, &f->awake, waits, &member), 0);
	PAWL_AWAIT(t, pawl_sem_acquire(t, &sem));
	for (f->next = 0; f->next < CHILDREN; f->next++)
		PAWL_AWAIT(t, pawl_stop(t, &f->children[f->next], NULL));
	PAWL_AWAIT(t, pawl_session_end(t, &f->session));
	PAWL_END(t);
}

TEST(on_threads_of_their_own)
{
	static struct family f;
	pawl_spawn_options o = { .label = "parent" };
	pawl_task t = { 0 };

	begin(1);
	pawl_sem_init(&sem, 0);
	o.label = "spinner";
	CHECK_INT(pawl_spawn_dedicated(x, &t, spins, &o), 0);
	await_seen("spinner", "running on its thread", 1);
	o.label = "parent";
	CHECK_INT(pawl_spawn_dedicated(x, &f.task, has_children, &o), 0);
	do {
		await_seen("parent", "a semaphore", 1 + 1 + CHILDREN + 1);
	} while (seen("child", "a timer") != CHILDREN || seen("member", "a wake") != 1);
	CHECK_UINT(seen("spinner", "running on its thread"), 1);
	__atomic_store_n(&may_end, 1, __ATOMIC_RELEASE);
	pawl_sem_release(&sem);
	CHECK_INT(pawl_block_on(x, &f.task, NULL), 0);
	CHECK_INT(pawl_block_on(x, &t, NULL), 0);
	while (dump())
		sched_yield();
	end();
}

static const struct kit_case cases[] = {
	CASE(running_and_ready), CASE_N(waiting, 0),     CASE_N(waiting, 1),
	CASE_N(from_inside, 0),  CASE_N(from_inside, 1), CASE(on_threads_of_their_own),
};

KIT_MAIN(cases)
