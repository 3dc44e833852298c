/* SPDX-License-Identifier: MIT */
/* Finds out, once, how sandboxes can be made on this machine, by making one. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const no_env[] = { NULL };

static int exit_of(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs a prepared trial to its end. */
static bool try_launch(struct pawl_launch *l, char *ret_text, size_t size)
{
	int code;

	pawl_launch_run(l);
	if (l->pidfd >= 0)
		close(l->pidfd);
	code = l->pid > 0 ? exit_of(l->pid) : -1;
	if (l->error)
		pawl_launch_explain(l, ret_text, size);
	else if (code)
		snprintf(ret_text, size, "%s: exit code %d", l->argv[0], code);
	return !l->error && code == 0;
}

static struct pawl_launch trial(const struct pawl_machine *m)
{
	return (struct pawl_launch){ .env = no_env,
				     .cwd = "/",
				     .null = m->null,
				     .out = -1,
				     .jobs = { -1, -1 },
				     .guard = -1,
				     .init = -1,
				     .status = -1,
				     .life = -1 };
}

static bool try_namespaces(struct pawl_machine *m, char *ret_text, size_t size)
{
	static const char *const argv[] = { PAWL_INIT_NAME, NULL };
	struct pawl_launch l = trial(m);
	struct pawl_net *net;
	struct pawl_view *v;
	bool ok = false;
	int kept;

	pthread_mutex_lock(&m->lock);
	kept = pawl_kept_init(m);
	pthread_mutex_unlock(&m->lock);
	if (kept < 0) {
		snprintf(ret_text, size, "%s", strerrordesc_np(errno));
		return false;
	}
	if (pawl_view_new(&(pawl_sandbox){ 0 }, &v, ret_text, size) < 0)
		return false;
	l.argv = argv;
	l.view = v;
	l.init = m->init;
	if (pawl_space_take(m, &l, &net) < 0) {
		pawl_launch_explain(&l, ret_text, size);
	} else {
		ok = try_launch(&l, ret_text, size);
		pawl_space_give(m, net);
	}
	pawl_view_free(v);
	return ok;
}

static bool find_bubblewrap(struct pawl_machine *m)
{
	static const char *const places[] = { "/usr/bin/bwrap", "/usr/local/bin/bwrap",
					      "/bin/bwrap" };

	for (size_t i = 0; i < PAWL_COUNT(places); i++) {
		if (access(places[i], X_OK) == 0) {
			snprintf(m->bubblewrap, sizeof m->bubblewrap, "%s", places[i]);
			return true;
		}
	}
	return false;
}

static bool try_bubblewrap(struct pawl_machine *m, char *ret_text, size_t size)
{
	static const pawl_bind binds[] = {
		{ .path = "/usr" },
		{ .path = "/bin", .optional = true },
		{ .path = "/lib", .optional = true },
		{ .path = "/lib64", .optional = true },
	};
	static const char *const argv[] = { "/bin/true", NULL };
	const pawl_command c = { .argv = argv, .env = no_env, .cwd = "/" };
	struct pawl_launch l = trial(m);
	struct pawl_bwrap b;
	struct pawl_view *v;
	bool ok = false;

	if (!find_bubblewrap(m)) {
		snprintf(ret_text, size, "not installed");
		return false;
	}
	if (pawl_view_new(&(pawl_sandbox){ binds, PAWL_COUNT(binds), false }, &v, ret_text, size) <
	    0)
		return false;
	if (pawl_bwrap_init(&b, m->bubblewrap, v, &c) == 0) {
		l.argv = b.argv;
		l.extra = b.data;
		l.extra_count = PAWL_ETC_COUNT;
		ok = try_launch(&l, ret_text, size);
		pawl_bwrap_fini(&b);
	}
	pawl_view_free(v);
	return ok;
}

/* Tests force a way to see each of them. */
static bool allowed(const char *way)
{
	const char *forced = getenv("PAWL_TEST_SANDBOX");

	return !forced || strcmp(forced, way) == 0;
}

static void probe(struct pawl_machine *m)
{
	char own[160] = "switched off", helper[160] = "switched off";

	if (allowed("namespaces") && try_namespaces(m, own, sizeof own)) {
		m->way = PAWL_WAY_NAMESPACES;
		snprintf(m->way_text, sizeof m->way_text, "namespaces");
	} else if (allowed("bubblewrap") && try_bubblewrap(m, helper, sizeof helper)) {
		m->way = PAWL_WAY_BUBBLEWRAP;
		snprintf(m->way_text, sizeof m->way_text, "bubblewrap");
	} else {
		m->way = PAWL_WAY_NONE;
		snprintf(m->way_text, sizeof m->way_text,
			 "no sandbox can be made here: namespaces: %.80s; bubblewrap: %.60s", own,
			 helper);
	}
}

int pawl_sandbox_probe(pawl_world *w, char *ret_text, size_t size)
{
	struct pawl_machine *m = pawl_machine_of(w);
	enum pawl_sandbox_way way;

	pthread_mutex_lock(&m->probing);
	if (m->way == PAWL_WAY_UNKNOWN)
		probe(m);
	way = m->way;
	pthread_mutex_unlock(&m->probing);
	snprintf(ret_text, size, "%s", m->way_text);
	return way == PAWL_WAY_NONE ? PAWL_ENOTSUP : PAWL_OK;
}
