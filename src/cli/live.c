/* SPDX-License-Identifier: MIT */
/* Shows a build: plain lines, a live block on a terminal, the event file and the trace. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { BLOCK_MOST = 8, TAIL_LINES = 20, TAIL_BYTES = 16384 };

/* ---- files ---- */

static FILE *open_out(const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "we") : stdout;

	if (!f)
		fprintf(stderr, "pawl: error: %s cannot be written: %s\n", path, strerror(errno));
	return f;
}

static void write_to(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

int pawl_live_open(struct pawl_live *l, const struct pawl_args *args, pawl_world *w)
{
	const char *term = getenv("TERM");

	memset(l, 0, sizeof *l);
	l->world = w;
	l->out = stdout;
	l->started = w->ops->now(w);
	l->dry = args->build.dry;
	l->terminal = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb");
	if (args->events && !(l->events = open_out(args->events)))
		return PAWL_EIO;
	if (args->trace && !(l->trace_file = open_out(args->trace)))
		return PAWL_EIO;
	if (l->trace_file)
		pawl_trace_begin(&l->trace, write_to, l->trace_file);
	return PAWL_OK;
}

static int close_out(FILE *f, const char *what)
{
	bool bad;

	if (!f)
		return PAWL_OK;
	bad = ferror(f) | (f == stdout ? fflush(f) : fclose(f));
	if (!bad)
		return PAWL_OK;
	fprintf(stderr, "pawl: error: %s cannot be written: %s\n", what, strerror(errno));
	return PAWL_EIO;
}

int pawl_live_close(struct pawl_live *l)
{
	int r;

	free(l->failed);
	l->failed = NULL;
	if (l->trace_file)
		pawl_trace_end(&l->trace);
	r = close_out(l->events, "the event file");
	return close_out(l->trace_file, "the trace") || r ? PAWL_EIO : PAWL_OK;
}

/* ---- the live block ---- */

static void clear_block(struct pawl_live *l)
{
	if (l->lines)
		fprintf(l->out, "\033[%uA\033[J", l->lines);
	l->lines = 0;
}

static unsigned columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ? 80 : size.ws_col;
}

void pawl_live_draw(struct pawl_live *l)
{
	pawl_running running[BLOCK_MOST];
	pawl_summary s;
	char line[200];
	size_t count;
	pawl_time now;

	if (!l->terminal || !l->build)
		return;
	clear_block(l);
	now = l->world->ops->now(l->world);
	count = pawl_build_running(l->build, running, BLOCK_MOST, &s);
	snprintf(line, sizeof line,
		 "[%u/%u] %zu running, %u run, %u restored, %u current, %u failed, %.1f s", l->done,
		 l->total, count, s.run, s.restored, s.current, s.failed,
		 (double)(now - l->started) / 1e9);
	fprintf(l->out, "%.*s\n", (int)columns() - 1, line);
	l->lines = 1;
	for (size_t i = 0; i < count; i++, l->lines++)
		fprintf(l->out, "  %.*s %.1f s\n", (int)columns() - 14, running[i].task,
			(double)(now - running[i].since) / 1e9);
	fflush(l->out);
}

/* ---- events as lines ---- */

static void show_tail(const char *path)
{
	char buf[TAIL_BYTES + 1];
	FILE *f = fopen(path, "re");
	size_t got, at;
	unsigned lines = 0;

	if (!f)
		return;
	if (!fseek(f, 0, SEEK_END) && ftell(f) > TAIL_BYTES)
		fseek(f, -TAIL_BYTES, SEEK_END);
	else
		rewind(f);
	got = fread(buf, 1, TAIL_BYTES, f);
	fclose(f);
	buf[got] = 0;
	for (at = got; at; at--) {
		if (buf[at - 1] == '\n' && at != got && ++lines == TAIL_LINES)
			break;
	}
	for (char *line = strtok(buf + at, "\n"); line; line = strtok(NULL, "\n"))
		fprintf(stderr, "  | %s\n", line);
}

static void show_failure(const pawl_build_event *e)
{
	if (e->signal)
		fprintf(stderr, "pawl: error: %s failed: ended by signal %d (%s)", e->task,
			e->signal, strsignal(e->signal));
	else if (e->exit_code)
		fprintf(stderr, "pawl: error: %s failed: exit code %d", e->task, e->exit_code);
	else
		fprintf(stderr, "pawl: error: %s failed", e->task);
	fprintf(stderr, e->path ? "; its log is %s\n" : "\n", e->path);
	if (e->path)
		show_tail(e->path);
}

/* Said again at the end, where skipped tasks have moved it out of sight. */
static void keep_failure(struct pawl_live *l, const pawl_build_event *e)
{
	static const char before[] = "pawl: failed: ";
	size_t size = sizeof before + strlen(e->task) + 1;
	char *grown = realloc(l->failed, l->failed_len + size);

	if (!grown)
		return;
	l->failed = grown;
	l->failed_len += (size_t)snprintf(grown + l->failed_len, size, "%s%s\n", before, e->task);
}

static void show_message(const pawl_build_event *e)
{
	static const char *const names[] = { "note", "warning", "error" };

	fprintf(stderr, "pawl: %s: %s\n", names[e->level], e->text);
}

static void show_summary(struct pawl_live *l, const pawl_summary *s)
{
	if (s->dry)
		fprintf(l->out,
			"pawl: dry run: nothing was done; run and restored say what would be\n");
	if (l->failed && s->failed + s->skipped > 1)
		fputs(l->failed, l->out);
	fprintf(l->out,
		"pawl: %u tasks: %u run, %u restored, %u current, %u failed, %u "
		"skipped in %.2f s\n",
		s->tasks, s->run, s->restored, s->current, s->failed, s->skipped,
		(double)s->duration / 1e9);
	fflush(l->out);
}

static void show_line(struct pawl_live *l, const pawl_build_event *e)
{
	switch (e->kind) {
	case PAWL_EVENT_MESSAGE:
		fflush(l->out);
		show_message(e);
		break;
	case PAWL_EVENT_STARTED:
		l->total = e->count;
		l->done = 0; /* of this attempt */
		break;
	case PAWL_EVENT_TASK_STARTED:
		if (l->dry)
			fprintf(l->out, "would run %s: %s\n", e->task, e->text);
		break;
	case PAWL_EVENT_TASK_FINISHED:
		l->done++;
		fprintf(l->out, "[%u/%u] %s %s %.2f s\n", l->done, l->total, e->task,
			e->result ? "failed after" : "ran in", (double)e->duration / 1e9);
		fflush(l->out);
		if (e->result) {
			show_failure(e);
			keep_failure(l, e);
		}
		break;
	case PAWL_EVENT_TASK_RESTORED:
		if (l->dry)
			fprintf(l->out, "would restore %s\n", e->task);
		else
			fprintf(l->out, "[%u/%u] %s restored\n", ++l->done, l->total, e->task);
		break;
	case PAWL_EVENT_TASK_CURRENT:
		l->done++;
		break;
	case PAWL_EVENT_TASK_SKIPPED:
		l->done++;
		if (e->result != PAWL_ECANCELED)
			fprintf(l->out, "[%u/%u] %s skipped: %s\n", l->done, l->total, e->task,
				e->text);
		else if (!l->unstarted++)
			fprintf(l->out, "not started: %s\n", e->text);
		break;
	case PAWL_EVENT_FINISHED:
		show_summary(l, e->summary);
		break;
	}
}

void pawl_live_event(void *live, const pawl_build_event *e)
{
	struct pawl_live *l = live;

	clear_block(l);
	if (l->events) {
		pawl_event_json(e, write_to, l->events);
		fflush(l->events);
	}
	if (l->trace_file)
		pawl_trace_event(&l->trace, e);
	if (l->events != stdout || e->kind == PAWL_EVENT_MESSAGE)
		show_line(l, e);
	if (e->kind == PAWL_EVENT_FINISHED)
		l->build = NULL;
	if (e->kind != PAWL_EVENT_TASK_CURRENT)
		pawl_live_draw(l);
}
