/* SPDX-License-Identifier: MIT */
/* What a sandbox shows, worked out before the child exists. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct pawl_etc_file pawl_etc[PAWL_ETC_COUNT] = {
	{ "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			 "pawl:x:1000:1000:pawl:/tmp:/bin/sh\n"
			 "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" },
	{ "/etc/group", "root:x:0:\npawl:x:1000:\nnogroup:x:65534:\n" },
	{ "/etc/hosts", "127.0.0.1 localhost pawl\n::1 localhost\n" },
	{ "/etc/hostname", "pawl\n" },
	{ "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n" },
};

const char *const pawl_covered[PAWL_COVERED_COUNT] = {
	"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",
	"/proc/fs",  "/proc/acpi",          "/proc/scsi", "/proc/mtrr",
};

/* With the host's network come the names of its servers and whom to trust. */
static const pawl_bind network_binds[] = {
	{ .path = "/etc/resolv.conf", .optional = true },
	{ .path = "/etc/ssl/certs", .optional = true },
	{ .path = "/etc/ssl/openssl.cnf", .optional = true },
	{ .path = "/etc/pki/tls/certs", .optional = true },
	{ .path = "/etc/ca-certificates", .optional = true },
};

static int refuse(int result, const char *path, const char *why, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "sandbox: input %s: %s", path, why);
	return result;
}

/* Absolute, not the root itself, nothing empty and no dots. */
static bool is_plain(const char *path)
{
	if (path[0] != '/' || !path[1])
		return false;
	for (const char *p = path; *p;) {
		size_t n = strcspn(++p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
	}
	return true;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n]);
}

/* Is this path to be seen inside, under the same name? */
static bool is_shown(const pawl_sandbox *s, const char *path)
{
	for (size_t i = 0; i < s->bind_count; i++) {
		const pawl_bind *b = &s->binds[i];

		if ((!b->at || strcmp(b->at, b->path) == 0) && is_below(path, b->path))
			return true;
	}
	return false;
}

/* A symbolic link stays one where what it leads to is shown, as /bin is to /usr/bin. */
static int keep_link(const pawl_sandbox *s, struct pawl_view_bind *v)
{
	char real[PATH_MAX], text[PATH_MAX];
	ssize_t n;

	if (v->writable || !realpath(v->source, real) || !is_shown(s, real))
		return PAWL_OK;
	n = readlink(v->source, text, sizeof text - 1);
	if (n < 0)
		return pawl_result_of(errno);
	text[n] = '\0';
	v->link = strdup(text);
	return v->link ? PAWL_OK : PAWL_ENOMEM;
}

static int add_bind(struct pawl_view *v, const pawl_sandbox *s, const pawl_bind *b, char *ret_text,
		    size_t size)
{
	struct pawl_view_bind *n = &v->binds[v->count];
	struct stat st;
	int r;

	*n = (struct pawl_view_bind){ .source = b->path,
				      .at = b->at ? b->at : b->path,
				      .writable = b->writable };
	if (!is_plain(n->at))
		return refuse(PAWL_EINVAL, n->at, "not a plain absolute path", ret_text, size);
	if (lstat(b->path, &st) == 0 && S_ISLNK(st.st_mode) && (r = keep_link(s, n)) < 0)
		return refuse(r, b->path, pawl_strerror(r), ret_text, size);
	if (!n->link && stat(b->path, &st) < 0) {
		if (b->optional && (errno == ENOENT || errno == ENOTDIR))
			return PAWL_OK;
		return refuse(pawl_result_of(errno), b->path, strerrordesc_np(errno), ret_text,
			      size);
	}
	n->folder = S_ISDIR(st.st_mode);
	if (is_below("/etc", n->at))
		v->etc = false;
	v->count++;
	return PAWL_OK;
}

static int add_binds(struct pawl_view *v, const pawl_sandbox *s, char *ret_text, size_t size)
{
	int r = PAWL_OK;

	for (size_t i = 0; r == 0 && i < s->bind_count; i++)
		r = add_bind(v, s, &s->binds[i], ret_text, size);
	if (!s->network || !v->etc)
		return r;
	for (size_t i = 0; r == 0 && i < PAWL_COUNT(network_binds); i++)
		r = add_bind(v, s, &network_binds[i], ret_text, size);
	return r;
}

int pawl_view_new(const pawl_sandbox *s, struct pawl_view **ret, char *ret_text, size_t size)
{
	size_t room = s->bind_count + PAWL_COUNT(network_binds);
	struct pawl_view *v = calloc(1, sizeof *v + room * sizeof *v->binds);
	int r;

	if (!v) {
		snprintf(ret_text, size, "%s", pawl_strerror(PAWL_ENOMEM));
		return PAWL_ENOMEM;
	}
	v->binds = (void *)(v + 1);
	v->network = s->network;
	v->etc = true;
	v->root = geteuid() == 0;
	r = add_binds(v, s, ret_text, size);
	if (r < 0) {
		pawl_view_free(v);
		return r;
	}
	*ret = v;
	return PAWL_OK;
}

void pawl_view_free(struct pawl_view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		free((char *)v->binds[i].link);
	free(v);
}
