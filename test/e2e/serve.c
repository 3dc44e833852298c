/* SPDX-License-Identifier: MIT */
/* A small HTTP server for the tests: a folder on a loopback port, with ways to go wrong. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * usage: serve FOLDER LOG: prints its port, then answers until it is killed. Each request is a line
 * of LOG: the path, and behind it where it starts when it asks for a part. Files beside FOLDER/NAME
 * tell how NAME is answered:
 *	NAME.cut	once, with the first half of it
 *	NAME.hold	a pipe: only after something was written to it
 */
enum { PATH_MOST = 512, REQUEST_MOST = 4096 };

struct request {
	int socket, file;
	char path[PATH_MOST];
	long from, size;
};

static void say(const struct request *q, const char *text)
{
	(void)!send(q->socket, text, strlen(text), MSG_NOSIGNAL);
}

static void send_file(const struct request *q, long end)
{
	char buf[65536];
	long at = q->from;

	while (at < end) {
		size_t want = (size_t)(end - at) < sizeof buf ? (size_t)(end - at) : sizeof buf;
		ssize_t n = pread(q->file, buf, want, at);

		if (n <= 0 || send(q->socket, buf, (size_t)n, MSG_NOSIGNAL) != n)
			return;
		at += n;
	}
}

static void send_head(const struct request *q)
{
	char head[300];

	if (q->from)
		snprintf(head, sizeof head,
			 "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %ld-%ld/%ld\r\n"
			 "Content-Length: %ld\r\n\r\n",
			 q->from, q->size - 1, q->size, q->size - q->from);
	else
		snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n",
			 q->size);
	say(q, head);
}

/* Waits until somebody has written to NAME.hold, where there is one. */
static void wait_for_leave(const struct request *q)
{
	char name[PATH_MOST + 8], byte;
	int hold;

	snprintf(name, sizeof name, "%s.hold", q->path);
	hold = open(name, O_RDONLY);
	if (hold >= 0 && read(hold, &byte, 1) >= 0)
		close(hold);
}

static void answer(struct request *q)
{
	char cut[PATH_MOST + 8];
	struct stat st;

	wait_for_leave(q);
	q->file = open(q->path, O_RDONLY);
	if (q->file < 0 || fstat(q->file, &st) || !S_ISREG(st.st_mode)) {
		say(q, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	q->size = (long)st.st_size;
	if (q->from >= q->size)
		q->from = 0;
	snprintf(cut, sizeof cut, "%s.cut", q->path);
	send_head(q);
	send_file(q, unlink(cut) ? q->size : q->size / 2);
}

static int read_request(int s, struct request *ret)
{
	char text[REQUEST_MOST], *range;
	size_t n = 0;
	ssize_t got;

	text[0] = '\0';
	while (!strstr(text, "\r\n\r\n") && n < sizeof text - 1) {
		got = recv(s, text + n, sizeof text - 1 - n, 0);
		if (got <= 0)
			return -1;
		n += (size_t)got;
		text[n] = '\0';
	}
	*ret = (struct request){ .socket = s, .file = -1 };
	range = strstr(text, "Range: bytes=");
	if (range)
		ret->from = atol(range + strlen("Range: bytes="));
	return sscanf(text, "GET %*[/]%511s", ret->path) == 1 ||
			       sscanf(text, "GET %511s", ret->path) == 1 /* asked as a proxy */
		       ? 0
		       : -1;
}

static void serve(int s, int log)
{
	struct request q;

	if (!read_request(s, &q)) {
		dprintf(log, q.from ? "%s %ld\n" : "%s\n", q.path, q.from);
		answer(&q);
	}
	shutdown(s, SHUT_WR);
	_exit(0);
}

static int listen_on_loopback(unsigned *ret_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof in;
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0 || bind(s, (void *)&in, sizeof in) || listen(s, 16) ||
	    getsockname(s, (void *)&in, &size))
		return -1;
	*ret_port = ntohs(in.sin_port);
	return s;
}

int main(int argc, char **argv)
{
	int s, log, peer;
	unsigned port;

	log = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
	s = listen_on_loopback(&port);
	if (log < 0 || s < 0 || chdir(argv[1])) {
		fprintf(stderr, "usage: serve FOLDER LOG\n");
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);
	alarm(600); /* a test that was killed cannot end it */
	printf("%u\n", port);
	fclose(stdout);
	while ((peer = accept(s, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			close(s);
			serve(peer, log);
		}
		close(peer);
	}
	return 1;
}
