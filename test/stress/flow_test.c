/* SPDX-License-Identifier: MIT */
/* Storms of values, steals, wakers and ends: nothing is lost, nothing comes twice. */
#include "stress.h"

#include <port/atomic.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * Channels: senders and receivers, some of which are cancelled; every value that was sent is had.
 */

#define PEERS 8

struct flow;
struct peer {
	pawl_task task;
	struct flow *flow;
	uint32_t random;
	unsigned left;
	unsigned number, sum; /* values that it sent or had, and their sum */
	bool is_napping;
};

struct flow {
	pawl_chan chan;
	unsigned ring[2];
	struct peer senders[PEERS], receivers[PEERS];
};

static unsigned value_of(const struct peer *p)
{
	return p->number * 3 + 1;
}

static int nap_sometimes(struct peer *p)
{
	int r = 0;

	if (p->is_napping || stress_random(&p->random, 8) == 0) {
		p->is_napping = true;
		r = pawl_sleep(&p->task, PAWL_US(p->random % 20));
	}
	if (r != PAWL_PENDING)
		p->is_napping = false;
	return r;
}

static int sender_poll(pawl_task *t)
{
	struct peer *p = PAWL_OF(t, struct peer, task);
	unsigned value;
	int r;

	while (p->left) {
		if (p->left % 2 && (r = nap_sometimes(p)))
			return r;
		value = value_of(p);
		r = pawl_chan_send(t, &p->flow->chan, &value);
		if (r)
			return r;
		p->sum += value;
		p->number++;
		p->left--;
	}
	return 0;
}

static int receiver_poll(pawl_task *t)
{
	struct peer *p = PAWL_OF(t, struct peer, task);
	unsigned value;
	int r;

	for (;;) {
		r = pawl_chan_recv(t, &p->flow->chan, &value);
		if (r)
			return r == PAWL_ECLOSED ? 0 : r;
		p->sum += value;
		p->number++;
	}
}

static void begin_peers(pawl_exec *x, struct peer *p, struct flow *f, pawl_poll_fn *poll,
			uint32_t seed)
{
	unsigned i;

	for (i = 0; i < PEERS; i++) {
		p[i] = (struct peer){ .flow = f, .left = 60, .random = (seed + i * 77) | 1 };
		CHECK_INT(pawl_spawn(x, &p[i].task, poll), 0);
	}
}

/* Joins them; how many values they had to do with, and what these were together. */
static void end_peers(pawl_exec *x, struct peer *p, bool is_cut, unsigned *ret_number,
		      unsigned *ret_sum)
{
	unsigned i, number = 0, sum = 0;

	for (i = 0; i < PEERS; i++) {
		int outcome = 1;

		CHECK_INT(pawl_block_on(x, &p[i].task, &outcome), 0);
		CHECK(outcome == 0 || (outcome == PAWL_ECANCELED && i == 0 && is_cut));
		number += p[i].number;
		sum += p[i].sum;
	}
	*ret_number = number;
	*ret_sum = sum;
}

static void flow_once(pawl_exec *x, struct flow *f, uint32_t *random)
{
	unsigned sent, sent_sum, had, had_sum, left = 0, left_sum = 0, value;
	bool is_cut = stress_random(random, 2);

	pawl_chan_init(&f->chan, f->ring, sizeof f->ring[0], KIT_COUNT(f->ring));
	begin_peers(x, f->receivers, f, receiver_poll, *random);
	begin_peers(x, f->senders, f, sender_poll, *random * 7);
	if (is_cut) {
		pawl_cancel(&f->senders[0].task);
		pawl_cancel(&f->receivers[0].task);
	}
	end_peers(x, f->senders, is_cut, &sent, &sent_sum);
	pawl_chan_close(&f->chan);
	end_peers(x, f->receivers, is_cut, &had, &had_sum);
	while (pawl_chan_try_recv(&f->chan, &value) == 0) {
		left++;
		left_sum += value;
	}
	CHECK_UINT(left, 0);
	CHECK_UINT(had, sent);
	CHECK_UINT(had_sum + left_sum, sent_sum);
}

TEST(values)
{
	uint32_t random = stress_begin();
	pawl_host *h = stress_host((unsigned)param);
	struct flow *f = calloc(1, sizeof *f);
	unsigned n;

	CHECK(f);
	for (n = stress_rounds(8); n; n--)
		flow_once(pawl_host_exec(h), f, &random);
	pawl_host_free(h);
	free(f);
}

/* Many at once from one task, more than a worker's queue holds: each is polled once. */

#define MANY 2000

struct crowd {
	pawl_task task;
	pawl_exec *exec;
	pawl_sem ended;
	struct one {
		PAWL_OWNED(task);
		pawl_task_owner owner;
		struct crowd *crowd;
		uint32_t polls, drops;
	} ones[MANY];
	unsigned rounds, awaited;
	bool is_out;
};

static void one_drop(pawl_task_owner *o, pawl_task *t)
{
	struct one *one = PAWL_OF(o, struct one, owner);

	(void)t;
	pawl_fetch_add(&one->drops, 1);
	pawl_sem_release(&one->crowd->ended);
}

static int one_poll(pawl_task *t)
{
	struct one *one = PAWL_OF(t, struct one, task);

	return pawl_fetch_add(&one->polls, 1) == 0 ? 0 : -1;
}

static void crowd_out(struct crowd *c)
{
	unsigned i;

	for (i = 0; i < MANY; i++) {
		struct one *one = &c->ones[i];

		*one = (struct one){ .crowd = c, .owner = { one_drop } };
		pawl_task_own(one, task, &one->owner);
		CHECK_INT(pawl_spawn(c->exec, &one->task, one_poll), 0);
		pawl_detach(&one->task);
	}
}

static int crowd_poll(pawl_task *t)
{
	struct crowd *c = PAWL_OF(t, struct crowd, task);
	unsigned i;

	for (; c->rounds; c->rounds--) {
		if (!c->is_out)
			crowd_out(c);
		c->is_out = true;
		for (; c->awaited < MANY; c->awaited++) {
			int r = pawl_sem_acquire(t, &c->ended);

			if (r)
				return r;
		}
		for (i = 0; i < MANY; i++)
			CHECK(c->ones[i].polls == 1 && c->ones[i].drops == 1);
		c->is_out = false;
		c->awaited = 0;
	}
	return 0;
}

TEST(crowds)
{
	pawl_host *h;
	struct crowd *c = calloc(1, sizeof *c);

	CHECK(c);
	stress_begin();
	h = stress_host((unsigned)param);
	c->exec = pawl_host_exec(h);
	c->rounds = stress_rounds(8);
	pawl_sem_init(&c->ended, 0);
	CHECK_INT(pawl_spawn(c->exec, &c->task, crowd_poll), 0);
	CHECK_INT(pawl_block_on(c->exec, &c->task, NULL), 0);
	pawl_host_free(h);
	free(c);
}

/* Wakers from threads of others, of tasks whose memory is used again and again. */

#define SLOTS 4
#define WAKERS 3

struct slots {
	pawl_exec *exec;
	struct slot {
		PAWL_OWNED(task);
		pawl_task_owner owner;
		struct slots *slots;
		uint32_t lives; /* that are left */
		uint32_t polls; /* of this life */
	} slot[SLOTS];
	pawl_waker waker[SLOTS]; /* of the present life; guarded by the lock */
	pthread_mutex_t lock;
	uint32_t over; /* atomic: slots that have no more lives */
};

static int slot_poll(pawl_task *t)
{
	struct slot *s = PAWL_OF(t, struct slot, task);

	/* Three polls for each life: that of its spawn, and two that somebody wakes it for. */
	return ++s->polls < 3 ? PAWL_PENDING : 0;
}

static void slot_begin(struct slot *s)
{
	s->polls = 0;
	CHECK_INT(pawl_spawn(s->slots->exec, &s->task, slot_poll), 0);
	pthread_mutex_lock(&s->slots->lock);
	s->slots->waker[s - s->slots->slot] = pawl_waker_of(&s->task);
	pthread_mutex_unlock(&s->slots->lock);
	pawl_detach(&s->task);
}

static void slot_drop(pawl_task_owner *o, pawl_task *t)
{
	struct slot *s = PAWL_OF(o, struct slot, owner);

	(void)t;
	CHECK_UINT(s->polls, 3);
	if (--s->lives)
		slot_begin(s);
	else
		pawl_fetch_add(&s->slots->over, 1);
}

static void *wakes(void *arg)
{
	struct slots *ss = arg;
	uint32_t random = 1 + (uint32_t)(uintptr_t)&random;
	pawl_waker w;
	unsigned i;

	while (pawl_load(&ss->over) < SLOTS) {
		i = stress_random(&random, SLOTS);
		pthread_mutex_lock(&ss->lock);
		w = ss->waker[i];
		pthread_mutex_unlock(&ss->lock);
		pawl_waker_wake(w);
	}
	return NULL;
}

TEST(wakers)
{
	struct slots ss = { .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[WAKERS];
	pawl_host *h;
	unsigned i;

	stress_begin();
	h = stress_host((unsigned)param);
	ss.exec = pawl_host_exec(h);
	for (i = 0; i < SLOTS; i++) {
		ss.slot[i].slots = &ss;
		ss.slot[i].owner.drop = slot_drop;
		ss.slot[i].lives = stress_rounds(400);
		pawl_task_own(&ss.slot[i], task, &ss.slot[i].owner);
		slot_begin(&ss.slot[i]);
	}
	for (i = 0; i < WAKERS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, wakes, &ss), 0);
	for (i = 0; i < WAKERS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < SLOTS; i++)
		CHECK_UINT(ss.slot[i].lives, 0);
	pawl_host_free(h);
}

/* The end in the middle of all that: each task ends once, however far it came. */

#define DOOMED 200

struct doomed {
	PAWL_OWNED(task);
	pawl_task_owner owner;
	struct doom *doom;
	uint32_t random;
	unsigned left;
	uint32_t drops;
};

struct doom {
	pawl_exec *exec;
	pawl_notify notify;
	uint32_t dropped;
	unsigned refused;
	struct doomed all[DOOMED];
};

static void doomed_drop(pawl_task_owner *o, pawl_task *t)
{
	struct doomed *d = PAWL_OF(o, struct doomed, owner);

	(void)t;
	CHECK_UINT(pawl_fetch_add(&d->drops, 1), 0);
	pawl_fetch_add(&d->doom->dropped, 1);
}

static int doomed_poll(pawl_task *t)
{
	struct doomed *d = PAWL_OF(t, struct doomed, task);

	for (; d->left; d->left--) {
		int r = d->left % 3 == 0   ? pawl_task_yield(t)
			: d->left % 3 == 1 ? pawl_sleep(t, PAWL_US(d->random % 50))
					   : pawl_notify_wait(t, &d->doom->notify);

		if (r)
			return r;
		pawl_notify_one(&d->doom->notify);
	}
	return 0;
}

static void spawn_doomed(struct doom *doom, unsigned i)
{
	struct doomed *d = &doom->all[i];
	int r;

	*d = (struct doomed){ .doom = doom, .owner = { doomed_drop }, .left = 3 + i % 7 };
	d->random = i * 31;
	pawl_task_own(d, task, &d->owner);
	r = pawl_spawn(doom->exec, &d->task, doomed_poll);
	CHECK(r == 0 || r == PAWL_ESTOPPED);
	if (r == 0)
		pawl_detach(&d->task);
	else
		doom->refused++;
}

static void *spawns(void *arg)
{
	struct doom *doom = arg;
	unsigned i;

	for (i = 0; i < DOOMED; i++)
		spawn_doomed(doom, i);
	return NULL;
}

static void shut_down_in_the_middle(struct doom *doom, unsigned workers, uint32_t *random)
{
	pawl_host *h = stress_host(workers);
	uint32_t until = stress_random(random, DOOMED);
	pthread_t thread;

	memset(doom, 0, sizeof *doom);
	doom->exec = pawl_host_exec(h);
	pawl_notify_init(&doom->notify);
	CHECK_INT(pthread_create(&thread, NULL, spawns, doom), 0);
	while (pawl_load(&doom->dropped) < until && pawl_poll_once(doom->exec) >= 0) {
		pawl_notify_one(&doom->notify);
	}
	CHECK_INT(pawl_shutdown(doom->exec), 0);
	pthread_join(thread, NULL);
	pawl_host_free(h);
	CHECK_UINT(doom->dropped, DOOMED);
}

TEST(shutdowns)
{
	uint32_t random = stress_begin();
	struct doom *doom = malloc(sizeof *doom);
	unsigned n;

	CHECK(doom);
	for (n = stress_rounds(10); n; n--)
		shut_down_in_the_middle(doom, (unsigned)param, &random);
	free(doom);
}

/* Waiting for tasks from several threads that are none of the host's, and from workers. */

#define WAITERS 4

struct asked {
	pawl_exec *exec;
	uint32_t random;
	unsigned rounds;
};

static int answers(pawl_task *t)
{
	(void)t;
	return -9;
}

static int asks(pawl_task *t)
{
	pawl_task inner = { 0 };
	int outcome = 0;

	CHECK_INT(pawl_spawn(pawl_here(t), &inner, answers), 0);
	CHECK_INT(pawl_block_on(pawl_here(t), &inner, &outcome), 0);
	return outcome;
}

static void *asks_often(void *arg)
{
	struct asked *a = arg;

	for (; a->rounds; a->rounds--) {
		pawl_task t = { 0 };
		int outcome = 0;

		CHECK_INT(pawl_spawn(a->exec, &t, a->rounds % 2 ? answers : asks), 0);
		CHECK_INT(pawl_block_on(a->exec, &t, &outcome), 0);
		CHECK_INT(outcome, -9);
	}
	return NULL;
}

TEST(waits_from_outside)
{
	struct asked asked[WAITERS];
	pthread_t threads[WAITERS];
	pawl_host *h;
	unsigned i;

	stress_begin();
	h = stress_host((unsigned)param);
	for (i = 0; i < WAITERS; i++) {
		asked[i] =
			(struct asked){ .exec = pawl_host_exec(h), .rounds = stress_rounds(100) };
		if (i)
			CHECK_INT(pthread_create(&threads[i], NULL, asks_often, &asked[i]), 0);
	}
	asks_often(&asked[0]);
	for (i = 1; i < WAITERS; i++)
		pthread_join(threads[i], NULL);
	pawl_host_free(h);
}

#define WITH(name) CASE_N(name, 1), CASE_N(name, 2), CASE_N(name, 8)

static const struct kit_case cases[] = {
	WITH(values), WITH(crowds), WITH(wakers), WITH(shutdowns), WITH(waits_from_outside),
};

KIT_MAIN(cases)
