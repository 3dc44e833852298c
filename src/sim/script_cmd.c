/* SPDX-License-Identifier: MIT */
/* The commands of the simulated shell. */
#include "sim/script.h"

#include <pawl/co_await.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE 4096

/* ---- files ---- */

/* A path of a script, absolute. */
static const char *absolute(struct script *s, const char *path)
{
	size_t length = strlen(s->cwd), rest = strlen(path) + 1;
	char *text;

	if (path[0] == '/')
		return path;
	text = pawl_script_alloc_(s, length + 1 + rest);
	memcpy(text, s->cwd, length);
	text[length] = '/';
	memcpy(text + length + 1, path, rest);
	return text;
}

char *pawl_script_read_(struct script *s, const char *path, size_t *ret_size, int *ret_error)
{
	pawl_world *w = s->p->world;
	size_t size = 0, room = READ_SIZE, got = 0;
	const char *real = absolute(s, path);
	char *text = pawl_script_alloc_(s, room + 1);
	int file, r = w->ops->open(w, real, 0, 0, &file);

	*ret_error = r;
	if (r < 0)
		return NULL;
	while ((r = w->ops->read(w, file, text + size, room - size, &got)) == 0 && got) {
		size += got;
		if (size == room) {
			char *larger = pawl_script_alloc_(s, room * 2 + 1);

			memcpy(larger, text, size);
			text = larger;
			room *= 2;
		}
	}
	w->ops->close(w, file);
	text[size] = '\0';
	pawl_sim_process_shrink_(s->p, text, room + 1, size + 1);
	*ret_size = size;
	*ret_error = r;
	return r < 0 ? NULL : text;
}

static int write_file(struct script *s, const char *path, unsigned flags, const char *text,
		      size_t size)
{
	pawl_world *w = s->p->world;
	int file, end;
	int r = w->ops->open(w, absolute(s, path), PAWL_OPEN_WRITE | PAWL_OPEN_CREATE | flags, 0644,
			     &file);

	if (r < 0)
		return r;
	r = w->ops->write(w, file, text, size);
	end = w->ops->close(w, file);
	return r < 0 ? r : end;
}

/* The words with one blank between two, and an end of line. */
static char *line_of(struct script *s, char **words, unsigned count)
{
	size_t size = 2;
	unsigned i;
	char *text;

	for (i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	text = pawl_script_alloc_(s, size);
	text[0] = '\0';
	for (i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, words[i]);
	}
	strcat(text, "\n");
	return text;
}

static int cmd_write(struct script *s, char **words, unsigned count)
{
	char *text = line_of(s, words + 2, count - 2);

	return write_file(s, words[1], 0, text, strlen(text));
}

static int cmd_half(struct script *s, char **words, unsigned count)
{
	char *text = line_of(s, words + 2, count - 2);
	int r = write_file(s, words[1], 0, text, strlen(text) / 2);

	return r < 0 ? r : PAWL_ENOSPC;
}

static int cmd_copy(struct script *s, char **words, unsigned count)
{
	size_t size;
	int r;
	char *text = pawl_script_read_(s, words[1], &size, &r);

	(void)count;
	return text ? write_file(s, words[2], 0, text, size) : r;
}

static int cmd_append(struct script *s, char **words, unsigned count)
{
	unsigned i;
	int r = PAWL_OK;

	for (i = 1; i + 1 < count && r == 0; i++) {
		size_t size;
		char *text = pawl_script_read_(s, words[i], &size, &r);

		if (text)
			r = write_file(s, words[count - 1], PAWL_OPEN_APPEND, text, size);
	}
	return r;
}

static int cmd_need(struct script *s, char **words, unsigned count)
{
	pawl_stat st;

	(void)count;
	return s->p->world->ops->stat(s->p->world, absolute(s, words[1]), true, &st);
}

static int cmd_link(struct script *s, char **words, unsigned count)
{
	(void)count;
	return s->p->world->ops->symlink(s->p->world, words[1], absolute(s, words[2]));
}

/* With the folders above it, as mkdir -p. */
static int make_folders(struct script *s, const char *name)
{
	pawl_world *w = s->p->world;
	const char *whole = absolute(s, name);
	size_t size = strlen(whole) + 1, at = 0;
	char *path = pawl_script_alloc_(s, size);
	pawl_stat st;
	int r = PAWL_OK;

	while (r == 0 && whole[at]) {
		at += strspn(whole + at, "/");
		at += strcspn(whole + at, "/");
		memcpy(path, whole, at);
		path[at] = '\0';
		r = w->ops->stat(w, path, true, &st);
		if (r == PAWL_ENOENT)
			r = w->ops->mkdir(w, path, 0755);
		else if (r == 0 && st.kind != PAWL_KIND_DIR)
			r = PAWL_ENOTDIR;
		if (r == PAWL_EEXIST)
			r = PAWL_OK;
	}
	return r;
}

static int cmd_mkdir(struct script *s, char **words, unsigned count)
{
	(void)count;
	return make_folders(s, words[1]);
}

/* What is in a folder, the last first. */
struct found {
	struct found *next;
	bool is_folder;
	char path[];
};

struct finding {
	struct script *script;
	struct found *last;
};

static int find_each(void *arg, const char *path, const pawl_stat *st)
{
	struct finding *f = arg;
	size_t size = strlen(path) + 1;
	struct found *n = pawl_script_alloc_(f->script, sizeof *n + size);

	memcpy(n->path, path, size);
	n->is_folder = st->kind == PAWL_KIND_DIR;
	n->next = f->last;
	f->last = n;
	return 0;
}

static int remove_one(pawl_world *w, const char *path, bool is_folder)
{
	return is_folder ? w->ops->rmdir(w, path) : w->ops->unlink(w, path);
}

static int remove_all(struct script *s, const char *name)
{
	pawl_world *w = s->p->world;
	const char *path = absolute(s, name);
	struct finding f = { .script = s };
	char below[SCRIPT_PATH];
	const struct found *n;
	pawl_stat st;
	int r = w->ops->stat(w, path, false, &st);

	if (r == 0 && st.kind == PAWL_KIND_DIR)
		r = w->ops->walk(w, path, 0, find_each, &f);
	for (n = f.last; n && r == 0; n = n->next) {
		snprintf(below, sizeof below, "%s/%s", path, n->path);
		r = remove_one(w, below, n->is_folder);
	}
	return r < 0 ? r : remove_one(w, path, st.kind == PAWL_KIND_DIR);
}

static int cmd_rm(struct script *s, char **words, unsigned count)
{
	(void)count;
	return remove_all(s, words[1]);
}

static int cmd_stamp(struct script *s, char **words, unsigned count)
{
	const struct sim_world *w = pawl_sim_world_from_(s->p->world);
	char text[16];

	(void)count;
	snprintf(text, sizeof text, "%u\n", pawl_script_runs_(w->machine, w->node, s->file));
	return write_file(s, words[1], 0, text, strlen(text));
}

static int cmd_log(struct script *s, char **words, unsigned count)
{
	char *text = line_of(s, words + 1, count - 1);

	if (s->p->out < 0)
		return PAWL_OK;
	return s->p->world->ops->write(s->p->world, s->p->out, text, strlen(text));
}

/* ---- processes ---- */

static int cmd_sleep(struct script *s, char **words, unsigned count)
{
	(void)count;
	return pawl_co_sleep(s->p->co, PAWL_MS(atol(words[1])));
}

static int cmd_slot(struct script *s, char **words, unsigned count)
{
	int r = pawl_sim_process_slot_take(s->p);

	if (r < 0)
		return r;
	r = cmd_sleep(s, words, count);
	pawl_sim_process_slot_give(s->p);
	return r;
}

struct daemon {
	pawl_time after;
	const char *path;
};

static int run_daemon(pawl_sim_process *p)
{
	const struct sim_process *self = p->inside_;
	const struct daemon *d = self->given;
	struct script s = { .p = p, .file = "sim-daemon", .cwd = "/" };
	int r = pawl_co_sleep(p->co, d->after);

	if (r == 0)
		r = write_file(&s, d->path, 0, "daemon\n", 7);
	return r < 0 ? SCRIPT_FAILED : 0;
}

static int cmd_daemon(struct script *s, char **words, unsigned count)
{
	struct daemon *d = pawl_script_alloc_(s, sizeof *d);

	(void)count;
	*d = (struct daemon){ PAWL_S(atol(words[1])), absolute(s, words[2]) };
	return pawl_sim_process_fork_(s->p, run_daemon, d);
}

static int cmd_exit(struct script *s, char **words, unsigned count)
{
	(void)count;
	pawl_sim_process_exit(s->p, atoi(words[1]) & 255);
}

static int cmd_die(struct script *s, char **words, unsigned count)
{
	(void)count;
	pawl_sim_process_die(s->p, atoi(words[1]));
}

static int cmd_hang(struct script *s, char **words, unsigned count)
{
	int r;

	(void)words, (void)count;
	do
		r = pawl_co_suspend(s->p->co);
	while (r == 0);
	return r;
}

static int cmd_ignore_term(struct script *s, char **words, unsigned count)
{
	(void)words, (void)count;
	pawl_sim_process_ignore_term(s->p);
	return PAWL_OK;
}

/* ---- what the build tool writes ---- */

static int cmd_cd(struct script *s, char **words, unsigned count)
{
	const char *path = absolute(s, words[1]);
	pawl_stat st;
	int r = s->p->world->ops->stat(s->p->world, path, true, &st);

	(void)count;
	if (r == 0 && st.kind != PAWL_KIND_DIR)
		r = PAWL_ENOTDIR;
	if (r == 0)
		s->cwd = path;
	return r;
}

static int cmd_nothing(struct script *s, char **words, unsigned count)
{
	(void)s, (void)words, (void)count;
	return PAWL_OK;
}

static int cmd_mkdir_p(struct script *s, char **words, unsigned count)
{
	(void)count;
	return make_folders(s, words[2]);
}

static int cmd_rm_rf(struct script *s, char **words, unsigned count)
{
	int r = remove_all(s, words[2]);

	(void)count;
	return r == PAWL_ENOENT ? PAWL_OK : r;
}

/* ---- the table ---- */

#define MANY SCRIPT_WORDS

static const struct command {
	const char *name;
	const char *option;   /* the word that has to follow; NULL: none */
	unsigned least, most; /* words, itself counted */
	int (*fn)(struct script *s, char **words, unsigned count);
} commands[] = {
	{ ":", NULL, 1, MANY, cmd_nothing },
	{ "true", NULL, 1, MANY, cmd_nothing },
	{ "set", "-e", 2, 2, cmd_nothing },
	{ "umask", NULL, 2, 2, cmd_nothing },
	{ "cd", NULL, 2, 2, cmd_cd },
	{ "mkdir", "-p", 3, 3, cmd_mkdir_p },
	{ "rm", "-rf", 3, 3, cmd_rm_rf },
	{ "sim-write", NULL, 2, MANY, cmd_write },
	{ "sim-append", NULL, 3, MANY, cmd_append },
	{ "sim-copy", NULL, 3, 3, cmd_copy },
	{ "sim-rm", NULL, 2, 2, cmd_rm },
	{ "sim-mkdir", NULL, 2, 2, cmd_mkdir },
	{ "sim-link", NULL, 3, 3, cmd_link },
	{ "sim-half", NULL, 2, MANY, cmd_half },
	{ "sim-need", NULL, 2, 2, cmd_need },
	{ "sim-stamp", NULL, 2, 2, cmd_stamp },
	{ "sim-log", NULL, 1, MANY, cmd_log },
	{ "sim-sleep", NULL, 2, 2, cmd_sleep },
	{ "sim-slot", NULL, 2, 2, cmd_slot },
	{ "sim-daemon", NULL, 3, 3, cmd_daemon },
	{ "sim-exit", NULL, 2, 2, cmd_exit },
	{ "sim-die", NULL, 2, 2, cmd_die },
	{ "sim-hang", NULL, 1, 1, cmd_hang },
	{ "sim-ignore-term", NULL, 1, 1, cmd_ignore_term },
};

static bool matches(const struct command *c, char **words, unsigned count)
{
	return strcmp(c->name, words[0]) == 0 && count >= c->least && count <= c->most &&
	       (!c->option || strcmp(c->option, words[1]) == 0);
}

int pawl_script_command_(struct script *s, char **words, unsigned count)
{
	char text[128];
	size_t i;
	int r;

	for (i = 0; i < PAWL_COUNT(commands); i++)
		if (matches(&commands[i], words, count))
			break;
	if (i == PAWL_COUNT(commands)) {
		pawl_script_say_(s, "not understood", words[0]);
		return SCRIPT_UNKNOWN;
	}
	r = commands[i].fn(s, words, count);
	if (r == 0)
		return 0;
	snprintf(text, sizeof text, "%s%s%s", words[0], count > 1 ? " " : "",
		 count > 1 ? words[1] : "");
	pawl_script_say_(s, text, pawl_strerror(r));
	return SCRIPT_FAILED;
}
