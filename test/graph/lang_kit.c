/* SPDX-License-Identifier: MIT */
/* A world of a few files in memory: only what reading recipes needs. */
#include "lang_kit.h"

#include <stdlib.h>

static struct lang_kit *kit_of(pawl_world *w)
{
	return (struct lang_kit *)w;
}

static int find(struct lang_kit *k, const char *path)
{
	for (size_t i = 0; i < k->file_count; i++)
		if (strcmp(k->files[i].path, path) == 0)
			return (int)i;
	return -1;
}

static bool is_folder(struct lang_kit *k, const char *path)
{
	size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

	for (size_t i = 0; i < k->file_count; i++)
		if (strncmp(k->files[i].path, path, len) == 0 && k->files[i].path[len] == '/')
			return true;
	return false;
}

static int stat_path(pawl_world *w, const char *path, bool follow, pawl_stat *ret_stat)
{
	int i = find(kit_of(w), path);

	(void)follow;
	if (i < 0 && !is_folder(kit_of(w), path))
		return PAWL_ENOENT;
	*ret_stat = (pawl_stat){ .kind = i < 0 ? PAWL_KIND_DIR : PAWL_KIND_FILE,
				 .mode = i < 0 ? 0755 : 0644,
				 .size = i < 0 ? 0 : (int64_t)strlen(kit_of(w)->files[i].text) };
	return PAWL_OK;
}

static int open_path(pawl_world *w, const char *path, unsigned flags, unsigned mode, int *ret_file)
{
	struct lang_kit *k = kit_of(w);
	int i = find(k, path);

	(void)flags;
	(void)mode;
	if (i < 0)
		return PAWL_ENOENT;
	CHECK(!k->open[i]);
	k->open[i] = true;
	k->offset[i] = 0;
	k->reads++;
	*ret_file = i;
	return PAWL_OK;
}

static int close_file(pawl_world *w, int file)
{
	kit_of(w)->open[file] = false;
	return PAWL_OK;
}

static int read_file(pawl_world *w, int file, void *buf, size_t size, size_t *ret_size)
{
	struct lang_kit *k = kit_of(w);
	const char *rest = k->files[file].text + k->offset[file];
	size_t n = strlen(rest) < size ? strlen(rest) : size;

	memcpy(buf, rest, n);
	k->offset[file] += n;
	*ret_size = n;
	return PAWL_OK;
}

static int stat_file(pawl_world *w, int file, pawl_stat *ret_stat)
{
	return stat_path(w, kit_of(w)->files[file].path, true, ret_stat);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_in(struct lang_kit *k, const char *path, struct pawl_map *ret)
{
	size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

	for (size_t i = 0; i < k->file_count; i++) {
		const char *rest = k->files[i].path + len;
		char name[256] = { 0 };

		if (strncmp(k->files[i].path, path, len) != 0 || *rest != '/')
			continue;
		memcpy(name, rest + 1, strcspn(rest + 1, "/"));
		pawl_map_put(ret, name, ret);
	}
}

/* One folder deep: all that patterns need. */
static int walk(pawl_world *w, const char *path, unsigned depth_max, pawl_walk_fn *each, void *arg)
{
	struct pawl_map names = { 0 };
	struct pawl_list l = { 0 };

	CHECK_INT(depth_max, 1);
	names_in(kit_of(w), path, &names);
	for (size_t i = 0; i < names.len; i++)
		pawl_list_add(&l, names.at[i].key);
	if (l.len)
		qsort(l.at, l.len, sizeof(*l.at), compare);
	for (size_t i = 0; i < l.len; i++) {
		struct pawl_buf b = { 0 };
		pawl_stat st;

		pawl_buf_fmt(&b, "%s/%s", strcmp(path, "/") == 0 ? "" : path, (char *)l.at[i]);
		CHECK_INT(stat_path(w, b.s, true, &st), 0);
		each(arg, l.at[i], &st);
		pawl_buf_fini(&b);
	}
	pawl_list_fini(&l);
	pawl_map_fini(&names);
	return PAWL_OK;
}

static const pawl_world_ops ops = {
	.size = sizeof(ops),
	.stat = stat_path,
	.open = open_path,
	.close = close_file,
	.read = read_file,
	.fstat = stat_file,
	.walk = walk,
};

void lang_init(struct lang_kit *k, const struct lang_file *files, size_t count)
{
	*k = (struct lang_kit){ .world = { &ops }, .files = files, .file_count = count };
	CHECK(count <= 64);
}

void lang_fini(struct lang_kit *k)
{
	pawl_meta_free(k->meta);
	pawl_messages_fini(&k->messages);
	pawl_buf_fini(&k->said);
}

int lang_load(struct lang_kit *k, const char *const *assign)
{
	struct pawl_meta_options o = { .top = "/b", .own_layer = "/own", .assign = assign };

	return pawl_meta_load(&k->world, &o, &k->messages, &k->meta);
}

const char *lang_said(struct lang_kit *k)
{
	static const char *const levels[] = { "note", "warning", "error" };

	pawl_buf_clear(&k->said);
	for (size_t i = 0; i < k->messages.len; i++)
		pawl_buf_fmt(&k->said, "%s%s: %s", i ? "\n" : "", levels[k->messages.at[i].level],
			     k->messages.at[i].text);
	return pawl_buf_str(&k->said);
}

size_t lang_count(struct lang_kit *k, const char *text)
{
	size_t count = 0;

	for (size_t i = 0; i < k->messages.len; i++)
		count += strstr(k->messages.at[i].text, text) != NULL;
	return count;
}

void lang_store_init(struct lang_store *s, const char *path, const char *text)
{
	memset(s, 0, sizeof(*s));
	s->file = (struct lang_file){ path, text };
	lang_init(&s->kit, &s->file, 1);
	s->meta.state_ = &s->state;
	s->state.messages = s->state.look.messages = &s->kit.messages;
	s->state.look.world = &s->kit.world;
	s->base = pawl_data_new(NULL, &s->kit.messages, &s->meta);
	s->base->is_recipe = true;
	CHECK(pawl_statements_read(s->base, path, NULL));
	s->data = pawl_data_new(s->base, &s->kit.messages, &s->meta);
	pawl_data_expand_names(s->data);
}

void lang_store_fini(struct lang_store *s)
{
	pawl_data_free(s->data);
	pawl_data_free(s->base);
	pawl_look_fini(&s->state.look);
	lang_fini(&s->kit);
}

void lang_check(const char *got, const char *want, const char *file, int line)
{
	if (got && want)
		kit_check_str(got, want, "value", file, line);
	else if (got || want)
		kit_check_str(got ? got : "(not set)", want ? want : "(not set)", "value", file,
			      line);
}
