/* SPDX-License-Identifier: MIT */
/* What misuse ends the program with: the message names the task, and where it was spawned. */
#define _GNU_SOURCE
#include "fix.h"

#include <pawl/scope.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The port's last call, as the tests see it: in a process of its own. */
_Noreturn void __wrap_pawl_port_fatal(const char *why);

static int out;
static char said[1024];

_Noreturn void __wrap_pawl_port_fatal(const char *why)
{
	dprintf(out, "%s", why);
	_exit(0);
}

/* What it says in its end. */
static void hear(void (*misuse)(void))
{
	int fds[2], status = 1;
	ssize_t n, length = 0;
	pid_t pid;

	CHECK_INT(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		out = fds[1];
		misuse();
		_exit(1);
	}
	close(fds[1]);
	while ((n = read(fds[0], said + length, sizeof said - 1 - (size_t)length)) > 0)
		length += n;
	close(fds[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

static void check_says(void (*misuse)(void), const char *what, const char *name)
{
	char about[256];

	hear(misuse);
	snprintf(about, sizeof about, "; task '%s', spawned at " __FILE__ ":", name);
	if (!strstr(said, what) || !strstr(said, about))
		CHECK_FAIL(said);
}

static pawl_local local;
static pawl_task one, two;

static int ends(pawl_task *t)
{
	(void)t;
	return 0;
}

static void spawn_twice(void)
{
	pawl_exec *x = local_begin(&local);

	CHECK_INT(pawl_spawn(x, &one, ends), 0);
	pawl_spawn(x, &one, ends);
}

TEST(spawn_of_a_live_task)
{
	check_says(spawn_twice, "FLAGS_", "ends");
}

static int answers_too_much(pawl_task *t)
{
	(void)t;
	return 2;
}

static void answer_too_much(void)
{
	const pawl_spawn_options o = { .label = "chatty" };
	pawl_exec *x = local_begin(&local);

	pawl_spawn_with(x, &one, answers_too_much, &o);
	pawl_local_run(&local);
}

TEST(result_that_is_none)
{
	check_says(answer_too_much, "PAWL_PENDING", "chatty");
}

static int waits(pawl_task *t)
{
	return pawl_cancelled(t) ? PAWL_ECANCELED : PAWL_PENDING;
}

static int joins_one(pawl_task *t)
{
	return pawl_join(t, &one, NULL);
}

static void join_a_detached_one(void)
{
	pawl_exec *x = local_begin(&local);

	CHECK_INT(pawl_spawn(x, &one, waits), 0);
	pawl_detach(&one);
	CHECK_INT(pawl_spawn(x, &two, joins_one), 0);
	pawl_local_run(&local);
}

TEST(join_of_a_detached_task)
{
	check_says(join_a_detached_one, "DETACHED_", "waits");
}

static void detach_twice(void)
{
	pawl_exec *x = local_begin(&local);

	CHECK_INT(pawl_spawn(x, &one, waits), 0);
	pawl_detach(&one);
	pawl_detach(&one);
}

TEST(detach_of_a_detached_task)
{
	check_says(detach_twice, "DETACHED_", "waits");
}

static pawl_sem sem;

static int waits_twice(pawl_task *t)
{
	static pawl_sem other;

	CHECK_INT(pawl_sem_acquire(t, &sem), PAWL_PENDING);
	return pawl_sem_acquire(t, &other);
}

static void wait_twice(void)
{
	pawl_exec *x = local_begin(&local);

	pawl_sem_init(&sem, 0);
	CHECK_INT(pawl_spawn(x, &one, waits_twice), 0);
	pawl_local_run(&local);
}

TEST(wait_for_two_things)
{
	check_says(wait_twice, "waits_", "waits_twice");
}

static pawl_scope scope;

static int leaves_scope(pawl_task *t)
{
	pawl_scope_begin(t, &scope, pawl_here(t));
	return pawl_scope_spawn(&scope, &two, ends);
}

static void leave_scope(void)
{
	pawl_exec *x = local_begin(&local);

	CHECK_INT(pawl_spawn(x, &one, leaves_scope), 0);
	pawl_local_run(&local);
}

TEST(scope_that_was_left)
{
	check_says(leave_scope, "before the children of its scope", "leaves_scope");
}

/* Spawned by the function behind the macro, a task knows no place: it is left out. */
static void spawn_without_a_place(void)
{
	pawl_exec *x = local_begin(&local);

	CHECK_INT((pawl_spawn)(x, &one, waits), 0);
	pawl_detach(&one);
	pawl_detach(&one);
}

TEST(task_without_a_place)
{
	hear(spawn_without_a_place);
	CHECK(strstr(said, "DETACHED_") && !strstr(said, "spawned at"));
}

static const struct kit_case cases[] = {
	CASE(spawn_of_a_live_task),      CASE(result_that_is_none), CASE(join_of_a_detached_task),
	CASE(detach_of_a_detached_task), CASE(wait_for_two_things), CASE(scope_that_was_left),
	CASE(task_without_a_place),
};

KIT_MAIN(cases)
