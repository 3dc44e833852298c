/* SPDX-License-Identifier: MIT */
/* Events as JSON lines, and as a trace that opens in Perfetto. */
#include "base.h"

#include <stdio.h>

static const char *const kind_names[] = {
	[PAWL_EVENT_MESSAGE] = "message",
	[PAWL_EVENT_STARTED] = "build_started",
	[PAWL_EVENT_TASK_STARTED] = "task_started",
	[PAWL_EVENT_TASK_FINISHED] = "task_finished",
	[PAWL_EVENT_TASK_RESTORED] = "task_restored",
	[PAWL_EVENT_TASK_CURRENT] = "task_current",
	[PAWL_EVENT_TASK_SKIPPED] = "task_skipped",
	[PAWL_EVENT_FINISHED] = "build_finished",
};

static const char *const level_names[] = { "note", "warning", "error" };

static void add_text(struct pawl_buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	pawl_buf_fmt(b, ",\"%s\":", name);
	pawl_buf_json(b, value);
}

static void add_number(struct pawl_buf *b, const char *name, int64_t value)
{
	pawl_buf_fmt(b, ",\"%s\":%lld", name, (long long)value);
}

static void add_seconds(struct pawl_buf *b, const char *name, int64_t ns)
{
	pawl_buf_fmt(b, ",\"%s\":%.6f", name, (double)ns / 1e9);
}

static void add_finished(struct pawl_buf *b, const pawl_build_event *e)
{
	pawl_buf_fmt(b, ",\"result\":\"%s\"", e->result ? "failed" : "ok");
	if (e->signal)
		add_number(b, "signal", e->signal);
	else
		add_number(b, "exit_code", e->exit_code);
	add_seconds(b, "seconds", e->duration);
	add_seconds(b, "cpu_seconds", e->cpu);
	add_number(b, "memory_bytes", e->memory);
	add_text(b, "log", e->path);
}

static void add_summary(struct pawl_buf *b, const pawl_summary *s)
{
	add_number(b, "tasks", s->tasks);
	add_number(b, "run", s->run);
	add_number(b, "restored", s->restored);
	add_number(b, "current", s->current);
	add_number(b, "failed", s->failed);
	add_number(b, "skipped", s->skipped);
	add_seconds(b, "seconds", s->duration);
	pawl_buf_fmt(b, ",\"dry_run\":%s", s->dry ? "true" : "false");
	pawl_buf_fmt(b, ",\"result\":\"%s\"",
		     !s->result                    ? "ok"
		     : s->result == PAWL_ECANCELED ? "interrupted"
						   : "failed");
}

void pawl_event_json(const pawl_build_event *e, pawl_write_fn *out, void *arg)
{
	struct pawl_buf b = { 0 };

	pawl_buf_fmt(&b, "{\"event\":\"%s\"", kind_names[e->kind]);
	add_seconds(&b, "time", e->wall);
	if (e->kind == PAWL_EVENT_MESSAGE)
		add_text(&b, "level", level_names[e->level]);
	add_text(&b, "task", e->task);
	if (e->kind == PAWL_EVENT_STARTED) {
		add_number(&b, "tasks", e->count);
		add_number(&b, "slots", e->slots);
	}
	if (e->kind == PAWL_EVENT_TASK_STARTED || e->kind == PAWL_EVENT_TASK_FINISHED)
		add_number(&b, "slot", e->slot);
	if (e->kind == PAWL_EVENT_TASK_FINISHED)
		add_finished(&b, e);
	add_text(&b, e->kind == PAWL_EVENT_MESSAGE ? "text" : "because", e->text);
	if (e->kind == PAWL_EVENT_FINISHED)
		add_summary(&b, e->summary);
	pawl_buf_text(&b, "}\n");
	out(arg, b.s, b.len);
	pawl_buf_fini(&b);
}

/* ---- the trace: one lane per slot, in the JSON form of Chrome's trace events ---- */

static void trace_add(pawl_trace *t, struct pawl_buf *b)
{
	if (t->some_)
		t->out_(t->arg_, ",\n", 2);
	t->some_ = true;
	t->out_(t->arg_, b->s, b->len);
	pawl_buf_fini(b);
}

static void trace_name_lane(pawl_trace *t, unsigned lane, const char *name)
{
	struct pawl_buf b = { 0 };

	pawl_buf_fmt(
		&b,
		"{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":",
		lane);
	pawl_buf_json(&b, name);
	pawl_buf_text(&b, "}}");
	trace_add(t, &b);
}

void pawl_trace_begin(pawl_trace *t, pawl_write_fn *out, void *arg)
{
	static const char head[] = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";

	*t = (pawl_trace){ .out_ = out, .arg_ = arg };
	out(arg, head, sizeof head - 1);
	trace_name_lane(t, 0, "store");
}

void pawl_trace_event(pawl_trace *t, const pawl_build_event *e)
{
	struct pawl_buf b = { 0 };
	char name[32];

	if (e->kind == PAWL_EVENT_STARTED) {
		for (; t->slots_ < e->slots; t->slots_++) {
			snprintf(name, sizeof name, "slot %u", t->slots_ + 1);
			trace_name_lane(t, t->slots_ + 1, name);
		}
	} else if (e->kind == PAWL_EVENT_TASK_FINISHED) {
		pawl_buf_text(&b, "{\"ph\":\"X\",\"pid\":1,\"name\":");
		pawl_buf_json(&b, e->task);
		pawl_buf_fmt(&b,
			     ",\"cat\":\"%s\",\"tid\":%u,\"ts\":%.3f,\"dur\":%.3f,"
			     "\"args\":{\"exit_code\":%d,\"signal\":%d,\"cpu_ms\":%.3f,"
			     "\"memory_bytes\":%lld}}",
			     e->result ? "failed" : "run", e->slot + 1,
			     (double)(e->at - e->duration) / 1e3, (double)e->duration / 1e3,
			     e->exit_code, e->signal, (double)e->cpu / 1e6, (long long)e->memory);
		trace_add(t, &b);
	} else if (e->kind == PAWL_EVENT_TASK_RESTORED) {
		pawl_buf_text(&b, "{\"ph\":\"i\",\"s\":\"t\",\"pid\":1,\"tid\":0,"
				  "\"cat\":\"restored\",\"name\":");
		pawl_buf_json(&b, e->task);
		pawl_buf_fmt(&b, ",\"ts\":%.3f}", (double)e->at / 1e3);
		trace_add(t, &b);
	}
}

void pawl_trace_end(pawl_trace *t)
{
	t->out_(t->arg_, "\n]}\n", 4);
}
