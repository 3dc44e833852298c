/* SPDX-License-Identifier: MIT */
/* Job slots: a GNU make jobserver that tasks, and makes inside them, share. */
#define _GNU_SOURCE
#include "host/init.h"
#include "host/machine.h"

#include <pawl/host.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* A task that waits for a slot. */
struct waiter {
	struct waiter *next;
	pawl_task *task;
	bool granted; /* a slot was taken out for it */
};

/*
 * The pipe holds one byte per free slot. makes block on it, so its own descriptors stay blocking;
 * pawl looks at it through a description of its own that does not.
 */
struct pawl_slots {
	uv_poll_t poll; /* first; freed when the loop has let go of it */
	int read, write;
	int look; /* the reading end again, not blocking */
	unsigned count;
	unsigned taken;       /* by pawl's own tasks */
	struct waiter *first; /* first come, first served */
};

unsigned pawl_slots_cpus(pawl_world *w)
{
	(void)w;
	return pawl_host_cpus();
}

void pawl_slots_fds(const struct pawl_slots *s, int *ret_read, int *ret_write)
{
	*ret_read = s->read;
	*ret_write = s->write;
}

static bool take_token(struct pawl_slots *s)
{
	char token;
	ssize_t n;

	do
		n = read(s->look, &token, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		s->taken++;
	return n == 1;
}

static void put_tokens(struct pawl_slots *s, unsigned n)
{
	while (n) {
		ssize_t r = write(s->write, "+", 1);

		if (r == 1)
			n--;
		else if (errno != EINTR)
			return;
	}
}

static struct waiter **first_without(struct pawl_slots *s)
{
	struct waiter **at = &s->first;

	while (*at && (*at)->granted)
		at = &(*at)->next;
	return at;
}

static void look_again(struct pawl_slots *s);

/* There is a token, or one has come back: whoever has waited longest gets it. */
static void readable(uv_poll_t *poll, int status, int events)
{
	struct pawl_slots *s = poll->data;
	struct waiter *n;

	(void)status;
	(void)events;
	while ((n = *first_without(s)) && take_token(s)) {
		n->granted = true;
		pawl_wake(n->task);
	}
	look_again(s);
}

/*
 * The loop looks at the pipe only while somebody waits: an idle pipe with tokens is always
 * readable.
 */
static void look_again(struct pawl_slots *s)
{
	if (*first_without(s))
		uv_poll_start(&s->poll, UV_READABLE, readable);
	else
		uv_poll_stop(&s->poll);
}

static int open_pipe(struct pawl_slots *s)
{
	char path[40];
	int ends[2];

	s->read = s->write = s->look = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	s->read = pawl_kept_dup(ends[0]);
	s->write = pawl_kept_dup(ends[1]);
	if (s->read < 0 || s->write < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", s->read);
	s->look = pawl_kept_dup(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	return s->look < 0 ? -1 : 0;
}

static void close_pipe(struct pawl_slots *s)
{
	if (s->look >= 0)
		close(s->look);
	if (s->read >= 0)
		close(s->read);
	if (s->write >= 0)
		close(s->write);
}

int pawl_slots_open(pawl_world *w, unsigned count, char *ret_makeflags, size_t size)
{
	struct pawl_machine *m = pawl_machine_of(w);
	struct pawl_slots *s;
	int r;

	assert(!m->slots && m->loop && count > 0);
	if (count > 4096) /* as many as a pipe is sure to hold */
		return PAWL_EINVAL;
	s = calloc(1, sizeof *s);
	if (!s)
		return PAWL_ENOMEM;
	if (open_pipe(s) < 0 || uv_poll_init(m->loop, &s->poll, s->look) < 0) {
		r = pawl_result_of(errno);
		close_pipe(s);
		free(s);
		return r;
	}
	s->poll.data = s;
	s->count = count;
	put_tokens(s, count);
	m->slots = s;
	snprintf(ret_makeflags, size, "-j --jobserver-auth=%d,%d", PAWL_FD_JOBS_READ,
		 PAWL_FD_JOBS_WRITE);
	return PAWL_OK;
}

static struct waiter **find(struct pawl_slots *s, const pawl_task *t)
{
	struct waiter **at = &s->first;

	while (*at && (*at)->task != t)
		at = &(*at)->next;
	return at;
}

static int join_queue(struct pawl_slots *s, struct waiter **end, pawl_task *t)
{
	struct waiter *n = calloc(1, sizeof *n);

	if (!n)
		return PAWL_ENOMEM;
	n->task = t;
	*end = n;
	look_again(s);
	return PAWL_PENDING;
}

/* Leaves the queue, with the slot or because it was cancelled. */
static int leave_queue(pawl_world *w, struct waiter **at, bool cancelled)
{
	struct pawl_slots *s = pawl_machine_of(w)->slots;
	struct waiter *n = *at;
	bool granted = n->granted;

	if (!granted && !cancelled)
		return PAWL_PENDING;
	*at = n->next;
	free(n);
	if (cancelled && granted)
		pawl_slots_give(w);
	look_again(s);
	return cancelled ? PAWL_ECANCELED : PAWL_OK;
}

int pawl_slots_take(pawl_world *w, pawl_task *t)
{
	struct pawl_slots *s = pawl_machine_of(w)->slots;
	struct waiter **at;

	assert(s);
	at = find(s, t);
	if (*at)
		return leave_queue(w, at, pawl_cancelled(t));
	if (pawl_cancelled(t))
		return PAWL_ECANCELED;
	if (!s->first && take_token(s))
		return PAWL_OK;
	return join_queue(s, at, t);
}

void pawl_slots_give(pawl_world *w)
{
	struct pawl_slots *s = pawl_machine_of(w)->slots;

	assert(s && s->taken > 0);
	s->taken--;
	put_tokens(s, 1);
}

/*
 * Nothing runs, so all but pawl's own must be in the pipe: what is there is counted, and what is
 * missing added.
 */
void pawl_slots_refill(pawl_world *w)
{
	struct pawl_slots *s = pawl_machine_of(w)->slots;
	unsigned taken;

	assert(s);
	taken = s->taken;
	while (take_token(s))
		;
	s->taken = taken;
	put_tokens(s, s->count - taken);
}

static void closed(uv_handle_t *h)
{
	free(h->data);
}

void pawl_slots_close(pawl_world *w)
{
	struct pawl_machine *m = pawl_machine_of(w);
	struct pawl_slots *s = m->slots;

	if (!s)
		return;
	assert(!s->first);
	m->slots = NULL;
	uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, closed);
	close_pipe(s);
}
