/* SPDX-License-Identifier: MIT */
/* Heap tasks: their memory comes, goes, and does not grow; on one thread and on several. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/heap.h>
#include <pawl/host.h>
#include <pawl/pawl.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

/* The system as the slab sees it. */
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

static bool has_no_memory;
static unsigned maps;

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	if (__atomic_load_n(&has_no_memory, __ATOMIC_RELAXED)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	__atomic_fetch_add(&maps, 1, __ATOMIC_RELAXED);
	return __real_mmap(at, size, prot, flags, fd, offset);
}

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

TEST(memory_is_zeroed_and_used_again)
{
	struct job *j = PAWL_HEAP_NEW(struct job), *again;
	static const char zeroes[40];

	CHECK(j != NULL);
	CHECK_UINT(j->polls, 0);
	CHECK(!j->ended);
	CHECK_MEM(j->rest, zeroes, sizeof zeroes);
	CHECK_UINT((uintptr_t)j % 16, 0);
	j->polls = 7;
	j->rest[39] = 1;
	pawl_heap_free(j);
	again = PAWL_HEAP_NEW(struct job);
	CHECK(again == j);
	CHECK_UINT(j->polls, 0);
	CHECK_MEM(j->rest, zeroes, sizeof zeroes);
	pawl_heap_free(again);
	pawl_heap_free(NULL);
}

/* Each size begins where a task may, and nothing of it is anybody else's. */
TEST(every_size_has_room)
{
	static unsigned char *p[400];
	size_t size, i, n = 0;

	for (size = sizeof(pawl_task); size < 20000 && n < PAWL_COUNT(p); size += 1 + size / 16) {
		p[n] = pawl_heap_new(size);
		CHECK(p[n] != NULL);
		CHECK_UINT((uintptr_t)p[n] % 16, 0);
		for (i = sizeof(pawl_task); i < size; i++)
			CHECK_UINT(p[n][i], 0);
		for (i = sizeof(pawl_task); i < size; i++)
			p[n][i] = (unsigned char)n;
		n++;
	}
	CHECK(n > 50);
	size = sizeof(pawl_task);
	for (size_t k = 0; k < n; k++, size += 1 + size / 16) {
		for (i = sizeof(pawl_task); i < size; i++)
			CHECK_UINT(p[k][i], (unsigned char)k);
		pawl_heap_free(p[k]);
	}
}

/* Of the memory that was asked of the system, most is in tasks. */
TEST(no_size_wastes_memory)
{
	static const size_t sizes[] = { 160, 500, 1000, 1500, 2000, 4000, PAWL_HEAP_SLOT_MAX };
	static void *p[1000];

	for (size_t k = 0; k < PAWL_COUNT(sizes); k++) {
		size_t before = pawl_heap_bytes(), i;

		kit_at("size", (int64_t)sizes[k]);
		for (i = 0; i < PAWL_COUNT(p); i++)
			p[i] = pawl_heap_new(sizes[k]);
		CHECK(pawl_heap_bytes() - before < PAWL_COUNT(p) * sizes[k] * 3 / 2 + 65536);
		for (i = 0; i < PAWL_COUNT(p); i++)
			pawl_heap_free(p[i]);
	}
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

/* The second of two sizes that need memory finds none; the first has some left. */
TEST(no_memory_is_an_error)
{
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	struct job *one = PAWL_HEAP_NEW(struct job);
	char other[500] = { 0 };
	pawl_task *t = NULL;
	unsigned got = 1;

	CHECK(one != NULL);
	__atomic_store_n(&has_no_memory, true, __ATOMIC_RELAXED);
	/* The region is used up chunk by chunk, by whatever size. */
	while (pawl_heap_new(4000))
		got++;
	CHECK_INT(pawl_go(x, ends, &other, &t), PAWL_ENOMEM);
	CHECK(!t);
	CHECK(!pawl_heap_new(8000));
	__atomic_store_n(&has_no_memory, false, __ATOMIC_RELAXED);
	CHECK(got > 100);
	CHECK_INT(pawl_go(x, ends, &other, &t), 0);
	CHECK_INT(pawl_block_on(x, t, NULL), 0);
	pawl_heap_free(one);
	if (!kit_can_fail_alloc())
		return;
	kit_alloc_fail(1, false);
	CHECK(!PAWL_HEAP_NEW(struct large));
	kit_alloc_fail(0, false);
	CHECK(!pawl_heap_new(SIZE_MAX - 8));
}

/* A waker of a life that is over wakes nobody, whatever became of the memory. */
TEST(old_wakers_wake_nobody)
{
	static pawl_waker wakers[CROWD];
	static struct job *jobs[CROWD];
	pawl_local l;
	pawl_exec *x = local_begin(&l);
	size_t peak;

	for (int life = 0; life < 3; life++) {
		for (int i = 0; i < CROWD; i++) {
			jobs[i] = PAWL_HEAP_NEW(struct job);
			CHECK(jobs[i] != NULL);
			CHECK_INT(pawl_spawn(x, &jobs[i]->task, waits), 0);
		}
		pawl_local_run(&l);
		peak = pawl_heap_bytes();
		for (int i = 0; life && i < CROWD; i++)
			pawl_waker_wake(wakers[i]);
		CHECK_INT(pawl_poll_once(x), PAWL_PENDING);
		for (int i = 0; i < CROWD; i++) {
			wakers[i] = pawl_waker_of(&jobs[i]->task);
			pawl_cancel(&jobs[i]->task);
			pawl_detach(&jobs[i]->task);
		}
		pawl_local_run(&l);
		for (int i = 0; i < CROWD; i++)
			pawl_waker_wake(wakers[i]);
		CHECK_INT(pawl_poll_once(x), PAWL_PENDING);
		CHECK(pawl_heap_bytes() < peak / 3);
	}
}

TEST(dropped_memory_is_nobodys)
{
#if defined(__SANITIZE_ADDRESS__)
	struct job *j = PAWL_HEAP_NEW(struct job), *k = PAWL_HEAP_NEW(struct job);

	CHECK(!__asan_region_is_poisoned(j, sizeof *j));
	pawl_heap_free(j);
	CHECK(__asan_address_is_poisoned(&j->polls));
	CHECK(__asan_address_is_poisoned(&j->task.exec_));
	CHECK(!__asan_region_is_poisoned(k, sizeof *k));
	pawl_heap_free(k);
	CHECK(__asan_address_is_poisoned(&k->rest[39]));
#endif
	CHECK(true);
}

static void free_twice(void *arg)
{
	struct job *j = PAWL_HEAP_NEW(struct job);

	(void)arg;
	pawl_heap_free(j);
	pawl_heap_free(j);
}

static void free_a_spawned_one(void *arg)
{
	struct job *j = PAWL_HEAP_NEW(struct job);
	pawl_local l;

	(void)arg;
	pawl_spawn(local_begin(&l), &j->task, waits);
	pawl_heap_free(j);
}

TEST(misuse_is_noticed)
{
	CHECK_ABORTS(free_a_spawned_one, NULL);
	CHECK_ABORTS(free_twice, NULL);
}

/* One thread makes, another frees. */
enum { PILE = 1000 };

struct belt {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct job *pile[PILE];
	unsigned count;
	long left;
};

static void *frees(void *arg)
{
	struct belt *b = arg;

	pthread_mutex_lock(&b->lock);
	while (b->left) {
		while (!b->count)
			pthread_cond_wait(&b->changed, &b->lock);
		for (; b->count; b->left--)
			pawl_heap_free(b->pile[--b->count]);
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

static void make_pile(struct belt *b)
{
	pthread_mutex_lock(&b->lock);
	while (b->count)
		pthread_cond_wait(&b->changed, &b->lock);
	for (; b->count < PILE; b->count++) {
		b->pile[b->count] = PAWL_HEAP_NEW(struct job);
		CHECK(b->pile[b->count] != NULL);
	}
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

TEST(memory_crosses_threads_and_comes_back)
{
	static struct belt b = { .lock = PTHREAD_MUTEX_INITIALIZER,
				 .changed = PTHREAD_COND_INITIALIZER,
				 .left = 200 * PILE };
	pthread_t thread;
	size_t after_one;

	CHECK_INT(pthread_create(&thread, NULL, frees, &b), 0);
	make_pile(&b);
	after_one = pawl_heap_bytes();
	for (int i = 1; i < 200; i++)
		make_pile(&b);
	pthread_join(thread, NULL);
	CHECK(pawl_heap_bytes() <= after_one + ((size_t)128 << 10));
}

/* Threads end: what they had is others', what they made lives on. */
static void *makes_and_ends(void *arg)
{
	struct job **j = arg;

	for (int i = 0; i < 100; i++)
		j[i] = PAWL_HEAP_NEW(struct job);
	for (int i = 0; i < 50; i++)
		pawl_heap_free(j[i]);
	return NULL;
}

TEST(threads_leave_nothing_behind)
{
	struct job *j[100];
	pthread_t thread;
	size_t after_one = 0;

	for (int i = 0; i < 300; i++) {
		CHECK_INT(pthread_create(&thread, NULL, makes_and_ends, j), 0);
		pthread_join(thread, NULL);
		for (int k = 50; k < 100; k++) {
			CHECK_UINT(j[k]->polls, 0);
			pawl_heap_free(j[k]);
		}
		if (i == 0)
			after_one = pawl_heap_bytes();
	}
	CHECK(pawl_heap_bytes() == after_one);
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
	CHECK(__atomic_load_n(&maps, __ATOMIC_RELAXED) < 10);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(memory_is_zeroed_and_used_again),
	CASE(every_size_has_room),
	CASE(no_size_wastes_memory),
	CASE(task_is_freed_when_it_is_dropped),
	CASE(refused_task_is_freed),
	CASE(go_copies_there_and_back),
	CASE(go_can_be_cancelled),
	CASE(go_without_a_handle_is_detached),
	CASE(large_tasks_work_alike),
	CASE(no_memory_is_an_error),
	CASE(old_wakers_wake_nobody),
	CASE(dropped_memory_is_nobodys),
	CASE(misuse_is_noticed),
	CASE(memory_crosses_threads_and_comes_back),
	CASE(threads_leave_nothing_behind),
	CASE(groups_take_handles),
	CASE_N(groups_take_handles_on_workers, 1),
	CASE_N(groups_take_handles_on_workers, 2),
	CASE_N(scopes_take_heap_tasks, 1),
	CASE_N(scopes_take_heap_tasks, 2),
	CASE(a_million_tasks_do_not_grow),
};

KIT_MAIN(cases)
