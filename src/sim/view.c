/* SPDX-License-Identifier: MIT */
/* What a simulated sandbox shows: the binds over a root of its own. */
#include "sim/view.h"

#include "sim/disk.h"
#include "sim/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_ 4096

struct sim_mount {
	char *at;   /* inside */
	char *real; /* on the disk */
	size_t at_length, real_length;
	bool writable;
	bool is_direct; /* no link, and no other mount, is on the way to `at` */
};

/* The mounts in their order: the last one that has a path in it counts. */
struct sim_view {
	char *root;
	size_t root_length;
	size_t count;
	struct sim_mount mounts[];
};

/* What each sandbox has of its own to write to. */
static const char *const own[] = { "/tmp", "/dev/shm" };

static char *join(const char *a, const char *b)
{
	size_t n = strlen(a), size = n + strlen(b) + 1;
	char *text = malloc(size);

	if (text) {
		memcpy(text, a, n);
		memcpy(text + n, b, size - n);
	}
	return text;
}

static bool is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || !path[n]);
}

static const struct sim_mount *mount_of(const struct sim_view *v, const char *path)
{
	size_t i = v->count;

	while (i-- > 0) {
		const struct sim_mount *m = &v->mounts[i];

		if (strncmp(path, m->at, m->at_length) == 0 &&
		    (path[m->at_length] == '/' || !path[m->at_length]))
			return m;
	}
	return NULL;
}

static int put(char *ret_real, size_t size, const char *front, size_t length, const char *rest)
{
	size_t left = strlen(rest) + 1;

	if (length + left > size)
		return PAWL_ENAMETOOLONG;
	memcpy(ret_real, front, length);
	memcpy(ret_real + length, rest, left);
	return PAWL_OK;
}

static int map_from(const struct sim_view *v, const struct sim_mount *m, const char *path,
		    bool writes, char *ret_real, size_t size)
{
	if (writes && !(m && m->writable))
		return PAWL_EROFS;
	if (!m)
		return put(ret_real, size, v->root, v->root_length,
			   strcmp(path, "/") == 0 ? "" : path);
	return put(ret_real, size, m->real, m->real_length, path + m->at_length);
}

static int map(const struct sim_view *v, const char *path, bool writes, char *ret_real, size_t size)
{
	return map_from(v, mount_of(v, path), path, writes, ret_real, size);
}

int pawl_sim_view_(struct sim_world *w, const char *path, bool writes, char *ret_real, size_t size)
{
	const struct sim_view *v = pawl_sim_seat_of_(w)->view;

	PAWL_ASSERT(path[0] == '/');
	return v ? map(v, path, writes, ret_real, size)
		 : put(ret_real, size, path, strlen(path), "");
}

/* Below one mount, or outside of all, the parts of a path are those of the real one. */
bool pawl_sim_view_direct_(struct sim_world *w, const char *path, bool follows, char *ret_real,
			   size_t size)
{
	const struct sim_view *v = pawl_sim_seat_of_(w)->view;
	const struct sim_mount *m = mount_of(v, path);

	return path[0] == '/' && (!m || m->is_direct) &&
	       map_from(v, m, path, false, ret_real, size) == PAWL_OK &&
	       pawl_disk_is_direct_(w->machine->disk, ret_real, follows);
}

size_t pawl_sim_view_mount_(struct sim_world *w, const char *path)
{
	const struct sim_view *v = pawl_sim_seat_of_(w)->view;
	const struct sim_mount *m = v ? mount_of(v, path) : NULL;

	return m ? (size_t)(m - v->mounts) + 1 : 0;
}

/* ---- making one ---- */

struct making {
	struct sim_world *w; /* of who starts it */
	struct sim_disk *disk;
	const pawl_sandbox *sandbox;
	struct sim_view *view;
	char *text; /* what is wrong, in words */
	size_t size;
};

const char *pawl_sim_words_(int result)
{
	switch (result) {
	case PAWL_ENOENT:
		return "No such file or directory";
	case PAWL_ENOTDIR:
		return "Not a directory";
	case PAWL_EROFS:
		return "Read-only file system";
	case PAWL_ELOOP:
		return "Too many levels of symbolic links";
	case PAWL_ENAMETOOLONG:
		return "File name too long";
	case PAWL_EAGAIN:
		return "Resource temporarily unavailable";
	case PAWL_EMFILE:
		return "Too many open files";
	case PAWL_ENOMEM:
		return "Cannot allocate memory";
	default:
		return pawl_strerror(result);
	}
}

static int refuse(struct making *k, int result, const char *what, const char *path)
{
	snprintf(k->text, k->size, "sandbox: %s %s: %s", what, path, pawl_sim_words_(result));
	return result;
}

/* Absolute, not the root itself, nothing empty and no dots. */
static bool is_plain(const char *path)
{
	const char *p = path;

	if (path[0] != '/' || !path[1])
		return false;
	while (*p) {
		size_t n = strcspn(++p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
	}
	return true;
}

/* Is this path to be seen inside, under the same name? */
static bool is_shown(const pawl_sandbox *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->bind_count; i++) {
		const pawl_bind *b = &s->binds[i];

		if ((!b->at || strcmp(b->at, b->path) == 0) && is_below(path, b->path))
			return true;
	}
	return false;
}

/* Where the text of a link at `path` leads, by the names alone. */
static bool lead(const char *path, const char *text, char *ret, size_t size)
{
	size_t length = text[0] == '/' ? 0 : (size_t)(strrchr(path, '/') - path);

	if (length + strlen(text) + 2 > size)
		return false;
	memcpy(ret, path, length);
	ret[length] = '\0';
	while (*text) {
		size_t n;

		text += strspn(text, "/");
		n = strcspn(text, "/");
		if (n == 2 && text[0] == '.' && text[1] == '.') {
			char *last = strrchr(ret, '/');

			*(last ? last : ret) = '\0';
		} else if (n && !(n == 1 && text[0] == '.')) {
			length = strlen(ret);
			ret[length] = '/';
			memcpy(ret + length + 1, text, n);
			ret[length + 1 + n] = '\0';
		}
		text += n;
	}
	return true;
}

/* A symbolic link stays one where what it leads to is shown, as /bin is to /usr/bin. */
static const char *kept_link(struct making *k, const pawl_bind *b, const char *real)
{
	char to[PATH_MAX_];
	const char *text;
	pawl_stat st;

	if (b->writable || pawl_disk_stat_(k->disk, real, false, &st) < 0 ||
	    st.kind != PAWL_KIND_LINK || pawl_disk_target_(k->disk, real, &text) < 0 ||
	    !lead(b->path, text, to, sizeof to) || !is_shown(k->sandbox, to))
		return NULL;
	return text;
}

/* What is mounted is never a link, but what that leads to. */
static int follow(struct making *k, char *real, size_t size)
{
	char to[PATH_MAX_];
	const char *text;
	pawl_stat st;
	int r = pawl_disk_stat_(k->disk, real, false, &st);

	while (r == 0 && st.kind == PAWL_KIND_LINK) {
		r = pawl_disk_target_(k->disk, real, &text);
		if (r == 0 && (!lead(real, text, to, sizeof to) || strlen(to) >= size))
			r = PAWL_ENAMETOOLONG;
		if (r < 0)
			return r;
		memcpy(real, to, strlen(to) + 1);
		r = pawl_disk_stat_(k->disk, real, false, &st);
	}
	return r;
}

/* Its place is there. */
static int add_mount(struct making *k, const char *at, const char *real, bool writable)
{
	struct sim_view *v = k->view;
	struct sim_mount *m = &v->mounts[v->count];
	bool is_own = !mount_of(v, at);
	char place[PATH_MAX_];

	*m = (struct sim_mount){ .at = join(at, ""),
				 .real = join(real, ""),
				 .at_length = strlen(at),
				 .real_length = strlen(real),
				 .writable = writable,
				 .is_direct = is_own &&
					      map(v, at, false, place, sizeof place) == PAWL_OK &&
					      pawl_disk_is_direct_(k->disk, place, true) };
	v->count++;
	return m->at && m->real ? PAWL_OK : PAWL_ENOMEM;
}

/* The folders above a place, as far as they are the root's own. */
static int make_above(struct making *k, const char *path)
{
	char above[PATH_MAX_];
	size_t n = (size_t)(strrchr(path, '/') - path);

	memcpy(above, path, n);
	above[n] = '\0';
	return pawl_disk_mkdirs_(k->disk, above, true);
}

/* What is to be mounted on must be there, or be made. */
static int make_place(struct making *k, const char *at, bool is_folder)
{
	const struct sim_mount *in = mount_of(k->view, at);
	char real[PATH_MAX_];
	pawl_stat st;
	int r = map(k->view, at, false, real, sizeof real);

	if (r < 0)
		return r;
	if (!in)
		return is_folder ? pawl_disk_mkdirs_(k->disk, real, true) : make_above(k, real);
	if (pawl_disk_stat_(k->disk, real, true, &st) == 0)
		return PAWL_OK;
	if (!in->writable)
		return PAWL_EROFS;
	return is_folder ? pawl_disk_mkdirs_(k->disk, real, false)
			 : pawl_disk_put_(k->disk, real, "", 0, 0644);
}

static int make_link(struct making *k, const char *at, const char *text)
{
	char real[PATH_MAX_];
	int r = map(k->view, at, false, real, sizeof real);

	if (r == 0)
		r = make_above(k, real);
	if (r == 0)
		r = pawl_disk_symlink_(k->disk, text, real);
	return r == PAWL_EEXIST ? PAWL_OK : r;
}

static int add_bind(struct making *k, const pawl_bind *b)
{
	const char *at = b->at ? b->at : b->path, *link;
	char real[PATH_MAX_];
	pawl_stat st;
	int r;

	if (!is_plain(at)) {
		snprintf(k->text, k->size, "sandbox: input %s: not a plain absolute path", at);
		return PAWL_EINVAL;
	}
	r = pawl_sim_view_(k->w, b->path, false, real, sizeof real);
	if (r < 0)
		return refuse(k, r, "input", b->path);
	link = kept_link(k, b, real);
	if (link) {
		r = make_link(k, at, link);
		return r < 0 ? refuse(k, r, "place for", at) : PAWL_OK;
	}
	r = pawl_disk_stat_(k->disk, real, true, &st);
	if (r < 0 && b->optional && (r == PAWL_ENOENT || r == PAWL_ENOTDIR))
		return PAWL_OK;
	if (r == 0)
		r = follow(k, real, sizeof real);
	if (r < 0)
		return refuse(k, r, "input", b->path);
	r = make_place(k, at, st.kind == PAWL_KIND_DIR);
	if (r < 0)
		return refuse(k, r, "place for", at);
	r = add_mount(k, at, real, b->writable);
	return r < 0 ? refuse(k, r, "input", b->path) : PAWL_OK;
}

static int make_root(struct making *k)
{
	struct sim_view *v = k->view;
	char path[64];
	size_t i;
	int r = PAWL_OK;

	snprintf(path, sizeof path, PAWL_SIM_SANDBOXES_ "/%u", ++k->w->machine->sandboxes);
	v->root = join(path, "");
	if (!v->root)
		return PAWL_ENOMEM;
	v->root_length = strlen(path);
	k->w->machine->views++;
	for (i = 0; r == 0 && i < PAWL_COUNT(own); i++) {
		r = put(path, sizeof path, v->root, v->root_length, own[i]);
		if (r == 0)
			r = pawl_disk_mkdirs_(k->disk, path, true);
		if (r == 0)
			r = add_mount(k, own[i], path, true);
	}
	return r;
}

static int fill(struct making *k)
{
	size_t i;
	int r = make_root(k);

	if (r < 0)
		snprintf(k->text, k->size, "sandbox: private root: %s", pawl_sim_words_(r));
	for (i = 0; r == 0 && i < k->sandbox->bind_count; i++)
		r = add_bind(k, &k->sandbox->binds[i]);
	return r;
}

int pawl_sim_view_new_(struct sim_world *w, const pawl_sandbox *s, struct sim_view **ret,
		       char *ret_text, size_t size)
{
	size_t room = s->bind_count + PAWL_COUNT(own);
	struct sim_view *v = calloc(1, sizeof *v + room * sizeof v->mounts[0]);
	struct making k = { w, w->machine->disk, s, v, ret_text, size };
	int r;

	if (!v) {
		snprintf(ret_text, size, "%s", pawl_strerror(PAWL_ENOMEM));
		return PAWL_ENOMEM;
	}
	r = fill(&k);
	if (r < 0)
		pawl_sim_view_free_(w->machine, v);
	else
		*ret = v;
	return r;
}

void pawl_sim_view_free_(struct sim_machine *m, struct sim_view *v)
{
	if (!v)
		return;
	if (v->root)
		pawl_disk_remove_(m->disk, --m->views ? v->root : PAWL_SIM_SANDBOXES_);
	while (v->count-- > 0) {
		free(v->mounts[v->count].at);
		free(v->mounts[v->count].real);
	}
	free(v->root);
	free(v);
}
