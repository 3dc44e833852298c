/* SPDX-License-Identifier: MIT */
/* The trace: what happens under a seed, step by step, as text and for Perfetto. */
#include "sim/sim.h"

#include "core/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event {
	uint64_t step;
	pawl_time time;
	int64_t number; /* what it says hangs on the kind */
	const char *text;
	char *path;       /* of a call of the world */
	uint32_t who, by; /* numbers of tasks; 0: none, and as `by` the test */
	enum sim_event kind;
	bool is_first; /* of that task */
	bool is_last;  /* call of its program, which ends there */
};

struct sim_tape {
	const pawl_sim *sim; /* once something happened */
	struct sim_numbers *numbers;
	struct event *events;
	size_t count, room;
	char (*names)[96]; /* by number - 1 */
	uint32_t name_count, name_room;
	uint32_t ended; /* the last that ended */
	bool is_work;   /* the last that ran was blocking work */
};

/* Room for what is said of an event: two names, or a name and most paths. */
#define SAID 512

/* As `by`: blocking work. */
#define BY_WORK UINT32_MAX

int pawl_sim_tape_new_(struct sim_tape **ret)
{
	struct sim_tape *tape = calloc(1, sizeof *tape);
	int r;

	if (!tape)
		return PAWL_ENOMEM;
	r = pawl_sim_numbers_new_(&tape->numbers);
	if (r < 0) {
		free(tape);
		return r;
	}
	*ret = tape;
	return 0;
}

void pawl_sim_tape_free_(struct sim_tape *tape)
{
	if (!tape)
		return;
	pawl_sim_numbers_free_(tape->numbers);
	while (tape->count)
		free(tape->events[--tape->count].path);
	free(tape->events);
	free(tape->names);
	free(tape);
}

static void *larger(void *array, size_t *room, size_t size)
{
	*room = *room ? 2 * *room : 64;
	array = realloc(array, *room * size);
	if (!array)
		pawl_port_fatal("the trace is out of memory");
	return array;
}

/* Which program it is of, when there are several. */
static const char *program_of(const struct sim_tape *tape, const pawl_task *t)
{
	const pawl_sim_node *n = tape->sim && tape->sim->nodes ? &tape->sim->first : NULL;

	if (n && (t->exec_ == &n->tasks.exec || t->exec_ == &n->threads.exec))
		return n->name;
	for (n = n ? tape->sim->nodes : NULL; n; n = n->next)
		if (t->exec_ == &n->tasks.exec || t->exec_ == &n->threads.exec)
			return n->name;
	return NULL;
}

static void name_it(struct sim_tape *tape, uint32_t number, const pawl_task *t)
{
	const char *program = program_of(tape, t);
	char *name;

	while (tape->name_count < number) {
		size_t room = tape->name_room;

		if (tape->name_count == room) {
			tape->names = larger(tape->names, &room, sizeof *tape->names);
			tape->name_room = (uint32_t)room;
		}
		name = tape->names[tape->name_count++];
#if PAWL_DIAG
		snprintf(name, sizeof *tape->names, "#%" PRIu32 " %s%s%s (%s)", number,
			 program ? program : "", program ? ": " : "", pawl_task_name(t),
			 t->place_ ? t->place_ : "?");
#else
		snprintf(name, sizeof *tape->names, "#%" PRIu32 "%s%s", number, program ? " " : "",
			 program ? program : "");
#endif
	}
}

static uint32_t number_of(struct sim_tape *tape, const pawl_task *t)
{
	uint32_t number;

	if (!t)
		return 0;
	number = pawl_sim_number_(tape->numbers, t, SIM_TASK);
	name_it(tape, number, t);
	return number;
}

void pawl_sim_forget_task_(pawl_sim *sim, const pawl_task *t)
{
	if (sim->numbers)
		pawl_sim_numbers_forget_(sim->numbers, t);
	if (sim->tape)
		pawl_sim_numbers_forget_(sim->tape->numbers, t);
}

static bool is_about_task(enum sim_event e)
{
	return e != SIM_EVENT_NODE && e != SIM_EVENT_CUT && e != SIM_EVENT_LOST;
}

static bool is_fire_of(const struct sim_tape *tape, uint32_t who)
{
	const struct event *last;

	if (!tape->count)
		return false;
	last = &tape->events[tape->count - 1];
	return last->kind == SIM_EVENT_FIRE && last->who == who;
}

/* Who does what happens now. */
static uint32_t who_does(pawl_sim *sim, struct sim_tape *tape)
{
	if (sim->current)
		return number_of(tape, sim->current);
	if (sim->is_ending)
		return tape->ended;
	return sim->side == SIM_BACKGROUND && tape->is_work ? BY_WORK : 0;
}

static void note_turn(struct sim_tape *tape, enum sim_event e, uint32_t who)
{
	if (e == SIM_EVENT_POLL || e == SIM_EVENT_WORK)
		tape->is_work = e == SIM_EVENT_WORK;
	if (e == SIM_EVENT_END)
		tape->ended = who;
}

void pawl_sim_tape_(pawl_sim *sim, enum sim_event e, const void *what, int64_t number,
		    const char *text)
{
	struct sim_tape *tape = sim->tape;
	uint32_t names = tape->name_count, who;
	struct event *at;

	tape->sim = sim;
	who = is_about_task(e) ? number_of(tape, what) : 0;
	/* That a timer fired says who woke it. */
	if (e == SIM_EVENT_WAKE && is_fire_of(tape, who))
		return;
	if (tape->count == tape->room)
		tape->events = larger(tape->events, &tape->room, sizeof *tape->events);
	if (tape->count && (e == SIM_EVENT_NODE || e == SIM_EVENT_CUT) && sim->current)
		tape->events[tape->count - 1].is_last = tape->events[tape->count - 1].kind ==
							SIM_EVENT_CALL;
	at = &tape->events[tape->count++];
	*at = (struct event){ .step = sim->steps, .time = sim->clock, .number = number };
	at->kind = e;
	at->text = is_about_task(e) ? text : what;
	at->who = who;
	at->is_first = who > names;
	at->by = is_about_task(e) ? who_does(sim, tape) : 0;
	note_turn(tape, e, who);
	if (e == SIM_EVENT_BEFORE)
		at->number = number_of(tape, (const pawl_task *)(intptr_t)number);
}

/* Memory that is out costs the path only. */
static char *copy_of(const char *path, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy) {
		memcpy(copy, path, length);
		copy[length] = 0;
	}
	return copy;
}

void pawl_sim_tape_call_(pawl_sim *sim, const char *call, const char *path)
{
	struct sim_tape *tape = sim->tape;

	pawl_sim_tape_(sim, SIM_EVENT_CALL, sim->current, (int64_t)sim->calls, call);
	if (path)
		tape->events[tape->count - 1].path = copy_of(path, strlen(path));
}

static void tell_lost(pawl_sim *sim, const char *what, const char *line)
{
	pawl_sim_tape_(sim, SIM_EVENT_LOST, what, 0, NULL);
	sim->tape->events[sim->tape->count - 1].path = copy_of(line, strcspn(line, " \n"));
}

/* Both are in order, and a path ends before the first blank. */
static int compare_paths(const char *a, const char *b)
{
	size_t n = strcspn(a, " \n"), m = strcspn(b, " \n");
	int r = memcmp(a, b, n < m ? n : m);

	return r ? r : (n > m) - (n < m);
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static bool is_equal_line(const char *a, const char *b)
{
	size_t n = strcspn(a, "\n");

	return strcspn(b, "\n") == n && memcmp(a, b, n) == 0;
}

void pawl_sim_tape_lost_(pawl_sim *sim, const char *before, const char *after)
{
	while (*before || *after) {
		int r = !*before ? 1 : !*after ? -1 : compare_paths(before, after);

		if (r < 0)
			tell_lost(sim, "has lost the name", before);
		else if (r > 0)
			tell_lost(sim, "brings back", after);
		else if (!is_equal_line(before, after))
			tell_lost(sim, "has not kept all of", before);
		before = r <= 0 ? next_line(before) : before;
		after = r >= 0 ? next_line(after) : after;
	}
}

static const char *name_of(const struct sim_tape *tape, uint32_t number)
{
	if (number == BY_WORK)
		return "blocking work";
	return number ? tape->names[number - 1] : "the test";
}

/* A name with its place, or without. */
struct who {
	char text[96];
};

static struct who who_is(const struct sim_tape *tape, int64_t number, bool with_place)
{
	const char *name = name_of(tape, (uint32_t)number), *place = strstr(name, " (");
	struct who w;

	snprintf(w.text, sizeof w.text, "%.*s",
		 place && !with_place ? (int)(place - name) : (int)sizeof w.text, name);
	return w;
}

static void say(const struct sim_tape *tape, const struct event *e, bool with_places, char *buf,
		size_t size)
{
	bool is_spawn = e->kind == SIM_EVENT_WAKE && e->is_first;
	struct who w = who_is(tape, e->who, with_places || is_spawn);
	const char *who = w.text;

	switch (e->kind) {
	case SIM_EVENT_POLL:
		snprintf(buf, size, "%s is polled", who);
		break;
	case SIM_EVENT_BEFORE:
		snprintf(buf, size, "%s goes before %s", who,
			 who_is(tape, e->number, with_places).text);
		break;
	case SIM_EVENT_HURRY:
		snprintf(buf, size, "time goes on to the next timer, though others are ready");
		break;
	case SIM_EVENT_END:
		snprintf(buf, size, "%s ends with %" PRId64 "%s%s", who, e->number,
			 e->number < 0 ? ", " : "",
			 e->number < 0 ? pawl_strerror((int)e->number) : "");
		break;
	case SIM_EVENT_WORK:
		snprintf(buf, size, "the blocking work of %s runs", who);
		break;
	case SIM_EVENT_WAKE:
		snprintf(buf, size, "%s is %s by %s", who, is_spawn ? "spawned" : "woken",
			 who_is(tape, e->by, false).text);
		break;
	case SIM_EVENT_TIMER:
		snprintf(buf, size, "%s waits until %" PRId64 ".%06" PRId64 " ms", who,
			 e->number / 1000000, e->number % 1000000);
		break;
	case SIM_EVENT_FIRE:
		snprintf(buf, size, "the timer of %s fires", who);
		break;
	case SIM_EVENT_CALL:
		snprintf(buf, size, "%s: call %" PRId64 " of the world, %s%s%s", who, e->number,
			 e->text, e->path ? " " : "", e->path ? e->path : "");
		break;
	case SIM_EVENT_FAULT:
		snprintf(buf, size, "%s: fault: %s", who, e->text);
		break;
	case SIM_EVENT_NODE:
		snprintf(buf, size, "program %s is killed", e->text);
		break;
	case SIM_EVENT_CUT:
		snprintf(buf, size, "the power is cut");
		break;
	case SIM_EVENT_LOST:
		snprintf(buf, size, "the power cut %s %s", e->text, e->path ? e->path : "?");
	}
}

static bool is_switch(const struct event *e)
{
	return e->kind == SIM_EVENT_BEFORE || e->kind == SIM_EVENT_HURRY ||
	       e->kind == SIM_EVENT_FAULT || e->kind == SIM_EVENT_NODE ||
	       e->kind == SIM_EVENT_CUT || e->kind == SIM_EVENT_LOST || e->is_last;
}

static void put_line(const struct sim_tape *tape, const struct event *e, bool with_places,
		     const char *more, void (*write)(void *arg, const char *text), void *arg)
{
	char what[SAID], line[SAID + 80];

	say(tape, e, with_places, what, sizeof what);
	snprintf(line, sizeof line, "%8" PRIu64 " %6" PRId64 ".%06" PRId64 " ms  %s%s\n", e->step,
		 e->time / 1000000, e->time % 1000000, what, more);
	write(arg, line);
}

static bool is_again(const struct event *e, const struct event *as)
{
	return e->kind == SIM_EVENT_BEFORE && as->kind == e->kind && as->who == e->who &&
	       as->number == e->number;
}

/* Switches one by one; of equal ones on end the first, and how many there are. */
static void put_switches(const struct sim_tape *tape, void (*write)(void *arg, const char *text),
			 void *arg)
{
	const struct event *e = tape->events, *end = e + tape->count, *first, *last;
	char more[64];
	unsigned times;

	while (e < end) {
		if (!is_switch(e)) {
			e++;
			continue;
		}
		times = 0;
		for (first = last = e;
		     e < end && (!is_switch(e) || e == first || is_again(e, first)); e++) {
			times += is_switch(e);
			last = is_switch(e) ? e : last;
		}
		more[0] = 0;
		if (times > 1)
			snprintf(more, sizeof more, ", %u times up to step %" PRIu64, times,
				 last->step);
		put_line(tape, first, true, more, write, arg);
	}
}

/* How many bytes a letter of more than one has, of UTF-8; 0: it is none, or was cut. */
static unsigned letter_size(const char *from)
{
	/* Which first bytes, which second ones, and how many come in all. */
	static const unsigned char forms[][5] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const unsigned char *c = (const unsigned char *)from;
	unsigned i, k;

	for (i = 0; i < PAWL_COUNT(forms); i++) {
		const unsigned char *f = forms[i];

		if (c[0] < f[0] || c[0] > f[1])
			continue;
		if (c[1] < f[2] || c[1] > f[3])
			return 0;
		for (k = 2; k < f[4]; k++)
			if ((c[k] & 0xc0) != 0x80)
				return 0;
		return f[4];
	}
	return 0;
}

/* A string for JSON: names of tasks and places may have anything in them. */
static void quote(const char *from, char *buf, size_t size)
{
	size_t n = 0;

	for (; *from && n + 7 < size; from++) {
		unsigned char c = (unsigned char)*from;
		unsigned letter = c < 0x80 ? 1 : letter_size(from);

		if (letter != 1) {
			memcpy(buf + n, letter ? from : "?", letter ? letter : 1);
			n += letter ? letter : 1;
			from += letter ? letter - 1 : 0;
		} else if (c < 0x20) {
			n += (size_t)snprintf(buf + n, size - n, "\\u%04x", c);
		} else if (c == '"' || c == '\\') {
			n += (size_t)snprintf(buf + n, size - n, "\\%c", c);
		} else {
			buf[n++] = (char)c;
		}
	}
	buf[n] = 0;
}

/*
 * A step is a microsecond, as polls take no time of the simulator's own: that one is told beside
 * it. Each task is a thread.
 */
static void put_json(const struct sim_tape *tape, const struct event *e,
		     void (*write)(void *arg, const char *text), void *arg)
{
	char what[SAID], quoted[2 * SAID], line[2 * SAID + 200];
	bool is_poll = e->kind == SIM_EVENT_POLL || e->kind == SIM_EVENT_WORK;

	say(tape, e, false, what, sizeof what);
	quote(what, quoted, sizeof quoted);
	snprintf(line, sizeof line,
		 ",\n{\"name\":\"%s\",\"ph\":\"%s\",\"ts\":%" PRIu64 "%s,\"pid\":1,\"tid\":%" PRIu32
		 ",\"args\":{\"time\":%" PRId64 "}}",
		 quoted, is_poll ? "X" : "i", e->step, is_poll ? ",\"dur\":1" : ",\"s\":\"t\"",
		 e->kind == SIM_EVENT_WAKE && e->by != BY_WORK ? e->by : e->who, e->time);
	write(arg, line);
}

static void put_names(const struct sim_tape *tape, void (*write)(void *arg, const char *text),
		      void *arg)
{
	char quoted[200], line[320];
	uint32_t i;

	write(arg, "{\"traceEvents\":[\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,"
		   "\"tid\":0,\"args\":{\"name\":\"the test\"}}");
	for (i = 0; i < tape->name_count; i++) {
		quote(tape->names[i], quoted, sizeof quoted);
		snprintf(line, sizeof line,
			 ",\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":%" PRIu32
			 ",\"args\":{\"name\":\"%s\"}}",
			 i + 1, quoted);
		write(arg, line);
	}
}

void pawl_sim_tape_write_(const struct sim_tape *tape, enum sim_form form,
			  void (*write)(void *arg, const char *text), void *arg)
{
	const struct event *e;

	if (form == SIM_SWITCHES) {
		put_switches(tape, write, arg);
		return;
	}
	if (form == SIM_JSON)
		put_names(tape, write, arg);
	for (e = tape->events; e < tape->events + tape->count; e++) {
		if (form == SIM_JSON)
			put_json(tape, e, write, arg);
		else
			put_line(tape, e, false, "", write, arg);
	}
	if (form == SIM_JSON)
		write(arg, "\n]}\n");
}

void pawl_sim_tape_last_wake_(const struct sim_tape *tape, const pawl_task *t, char *buf,
			      size_t size)
{
	uint32_t number = pawl_sim_number_(tape->numbers, t, SIM_TASK);
	const struct event *e;

	buf[0] = 0;
	for (e = tape->events + tape->count; e-- > tape->events;) {
		if (e->who != number || (e->kind != SIM_EVENT_WAKE && e->kind != SIM_EVENT_FIRE))
			continue;
		snprintf(buf, size, "#%" PRIu32 ", %s at step %" PRIu64 " by %s", number,
			 e->is_first ? "never woken since it was spawned" : "last woken", e->step,
			 e->kind == SIM_EVENT_FIRE ? "its timer" : name_of(tape, e->by));
		return;
	}
}
