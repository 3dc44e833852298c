/* SPDX-License-Identifier: MIT */
/* The memory of heap tasks: it is zeroed, nobody else's, comes back, and crosses threads. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/heap.h>
#include <pawl/pawl.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

/* The system as the slab sees it. */
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

static bool has_no_memory;
static unsigned maps;

/* The kit maps memory, too; only the slab asks for some that nothing is reserved for. */
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	bool is_slab = flags & MAP_NORESERVE;

	if (is_slab && __atomic_load_n(&has_no_memory, __ATOMIC_RELAXED)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (is_slab)
		__atomic_fetch_add(&maps, 1, __ATOMIC_RELAXED);
	return __real_mmap(at, size, prot, flags, fd, offset);
}

/* Nobody tells the slab of the end of a thread: it may keep nothing for it. */
int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);
int __real_pthread_key_create(pthread_key_t *key, void (*destroy)(void *value));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *value));

static bool has_no_key, has_no_place;

int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
	return has_no_place ? ENOMEM : __real_pthread_setspecific(key, value);
}

int __wrap_pthread_key_create(pthread_key_t *key, void (*destroy)(void *value))
{
	return has_no_key ? EAGAIN : __real_pthread_key_create(key, destroy);
}

struct job {
	pawl_task task;
	unsigned polls;
	char rest[40];
};

struct large {
	pawl_task task;
	char rest[20000];
};

static int waits(pawl_task *t)
{
	PAWL_OF(t, struct job, task)->polls++;
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int waits_not(pawl_task *t)
{
	(void)t;
	return 0;
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
	CHECK_INT(pawl_go(x, waits_not, &other, &t), PAWL_ENOMEM);
	CHECK(!t);
	CHECK(!pawl_heap_new(8000));
	__atomic_store_n(&has_no_memory, false, __ATOMIC_RELAXED);
	CHECK(got > 100);
	CHECK_INT(pawl_go(x, waits_not, &other, &t), 0);
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
		CHECK(pawl_heap_bytes() >= (size_t)8 << 16); /* some is kept, each time */
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
	CHECK_UINT(__atomic_load_n(&maps, __ATOMIC_RELAXED), 1);
}

/* Each slot goes back at once, so that a thread that ends has none. */
TEST(threads_whose_end_nobody_hears_of_keep_nothing)
{
	struct job *j[100];
	pthread_t thread;
	size_t after_one = 0;

	has_no_key = param == 0;
	has_no_place = param == 1;
	for (int i = 0; i < 30; i++) {
		CHECK_INT(pthread_create(&thread, NULL, makes_and_ends, j), 0);
		pthread_join(thread, NULL);
		for (int k = 50; k < 100; k++)
			pawl_heap_free(j[k]);
		if (i == 0)
			after_one = pawl_heap_bytes();
	}
	CHECK(pawl_heap_bytes() == after_one);
	CHECK_UINT(after_one, (size_t)64 << 10);
	has_no_place = false;
	for (int i = 0; i < 2; i++) {
		makes_and_ends(j);
		for (int k = 50; k < 100; k++)
			pawl_heap_free(j[k]);
	}
	CHECK(pawl_heap_bytes() == after_one);
}

/* Memory of all sizes wanders through many hands; what is in it stays until it is freed. */
enum { HANDS = 4, TABLE = 256 };

struct thing {
	pawl_task task;
	size_t size;
	unsigned char rest[];
};

static struct thing *table[TABLE];

static void retire(struct thing *o)
{
	size_t n = o ? o->size - sizeof *o : 0;

	for (size_t i = 0; i < n; i++)
		if (o->rest[i] != (unsigned char)o->size)
			CHECK_FAIL("somebody wrote into it");
	pawl_heap_free(o);
}

static struct thing *produce(uint32_t random)
{
	size_t size = sizeof(struct thing) + random % (random % 16 ? 300 : 9000);
	struct thing *o = pawl_heap_new(size);

	CHECK(o != NULL);
	o->size = size;
	for (size_t i = 0; i < size - sizeof *o; i++)
		if (o->rest[i])
			CHECK_FAIL("it is not zeroed");
	memset(o->rest, (unsigned char)size, size - sizeof *o);
	return o;
}

static void *exchanges(void *arg)
{
	uint32_t random = (uint32_t)(uintptr_t)arg;

	for (int i = 0; i < (kit_long() ? 1000000 : 10000); i++) {
		random = random * 1664525 + 1013904223;
		retire(__atomic_exchange_n(&table[random >> 24], produce(random >> 8),
					   __ATOMIC_ACQ_REL));
	}
	return NULL;
}

TEST(memory_wanders_through_many_hands)
{
	pthread_t hands[HANDS];

	for (int round = 0; round < 3; round++) {
		for (uintptr_t i = 0; i < HANDS; i++)
			CHECK_INT(pthread_create(&hands[i], NULL, exchanges, (void *)(i + 1)), 0);
		for (int i = 0; i < HANDS; i++)
			pthread_join(hands[i], NULL);
	}
	for (int i = 0; i < TABLE; i++)
		retire(table[i]);
	/* Of each size the threads kept some, and the table held some; no more than that. */
	CHECK(pawl_heap_bytes() < (size_t)16 << 20);
}

static const struct kit_case cases[] = {
	CASE(memory_is_zeroed_and_used_again),
	CASE(every_size_has_room),
	CASE(no_size_wastes_memory),
	CASE(no_memory_is_an_error),
	CASE(old_wakers_wake_nobody),
	CASE(dropped_memory_is_nobodys),
	CASE(misuse_is_noticed),
	CASE(memory_crosses_threads_and_comes_back),
	CASE(threads_leave_nothing_behind),
	CASE_N(threads_whose_end_nobody_hears_of_keep_nothing, 0),
	CASE_N(threads_whose_end_nobody_hears_of_keep_nothing, 1),
	CASE(memory_wanders_through_many_hands),
};

KIT_MAIN(cases)
