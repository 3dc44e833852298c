/* SPDX-License-Identifier: MIT */
/* Coroutines that are on another thread after every wait, with all that stands on their stacks. */
#define _GNU_SOURCE
#include <kit.h>
#include <pawl/co_await.h>
#include <pawl/gen.h>
#include <pawl/host.h>
#include <pawl/pawl.h>
#include <pawl/stacks.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define THREADS_MAX 8
#define MOVERS 16
#define DEPTH 24

/*
 * An executor whose threads hand each task on: the one that polled it last is never the one that
 * polls it next.
 */
struct hop {
	pawl_exec exec;
	pawl_crew crew;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t cond;
	pawl_runq queue[THREADS_MAX];
	unsigned threads;
	bool ends;
	pthread_t thread[THREADS_MAX];
};

/* Each task of it. */
struct mover {
	pawl_task task;
	pawl_co co, inner;
	unsigned at;   /* which thread polls it, + 1; guarded by the mutex of the executor */
	unsigned seen; /* a bit for each thread that did */
	unsigned polls, yields, moves, ended;
	pawl_gen gen;
	pawl_chan *in, *out;
	char order[8];
};

static _Thread_local unsigned this_thread; /* + 1; 0: none of them */

/* Compilers may keep an address of a thread's over a call of which they know all. */
static __attribute__((noinline)) unsigned thread_here(void)
{
	__asm__ volatile("");
	return this_thread;
}

static __attribute__((noinline)) int *errno_here(void)
{
	__asm__ volatile("");
	return &errno;
}

static struct hop *hop_of(pawl_exec *x)
{
	return PAWL_OF(x, struct hop, exec);
}

static void hop_schedule(pawl_exec *x, pawl_task *t)
{
	struct hop *h = hop_of(x);
	struct mover *m = PAWL_OF(t, struct mover, task);

	pthread_mutex_lock(&h->mutex);
	pawl_runq_push(&h->queue[m->at % h->threads], t);
	pthread_cond_broadcast(&h->cond);
	pthread_mutex_unlock(&h->mutex);
}

static pawl_time hop_now(pawl_exec *x)
{
	(void)x;
	return 0;
}

static pawl_crew *hop_crew(pawl_exec *x)
{
	return &hop_of(x)->crew;
}

static int hop_block_on(pawl_exec *x, pawl_task *t)
{
	struct hop *h = hop_of(x);

	pthread_mutex_lock(&h->mutex);
	while (!pawl_task_is_finished(t))
		pthread_cond_wait(&h->cond, &h->mutex);
	pthread_mutex_unlock(&h->mutex);
	return 0;
}

static const pawl_exec_ops hop_ops = {
	.size = sizeof(pawl_exec_ops),
	.name = "hop",
	.schedule = hop_schedule,
	.now = hop_now,
	.crew = hop_crew,
	.block_on = hop_block_on,
};

/* The next of this thread; NULL: there will be none. */
static pawl_task *next_of(struct hop *h, unsigned self)
{
	pawl_task *t;

	pthread_mutex_lock(&h->mutex);
	while (!(t = pawl_runq_pop(&h->queue[self - 1])) && !h->ends)
		pthread_cond_wait(&h->cond, &h->mutex);
	if (t) {
		struct mover *m = PAWL_OF(t, struct mover, task);

		CHECK(m->at != self);
		m->at = self;
		m->seen |= 1u << self;
		m->polls++;
	}
	pthread_mutex_unlock(&h->mutex);
	return t;
}

static void *polls(void *arg)
{
	struct hop *h = arg;
	unsigned self = 0;
	pawl_task *t;

	pthread_mutex_lock(&h->mutex);
	while (!pthread_equal(h->thread[self], pthread_self()))
		self++;
	pthread_mutex_unlock(&h->mutex);
	this_thread = ++self;
	while ((t = next_of(h, self))) {
		pawl_run(t);
		pthread_mutex_lock(&h->mutex);
		pthread_cond_broadcast(&h->cond); /* it may have ended */
		pthread_mutex_unlock(&h->mutex);
	}
	return NULL;
}

static void hop_begin(struct hop *h, unsigned threads)
{
	unsigned i;

	*h = (struct hop){ .exec = { &hop_ops }, .threads = threads };
	pthread_mutex_init(&h->mutex, NULL);
	pthread_cond_init(&h->cond, NULL);
	pthread_mutex_lock(&h->mutex);
	for (i = 0; i < threads; i++)
		CHECK_INT(pthread_create(&h->thread[i], NULL, polls, h), 0);
	pthread_mutex_unlock(&h->mutex);
}

static void check_all_given_back(void)
{
	pawl_stacks_stats s;

	pawl_stacks_trim();
	pawl_stacks_stats_get(&s);
	CHECK(s.made > 0);
	CHECK_UINT(s.free + s.released, s.made);
}

static void hop_end(struct hop *h)
{
	unsigned i;

	pthread_mutex_lock(&h->mutex);
	h->ends = true;
	pthread_cond_broadcast(&h->cond);
	pthread_mutex_unlock(&h->mutex);
	for (i = 0; i < h->threads; i++)
		pthread_join(h->thread[i], NULL);
	pthread_cond_destroy(&h->cond);
	pthread_mutex_destroy(&h->mutex);
	check_all_given_back();
}

static struct mover *mover_of(pawl_co *co)
{
	return PAWL_OF(co, struct mover, co);
}

/* On another thread than before, but on the same stack, with its errno. */
static int yields(struct mover *m, pawl_co *co)
{
	unsigned before = thread_here();
	pawl_stack *stack = pawl_port_stack_at(__builtin_frame_address(0));
	int mine = (int)(m->yields + (unsigned)(m->order - (char *)m)), r;

	*errno_here() = mine;
	r = pawl_co_yield(co);
	CHECK(pawl_port_stack_at(__builtin_frame_address(0)) == stack);
	CHECK_INT(*errno_here(), mine);
	m->yields++;
	m->moves += thread_here() != before;
	return r;
}

/* Each call has something to remember, and each waits on its way down and on its way up. */
static int climbs(struct mover *m, unsigned depth)
{
	volatile unsigned here[8];
	unsigned i;
	int r;

	for (i = 0; i < 8; i++)
		here[i] = depth * 8 + i;
	r = yields(m, &m->co);
	if (r == 0 && depth)
		r = climbs(m, depth - 1);
	for (i = 0; i < 8; i++)
		CHECK_UINT(here[i], depth * 8 + i);
	return r ? r : yields(m, &m->co);
}

static int climbs_often(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int i, r = 0;

	for (i = 0; i < (kit_long() ? 500 : 20) && r == 0; i++)
		r = climbs(m, DEPTH);
	m->ended++;
	return r;
}

/* Each yield was a move, so all threads polled it; its polls are its yields, and the first one. */
static void check_moves(const struct hop *h, const struct mover *m)
{
	CHECK(m->yields > h->threads);
	CHECK_UINT(m->moves, m->yields);
	CHECK_UINT(m->polls, m->yields + 1);
	CHECK_UINT(m->seen, ((1u << h->threads) - 1) << 1);
	CHECK_UINT(m->ended, 1);
	CHECK(!pawl_co_stack(&m->co) && !pawl_co_stack(&m->inner));
}

static void run_movers(unsigned threads, pawl_co_fn *fn, int want)
{
	static struct mover m[MOVERS];
	struct hop h;
	unsigned i;

	hop_begin(&h, threads);
	memset(m, 0, sizeof m);
	for (i = 0; i < MOVERS; i++) {
		m[i].at = i % threads;
		CHECK_INT(pawl_co_spawn(&h.exec, &m[i], fn), 0);
	}
	for (i = 0; i < MOVERS; i++) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(&h.exec, &m[i].task, &outcome), 0);
		CHECK_INT(outcome, want);
		check_moves(&h, &m[i]);
	}
	hop_end(&h);
}

TEST(deep_calls_move_along)
{
	run_movers((unsigned)param, climbs_often, 0);
}

/* A generator on top: it moves when its coroutine does, also while it runs. */

static int counts(pawl_gen *g)
{
	struct mover *m = g->arg;
	unsigned i;

	for (i = 0; i < 5; i++) {
		if (yields(m, &m->co) < 0 || pawl_yield(g, &i) < 0)
			return PAWL_ECANCELED;
	}
	return 0;
}

static int counts_twice(pawl_gen *g)
{
	struct mover *m = g->arg;
	pawl_gen inner;
	int i, r = 0;

	for (i = 0; i < 2 && r == 0; i++) {
		pawl_gen_init(&inner, counts, m);
		r = pawl_yield_from(g, &inner);
		CHECK_INT(pawl_gen_fini(&inner), 0);
	}
	return r;
}

static int asks(pawl_co *co)
{
	struct mover *m = mover_of(co);
	unsigned round, i;
	pawl_gen g;
	void *v = NULL;

	for (round = 0; round < 10; round++) {
		pawl_gen_init(&g, counts_twice, m);
		for (i = 0; pawl_next(&g, &v) == 0; i++) {
			CHECK_UINT(*(unsigned *)v, i % 5);
			CHECK_INT(yields(m, co), 0);
		}
		CHECK_UINT(i, 10);
		CHECK_INT(pawl_gen_fini(&g), 0);
	}
	m->ended++;
	return 0;
}

TEST(generators_on_top_move_along)
{
	run_movers((unsigned)param, asks, 0);
}

/* A stack pinned by a coroutine: it waits by its own struct, and by that of the outer one. */

static int inner_yields(pawl_co *inner)
{
	struct mover *m = PAWL_OF(inner, struct mover, inner);
	int i, r = 0;

	for (i = 0; i < 10 && r == 0; i++)
		r = yields(m, i % 2 ? inner : &m->co);
	return r;
}

static int pins_often(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int i, r = 0;

	for (i = 0; i < 20 && r == 0; i++) {
		PAWL_CO_AWAIT(co, r, pawl_pin(&m->task, &m->inner, inner_yields));
		if (r == 0)
			r = yields(m, co);
	}
	m->ended++;
	return r;
}

TEST(pinned_stacks_move_along)
{
	run_movers((unsigned)param, pins_often, 0);
}

/* Ends on other threads than its beginning: what was deferred is called there. */

static void note_end(void *arg)
{
	((struct mover *)arg)->ended++;
}

static int panics(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int i;

	PAWL_DEFER(co, note_end, m);
	for (i = 0; i < 20; i++)
		CHECK_INT(yields(m, co), 0);
	pawl_panic("on purpose");
}

TEST(panic_after_moves_ends_it)
{
	run_movers((unsigned)param, panics, PAWL_EPANIC);
}

static int deep(int n)
{
	volatile char b[512];

	b[0] = (char)n;
	return n == 0 ? b[0] : deep(n + 1) + b[0];
}

static int overruns(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int i;

	PAWL_DEFER(co, note_end, m);
	for (i = 0; i < 20; i++)
		CHECK_INT(yields(m, co), 0);
	return deep(1);
}

TEST(overrun_after_moves_ends_it)
{
	run_movers((unsigned)param, overruns, PAWL_ESTACK);
}

/* Asked to stop by somebody else while it is on its way. */

static int climbs_until_cancelled(pawl_co *co)
{
	struct mover *m = mover_of(co);
	int r;

	PAWL_DEFER(co, note_end, m);
	do
		r = climbs(m, DEPTH);
	while (r == 0);
	return r;
}

TEST(cancel_reaches_it_on_its_way)
{
	static struct mover m[MOVERS];
	struct hop h;
	unsigned i;

	hop_begin(&h, (unsigned)param);
	for (i = 0; i < MOVERS; i++)
		CHECK_INT(pawl_co_spawn(&h.exec, &m[i], climbs_until_cancelled), 0);
	for (i = 0; i < MOVERS; i++) {
		int outcome = 1;

		pthread_mutex_lock(&h.mutex);
		while (m[i].polls < 50 * i)
			pthread_cond_wait(&h.cond, &h.mutex);
		pthread_mutex_unlock(&h.mutex);
		pawl_cancel(&m[i].task);
		CHECK_INT(pawl_block_on(&h.exec, &m[i].task, &outcome), 0);
		CHECK_INT(outcome, PAWL_ECANCELED);
		CHECK_UINT(m[i].ended, 1);
		/* Its last wait may have failed before it left. */
		CHECK(m[i].polls == m[i].yields || m[i].polls == m[i].yields + 1);
		CHECK_UINT(m[i].moves, m[i].polls - 1);
	}
	hop_end(&h);
}

/* One generator that is asked by several coroutines in turn: its stack goes round. */

static int counts_on(pawl_gen *g)
{
	unsigned i;

	for (i = 1;; i++)
		if (pawl_yield(g, &i) < 0)
			return PAWL_ECANCELED;
}

#define ROUNDS 100

static int passes_on(pawl_co *co)
{
	struct mover *m = mover_of(co);
	unsigned i, last = 0;
	pawl_gen *g;
	void *v = NULL;
	int r;

	for (i = 0; i < ROUNDS; i++) {
		r = pawl_co_chan_recv(co, m->in, &g);
		if (r)
			return r;
		CHECK_INT(pawl_next(g, &v), 0);
		CHECK(*(unsigned *)v > last);
		last = *(unsigned *)v;
		r = pawl_co_chan_send(co, m->out, &g);
		if (r)
			return r;
	}
	return 0;
}

TEST(generator_goes_round)
{
	static struct mover m[MOVERS];
	pawl_chan chan[MOVERS];
	pawl_gen *ring[MOVERS][1], *first = &m[0].gen;
	struct hop h;
	unsigned i;
	void *v = NULL;

	hop_begin(&h, (unsigned)param);
	pawl_gen_init(first, counts_on, NULL);
	for (i = 0; i < MOVERS; i++)
		pawl_chan_init(&chan[i], ring[i], sizeof(pawl_gen *), 1);
	CHECK_INT(pawl_chan_try_send(&chan[0], &first), 0);
	for (i = 0; i < MOVERS; i++) {
		m[i].in = &chan[i];
		m[i].out = &chan[(i + 1) % MOVERS];
		CHECK_INT(pawl_co_spawn(&h.exec, &m[i], passes_on), 0);
	}
	for (i = 0; i < MOVERS; i++) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(&h.exec, &m[i].task, &outcome), 0);
		CHECK_INT(outcome, 0);
	}
	/* Here it is asked on one thread more. */
	CHECK_INT(pawl_next(first, &v), 0);
	CHECK_UINT(*(unsigned *)v, MOVERS * ROUNDS + 1);
	CHECK_INT(pawl_gen_fini(first), 0);
	hop_end(&h);
}

/*
 * The same on the workers of a host: the coroutine wakes somebody who then holds its worker until
 * it was polled, which only the other worker can do. When it was that one who took him, there was
 * no move, and it tries again.
 */
struct pair {
	pawl_task task;
	pawl_co co;
	struct holder {
		pawl_task task;
		struct pair *pair;
	} holder;
	uint32_t polled; /* atomic: how often; the holder waits for a change */
	uint32_t waits;  /* atomic: the holder is to wait for so many */
	uint32_t busy;   /* atomic: the holder is polled */
	unsigned moves, want;
	pthread_t at;
};

static int holds(pawl_task *t)
{
	struct pair *p = PAWL_OF(t, struct holder, task)->pair;

	if (pawl_cancelled(t))
		return 0;
	__atomic_store_n(&p->busy, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&p->polled, __ATOMIC_ACQUIRE) <
	       __atomic_load_n(&p->waits, __ATOMIC_ACQUIRE))
		sched_yield();
	__atomic_store_n(&p->busy, 0, __ATOMIC_RELEASE);
	return PAWL_PENDING;
}

static __attribute__((noinline)) pthread_t self_here(void)
{
	__asm__ volatile("");
	return pthread_self();
}

static int move(struct pair *p, unsigned depth)
{
	volatile unsigned here = depth;
	int r;

	if (depth) {
		r = move(p, depth - 1);
	} else {
		while (__atomic_load_n(&p->busy, __ATOMIC_ACQUIRE))
			sched_yield();
		__atomic_fetch_add(&p->waits, 1, __ATOMIC_RELEASE);
		pawl_wake(&p->holder.task);
		r = pawl_co_yield(&p->co);
		__atomic_fetch_add(&p->polled, 1, __ATOMIC_RELEASE);
	}
	CHECK_UINT(here, depth);
	return r;
}

static int moves_often(pawl_co *co)
{
	struct pair *p = PAWL_OF(co, struct pair, co);
	int r = 0;

	while (r == 0 && p->moves < p->want) {
		p->at = self_here();
		r = move(p, DEPTH);
		p->moves += !pthread_equal(p->at, self_here());
	}
	return r;
}

TEST(workers_hand_it_over)
{
	struct pair p = { .holder = { .pair = &p }, .want = kit_long() ? 20000 : 500 };
	pawl_host_options o = { .workers = 2 };
	pawl_host *h = NULL;
	int outcome = 1;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &p.holder.task, holds), 0);
	CHECK_INT(pawl_co_spawn(pawl_host_exec(h), &p, moves_often), 0);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &p.task, &outcome), 0);
	CHECK_INT(outcome, 0);
	CHECK_UINT(p.moves, p.want);
	pawl_cancel(&p.holder.task);
	CHECK_INT(pawl_block_on(pawl_host_exec(h), &p.holder.task, &outcome), 0);
	pawl_host_free(h);
	check_all_given_back();
}

/* clang-format off */
#define ON_2_8(id) CASE_N(id, 2), CASE_N(id, 8)
/* clang-format on */

static const struct kit_case cases[] = {
	ON_2_8(deep_calls_move_along),       ON_2_8(generators_on_top_move_along),
	ON_2_8(pinned_stacks_move_along),    ON_2_8(panic_after_moves_ends_it),
	ON_2_8(overrun_after_moves_ends_it), ON_2_8(cancel_reaches_it_on_its_way),
	ON_2_8(generator_goes_round),        CASE(workers_hand_it_over),
};

KIT_MAIN(cases)
