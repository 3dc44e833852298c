/* SPDX-License-Identifier: MIT */
/* The pool of stacks: sizes, guards, who keeps how many, their memory, how deep they were. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/co.h>
#include <pawl/gen.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/stacks.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KB ((size_t)1024)
#define SIZE PAWL_STACK_SIZE

#if PAWL_ANNOUNCED_
enum { IS_PLAIN = 0 };
#else
enum { IS_PLAIN = 1 };
#endif

static pawl_stacks_stats stats(void)
{
	pawl_stacks_stats s;

	pawl_stacks_stats_get(&s);
	return s;
}

static void take(pawl_stack **s, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		s[i] = pawl_port_stack_take(SIZE);
		CHECK(s[i] && !s[i]->link_ && !s[i]->fiber_);
	}
}

static void give(pawl_stack **s, unsigned n)
{
	while (n)
		pawl_port_stack_give(s[--n]);
}

/* A system call looks at it, so that nobody hears of a fault. */
static bool may_touch(const void *at)
{
	int fd[2];
	ssize_t n;

	CHECK_INT(pipe(fd), 0);
	n = write(fd[1], at, 1);
	CHECK(n == 1 || errno == EFAULT);
	close(fd[0]);
	close(fd[1]);
	return n == 1;
}

/* Sizes and addresses */

TEST(size_is_rounded_up)
{
	const size_t sizes[] = { 1, 16 * KB, 16 * KB + 1, 64 * KB, 64 * KB + 1, 1000000, 64 << 20 };
	size_t i;

	for (i = 0; i < KIT_COUNT(sizes); i++) {
		pawl_stack *s = pawl_port_stack_take(sizes[i]);

		CHECK(s && s->size_ >= sizes[i] && s->size_ >= 16 * KB);
		CHECK((s->size_ & (s->size_ - 1)) == 0);
		CHECK(s->size_ < 2 * sizes[i] || s->size_ <= 256 * KB);
		CHECK((size_t)((char *)s - s->low_) > s->size_ / 2);
		CHECK_UINT((uintptr_t)s % 16, 0);
		CHECK(!s->fiber_ && !s->link_ && !s->is_painted_);
		memset(s->low_, 1, 64);
		memset((char *)s - 64, 1, 64);
		pawl_port_stack_give(s);
		CHECK(pawl_port_stack_take(sizes[i]) == s);
		pawl_port_stack_give(s);
	}
}

TEST(what_is_too_large_is_refused)
{
	const size_t sizes[] = { PAWL_STACKS_SIZE_MAX + 1, SIZE_MAX / 2, SIZE_MAX / 2 + 1,
				 SIZE_MAX - 1, SIZE_MAX };
	size_t i;

	for (i = 0; i < KIT_COUNT(sizes); i++) {
		CHECK(!pawl_port_stack_take(sizes[i]));
		CHECK(strstr(pawl_port_stack_lack(), "PAWL_STACKS_SIZE_MAX"));
	}
	CHECK_UINT(stats().made, 0);
}

TEST(largest_is_made)
{
	pawl_stack *s;

	if (!IS_PLAIN || sizeof(void *) < 8)
		return; /* a sanitizer would look at all of it; elsewhere there may be no room */
	s = pawl_port_stack_take(PAWL_STACKS_SIZE_MAX);
	CHECK(s);
	memset((char *)s - 64, 1, 64);
	CHECK(pawl_port_stack_at(s->low_) == s);
	CHECK_UINT(stats().mapped, PAWL_STACKS_SIZE_MAX);
	pawl_port_stack_give(s);
}

enum { MANY = 200 };

TEST(addresses_belong_to_their_stack)
{
	pawl_stack *s[MANY];
	int i, on_thread;

	take(s, MANY);
	for (i = 0; i < MANY; i++) {
		CHECK(pawl_port_stack_at(s[i]->low_) == s[i]);
		CHECK(pawl_port_stack_at((char *)s[i] - 1) == s[i]);
	}
	CHECK(!pawl_port_stack_at(&on_thread));
	CHECK(!pawl_port_stack_at(NULL));
	CHECK(!pawl_port_stack_at((void *)UINTPTR_MAX));
	give(s, MANY);
}

TEST(guard_is_below_each)
{
	pawl_stack *s[MANY];
	int i;

	take(s, MANY);
	for (i = 0; i < MANY; i++) {
		CHECK(!may_touch(s[i]->low_ - 1));
		CHECK(!may_touch(s[i]->low_ - 4096));
		CHECK(may_touch(s[i]->low_));
		CHECK(may_touch((char *)s[i] - 1));
	}
	/* Also when their memory was given back in between. */
	give(s, MANY);
	pawl_stacks_trim();
	take(s, MANY);
	for (i = 0; i < MANY; i++)
		CHECK(!may_touch(s[i]->low_ - 1) && may_touch(s[i]->low_));
	CHECK_UINT(stats().made, MANY);
	give(s, MANY);
}

TEST(tops_are_in_different_sets_of_the_cache)
{
	enum { COLOURS = 32, SETS = 64 };
	bool seen[SETS] = { false };
	pawl_stack *s[COLOURS];
	int i;

	take(s, COLOURS);
	for (i = 0; i < COLOURS; i++) {
		size_t set = ((uintptr_t)s[i] - 1) / 64 % SETS;

		CHECK(!seen[set]);
		seen[set] = true;
		/* and what tells of the stack costs no page of its own */
		CHECK_UINT((uintptr_t)s[i] / 4096, ((uintptr_t)(s[i] + 1) - 1) / 4096);
		CHECK((char *)s[i] - s[i]->low_ > (ptrdiff_t)(s[i]->size_ / 2));
	}
	give(s, COLOURS);
}

/* Who keeps them */

TEST(thread_keeps_so_many)
{
	pawl_stack *s[MANY];

	take(s, MANY);
	CHECK_UINT(stats().made, MANY);
	CHECK_UINT(stats().free, 0);
	give(s, MANY);
	CHECK(stats().free >= MANY - PAWL_STACKS_PER_THREAD);
	CHECK(stats().free <= MANY - PAWL_STACKS_PER_THREAD / 2);
	CHECK_UINT(stats().released, 0);
	take(s, MANY);
	CHECK_UINT(stats().made, MANY);
	CHECK_UINT(stats().free, 0);
	give(s, MANY);
}

TEST(of_large_ones_a_thread_keeps_few)
{
	pawl_stack *s[20];
	unsigned i;

	for (i = 0; i < KIT_COUNT(s); i++)
		s[i] = pawl_port_stack_take((size_t)4 << 20);
	for (i = 0; i < KIT_COUNT(s); i++)
		pawl_port_stack_give(s[i]);
	CHECK(stats().free >= KIT_COUNT(s) - 4);
}

struct visit {
	pawl_stack *s[MANY];
	unsigned n;
	bool gives;
};

static void *visits(void *arg)
{
	struct visit *v = arg;

	if (v->gives)
		give(v->s, v->n);
	else
		take(v->s, v->n);
	return NULL;
}

static void visit(struct visit *v)
{
	pthread_t t;

	CHECK_INT(pthread_create(&t, NULL, visits, v), 0);
	pthread_join(t, NULL);
}

TEST(what_a_thread_has_when_it_ends_is_free_for_all)
{
	struct visit v = { .n = 100 };

	visit(&v);
	v.gives = true;
	visit(&v);
	CHECK_UINT(stats().made, 100);
	CHECK_UINT(stats().free, 100);
	take(v.s, 100);
	CHECK_UINT(stats().made, 100);
	give(v.s, 100);
}

TEST(taken_here_given_there)
{
	struct visit v = { .n = 50, .gives = true };
	int i;

	for (i = 0; i < 100; i++) {
		take(v.s, v.n);
		visit(&v);
	}
	CHECK(stats().made <= 2 * v.n + PAWL_STACKS_PER_THREAD);
}

static pthread_key_t late_key;
static unsigned late_runs;

static int yields_once(pawl_gen *g)
{
	return pawl_yield(g, g->arg);
}

/* Runs after the pool has taken this thread's stacks, and before, as it happens. */
static void run_late(void *arg)
{
	pawl_gen g;
	void *v;

	pawl_gen_init(&g, yields_once, &g);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
	if (late_runs++ < 1)
		pthread_setspecific(late_key, arg);
}

static void *runs_late(void *arg)
{
	if (arg)
		run_late(arg);
	late_runs = 0;
	pthread_setspecific(late_key, &late_key);
	return NULL;
}

TEST(thread_runs_generators_while_it_ends)
{
	pthread_t t;
	int i;

	for (i = 0; i < 20; i++) {
		if (i == 0)
			pthread_key_create(&late_key, run_late);
		CHECK_INT(pthread_create(&t, NULL, runs_late, i % 2 ? &late_key : NULL), 0);
		pthread_join(t, NULL);
		CHECK_UINT(late_runs, 2);
		CHECK_UINT(stats().made, stats().free);
	}
	CHECK_UINT(stats().made, 1);
	pthread_key_delete(late_key);
}

static uint32_t is_over;

static void *exchanges(void *arg)
{
	pawl_stack *s[MANY];

	(void)arg;
	while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE)) {
		take(s, MANY);
		give(s, MANY);
	}
	return NULL;
}

TEST(process_is_forked_while_others_take_stacks)
{
	pthread_t t;
	int i, status;

	CHECK_INT(pthread_create(&t, NULL, exchanges, NULL), 0);
	while (stats().made < MANY) {}
	for (i = 0; i < (IS_PLAIN ? 100 : 5); i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			pawl_stack *s[MANY];

			take(s, MANY);
			give(s, MANY);
			_exit(7);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status));
		CHECK_INT(WEXITSTATUS(status), 7);
	}
	__atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
}

/* Memory */

static size_t resident(const pawl_stack *s)
{
	size_t bytes = SIZE_MAX;

	CHECK_INT(pawl_port_stack_resident(s, &bytes), 0);
	return bytes;
}

static void use_all(pawl_stack **s, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		memset(s[i]->low_, 1, (size_t)((char *)s[i] - s[i]->low_));
}

static bool has_memory(char *low, size_t size)
{
	unsigned char is_there[64] = { 0 };
	size_t i;

	CHECK(size / 4096 < sizeof is_there);
	CHECK_INT(mincore(low, size, is_there), 0);
	for (i = 0; i < sizeof is_there; i++)
		if (is_there[i] & 1)
			return true;
	return false;
}

TEST(trim_gives_memory_back)
{
	pawl_stack *s[MANY];
	char *low[MANY];
	int i;

	take(s, MANY);
	use_all(s, MANY);
	for (i = 0; i < MANY; i++) {
		low[i] = s[i]->low_;
		CHECK_UINT(resident(s[i]), (char *)s[i] - low[i]);
	}
	give(s, MANY);
	pawl_stacks_trim();
	CHECK_UINT(stats().free, 0);
	CHECK_UINT(stats().released, MANY);
	for (i = 0; i < MANY; i++)
		CHECK(!has_memory(low[i], (size_t)((char *)s[i] - low[i])));
	take(s, MANY);
	CHECK_UINT(stats().made, MANY);
	CHECK_UINT(stats().released, 0);
	for (i = 0; i < MANY; i++)
		CHECK_INT(s[i]->low_[8] | ((char *)s[i])[-8], 0);
	give(s, MANY);
}

TEST(so_many_keep_their_memory)
{
	pawl_stack *s[MANY];
	size_t keep;

	for (keep = 0; keep <= 130; keep += 13) {
		pawl_stacks_keep(keep);
		take(s, MANY);
		give(s, MANY);
		CHECK_UINT(stats().free, keep);
		CHECK(stats().released >= MANY - keep - PAWL_STACKS_PER_THREAD);
	}
	CHECK_UINT(stats().made, MANY);
}

/* How deep they were */

static uintptr_t deepest;

__attribute__((noinline)) static unsigned go_down(size_t bytes)
{
	volatile char room[256];
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	room[bytes % sizeof room] = 1;
	if (here < deepest)
		deepest = here;
	if (bytes < sizeof room)
		return 1;
	return go_down(bytes - sizeof room) + (unsigned)room[bytes % sizeof room];
}

static int goes_down(pawl_gen *g)
{
	deepest = UINTPTR_MAX;
	go_down(*(size_t *)g->arg);
	return pawl_yield(g, NULL);
}

static size_t depth_of(size_t bytes, const pawl_stack_options *o, size_t *ret_deepest)
{
	size_t high = 0;
	pawl_gen g;
	void *v;

	pawl_gen_init_with(&g, goes_down, &bytes, o);
	CHECK_INT(pawl_next(&g, &v), 0);
	*ret_deepest = (size_t)((uintptr_t)pawl_gen_stack(&g) - deepest);
	CHECK_INT(pawl_stack_high_water(pawl_gen_stack(&g), &high), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return high;
}

/* What the last frame may have below its address; sanitizers are called for each switch. */
enum { FRAME = IS_PLAIN ? 640 : 8192 };

TEST(painted_ones_tell_their_depth)
{
	static char memory[32 * 1024];
	const pawl_stack_options pool = { .paint = true };
	const pawl_stack_options own = { .paint = true, .memory = memory, .size = sizeof memory };
	size_t bytes, deep, high;

	for (bytes = 0; bytes < 12000; bytes += 1000) {
		high = depth_of(bytes, param ? &own : &pool, &deep);
		kit_at("bytes", (int64_t)bytes);
		CHECK(high >= deep && high <= deep + FRAME);
	}
	high = depth_of(0, param ? &own : &pool, &deep);
	CHECK(high <= deep + FRAME);
}

TEST(others_tell_it_to_the_page)
{
	const pawl_stack_options painted = { .paint = true };
	size_t deep, high;

	high = depth_of(0, NULL, &deep);
	CHECK(high >= deep && high < deep + FRAME + 4096);
	high = depth_of(20000, NULL, &deep);
	CHECK(high >= deep && high < deep + FRAME + 4096);
	/* for all who ran there */
	CHECK_UINT(depth_of(0, NULL, &deep), high);
	pawl_stacks_trim();
	high = depth_of(0, NULL, &deep);
	CHECK(high < deep + FRAME + 4096);
	/* and the paint does not count */
	depth_of(0, &painted, &deep);
	high = depth_of(0, NULL, &deep);
	CHECK(high < deep + FRAME + 4096);
	CHECK_UINT(stats().made, 1);
}

TEST(memory_of_the_program_tells_only_when_painted)
{
	static char memory[16 * 1024];
	const pawl_stack_options own = { .memory = memory, .size = sizeof memory };
	size_t bytes = 0;
	pawl_gen g;
	void *v;

	pawl_gen_init_with(&g, goes_down, &bytes, &own);
	CHECK_INT(pawl_next(&g, &v), 0);
	CHECK_INT(pawl_stack_high_water(pawl_gen_stack(&g), &bytes), PAWL_ENOTSUP);
	CHECK_INT(pawl_gen_fini(&g), 0);
	CHECK_UINT(stats().made, 0);
}

TEST(memory_of_the_program_that_is_too_small_is_refused)
{
	static char memory[PAWL_STACK_SIZE_MIN];
	pawl_stack_options o = { .memory = memory, .size = sizeof memory - 1 };
	char text[200];
	pawl_gen g;
	void *v;

	pawl_gen_init_with(&g, goes_down, NULL, &o);
	CHECK_INT(pawl_next(&g, &v), PAWL_EINVAL);
	pawl_gen_text(&g, text, sizeof text);
	CHECK(strstr(text, "PAWL_STACK_SIZE_MIN"));
	CHECK_INT(pawl_gen_fini(&g), 0);
}

/* Many */

struct idler {
	pawl_task task;
	pawl_co co;
};

static unsigned idle;

static int idles(pawl_co *co)
{
	int r;

	idle++;
	PAWL_CO_AWAIT(co, r, pawl_sleep(pawl_co_task(co), PAWL_S(3600)));
	return r;
}

/* "VmRSS:" and what is said of the page tables, in bytes. */
static size_t status_of(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	size_t kb = 0;

	CHECK(f);
	while (fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			kb = (size_t)atol(line + strlen(key));
	fclose(f);
	return kb * KB;
}

static size_t memory_now(void)
{
	return status_of("VmRSS:") + status_of("VmPTE:");
}

/* All in all: 4.5 KB for each, of which a page is the stack's. */
TEST(idle_coroutines_are_small)
{
	unsigned n = !IS_PLAIN ? 500 : kit_long() ? 100000 : 20000, i;
	struct idler *s = mmap(NULL, n * sizeof *s, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const pawl_local_options o = { .limit = 200000 };
	size_t before = memory_now(), after;
	pawl_local l;
	int outcome;

	CHECK(s != MAP_FAILED);
	pawl_local_init_with(&l, &o);
	for (i = 0; i < n; i++)
		CHECK_INT(pawl_co_spawn(pawl_local_exec(&l), &s[i], idles), 0);
	while (idle < n)
		CHECK(pawl_poll_once(pawl_local_exec(&l)) >= 0);
	after = memory_now();
	printf("%u coroutines: %zu bytes each\n", n, (after - before) / n);
	if (IS_PLAIN)
		CHECK((after - before) / n <= 4500);
	CHECK_UINT(stats().made, n);
	for (i = 0; i < n; i++)
		pawl_cancel(&s[i].task);
	for (i = 0; i < n; i++) {
		CHECK_INT(pawl_block_on(pawl_local_exec(&l), &s[i].task, &outcome), 0);
		CHECK_INT(outcome, PAWL_ECANCELED);
	}
	pawl_stacks_trim();
	CHECK_UINT(stats().released, n);
	if (IS_PLAIN)
		CHECK(memory_now() - before < after - before - n * 4096 + (1 << 20));
	pawl_local_fini(&l);
	munmap(s, n * sizeof *s);
}

static int comes_and_goes(pawl_co *co)
{
	int r;

	PAWL_CO_AWAIT(co, r, pawl_task_yield(pawl_co_task(co)));
	return r;
}

static int pins(pawl_task *t)
{
	return pawl_pin(t, &PAWL_OF(t, struct idler, task)->co, comes_and_goes);
}

TEST(pinned_ten_thousand_times)
{
	enum { WORKERS = 2, AT_ONCE = 4, ROUNDS = 2500 };
	const pawl_host_options o = { .workers = WORKERS };
	pawl_host *h;
	int i, round, outcome;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	for (round = 0; round < ROUNDS; round++) {
		struct idler s[AT_ONCE] = { 0 };

		for (i = 0; i < AT_ONCE; i++)
			CHECK_INT(pawl_spawn(pawl_host_exec(h), &s[i].task, pins), 0);
		for (i = 0; i < AT_ONCE; i++) {
			CHECK_INT(pawl_block_on(pawl_host_exec(h), &s[i].task, &outcome), 0);
			CHECK_INT(outcome, 0);
		}
	}
	/* What one worker has left lies in its list while another one needs some. */
	CHECK(stats().made <= AT_ONCE + WORKERS * PAWL_STACKS_PER_THREAD);
	pawl_host_free(h);
	CHECK_UINT(stats().made, stats().free);
}

/* A pointer that only a suspended stack has is no leak: the sanitizer looks there at the end. */
#if PAWL_ASAN_
static int holds(pawl_gen *g)
{
	char *volatile p = malloc(100);
	int r;

	CHECK(p);
	r = pawl_yield(g, g->arg);
	free(p);
	return r;
}

TEST(pointers_on_stacks_are_seen)
{
	static pawl_gen g;
	void *v;

	pawl_gen_init(&g, holds, NULL);
	CHECK_INT(pawl_next(&g, &v), 0);
}
#endif

static const struct kit_case cases[] = {
	CASE(size_is_rounded_up),
	CASE(what_is_too_large_is_refused),
	CASE(largest_is_made),
	CASE(addresses_belong_to_their_stack),
	CASE(guard_is_below_each),
	CASE(tops_are_in_different_sets_of_the_cache),
	CASE(thread_keeps_so_many),
	CASE(of_large_ones_a_thread_keeps_few),
	CASE(what_a_thread_has_when_it_ends_is_free_for_all),
	CASE(taken_here_given_there),
	CASE(thread_runs_generators_while_it_ends),
	CASE(process_is_forked_while_others_take_stacks),
	CASE(trim_gives_memory_back),
	CASE(so_many_keep_their_memory),
	CASE_N(painted_ones_tell_their_depth, 0),
	CASE_N(painted_ones_tell_their_depth, 1),
	CASE(others_tell_it_to_the_page),
	CASE(memory_of_the_program_tells_only_when_painted),
	CASE(memory_of_the_program_that_is_too_small_is_refused),
	CASE(idle_coroutines_are_small),
	CASE(pinned_ten_thousand_times),
#if PAWL_ASAN_
	CASE(pointers_on_stacks_are_seen),
#endif
};

KIT_MAIN(cases)
