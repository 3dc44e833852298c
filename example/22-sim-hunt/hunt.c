/* SPDX-License-Identifier: MIT */
/* A connection that tasks share, under a thousand seeds: one of them shows who never lets go. */
#include <pawl/sim.h>

static struct {
	pawl_mutex lock;
	bool is_open;
	unsigned users;
} conn;
static pawl_task clients[3], user, reaper;

static int asks(pawl_task *t)
{
	int r;

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_mutex_lock(t, &conn.lock));
	if (!conn.is_open)
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(5))); /* it opens */
	conn.is_open = true;
	conn.users++;
	pawl_mutex_unlock(t, &conn.lock);
	PAWL_AWAIT_AS(t, r, pawl_sleep(t, PAWL_MS(1))); /* it answers */
	conn.users--;
	PAWL_END(t);
}

static int expires(pawl_task *t)
{
	PAWL_BEGIN(t);
	for (;;) {
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(3)));
		PAWL_AWAIT(t, pawl_mutex_lock(t, &conn.lock));
		conn.is_open &= conn.users > 0;
		pawl_mutex_unlock(t, &conn.lock);
	}
	PAWL_END(t);
}

static int leaves(pawl_task *t)
{
	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(5)));
	pawl_cancel(&clients[0]);
	PAWL_END(t);
}

PAWL_SIM_TEST(clients_are_served, .seeds = 1000)
{
	pawl_exec *x = pawl_sim_exec(sim);
	int i, outcome;

	pawl_mutex_init(&conn.lock);
	conn.is_open = false;
	for (i = 0; i < 3; i++)
		pawl_spawn(x, &clients[i], asks);
	pawl_spawn(x, &user, leaves);
	pawl_spawn(x, &reaper, expires);
	pawl_block_on(x, &user, NULL);
	for (i = 0; i < 3; i++)
		CHECK(pawl_block_on(x, &clients[i], &outcome) == 0 && (i == 0 || outcome == 0));
	pawl_cancel(&reaper);
	pawl_block_on(x, &reaper, NULL);
}

PAWL_SIM_MAIN(&clients_are_served_case)
