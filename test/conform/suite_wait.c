/* SPDX-License-Identifier: MIT */
/* Promises about what tasks send each other, the permits that they share, and timers. */
#include "conform.h"

#define MANY 6

/* Values from some senders to some receivers through a narrow channel: each arrives once. */
struct trader {
	TASK(task);
	pawl_chan *chan;
	uint32_t i;
	int value;
	uint32_t *seen;
};

#define VALUES 30

static int sender_poll(pawl_task *t)
{
	struct trader *p = PAWL_OF(t, struct trader, task);

	PAWL_BEGIN(t);
	for (p->i = 0; p->i < VALUES; p->i++) {
		PAWL_AWAIT(t, pawl_chan_send(t, p->chan, &p->value));
		p->value++;
	}
	PAWL_END(t);
}

static int receiver_poll(pawl_task *t)
{
	struct trader *p = PAWL_OF(t, struct trader, task);
	int r;

	while ((r = pawl_chan_recv(t, p->chan, &p->value)) == 0)
		count_up(&p->seen[p->value]);
	return r;
}

struct traffic {
	TASK(task);
	pawl_chan chan;
	int ring[2];
	struct trader out[3], in[3], lost;
	uint32_t seen[3 * VALUES];
	uint32_t i;
	int outcome;
};

static void traffic_start(struct traffic *f)
{
	pawl_exec *x = pawl_here(&f->task);
	unsigned i;

	pawl_chan_init(&f->chan, f->ring, sizeof(int), 2);
	f->lost = (struct trader){ .chan = &f->chan, .seen = f->seen };
	CHECK_INT(pawl_spawn(x, &f->lost.task, receiver_poll), 0);
	for (i = 0; i < 3; i++) {
		f->in[i] = (struct trader){ .chan = &f->chan, .seen = f->seen };
		f->out[i] = (struct trader){ .chan = &f->chan, .value = (int)i * VALUES };
		CHECK_INT(pawl_spawn(x, &f->in[i].task, receiver_poll), 0);
		CHECK_INT(pawl_spawn(x, &f->out[i].task, sender_poll), 0);
	}
}

static int traffic_poll(pawl_task *t)
{
	struct traffic *f = PAWL_OF(t, struct traffic, task);

	PAWL_BEGIN(t);
	traffic_start(f);
	/* One receiver leaves in the middle; what was meant for it goes to the others. */
	PAWL_AWAIT(t, pawl_task_yield(t));
	PAWL_AWAIT(t, pawl_stop(t, &f->lost.task, NULL));
	for (f->i = 0; f->i < 3; f->i++)
		PAWL_AWAIT(t, pawl_join(t, &f->out[f->i].task, NULL));
	pawl_chan_close(&f->chan);
	for (f->i = 0; f->i < 3; f->i++) {
		PAWL_AWAIT(t, pawl_join(t, &f->in[f->i].task, &f->outcome));
		CHECK_INT(f->outcome, PAWL_ECLOSED);
	}
	for (f->i = 0; f->i < 3 * VALUES; f->i++)
		CHECK_UINT(f->seen[f->i], 1);
	CHECK_UINT(pawl_chan_count(&f->chan), 0);
	PAWL_END(t);
}

CONFORM(channel_delivers_each_value_once)
{
	struct traffic f = { 0 };

	CHECK_INT(conform_run(x, &f.task, traffic_poll), 0);
}

/* Never more inside than there are permits; permits of cancelled tasks come back. */
struct guest {
	TASK(task);
	struct inn *inn;
	uint32_t i;
	int r;
};

struct inn {
	TASK(task);
	pawl_sem sem;
	uint32_t inside, stays;
	struct guest guests[MANY];
	uint32_t i;
};

static int guest_poll(pawl_task *t)
{
	struct guest *g = PAWL_OF(t, struct guest, task);

	PAWL_BEGIN(t);
	for (g->i = 0; g->i < 10; g->i++) {
		PAWL_AWAIT(t, pawl_sem_acquire(t, &g->inn->sem));
		CHECK(count_up(&g->inn->inside) <= 2);
		PAWL_AWAIT_AS(t, g->r, pawl_task_yield(t));
		__atomic_sub_fetch(&g->inn->inside, 1, __ATOMIC_ACQ_REL);
		count_up(&g->inn->stays);
		pawl_sem_release(&g->inn->sem);
	}
	PAWL_END(t);
}

static int inn_poll(pawl_task *t)
{
	struct inn *n = PAWL_OF(t, struct inn, task);

	PAWL_BEGIN(t);
	pawl_sem_init(&n->sem, 2);
	for (n->i = 0; n->i < MANY; n->i++) {
		n->guests[n->i].inn = n;
		CHECK_INT(pawl_spawn(pawl_here(t), &n->guests[n->i].task, guest_poll), 0);
	}
	PAWL_AWAIT(t, pawl_task_yield(t));
	PAWL_AWAIT(t, pawl_stop(t, &n->guests[0].task, NULL));
	for (n->i = 1; n->i < MANY; n->i++)
		PAWL_AWAIT(t, pawl_join(t, &n->guests[n->i].task, NULL));
	CHECK_UINT(n->inside, 0);
	CHECK(n->stays >= (MANY - 1) * 10);
	CHECK_UINT(pawl_sem_available(&n->sem), 2);
	PAWL_END(t);
}

CONFORM(semaphore_keeps_its_permits)
{
	struct inn n = { 0 };

	CHECK_INT(conform_run(x, &n.task, inn_poll), 0);
}

struct mail {
	TASK(task);
	pawl_oneshot o, closed;
	int slot;
	struct trader p;
	int value, r;
};

static int mail_sender(pawl_task *t)
{
	struct mail *m = PAWL_OF(PAWL_OF(t, struct trader, task), struct mail, p);
	int v = 42;

	CHECK_INT(pawl_oneshot_send(&m->o, &v), 0);
	CHECK_INT(pawl_oneshot_send(&m->o, &v), PAWL_EBUSY);
	pawl_oneshot_close(&m->closed);
	CHECK_INT(pawl_oneshot_send(&m->closed, NULL), PAWL_ECLOSED);
	return 0;
}

static int mail_poll(pawl_task *t)
{
	struct mail *m = PAWL_OF(t, struct mail, task);

	PAWL_BEGIN(t);
	pawl_oneshot_init(&m->o, &m->slot, sizeof m->slot);
	pawl_oneshot_init(&m->closed, NULL, 0);
	CHECK_INT(pawl_spawn(pawl_here(t), &m->p.task, mail_sender), 0);
	PAWL_AWAIT(t, pawl_oneshot_recv(t, &m->o, &m->value));
	CHECK_INT(m->value, 42);
	CHECK_INT(pawl_oneshot_recv(t, &m->o, &m->value), PAWL_ECLOSED);
	PAWL_AWAIT_AS(t, m->r, pawl_oneshot_recv(t, &m->closed, NULL));
	CHECK_INT(m->r, PAWL_ECLOSED);
	PAWL_AWAIT(t, pawl_join(t, &m->p.task, NULL));
	PAWL_END(t);
}

CONFORM(oneshot_delivers_once)
{
	struct mail m = { 0 };

	CHECK_INT(conform_run(x, &m.task, mail_poll), 0);
}

/* Timers fire in order and not early. */
struct sleeper {
	TASK(task);
	struct night *night;
	pawl_time after, due;
};

struct night {
	TASK(task);
	struct sleeper s[MANY];
	uint32_t i, woken;
	pawl_time began;
	pawl_time order[MANY];
};

static int sleeper_poll(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);
	struct night *n = s->night;
	int r;

	if (!s->due)
		s->due = pawl_now(pawl_here(t)) + s->after;
	r = pawl_sleep_until(t, s->due);
	if (r)
		return r;
	CHECK(pawl_now(pawl_here(t)) >= s->due);
	CHECK(s->due >= n->began + s->after);
	n->order[n->woken++] = s->due;
	return 0;
}

static int night_poll(pawl_task *t)
{
	static const int afters[MANY] = { 9, 3, 12, 0, 6, 15 };
	struct night *n = PAWL_OF(t, struct night, task);

	PAWL_BEGIN(t);
	n->began = pawl_now(pawl_here(t));
	for (n->i = 0; n->i < MANY; n->i++) {
		n->s[n->i].night = n;
		n->s[n->i].after = PAWL_MS(afters[n->i]) / 2;
		CHECK_INT(pawl_spawn_foreground(pawl_here(t), &n->s[n->i].task, sleeper_poll), 0);
	}
	for (n->i = 0; n->i < MANY; n->i++)
		PAWL_AWAIT(t, pawl_join(t, &n->s[n->i].task, NULL));
	CHECK_UINT(n->woken, MANY);
	for (n->i = 1; n->i < MANY; n->i++)
		CHECK(n->order[n->i - 1] <= n->order[n->i]);
	PAWL_END(t);
}

CONFORM(timers_fire_in_order_and_not_early)
{
	struct night n = { 0 };

	CHECK_INT(conform_run(x, &n.task, night_poll), 0);
}

/* A background task sleeps while everybody else has nothing to do. */
static int naps(pawl_task *t)
{
	struct sleeper *s = PAWL_OF(t, struct sleeper, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(700)));
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(700)));
	CHECK(pawl_now(pawl_here(t)) >= s->night->began + PAWL_US(1400));
	PAWL_END(t);
}

CONFORM(background_tasks_sleep_too)
{
	struct night n = { .began = pawl_now(x) };
	int outcome = 1;

	n.s[0].night = &n;
	CHECK_INT(pawl_spawn(x, &n.s[0].task, naps), 0);
	CHECK_INT(pawl_block_on(x, &n.s[0].task, &outcome), 0);
	CHECK_INT(outcome, 0);
}

const struct conform_case conform_wait_cases[] = {
	CONFORM_CASE(channel_delivers_each_value_once),
	CONFORM_CASE(semaphore_keeps_its_permits),
	CONFORM_CASE(oneshot_delivers_once),
	CONFORM_CASE(timers_fire_in_order_and_not_early),
	CONFORM_CASE(background_tasks_sleep_too),
};
const size_t conform_wait_case_count = PAWL_COUNT(conform_wait_cases);
