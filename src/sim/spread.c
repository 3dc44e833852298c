/* SPDX-License-Identifier: MIT */
/* Seeds over processes, one per CPU: what a test does to its process stays there. */
#define _GNU_SOURCE
#include "sim/spread.h"

#include "port/atomic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 64

/* A program that was killed leaves its memory behind: then the process is replaced now and then. */
#define RUNS_PER_PROCESS 2000

/* Exit codes of a worker: it is done, or another one is to go on. */
enum { DONE, AGAIN };

struct worker {
	uint32_t current; /* which run it makes */
	uint32_t failed;  /* its first that failed */
	struct sim_outcome outcome;
	bool is_complete;
	uint32_t runs; /* EXHAUSTIVE: that it made */
};

/* What the processes share. */
struct shared {
	uint32_t next;   /* atomic: the first run that nobody makes yet */
	uint32_t failed; /* atomic: of those that failed the first */
	uint32_t has_choices;
	struct worker workers[WORKERS];
	uint64_t hashes[]; /* by run */
};

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void note_failed(struct shared *s, struct worker *w, uint32_t run)
{
	uint32_t first = pawl_load(&s->failed);

	w->failed = run;
	while (run < first && !pawl_cas(&s->failed, &first, run)) {}
}

static void note(struct shared *s, struct worker *w, uint32_t run, const struct sim_outcome *o)
{
	s->hashes[run] = o->hash;
	if (o->has_choices)
		pawl_store(&s->has_choices, 1);
	if (!o->failure || run >= w->failed)
		return;
	w->outcome = *o;
	note_failed(s, w, run);
}

static int work(const struct sim_plan *p, struct shared *s, struct worker *w)
{
	struct pawl_search search;
	uint32_t made = 0, run;

	pawl_search_init_(&search, p->mode, p->depth);
	search.steps_expected = p->steps_expected;
	if (p->c->options.is_fifo)
		pawl_search_replay_(&search, NULL, 0);
	while (made++ < RUNS_PER_PROCESS) {
		struct sim_outcome o;

		run = pawl_fetch_add(&s->next, 1);
		if (run >= p->count || run > pawl_load(&s->failed))
			return DONE;
		pawl_store(&w->current, run);
		pawl_search_begin_(&search, p->first + run, false);
		pawl_sim_run_test_(p->c, p->first + run, &search, NULL, &o);
		note(s, w, run, &o);
	}
	return AGAIN;
}

/* One run leads to the next, so one process makes all of them. */
static int work_exhaustively(const struct sim_plan *p, struct shared *s, struct worker *w)
{
	struct pawl_search search;
	uint64_t number = 1;

	pawl_search_init_(&search, p->mode, p->depth);
	do {
		struct sim_outcome o;
		uint64_t run = number - p->first;

		pawl_store(&w->current, number < p->first ? 0 : (uint32_t)run);
		pawl_search_begin_(&search, 1, false);
		pawl_sim_run_test_(p->c, 1, &search, NULL, &o);
		if (number++ < p->first)
			continue;
		note(s, w, (uint32_t)run, &o);
		w->runs = (uint32_t)run + 1;
		if (o.failure || run + 1 == p->count)
			return DONE;
	} while (pawl_search_next_(&search));
	w->is_complete = true;
	return DONE;
}

static pid_t start(const struct sim_plan *p, struct shared *s, struct worker *w)
{
	pid_t pid;
	int code;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	code = (p->mode == PAWL_SIM_EXHAUSTIVE ? work_exhaustively : work)(p, s, w);
	fflush(NULL);
	_exit(code);
}

static void say_crash(int status, struct sim_outcome *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->failure = SIM_CRASHED;
	if (WIFSIGNALED(status))
		snprintf(ret->text, sizeof ret->text, "the process crashed: signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(ret->text, sizeof ret->text, "the process ended with exit code %d",
			 WEXITSTATUS(status));
	ret->place = (uint64_t)status;
}

/* Until none of the processes is left. */
static int wait_all(const struct sim_plan *p, struct shared *s, pid_t *pids, unsigned count)
{
	unsigned left = count, i;
	int status, r = 0;

	for (i = 0; left; i = (i + 1) % count) {
		struct worker *w = &s->workers[i];

		if (!pids[i] || waitpid(pids[i], &status, 0) != pids[i])
			continue;
		pids[i] = 0;
		if (status && !(WIFEXITED(status) && WEXITSTATUS(status) == AGAIN)) {
			if (w->current < w->failed)
				say_crash(status, &w->outcome);
			note_failed(s, w, w->current);
		} else if (status) {
			pids[i] = start(p, s, w);
			if (pids[i] > 0)
				continue;
			pids[i] = 0;
			r = PAWL_EAGAIN;
		}
		left--;
	}
	return r;
}

static unsigned workers_for(const struct sim_plan *p)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t count = p->mode == PAWL_SIM_EXHAUSTIVE ? 1 : p->count;

	if (cpus < 1)
		cpus = 1;
	if (cpus > WORKERS)
		cpus = WORKERS;
	return count < (uint32_t)cpus ? count : (unsigned)cpus;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t count_different(uint64_t *hashes, uint32_t count)
{
	uint32_t i, n = count > 0;

	qsort(hashes, count, sizeof *hashes, compare);
	for (i = 1; i < count; i++)
		n += hashes[i] != hashes[i - 1];
	return n;
}

static void sum_up(const struct sim_plan *p, struct shared *s, unsigned workers,
		   struct sim_sum *ret)
{
	unsigned i;

	*ret = (struct sim_sum){ .failed = s->failed, .has_choices = s->has_choices };
	ret->runs = s->failed < p->count ? s->failed + 1 : p->count;
	if (p->mode == PAWL_SIM_EXHAUSTIVE) {
		ret->is_complete = s->workers[0].is_complete;
		if (s->failed >= p->count)
			ret->runs = s->workers[0].runs;
	}
	ret->different = count_different(s->hashes, ret->runs);
	for (i = 0; i < workers; i++)
		if (s->workers[i].failed == s->failed && s->failed < p->count)
			ret->outcome = s->workers[i].outcome;
}

int pawl_sim_spread_(const struct sim_plan *p, struct sim_sum *ret)
{
	size_t size = sizeof(struct shared) + p->count * sizeof(uint64_t);
	struct shared *s = map(size);
	unsigned count = workers_for(p), i;
	pid_t pids[WORKERS];
	int r = 0;

	if (!s)
		return PAWL_ENOMEM;
	s->failed = p->count;
	for (i = 0; i < count; i++) {
		s->workers[i].failed = UINT32_MAX;
		pids[i] = start(p, s, &s->workers[i]);
		if (pids[i] < 0)
			break;
	}
	/* With fewer processes it takes longer, with none it does not go. */
	count = i;
	if (count)
		r = wait_all(p, s, pids, count);
	else
		r = PAWL_EAGAIN;
	sum_up(p, s, count, ret);
	munmap(s, size);
	return r;
}

/* What a process that shows a run gives back. */
struct shown {
	struct sim_outcome outcome;
	struct pawl_search search; /* here, and its log, too, so that they outlive a crash */
	struct pawl_choice log[PAWL_SEARCH_LOG_];
	char text[]; /* room for `size` of struct sim_show */
};

struct sink {
	FILE *file;
	char *text;
	size_t length, size;
};

static void put(void *arg, const char *text)
{
	struct sink *k = arg;
	size_t n = strlen(text);

	if (k->file)
		fputs(text, k->file);
	if (k->text && k->length + n < k->size) {
		memcpy(k->text + k->length, text, n + 1);
		k->length += n;
	}
}

/* Up to the run that is meant, of those that lead to it. */
static void search_up_to(const struct sim_show *show, struct pawl_search *s)
{
	uint64_t number;
	struct sim_outcome o;

	for (number = 1; number < show->seed; number++) {
		pawl_search_begin_(s, 1, false);
		pawl_sim_run_test_(show->plan->c, 1, s, NULL, &o);
		if (!pawl_search_next_(s))
			return;
	}
}

static void write_tape(const struct sim_show *show, struct shown *shown,
		       const struct sim_tape *tape)
{
	struct sink sink = { NULL, show->text ? shown->text : NULL, 0, show->size };

	if (show->file)
		sink.file = fopen(show->file, "w");
	pawl_sim_tape_write_(tape, show->form, put, &sink);
	if (sink.file)
		fclose(sink.file);
}

static void show_here(const struct sim_show *show, struct shown *shown)
{
	const struct sim_plan *p = show->plan;
	bool is_exhaustive = p->mode == PAWL_SIM_EXHAUSTIVE;
	uint64_t seed = is_exhaustive ? 1 : show->seed;
	struct pawl_search *s = &shown->search;
	struct sim_tape *tape = NULL;

	if (is_exhaustive && !show->is_replay)
		search_up_to(show, s);
	pawl_search_begin_(s, seed, true);
	if ((show->text || show->file) && pawl_sim_tape_new_(&tape) < 0)
		return;
	pawl_sim_run_test_(p->c, seed, s, tape, &shown->outcome);
	if (tape)
		write_tape(show, shown, tape);
}

static int run_shown(struct sim_show *show, struct shown *shown)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return PAWL_EAGAIN;
	if (pid == 0) {
		show_here(show, shown);
		fflush(NULL);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return PAWL_EAGAIN;
	if (status)
		say_crash(status, &shown->outcome);
	return 0;
}

static void lend(const struct sim_show *show, struct shown *shown)
{
	struct pawl_search *s = &shown->search;

	pawl_search_init_(s, show->plan->mode, show->plan->depth);
	s->steps_expected = show->plan->steps_expected;
	pawl_search_lend_(s, shown->log, PAWL_SEARCH_LOG_);
	if (show->is_replay)
		pawl_search_replay_(s, show->log, *show->count);
	else if (show->plan->c->options.is_fifo)
		pawl_search_replay_(s, NULL, 0);
}

int pawl_sim_show_(struct sim_show *show)
{
	size_t size = sizeof(struct shown) + show->size;
	struct shown *shown = map(size);
	int r;

	if (!shown)
		return PAWL_ENOMEM;
	lend(show, shown);
	r = run_shown(show, shown);
	show->outcome = shown->outcome;
	show->has_overflown = shown->search.is_out_of_memory;
	if (show->log) {
		*show->count = shown->search.count;
		memcpy(show->log, shown->log, *show->count * sizeof *show->log);
	}
	if (show->text)
		memcpy(show->text, shown->text, show->size);
	munmap(shown, size);
	return r;
}
