/* SPDX-License-Identifier: MIT */
/* Signals: libuv catches them, the first who waits gets one, and what nobody takes is counted. */
#define _GNU_SOURCE
#include <pawl/signal.h>

#include "host/io.h"
#include "host/machine.h"
#include "port/assert.h"

#include <stdlib.h>
#include <uv.h>

struct pawl_signal_watch {
	uv_signal_t handle; /* first; freed when the loop has let go of it */
	pawl_signal *signal;
};

/* It goes to whoever has waited longest, or waits for who will. */
static void give(void *of, pawl_woken *woken)
{
	pawl_signal *s = of;

	if (!pawl_waitq_grant(&s->waitq_, woken) && s->count_ < UINT32_MAX)
		s->count_++;
}

static void on_signal(uv_signal_t *handle, int number)
{
	pawl_signal *s = PAWL_OF(handle, struct pawl_signal_watch, handle)->signal;
	pawl_woken woken = { 0 };
	uintptr_t was = pawl_port_lock(s);

	(void)number;
	give(s, &woken);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
}

static void let_go_of(uv_handle_t *h)
{
	free(PAWL_OF(h, struct pawl_signal_watch, handle));
}

int pawl_signal_open(pawl_exec *x, pawl_signal *s, int number)
{
	pawl_host *h = pawl_host_of(x);
	struct pawl_signal_watch *w;
	int r;

	if (!h || !pawl_is_main_thread(x))
		return PAWL_ENOTSUP;
	PAWL_ASSERT(!s->watch_ && pawl_waitq_is_empty(&s->waitq_));
	w = malloc(sizeof(*w));
	if (!w)
		return PAWL_ENOMEM;
	r = uv_signal_init(pawl_host_loop(h), &w->handle);
	if (r < 0) {
		free(w);
		return pawl_result_of(-r);
	}
	w->signal = s;
	*s = (pawl_signal){ .host_ = h };
	pawl_waitq_init(&s->waitq_, s, give);
	r = uv_signal_start(&w->handle, on_signal, number);
	if (r < 0) {
		uv_close((uv_handle_t *)&w->handle, let_go_of);
		return pawl_result_of(-r);
	}
	s->watch_ = w;
	return 0;
}

static int wait_locked(pawl_task *t, pawl_signal *s, pawl_woken *woken)
{
	bool is_granted;

	if (pawl_cancelled(t)) {
		if (pawl_waitq_leave(&s->waitq_, t))
			give(s, woken);
		return PAWL_ECANCELED;
	}
	is_granted = pawl_waitq_take(&s->waitq_, t);
	if (!s->watch_)
		return PAWL_ECLOSED;
	if (is_granted)
		return 0;
	if (s->count_) { /* then nobody waits */
		s->count_--;
		return 0;
	}
	pawl_waitq_join(&s->waitq_, t, "a signal");
	return PAWL_PENDING;
}

int pawl_signal_wait(pawl_task *t, pawl_signal *s)
{
	pawl_host *h = pawl_io_host_(t);
	pawl_woken woken = { 0 };
	uintptr_t was;
	int r;

	if (!h)
		return PAWL_ENOTSUP;
	PAWL_ASSERT(!s->watch_ || s->host_ == h);
	was = pawl_port_lock(s);
	r = wait_locked(t, s, &woken);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
	return r;
}

void pawl_signal_close(pawl_signal *s)
{
	pawl_woken woken = { 0 };
	uintptr_t was;

	if (!s || !s->watch_)
		return;
	PAWL_ASSERT(pawl_is_main_thread(pawl_host_exec(s->host_)));
	uv_close((uv_handle_t *)&s->watch_->handle, let_go_of);
	was = pawl_port_lock(s);
	s->watch_ = NULL;
	s->count_ = 0;
	pawl_waitq_grant_all(&s->waitq_, &woken);
	pawl_port_unlock(s, was);
	pawl_woken_schedule(&woken);
}
