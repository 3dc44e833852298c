/* SPDX-License-Identifier: MIT */
/* The guard: a tiny process that kills process groups when this process dies. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Its standard input is the other end of our socket; it holds nothing else, and is out of the
 * terminal's reach.
 */
static int launch_guard(struct pawl_machine *m, int end)
{
	static const char *const argv[] = { PAWL_GUARD_NAME, NULL }, *const env[] = { NULL };
	struct pawl_launch l = { .argv = argv,
				 .env = env,
				 .cwd = "/",
				 .null = end,
				 .out = m->null,
				 .jobs = { -1, -1 },
				 .guard = -1,
				 .init = m->init,
				 .status = -1,
				 .life = -1 };

	pawl_launch_run(&l);
	m->guard_pid = l.pid;
	if (l.pidfd >= 0)
		close(l.pidfd);
	if (l.error && m->guard_pid > 0)
		waitpid(m->guard_pid, NULL, 0);
	errno = l.error;
	return l.error ? -1 : 0;
}

int pawl_guard_start(struct pawl_machine *m)
{
	int ends[2], error;

	if (m->guard >= 0)
		return 0;
	if (pawl_kept_init(m) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	ends[0] = pawl_kept_dup(ends[0]);
	ends[1] = pawl_kept_dup(ends[1]);
	if (ends[0] >= 0 && ends[1] >= 0 && launch_guard(m, ends[1]) == 0) {
		close(ends[1]);
		m->guard = ends[0];
		return 0;
	}
	error = errno;
	if (ends[0] >= 0)
		close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
	errno = error;
	return -1;
}

void pawl_guard_forget(struct pawl_machine *m, pid_t group)
{
	pawl_guard_note note = -(pawl_guard_note)group;

	assert(group > 0);
	if (m->guard >= 0)
		send(m->guard, &note, sizeof note, MSG_NOSIGNAL);
}

void pawl_guard_stop(struct pawl_machine *m)
{
	if (m->guard < 0)
		return;
	close(m->guard);
	m->guard = -1;
	while (waitpid(m->guard_pid, NULL, 0) < 0 && errno == EINTR)
		;
}
