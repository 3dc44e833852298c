/* SPDX-License-Identifier: MIT */
/* Planted bugs of ends: timers and leases that run out, channels and sessions that close. */
#include "planted.h"

#include <string.h>

/* An answer and the end of the time for it at one instant: both end the request. */
static struct {
	pawl_task timer, server;
	struct turns notes;
	unsigned ends;
	bool is_over, is_mended;
} request;

static int runs_out(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(10)));
	if (!request.is_over) {
		request.is_over = true;
		request.ends++;
	}
	PAWL_END(t);
}

static int is_answered(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(10)));
	if (request.is_over)
		return 0;
	request.is_over = request.is_mended;
	request.notes.left = 1;
	PAWL_AWAIT(t, planted_turns(t, &request.notes));
	pawl_cancel(&request.timer);
	request.is_over = true;
	request.ends++;
	PAWL_END(t);
}

static void timer_cancel(pawl_sim *sim, bool is_mended)
{
	memset(&request, 0, sizeof request);
	request.is_mended = is_mended;
	pawl_spawn(pawl_sim_exec(sim), &request.timer, runs_out);
	pawl_spawn(pawl_sim_exec(sim), &request.server, is_answered);
	pawl_sim_run(sim);
	pawl_detach(&request.timer);
	pawl_detach(&request.server);
	CHECK(request.ends == 1);
}

PLANTED(timer_cancel, false);

/* Whoever holds the lease writes; between the look at the clock and the write it may run out. */
static struct {
	pawl_task writers[2];
	pawl_time until;
	struct turns left[2];
	unsigned token, seen, writes, mine[2];
	bool is_mended;
} lease;

static bool take(pawl_exec *x, unsigned me)
{
	if (pawl_now(x) < lease.until)
		return false;
	lease.until = pawl_now(x) + PAWL_MS(10);
	lease.mine[me] = ++lease.token;
	return true;
}

static void write_as(unsigned token)
{
	if (lease.is_mended && token < lease.seen)
		return;
	lease.writes += token < lease.seen;
	lease.seen = token;
}

static int writes(pawl_task *t)
{
	unsigned me = (unsigned)(t - lease.writers);

	PAWL_BEGIN(t);
	while (!take(pawl_here(t), me))
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(10)));
	lease.left[me].left = 2;
	PAWL_AWAIT(t, planted_turns(t, &lease.left[me]));
	if (pawl_now(pawl_here(t)) >= lease.until && lease.mine[me] == lease.token)
		return PAWL_ETIMEDOUT;
	lease.left[me].left = 1;
	PAWL_AWAIT(t, planted_turns(t, &lease.left[me]));
	write_as(lease.mine[me]);
	PAWL_END(t);
}

static void lease_over(pawl_sim *sim, bool is_mended)
{
	unsigned i;

	memset(&lease, 0, sizeof lease);
	lease.is_mended = is_mended;
	for (i = 0; i < 2; i++) {
		pawl_spawn(pawl_sim_exec(sim), &lease.writers[i], writes);
		pawl_detach(&lease.writers[i]);
	}
	pawl_sim_run(sim);
	CHECK(lease.writes == 0);
}

PLANTED(lease_over, false, .options = { .hurry_in = 100 });

/* The channel closes while somebody waits for room in it; what he sends is lost. */
PAWL_CHAN(planted_mail, unsigned, 1);

static struct {
	pawl_task sender, receiver, closer;
	struct turns waits;
	unsigned next, got, sent, received;
	bool is_mended;
} post;

static int sends(pawl_task *t)
{
	int r;

	PAWL_BEGIN(t);
	for (post.next = 0; post.next < 3; post.next++) {
		PAWL_AWAIT_AS(t, r, planted_mail_send(t, &post.next));
		if (r < 0 && post.is_mended)
			return r;
		post.sent++;
	}
	PAWL_END(t);
}

static int receives(pawl_task *t)
{
	while (post.received < 3) {
		int r = planted_mail_recv(t, &post.got);

		if (r)
			return r;
		post.received++;
	}
	return 0;
}

static int closes_it(pawl_task *t)
{
	PAWL_BEGIN(t);
	post.waits.left = 7;
	PAWL_AWAIT(t, planted_turns(t, &post.waits));
	pawl_chan_close(&planted_mail);
	PAWL_END(t);
}

static void closed_send(pawl_sim *sim, bool is_mended)
{
	memset(&post, 0, sizeof post);
	post.is_mended = is_mended;
	planted_mail_init();
	pawl_spawn(pawl_sim_exec(sim), &post.sender, sends);
	pawl_spawn(pawl_sim_exec(sim), &post.receiver, receives);
	pawl_spawn(pawl_sim_exec(sim), &post.closer, closes_it);
	pawl_detach(&post.sender);
	pawl_detach(&post.receiver);
	pawl_detach(&post.closer);
	pawl_sim_run(sim);
	CHECK(post.received == post.sent);
}

PLANTED(closed_send, false);

/* A session ends while one of its tasks starts another, which then never runs, but is counted. */
static struct {
	pawl_task main, child, grandchild;
	pawl_session session;
	struct turns waits;
	unsigned before, open;
	bool is_mended;
} family;

static int plays(pawl_task *t)
{
	(void)t;
	family.open--;
	return 0;
}

static int has_child(pawl_task *t)
{
	PAWL_BEGIN(t);
	while (family.before) {
		family.before--;
		pawl_wake(t);
		return PAWL_PENDING;
	}
	family.open++;
	if (pawl_spawn_in(&family.session, &family.grandchild, plays) < 0 && family.is_mended)
		family.open--;
	PAWL_END(t);
}

static int ends_it(pawl_task *t)
{
	PAWL_BEGIN(t);
	family.waits.left = 5;
	PAWL_AWAIT(t, planted_turns(t, &family.waits));
	PAWL_AWAIT(t, pawl_session_end(t, &family.session));
	PAWL_END(t);
}

static void session_end(pawl_sim *sim, bool is_mended)
{
	memset(&family, 0, sizeof family);
	family.is_mended = is_mended;
	family.before = 2;
	pawl_session_init(&family.session, pawl_sim_exec(sim));
	pawl_spawn_in(&family.session, &family.child, has_child);
	pawl_spawn(pawl_sim_exec(sim), &family.main, ends_it);
	pawl_block_on(pawl_sim_exec(sim), &family.main, NULL);
	CHECK(family.open == 0);
}

PLANTED(session_end, false);

/* Two are asked at once, for the faster answer; both believe that theirs was the first. */
static struct {
	pawl_task asked[2];
	pawl_oneshot answer;
	struct turns left[2];
	unsigned value, mine[2], winners;
	bool is_mended;
} race;

static int answers_first(pawl_task *t)
{
	unsigned me = (unsigned)(t - race.asked);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, planted_turns(t, &race.left[me]));
	if (race.winners)
		return 0;
	race.left[me].left = 1;
	PAWL_AWAIT(t, planted_turns(t, &race.left[me]));
	race.mine[me] = me;
	if (pawl_oneshot_send(&race.answer, &race.mine[me]) < 0 && race.is_mended)
		return 0;
	race.winners++;
	PAWL_END(t);
}

static void two_winners(pawl_sim *sim, bool is_mended)
{
	unsigned i;

	memset(&race, 0, sizeof race);
	race.is_mended = is_mended;
	pawl_oneshot_init(&race.answer, &race.value, sizeof race.value);
	for (i = 0; i < 2; i++) {
		race.left[i].left = 1 + 5 * i;
		pawl_spawn(pawl_sim_exec(sim), &race.asked[i], answers_first);
		pawl_detach(&race.asked[i]);
	}
	pawl_sim_run(sim);
	CHECK(race.winners == 1);
}

PLANTED(two_winners, false);
