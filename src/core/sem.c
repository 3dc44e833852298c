/* SPDX-License-Identifier: MIT */
/* Semaphores: a released permit goes straight to the first who waits, once there are enough. */
#include "core/waitq.h"

#include <pawl/sem.h>

#if PAWL_WAITS

static pawl_sem_want *want_of(const pawl_task *t)
{
	uintptr_t w = pawl_load_ptr(&t->waits_);

	if ((w & 3) != PAWL_WAITS_OTHER_)
		return NULL;
	return PAWL_OF((void *)(w & ~(uintptr_t)3), pawl_sem_want, wait_);
}

/* Free permits go to those who wait, in their order; nobody overtakes one who wants many. */
static void offer(pawl_sem *s, pawl_woken *woken)
{
	pawl_task *t;

	while ((t = pawl_waitq_first(&s->waitq_))) {
		pawl_sem_want *w = want_of(t);
		uint32_t n = w ? w->n_ : 1;

		if (s->permits_ < n)
			return;
		s->permits_ -= n;
		if (!w) {
			pawl_waitq_grant(&s->waitq_, woken);
			continue;
		}
		w->is_granted_ = true;
		pawl_waitq_unlink_(&s->waitq_, t);
		pawl_woken_add_(woken, t);
	}
}

static void give_back(void *of, pawl_woken *woken)
{
	pawl_sem *s = of;

	s->permits_++;
	offer(s, woken);
}

void pawl_sem_init(pawl_sem *s, unsigned permits)
{
	*s = (pawl_sem){ .permits_ = permits };
	pawl_waitq_init(&s->waitq_, s, give_back);
}

/* Whoever waits comes first, also when there are permits, but not enough. */
static bool take(pawl_sem *s, uint32_t n)
{
	if (s->permits_ < n || !pawl_waitq_is_empty(&s->waitq_))
		return false;
	s->permits_ -= n;
	return true;
}

static int acquire_locked(pawl_task *t, pawl_sem *s, pawl_woken *woken)
{
	if (pawl_cancelled(t)) {
		if (pawl_waitq_leave(&s->waitq_, t))
			give_back(s, woken);
		return PAWL_ECANCELED;
	}
	if (pawl_waitq_take(&s->waitq_, t) || take(s, 1))
		return 0;
	pawl_waitq_join(&s->waitq_, t, "a semaphore");
	return PAWL_PENDING;
}

int pawl_sem_acquire(pawl_task *t, pawl_sem *s)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(s);
	int r = acquire_locked(t, s, &woken);

	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
	return r;
}

/* Ends the wait of one who wants many, without a result. */
static void give_up(pawl_task *t, pawl_sem_want *w, pawl_woken *woken)
{
	if (w->is_granted_)
		w->sem_->permits_ += w->n_;
	else
		pawl_waitq_unlink_(&w->sem_->waitq_, t);
	pawl_store_ptr(&t->waits_, 0);
	offer(w->sem_, woken);
}

static bool let_go(pawl_wait *wait, pawl_task *t)
{
	pawl_sem_want *w = PAWL_OF(wait, pawl_sem_want, wait_);
	pawl_sem *s = w->sem_;
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(s);

	give_up(t, w, &woken);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
	return true;
}

static int go_on_locked(pawl_task *t, pawl_sem_want *w, pawl_woken *woken)
{
	if (pawl_cancelled(t)) {
		give_up(t, w, woken);
		return PAWL_ECANCELED;
	}
	if (!w->is_granted_)
		return PAWL_PENDING;
	pawl_store_ptr(&t->waits_, 0);
	return 0;
}

static int begin_locked(pawl_task *t, pawl_sem *s, pawl_sem_want *w, uint32_t n)
{
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (take(s, n))
		return 0;
	*w = (pawl_sem_want){ .wait_ = { let_go }, .sem_ = s, .n_ = n };
	pawl_waitq_link_(&s->waitq_, t, (uintptr_t)&w->wait_ | PAWL_WAITS_OTHER_);
	return PAWL_PENDING;
}

int pawl_sem_acquire_n(pawl_task *t, pawl_sem *s, pawl_sem_want *w, unsigned n)
{
	bool is_waiting = pawl_load_ptr(&t->waits_) == ((uintptr_t)&w->wait_ | PAWL_WAITS_OTHER_);
	pawl_woken woken = { 0 };
	uintptr_t was;
	int r;

	PAWL_ASSERT(n && (!is_waiting || (w->sem_ == s && w->n_ == n)));
	was = pawl_port_lock(s);
	r = is_waiting ? go_on_locked(t, w, &woken) : begin_locked(t, s, w, n);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
	if (r == PAWL_PENDING)
		pawl_say_wait_(t, "a semaphore");
	return r;
}

int pawl_sem_try_acquire_n(pawl_sem *s, unsigned n)
{
	uintptr_t was = pawl_port_lock(s);
	bool taken = take(s, n);

	pawl_port_unlock(s, was);
	return taken ? 0 : PAWL_EBUSY;
}

int pawl_sem_try_acquire(pawl_sem *s)
{
	return pawl_sem_try_acquire_n(s, 1);
}

void pawl_sem_release_n(pawl_sem *s, unsigned n)
{
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(s);

	s->permits_ += n;
	offer(s, &woken);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
}

void pawl_sem_release(pawl_sem *s)
{
	pawl_sem_release_n(s, 1);
}

unsigned pawl_sem_available(pawl_sem *s)
{
	uintptr_t was = pawl_port_lock(s);
	unsigned n = pawl_waitq_is_empty(&s->waitq_) ? s->permits_ : 0;

	pawl_port_unlock(s, was);
	return n;
}

#endif
