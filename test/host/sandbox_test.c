/* SPDX-License-Identifier: MIT */
/* The sandbox: what a task sees, and that nothing leaks, as root and as a user. */
#define _GNU_SOURCE
#include "kit.h"
#include "world_fix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum who { SELF, USER, SELF_BUBBLEWRAP, USER_BUBBLEWRAP };

/* Becomes who the case is about; false when this machine cannot do it. */
static bool become(struct fix *f, long who)
{
	char text[200];
	bool bubblewrap = who == SELF_BUBBLEWRAP || who == USER_BUBBLEWRAP;

	if ((who == USER || who == USER_BUBBLEWRAP) && !fix_be_user())
		return false;
	setenv("PAWL_TEST_SANDBOX", bubblewrap ? "bubblewrap" : "namespaces", 1);
	fix_open(f);
	if (f->w->ops->sandbox(f->w, text, sizeof text) == 0)
		return true;
	fix_close(f);
	return false;
}

#define OPEN(f)                 \
	struct fix f;           \
	if (!become(&f, param)) \
		return;

/* Things of the host that the probe must not find. */
struct host {
	int path, abstract, port;
	char args[11][200];
	const char *argv[13];
};

static int listen_on(int family, const void *address, socklen_t size)
{
	int s = socket(family, SOCK_STREAM, 0); /* no O_CLOEXEC: that must not matter */

	CHECK(s >= 0);
	CHECK_INT(bind(s, address, size), 0);
	CHECK_INT(listen(s, 8), 0);
	return s;
}

static void listen_everywhere(struct host *h, const struct fix *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof in;

	snprintf(a.sun_path, sizeof a.sun_path, "%s.sock", f->dir);
	snprintf(h->args[3], sizeof h->args[3], "path=%s", a.sun_path);
	unlink(a.sun_path);
	h->path = listen_on(AF_UNIX, &a, sizeof a);

	snprintf(h->args[4], sizeof h->args[4], "name=pawl-leak-%d", getpid());
	memset(a.sun_path, 0, sizeof a.sun_path);
	strcpy(a.sun_path + 1, h->args[4] + 5);
	h->abstract = listen_on(
		AF_UNIX, &a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(h->args[4] + 5)));

	h->port = listen_on(AF_INET, &in, sizeof in);
	CHECK_INT(getsockname(h->port, (void *)&in, &size), 0);
	snprintf(h->args[5], sizeof h->args[5], "port=%d", ntohs(in.sin_port));
}

static void host_open(struct host *h, const struct fix *f, bool network)
{
	char name[100] = "";

	gethostname(name, sizeof name);
	snprintf(h->args[0], sizeof h->args[0], "secret=%s.secret", f->dir);
	fclose(fopen(h->args[0] + 7, "we"));
	snprintf(h->args[1], sizeof h->args[1], "input=%s.input", f->dir);
	fclose(fopen(h->args[1] + 6, "we"));
	snprintf(h->args[2], sizeof h->args[2], "work=%s", f->dir);
	listen_everywhere(h, f);
	snprintf(h->args[6], sizeof h->args[6], "pid=%d", getpid());
	snprintf(h->args[7], sizeof h->args[7], "host=%s", name);
	snprintf(h->args[8], sizeof h->args[8], "network=%d", network);
	snprintf(h->args[9], sizeof h->args[9], "daemon=1");
	snprintf(h->args[10], sizeof h->args[10], "bubblewrap=%d",
		 strcmp(getenv("PAWL_TEST_SANDBOX") ? getenv("PAWL_TEST_SANDBOX") : "",
			"bubblewrap") == 0);
	for (int i = 0; i < 11; i++)
		h->argv[i + 1] = h->args[i];
	h->argv[12] = NULL;
	setenv("SECRET", "of the host", 1);
	syscall(SYS_add_key, "user", "pawl-leak-probe", "x", 1, -3 /* the session's keys */);
}

static void host_close(struct host *h)
{
	close(h->path);
	close(h->abstract);
	close(h->port);
	unlink(h->args[0] + 7);
	unlink(h->args[1] + 6);
	unlink(h->args[3] + 5);
}

static void probe(struct fix *f, bool network)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	pawl_bind binds[10];
	pawl_sandbox s = *fix_sandbox(f);
	char program[100];
	static char text[256 * 1024];
	pawl_world_process p;
	struct host h;
	int out[2];

	host_open(&h, f, network);
	snprintf(program, sizeof program, "%s/probe", f->dir);
	CHECK_INT(f->w->ops->clone(f->w, LEAK_PROBE, program, 0755), 0);
	h.argv[0] = program;
	memcpy(binds, s.binds, s.bind_count * sizeof *binds);
	binds[s.bind_count++] = (pawl_bind){ .path = h.args[1] + 6 };
	s.binds = binds;
	s.network = network;

	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	const pawl_command c = {
		.argv = h.argv, .env = env, .cwd = f->dir, .out = out[1], .sandbox = &s
	};
	if (f->w->ops->start(f->w, &p, &c) < 0)
		CHECK_FAIL(p.error);
	close(out[1]);
	fix_wait(f, &p);
	fix_drain(out[0], text, sizeof text); /* ends, so the daemon is gone */
	CHECK_STR(text, "nothing leaks\n");
	CHECK_INT(p.exit_code, 0);
	close(out[0]);
	host_close(&h);
}

TEST(nothing_leaks)
{
	OPEN(f);
	probe(&f, false);
	fix_close(&f);
}

TEST(nothing_but_the_network_leaks)
{
	OPEN(f);
	probe(&f, true);
	fix_close(&f);
}

/* What the probe says of no sandbox at all: never as root, whom it would obey. */
TEST(the_probe_finds_what_leaks)
{
	static const char *const env[] = { "SECRET=of the host", NULL };
	static const char *const found[] = {
		"/root can be seen\n",  ".secret can be seen\n", "environment: SECRET",
		"a socket by its path", "an abstract socket",    "the host's loopback",
		"leak: host name",      "leak: uid 65534",       "of the host exists",
		"/var is there",        ".input can be written", "a key of the host's session",
		"new privileges",
	};
	static char text[256 * 1024];
	pawl_world_process p;
	struct fix f;
	struct host h;
	int out[2];

	if (!fix_be_user() || geteuid() != 65534)
		return;
	fix_open(&f);
	host_open(&h, &f, false);
	snprintf(h.args[9], sizeof h.args[9], "daemon=0");
	h.argv[0] = LEAK_PROBE;
	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	const pawl_command c = { .argv = h.argv, .env = env, .cwd = f.dir, .out = out[1] };
	if (f.w->ops->start(f.w, &p, &c) < 0)
		CHECK_FAIL(p.error);
	close(out[1]);
	fix_wait(&f, &p);
	fix_drain(out[0], text, sizeof text);
	for (size_t i = 0; i < KIT_COUNT(found); i++)
		if (!strstr(text, found[i]))
			CHECK_STR(text, found[i]);
	CHECK_INT(p.exit_code, 1);
	close(out[0]);
	host_close(&h);
	fix_close(&f);
}

static int run(struct fix *f, const pawl_sandbox *s, const char *script)
{
	pawl_world_process p;

	fix_run(f, &p, &(struct shell){ .script = script, .sandbox = s });
	return p.exit_code;
}

TEST(what_it_writes_is_there)
{
	struct stat st;

	OPEN(f);
	CHECK_INT(run(&f, fix_sandbox(&f), "mkdir d && echo text >d/file && ln -s file d/link"), 0);
	CHECK_STR(fix_read(&f, "d/link"), "text\n");
	CHECK_INT(stat(fix_path(&f, "d/file"), &st), 0);
	CHECK_UINT(st.st_uid, geteuid());
	fix_close(&f);
}

TEST(a_later_bind_lies_in_an_earlier_one)
{
	pawl_bind binds[10];
	pawl_sandbox s;
	char inside[100];

	OPEN(f);
	s = *fix_sandbox(&f);
	CHECK_INT(mkdir(fix_path(&f, "sysroot"), 0755), 0);
	CHECK_INT(mkdir(fix_path(&f, "shown"), 0755), 0);
	fix_write(&f, "sysroot/header", "from below\n");
	memcpy(binds, s.binds, s.bind_count * sizeof *binds);
	snprintf(inside, sizeof inside, "%s/shown", f.dir);
	binds[s.bind_count++] = (pawl_bind){ .path = fix_path(&f, "sysroot"), .at = inside };
	s.binds = binds;
	CHECK_INT(run(&f, &s,
		      "grep -q below shown/header && ! touch shown/x 2>/dev/null && touch y"),
		  0);
	CHECK_STR(fix_read(&f, "shown/header"), "");
	fix_close(&f);
}

/*
 * A task may leave a symbolic link where the next one's input is to be put: it must not lead out.
 */
TEST(a_planted_link_does_not_lead_out)
{
	pawl_bind binds[10];
	pawl_sandbox s;
	char inside[120], outside[100];
	struct stat st;
	pawl_world_process p;

	OPEN(f);
	s = *fix_sandbox(&f);
	snprintf(outside, sizeof outside, "%s.outside", f.dir);
	CHECK_INT(mkdir(outside, 0755), 0);
	CHECK_INT(symlink(outside, fix_path(&f, "planted")), 0);
	memcpy(binds, s.binds, s.bind_count * sizeof *binds);
	snprintf(inside, sizeof inside, "%s/planted/deeper", f.dir);
	binds[s.bind_count++] = (pawl_bind){ .path = "/usr/include", .at = inside };
	s.binds = binds;
	if (fix_try_start(&f, &p, &(struct shell){ .script = ":", .sandbox = &s }) == 0)
		fix_wait(&f, &p);
	snprintf(inside, sizeof inside, "%s/deeper", outside);
	CHECK_INT(stat(inside, &st), -1);
	CHECK_INT(rmdir(outside), 0);
	fix_close(&f);
}

TEST(one_does_not_see_the_other)
{
	pawl_world_process p;
	char text[64];
	int out[2];

	OPEN(f);
	CHECK_INT(pipe2(out, O_CLOEXEC), 0);
	fix_start(&f, &p,
		  &(struct shell){ .script = "touch /tmp/mine /dev/shm/mine; echo; exec sleep 1000",
				   .sandbox = fix_sandbox(&f),
				   .out = out[1] });
	close(out[1]);
	CHECK_INT(read(out[0], text, 1), 1);
	CHECK_INT(run(&f, fix_sandbox(&f),
		      "! ls /tmp/mine /dev/shm/mine 2>/dev/null && "
		      "! grep -l sleep /proc/[0-9]*/comm"),
		  0);
	f.w->ops->kill(f.w, &p, PAWL_KILL_NOW);
	fix_wait(&f, &p);
	close(out[0]);
	fix_close(&f);
}

/* Networks are used again: what one task left in it must not meet the next. */
TEST(a_used_network_is_as_new)
{
	static const char script[] =
		"perl -MIO::Socket::INET -e '"
		"$l = IO::Socket::INET->new(Listen => 5, LocalAddr => q(127.0.0.1),"
		" LocalPort => 4711)"
		" or exit 1;"
		"$c = IO::Socket::INET->new(PeerAddr => q(127.0.0.1:4711)) or exit 2;"
		"$s = $l->accept or exit 3; close $s; read $c, $x, 1; close $c; exit 0'";

	OPEN(f);
	for (int i = 0; i < 5; i++) {
		kit_at("round", i);
		CHECK_INT(run(&f, fix_sandbox(&f), script), 0);
	}
	fix_close(&f);
}

TEST(refuses_paths_that_are_none)
{
	static const char *const bad[] = {
		"usr", "/", "/usr/../etc", "/usr//lib", "/usr/", "/./usr"
	};
	pawl_world_process p;

	OPEN(f);
	for (size_t i = 0; i < KIT_COUNT(bad); i++) {
		const pawl_bind b = { .path = "/usr", .at = bad[i] };
		const pawl_sandbox s = { .binds = &b, .bind_count = 1 };

		CHECK_INT(fix_try_start(&f, &p, &(struct shell){ .script = ":", .sandbox = &s }),
			  PAWL_EINVAL);
	}
	fix_close(&f);
}

TEST(says_why_there_is_none)
{
	struct fix f;
	char text[200];
	pawl_world_process p;

	fix_open(&f);
	setenv("PAWL_TEST_SANDBOX", "none", 1);
	CHECK_INT(f.w->ops->sandbox(f.w, text, sizeof text), PAWL_ENOTSUP);
	CHECK_STR(text, "no sandbox can be made here: namespaces: switched off; "
			"bubblewrap: switched off");
	CHECK_INT(fix_try_start(&f, &p,
				&(struct shell){ .script = ":", .sandbox = fix_sandbox(&f) }),
		  PAWL_ENOTSUP);
	CHECK_INT(strncmp(p.error, text, sizeof p.error - 1), 0);
	fix_close(&f);
}

#define EACH(id) \
	CASE_N(id, SELF), CASE_N(id, USER), CASE_N(id, SELF_BUBBLEWRAP), CASE_N(id, USER_BUBBLEWRAP)

static const struct kit_case cases[] = {
	EACH(nothing_leaks),
	EACH(nothing_but_the_network_leaks),
	EACH(what_it_writes_is_there),
	EACH(a_later_bind_lies_in_an_earlier_one),
	CASE_N(a_planted_link_does_not_lead_out, SELF),
	CASE_N(a_planted_link_does_not_lead_out, USER),
	EACH(one_does_not_see_the_other),
	CASE_N(a_used_network_is_as_new, SELF),
	CASE_N(a_used_network_is_as_new, USER),
	CASE(the_probe_finds_what_leaks),
	CASE(refuses_paths_that_are_none),
	CASE(says_why_there_is_none),
};

KIT_MAIN(cases)
