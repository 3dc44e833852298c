/* SPDX-License-Identifier: MIT */
/* pawl-fetch against a small server of its own, which can stall, break off, lie and refuse. */
#define _GNU_SOURCE
#include "kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTENT "0123456789abcdefghij"
/* printf 0123456789abcdefghij | sha256sum */
#define SUM "6bc14bdc4517a7a682c6910de2e2946eb8e1ecd04090728fef6d092a7ceb62c5"
#define WRONG "0000000000000000000000000000000000000000000000000000000000000000"

struct server {
	pthread_t thread;
	int listens, ends[2];
	unsigned port;
	_Atomic unsigned requests, ranges; /* how many came, how many of them asked for a part */
};

static void say(int s, const char *text)
{
	CHECK_INT(send(s, text, strlen(text), MSG_NOSIGNAL), (int64_t)strlen(text));
}

static void whole(int s, const char *content)
{
	char head[200];

	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		 strlen(content));
	say(s, head);
	say(s, content);
}

static void part(int s, unsigned from)
{
	char head[200];

	if (from >= strlen(CONTENT)) {
		say(s, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	snprintf(head, sizeof head,
		 "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\n"
		 "Content-Range: bytes %u-%zu/%zu\r\n\r\n",
		 strlen(CONTENT) - from, from, strlen(CONTENT) - 1, strlen(CONTENT));
	say(s, head);
	say(s, CONTENT + from);
}

/* Sends half of it and then nothing, until the other side has had enough. */
static void stall(int s)
{
	char byte;

	say(s, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789");
	while (recv(s, &byte, 1, 0) > 0)
		;
}

static void answer(struct server *v, int s, const char *request)
{
	const char *range = strstr(request, "Range: bytes=");
	char path[64] = "", text[200];

	sscanf(request, "GET /%63s", path);
	v->requests++;
	v->ranges += range != NULL;
	if (strcmp(path, "file") == 0)
		range ? part(s, (unsigned)atoi(range + 13)) : whole(s, CONTENT);
	else if (strcmp(path, "norange") == 0)
		whole(s, CONTENT);
	else if (strcmp(path, "other") == 0)
		whole(s, "something else");
	else if (strcmp(path, "short") == 0)
		say(s, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567");
	else if (strcmp(path, "stall") == 0)
		stall(s);
	else if (strcmp(path, "moved") == 0 || strcmp(path, "round") == 0) {
		snprintf(text, sizeof text,
			 "HTTP/1.1 302 Found\r\nLocation: /%s\r\nContent-Length: 0\r\n\r\n",
			 path[0] == 'm' ? "file" : "round");
		say(s, text);
	} else if (strcmp(path, "tofile") == 0)
		say(s, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
		       "Content-Length: 0\r\n\r\n");
	else
		say(s, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
}

/* One request per connection. */
static void serve(struct server *v, int s)
{
	char request[2048];
	size_t n = 0;
	ssize_t got;

	request[0] = '\0';
	while (!strstr(request, "\r\n\r\n") && n < sizeof request - 1) {
		got = recv(s, request + n, sizeof request - 1 - n, 0);
		if (got <= 0)
			break;
		n += (size_t)got;
		request[n] = '\0';
	}
	if (n)
		answer(v, s, request);
	shutdown(s, SHUT_WR);
	close(s);
}

static void *run(void *arg)
{
	struct server *v = arg;
	struct pollfd on[2] = { { .fd = v->listens, .events = POLLIN },
				{ .fd = v->ends[0], .events = POLLIN } };

	while (poll(on, 2, -1) > 0 && !on[1].revents) {
		int s = accept4(v->listens, NULL, NULL, SOCK_CLOEXEC);

		if (s >= 0)
			serve(v, s);
	}
	return NULL;
}

static void server_start(struct server *v)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof in;

	*v = (struct server){ .listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	CHECK_INT(bind(v->listens, (void *)&in, sizeof in), 0);
	CHECK_INT(listen(v->listens, 16), 0);
	CHECK_INT(getsockname(v->listens, (void *)&in, &size), 0);
	v->port = ntohs(in.sin_port);
	CHECK_INT(pipe2(v->ends, O_CLOEXEC), 0);
	CHECK_INT(pthread_create(&v->thread, NULL, run, v), 0);
}

static void server_stop(struct server *v)
{
	close(v->ends[1]);
	pthread_join(v->thread, NULL);
	close(v->ends[0]);
	close(v->listens);
}

struct fix {
	struct server server;
	char dir[64], output[100], part[100];
	char said[4096]; /* on standard error, by the last run */
};

static void fix_open(struct fix *f)
{
	static const char two[] = "XX";

	snprintf(f->dir, sizeof f->dir, "/tmp/pawl-fetch-%s%s%s", two, two, two);
	CHECK(mkdtemp(f->dir));
	snprintf(f->output, sizeof f->output, "%s/out", f->dir);
	snprintf(f->part, sizeof f->part, "%s/out.part", f->dir);
	unsetenv("http_proxy");
	server_start(&f->server);
}

static void fix_close(struct fix *f)
{
	server_stop(&f->server);
	unlink(f->output);
	unlink(f->part);
	CHECK_INT(rmdir(f->dir), 0);
}

static void read_said(struct fix *f, int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, f->said + n, sizeof f->said - 1 - n)) > 0)
		n += (size_t)got;
	f->said[n] = '\0';
}

static int spawn(struct fix *f, char **argv)
{
	extern char **environ;
	posix_spawn_file_actions_t to;
	int ends[2], status;
	pid_t pid;

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_adddup2(&to, ends[1], 2);
	CHECK_INT(posix_spawn(&pid, PAWL_FETCH, &to, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&to);
	close(ends[1]);
	read_said(f, ends[0]);
	close(ends[0]);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Paths on the server, ended by NULL; those that begin with a scheme stay as they are. */
static int fetch(struct fix *f, const char *sum, const char *const *paths)
{
	char urls[4][128];
	char *argv[16] = { PAWL_FETCH,  "--output", f->output, "--sha256",
			   (char *)sum, "--stall",  "1" };
	int n = 7;

	for (int i = 0; paths[i]; i++) {
		if (strstr(paths[i], "://"))
			snprintf(urls[i], sizeof urls[i], "%s", paths[i]);
		else
			snprintf(urls[i], sizeof urls[i], "http://127.0.0.1:%u/%s", f->server.port,
				 paths[i]);
		argv[n++] = urls[i];
	}
	return spawn(f, argv);
}

#define FETCH(f, sum, ...) fetch((f), (sum), (const char *const[]){ __VA_ARGS__, NULL })

static bool holds(const char *path, const char *text)
{
	char buf[100];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)n) == 0;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	fputs(text, f);
	CHECK_INT(fclose(f), 0);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

#define OPEN(f)       \
	struct fix f; \
	fix_open(&f)

TEST(gets_a_file)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "file"), 0);
	CHECK(holds(f.output, CONTENT));
	CHECK(!exists(f.part));
	CHECK_STR(f.said, "");
	CHECK_INT(FETCH(&f, SUM, "file"), 0); /* it is there */
	CHECK_UINT(f.server.requests, 1);
	fix_close(&f);
}

TEST(goes_on_to_the_mirror)
{
	char want[300];

	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "none", "file"), 0);
	CHECK(holds(f.output, CONTENT));
	snprintf(want, sizeof want,
		 "pawl-fetch: http://127.0.0.1:%u/none: The requested URL returned error: 404\n",
		 f.server.port);
	CHECK_STR(f.said, want);
	fix_close(&f);
}

TEST(names_each_source_with_its_reason)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "none", "short", "ftp://127.0.0.1/x"), 1);
	CHECK(strstr(f.said, "/none: The requested URL returned error: 404\n"));
	CHECK(strstr(f.said, "/short: transfer closed with 12 bytes remaining to read\n"));
	CHECK(strstr(f.said, "ftp://127.0.0.1/x: Protocol"));
	CHECK(!exists(f.output));
	CHECK(holds(f.part, "01234567")); /* for the next time */
	fix_close(&f);
}

TEST(resumes)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "short", "file"), 0);
	CHECK(holds(f.output, CONTENT));
	CHECK_UINT(f.server.requests, 2);
	CHECK_UINT(f.server.ranges, 1);
	fix_close(&f);
}

TEST(starts_over_where_it_cannot_resume)
{
	OPEN(f);
	put(f.part, "01234567");
	CHECK_INT(FETCH(&f, SUM, "norange"), 0);
	CHECK(holds(f.output, CONTENT));
	fix_close(&f);
}

TEST(a_part_of_something_else_does_no_harm)
{
	static const char *const parts[] = { "xyz", "a part that is longer than all of the file" };

	OPEN(f);
	for (size_t i = 0; i < KIT_COUNT(parts); i++) {
		kit_at("part", (int64_t)i);
		put(f.part, parts[i]);
		CHECK_INT(FETCH(&f, SUM, "file"), 0);
		CHECK(holds(f.output, CONTENT));
		unlink(f.output);
	}
	fix_close(&f);
}

TEST(a_complete_part_needs_no_source)
{
	OPEN(f);
	put(f.part, CONTENT);
	CHECK_INT(FETCH(&f, SUM, "none"), 0);
	CHECK(holds(f.output, CONTENT));
	CHECK_UINT(f.server.requests, 0);
	fix_close(&f);
}

TEST(a_wrong_file_is_not_kept)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, WRONG, "file"), 3);
	CHECK(strstr(f.said, "/file: checksum mismatch: expected " WRONG ", found " SUM "\n"));
	CHECK(!exists(f.output));
	CHECK(!exists(f.part));
	fix_close(&f);
}

TEST(after_a_wrong_file_the_mirror_is_asked)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "other", "file"), 0);
	CHECK(strstr(f.said, "/other: checksum mismatch"));
	CHECK(holds(f.output, CONTENT));
	fix_close(&f);
}

TEST(does_not_wait_for_who_stalls)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "stall", "file"), 0);
	CHECK(strstr(f.said, "/stall: Operation too slow."));
	CHECK(holds(f.output, CONTENT));
	fix_close(&f);
}

TEST(follows_redirects_but_not_for_ever)
{
	OPEN(f);
	CHECK_INT(FETCH(&f, SUM, "moved"), 0);
	unlink(f.output);
	CHECK_INT(FETCH(&f, SUM, "round"), 1);
	CHECK(strstr(f.said, "/round: Maximum (10) redirects followed\n"));
	CHECK_INT(FETCH(&f, SUM, "tofile"), 1); /* never from a server to our own files */
	CHECK(strstr(f.said, "Protocol \"file\" not supported or disabled"));
	fix_close(&f);
}

TEST(files_of_this_machine)
{
	char url[120], name[100];

	OPEN(f);
	snprintf(name, sizeof name, "%s/source", f.dir);
	snprintf(url, sizeof url, "file://%s", name);
	put(name, CONTENT);
	CHECK_INT(FETCH(&f, SUM, url), 0);
	CHECK(holds(f.output, CONTENT));
	unlink(name);
	fix_close(&f);
}

TEST(says_where_it_cannot_write)
{
	OPEN(f);
	snprintf(f.output, sizeof f.output, "%s/no/out", f.dir);
	CHECK_INT(FETCH(&f, SUM, "file"), 1);
	CHECK(strstr(f.said, "/no/out.part: No such file or directory\n"));
	fix_close(&f);
}

TEST(usage_is_2)
{
	static char *const bad[][8] = {
		{ PAWL_FETCH, NULL },
		{ PAWL_FETCH, "--output", "x", "http://127.0.0.1/", NULL },
		{ PAWL_FETCH, "--output", "x", "--sha256", "abc", "http://127.0.0.1/", NULL },
		{ PAWL_FETCH, "--output", "x", "--sha256", SUM, NULL },
		{ PAWL_FETCH, "--output", "x", "--sha256", SUM, "--stall", "soon", NULL },
		{ PAWL_FETCH, "--frobnicate", NULL },
	};

	OPEN(f);
	for (size_t i = 0; i < KIT_COUNT(bad); i++) {
		kit_at("arguments", (int64_t)i);
		CHECK_INT(spawn(&f, (char **)bad[i]), 2);
		CHECK(strstr(f.said, "usage: pawl-fetch"));
	}
	fix_close(&f);
}

static const struct kit_case cases[] = {
	CASE(gets_a_file),
	CASE(goes_on_to_the_mirror),
	CASE(names_each_source_with_its_reason),
	CASE(resumes),
	CASE(starts_over_where_it_cannot_resume),
	CASE(a_part_of_something_else_does_no_harm),
	CASE(a_complete_part_needs_no_source),
	CASE(a_wrong_file_is_not_kept),
	CASE(after_a_wrong_file_the_mirror_is_asked),
	CASE(does_not_wait_for_who_stalls),
	CASE(follows_redirects_but_not_for_ever),
	CASE(files_of_this_machine),
	CASE(says_where_it_cannot_write),
	CASE(usage_is_2),
};

KIT_MAIN(cases)
