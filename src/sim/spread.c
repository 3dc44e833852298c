/* SPDX-License-Identifier: MIT */
/* Seeds over processes, one per CPU: what a test does to its process stays there. */
#define _GNU_SOURCE
#include "sim/spread.h"

#include "port/atomic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 64

/* Room for the name of the task in which a test crashed. */
#define WHERE 256

/* How long a run may take, if the test does not say it. */
#define SECONDS 120

/* A program that was killed leaves its memory behind: then the process is replaced now and then. */
#define RUNS_PER_PROCESS 2000

/* How a worker ended: a test did that, or it is done, or another one is to go on. */
enum end { BROKEN, DONE, AGAIN };

struct worker {
	enum end end;
	uint32_t current; /* which run it makes */
	uint32_t failed;  /* its first that failed */
	struct sim_outcome outcome;
	bool is_complete;
	uint32_t runs; /* EXHAUSTIVE: that it made */
	bool has_drawn;
	char where[WHERE];
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

/* A run that takes longer than it may is ended by a signal. */
static void limit(const struct sim_plan *p)
{
	alarm(p->c->seconds ? p->c->seconds : SECONDS);
}

static enum end work(const struct sim_plan *p, struct shared *s, struct worker *w)
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
		limit(p);
		pawl_search_begin_(&search, p->first + run, false);
		pawl_sim_run_test_(p->c, p->first + run, &search, NULL, &o);
		note(s, w, run, &o);
	}
	return AGAIN;
}

/* One run leads to the next, so one process makes all of them. */
static enum end work_exhaustively(const struct sim_plan *p, struct shared *s, struct worker *w)
{
	struct pawl_search search;
	uint64_t number = 1;

	pawl_search_init_(&search, p->mode, p->depth);
	do {
		bool is_new = pawl_search_is_new_(&search);
		uint64_t run = number - p->first;
		struct sim_outcome o;

		pawl_store(&w->current, number < p->first ? 0 : (uint32_t)run);
		limit(p);
		pawl_search_begin_(&search, 1, false);
		pawl_sim_run_test_(p->c, 1, &search, NULL, &o);
		if (!is_new || number++ < p->first)
			continue;
		note(s, w, (uint32_t)run, &o);
		w->has_drawn |= o.has_drawn;
		w->runs = (uint32_t)run + 1;
		if (o.failure || run + 1 == p->count)
			return DONE;
	} while (pawl_search_next_(&search));
	w->is_complete = true;
	return DONE;
}

/* What a process that shows a run gives back. */
struct shown {
	struct sim_outcome outcome;
	bool is_over; /* the run came to its end */
	char where[WHERE];
	int file_error;
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

/* The run that this process shows: here, so that it can be told of when it crashes, too. */
static struct showing {
	const struct sim_show *show;
	struct shown *shown;
	struct sim_tape *tape;
	char *where; /* gets in which task it crashes; NULL: nobody wants to know */
} showing;

static void write_tape(void)
{
	const struct sim_show *show = showing.show;
	char *text = show && show->text ? showing.shown->text : NULL;
	struct sink sink = { show ? show->file : NULL, text, 0, show ? show->size : 0 };

	if (!show)
		return;
	showing.show = NULL;
	pawl_sim_tape_write_(showing.tape, show->form, put, &sink);
	if (show->file && fflush(show->file) != 0)
		showing.shown->file_error = errno;
}

static void tell_end(void)
{
	write_tape();
	if (showing.where)
		pawl_sim_say_where_(pawl_sim_tested_, showing.where, WHERE);
}

/* What happened up to there is told; then the signal does what it would have done. */
static void crashed(int signal_number)
{
	signal(signal_number, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	alarm(10); /* a crash may leave nothing in order, and whoever waits is to hear of it */
	tell_end();
	raise(signal_number);
}

/*
 * Nothing that is done in there asks for memory. Where there are handlers already, as of
 * sanitizers, they stay, unless a trace is wanted.
 */
static void watch_crashes(bool has_tape)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGALRM };
	static char stack[64 * 1024];
	stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction a = { .sa_handler = crashed, .sa_flags = SA_ONSTACK }, old;
	unsigned i;

	sigaltstack(&other, NULL);
	for (i = 0; i < PAWL_COUNT(signals); i++)
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    (has_tape || old.sa_handler == SIG_DFL))
			sigaction(signals[i], &a, NULL);
	atexit(tell_end);
}

static pid_t start(const struct sim_plan *p, struct shared *s, struct worker *w)
{
	pid_t pid;

	fflush(NULL);
	w->end = BROKEN;
	pid = fork();
	if (pid)
		return pid;
	showing = (struct showing){ .where = w->where };
	watch_crashes(false);
	w->end = (p->mode == PAWL_SIM_EXHAUSTIVE ? work_exhaustively : work)(p, s, w);
	fflush(NULL);
	_exit(0);
}

/* Its status; 0 when the system does not keep that for us. */
static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 0;
	return status;
}

static void say_crash(int status, const char *where, struct sim_outcome *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->failure = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? SIM_SLOW : SIM_CRASHED;
	if (ret->failure == SIM_SLOW)
		snprintf(ret->text, sizeof ret->text,
			 "took longer than its .seconds%s: does a poll go round and round?", where);
	else if (WIFSIGNALED(status))
		snprintf(ret->text, sizeof ret->text, "the process crashed%s: signal %d (%s)",
			 where, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(ret->text, sizeof ret->text, "the process ended%s with exit code %d",
			 where, WEXITSTATUS(status));
	ret->place = (uint64_t)status;
}

/* Until it, and those that go on where it ended, are no more. */
static int wait_worker(const struct sim_plan *p, struct shared *s, struct worker *w, pid_t pid)
{
	int status = wait_for(pid);

	while (!status && w->end == AGAIN) {
		pid = start(p, s, w);
		if (pid < 0)
			return PAWL_EAGAIN;
		status = wait_for(pid);
	}
	if (!status && w->end == DONE)
		return 0;
	if (w->current < w->failed)
		say_crash(status, w->where, &w->outcome);
	note_failed(s, w, w->current);
	return 0;
}

static int wait_all(const struct sim_plan *p, struct shared *s, pid_t *pids, unsigned count)
{
	int status, r = 0;
	unsigned i;

	for (i = 0; i < count; i++) {
		status = wait_worker(p, s, &s->workers[i], pids[i]);
		r = status < 0 ? status : r;
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
		ret->has_drawn = s->workers[0].has_drawn;
		if (s->failed >= p->count)
			ret->runs = s->workers[0].runs;
	}
	ret->first_hash = s->hashes[0];
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

bool pawl_sim_lead_to_(const struct sim_plan *p, uint64_t number, struct pawl_search *s)
{
	struct sim_outcome o;

	do {
		if (pawl_search_is_new_(s) && --number == 0)
			return true;
		pawl_search_begin_(s, 1, false);
		pawl_sim_run_test_(p->c, 1, s, NULL, &o);
	} while (pawl_search_next_(s));
	return false;
}

static int tape_of(const struct sim_show *show, struct shown *shown, struct sim_tape **ret)
{
	int r = pawl_sim_tape_new_(ret);

	if (r < 0)
		return r;
	showing = (struct showing){ show, shown, *ret, shown->where };
	watch_crashes(true);
	return 0;
}

static void show_here(const struct sim_show *show, struct shown *shown)
{
	const struct sim_plan *p = show->plan;
	bool is_exhaustive = p->mode == PAWL_SIM_EXHAUSTIVE;
	uint64_t seed = is_exhaustive ? 1 : show->seed;
	struct pawl_search *s = &shown->search;
	struct sim_tape *tape = NULL;

	if (is_exhaustive && !show->is_replay && !pawl_sim_lead_to_(p, show->seed, s))
		return;
	limit(p);
	pawl_search_begin_(s, seed, true);
	if (!show->text && !show->file) {
		showing = (struct showing){ .where = shown->where };
		watch_crashes(false);
	}
	if ((show->text || show->file) && tape_of(show, shown, &tape) < 0)
		return;
	pawl_sim_run_test_(p->c, seed, s, tape, &shown->outcome);
	write_tape();
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
		shown->is_over = true;
		fflush(NULL);
		_exit(0);
	}
	status = wait_for(pid);
	if (status || !shown->is_over)
		say_crash(status, shown->where, &shown->outcome);
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
	show->file_error = shown->file_error;
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
