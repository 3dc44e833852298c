/* SPDX-License-Identifier: MIT */
/* Lookups: numbers at once, names on a thread, cancelled before and not after their start. */
#define _GNU_SOURCE
#include "io_fix.h"

#include <pawl/dns.h>

#include <netdb.h>
#include <semaphore.h>

struct asker {
	pawl_task task;
	pawl_dns d;
	const char *name;
	unsigned port;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls;
};

static int asks_once(pawl_task *t)
{
	struct asker *a = PAWL_OF(t, struct asker, task);

	return pawl_dns_lookup(t, &a->d, a->name, a->port);
}

static int asks(pawl_task *t)
{
	struct asker *a = PAWL_OF(t, struct asker, task);

	a->polls++;
	return a->after ? PAWL_TIMEOUT(t, &a->limit, a->after, asks_once(t)) : asks_once(t);
}

static void check_first(const struct asker *a, const char *want)
{
	char text[PAWL_ADDR_TEXT];

	pawl_addr_text(&a->d.addrs[0], text, sizeof(text));
	CHECK_STR(text, want);
}

TEST(numbers_are_answered_at_once)
{
	pawl_host *h = io_begin();
	struct asker a = { .name = "192.0.2.7", .port = 80 };

	CHECK_INT(io_run(h, &a.task, asks), 0);
	CHECK_UINT(a.polls, 1);
	CHECK_UINT(a.d.count, 1);
	check_first(&a, "192.0.2.7:80");
	a.name = "2001:db8::1";
	CHECK_INT(io_run(h, &a.task, asks), 0);
	CHECK_UINT(a.d.count, 1);
	check_first(&a, "[2001:db8::1]:80");
	pawl_host_free(h);
}

/* What a lookup of "localhost" answers here: a machine without a file of hosts does not know it. */
static int wanted(void)
{
	struct addrinfo *found = NULL;
	int r = getaddrinfo("localhost", NULL, NULL, &found);

	if (r == 0)
		freeaddrinfo(found);
	return r == 0 ? 0 : PAWL_ENOENT;
}

static void check_loopback(const struct asker *a)
{
	uint32_t i;

	if (wanted() < 0)
		return;
	CHECK(a->d.count >= 1 && a->d.count <= PAWL_DNS_MAX);
	for (i = 0; i < a->d.count; i++) {
		char text[PAWL_ADDR_TEXT];

		pawl_addr_text(&a->d.addrs[i], text, sizeof(text));
		CHECK(strncmp(text, "127.", 4) == 0 || strcmp(text, "[::1]:4711") == 0);
		CHECK_UINT(pawl_addr_port(&a->d.addrs[i]), 4711);
	}
}

TEST(names_are_looked_up)
{
	pawl_host *h = io_begin();
	struct asker a = { .name = "localhost", .port = 4711 };

	CHECK_INT(io_run(h, &a.task, asks), wanted());
	CHECK(a.polls >= 2);
	check_loopback(&a);
	CHECK_INT(io_run(h, &a.task, asks), wanted());
	check_loopback(&a);
	CHECK_INT(pawl_spawn(pawl_host_exec(h), &a.task, asks), 0);
	CHECK_INT(io_end(h, &a.task), wanted());
	check_loopback(&a);
	pawl_host_free(h);
}

TEST(names_that_are_none)
{
	pawl_host *h = io_begin();
	struct asker a = { .name = "", .port = 1 };

	CHECK_INT(io_run(h, &a.task, asks), PAWL_EINVAL);
	a.name = "not a name"; /* for the system neither: it asks nobody for that */
	CHECK_INT(io_run(h, &a.task, asks), PAWL_ENOENT);
	CHECK_UINT(a.d.count, 0);
	a.name = "localhost";
	a.port = 65536;
	CHECK_INT(io_run(h, &a.task, asks), PAWL_EINVAL);
	pawl_host_free(h);
}

TEST(executor_without_threads)
{
	struct asker a = { .name = "localhost" };
	pawl_local l;
	int outcome;

	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(&l.exec, &a.task, asks), 0);
	CHECK_INT(pawl_block_on(&l.exec, &a.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ENOTSUP);
	a.name = "127.0.0.1";
	CHECK_INT(pawl_spawn(&l.exec, &a.task, asks), 0);
	CHECK_INT(pawl_block_on(&l.exec, &a.task, &outcome), 0);
	CHECK_INT(outcome, 0);
}

/* The only thread for blocking work is taken, so the lookup waits in line. */
struct taken {
	pawl_task task;
	pawl_work work;
	sem_t started, go;
};

static void takes(pawl_work *w)
{
	struct taken *k = PAWL_OF(w, struct taken, work);

	sem_post(&k->started);
	while (sem_wait(&k->go) != 0) {}
}

static int takes_thread(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct taken, task)->work);
}

TEST(cancelled_before_it_began)
{
	pawl_host_options o = { .workers = 1, .blocking_max = 1 };
	struct asker a = { .name = "localhost" }, late = { .name = "localhost", .after = 1 };
	struct taken k = { .work = { .fn = takes } };
	pawl_host *h = NULL;

	CHECK_INT(pawl_host_new(&o, &h), 0);
	sem_init(&k.started, 0, 0);
	sem_init(&k.go, 0, 0);
	io_spawn(h, &k.task, takes_thread);
	io_spawn(h, &a.task, asks);
	io_settle(h);
	while (sem_wait(&k.started) != 0) {}
	pawl_cancel(&a.task);
	CHECK_INT(io_end(h, &a.task), PAWL_ECANCELED);
	CHECK_UINT(a.polls, 2);
	CHECK_UINT(a.d.count, 0);
	CHECK_INT(io_run(h, &late.task, asks), PAWL_ETIMEDOUT);
	sem_post(&k.go);
	CHECK_INT(io_end(h, &k.task), 0);
	CHECK_UINT(late.d.count, 0);
	late.after = 0;
	CHECK_INT(io_run(h, &late.task, asks), wanted());
	CHECK(late.d.count >= 1 || wanted() < 0);
	sem_destroy(&k.started);
	sem_destroy(&k.go);
	pawl_host_free(h);
}

TEST(cancelled_before_the_first_poll)
{
	pawl_host *h = io_begin();
	struct asker a = { .name = "127.0.0.1" };

	io_spawn(h, &a.task, asks);
	pawl_cancel(&a.task);
	CHECK_INT(io_end(h, &a.task), PAWL_ECANCELED);
	CHECK_UINT(a.d.count, 0);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(numbers_are_answered_at_once), CASE(names_are_looked_up),
	CASE(names_that_are_none),          CASE(executor_without_threads),
	CASE(cancelled_before_it_began),    CASE(cancelled_before_the_first_poll),
};

KIT_MAIN(cases)
