/* SPDX-License-Identifier: MIT */
/* Input and output in coroutines: each call waits, ends, is cancelled, runs out of time. */
#define _GNU_SOURCE
#include "io_fs_fix.h"

#include <pawl/co_io.h>
#include <pawl/gen.h>

#include <signal.h>

/* What a task of the heap adds up. */
struct sum {
	int a, b;
	pawl_event *go;
};

struct user;

struct form {
	const char *name;
	int (*wait)(struct user *u, pawl_co *co);
	void (*init)(struct user *u);
	void (*satisfy)(struct user *u);
	void (*fini)(struct user *u);
};

struct user {
	pawl_task task;
	pawl_co co;
	const struct form *form;
	bool in_generator;
	pawl_time after; /* 0: no limit */
	unsigned polls;
	pawl_host *h;

	pawl_listener listener;
	pawl_addr at;
	struct io_pair pair;
	pawl_stream stream;
	pawl_udp udp, other;
	pawl_signal signal;
	pawl_process process;
	pawl_event go;
	pawl_task *child;
	int fds[2];
	char big[256 * 1024];

	pawl_file file;
	pawl_dir dir;
	pawl_fs fs;
	pawl_dns dns;
};

/* ---- a coroutine that waits, in a call or in a generator ---- */

PAWL_GEN(results, int);

struct source {
	struct user *u;
	pawl_co *co;
};

static int waits_in_generator(pawl_gen *g)
{
	struct source *s = g->arg;

	return results_yield(g, s->u->form->wait(s->u, s->co));
}

static int wait_somehow(struct user *u, pawl_co *co)
{
	struct source s = { u, co };
	pawl_gen g;
	int r = 1;

	if (!u->in_generator)
		return u->form->wait(u, co);
	pawl_gen_init(&g, waits_in_generator, &s);
	CHECK_INT(results_next(&g, &r), 0);
	CHECK_INT(pawl_gen_fini(&g), 0);
	return r;
}

static int body(pawl_co *co)
{
	struct user *u = PAWL_OF(co, struct user, co);
	int r;

	if (!u->after)
		return wait_somehow(u, co);
	PAWL_CO_TIMEOUT(co, r, u->after, wait_somehow(u, co));
	return r;
}

static int counted(pawl_task *t)
{
	PAWL_OF(t, struct user, task)->polls++;
	return pawl_co_poll(t);
}

static void begin(struct user *u)
{
	u->polls = 0;
	pawl_co_init(u, body, NULL);
	io_spawn(u->h, &u->task, counted);
}

static void waits(struct user *u)
{
	begin(u);
	io_settle(u->h);
	CHECK_UINT(u->polls, 1);
	CHECK(!pawl_task_is_finished(&u->task));
}

static void is_cancelled(struct user *u)
{
	waits(u);
	pawl_cancel(&u->task);
	CHECK_INT(io_end(u->h, &u->task), PAWL_ECANCELED);
	CHECK_UINT(u->polls, 2);
}

static void runs_out_of_time(struct user *u)
{
	u->after = PAWL_US(100);
	begin(u);
	CHECK_INT(io_end(u->h, &u->task), PAWL_ETIMEDOUT);
	/* On a slow machine it is over before the first poll is. */
	CHECK(u->polls <= 2);
	u->after = 0;
}

/* ---- what the main thread's loop tells of ---- */

static void init_listener(struct user *u)
{
	u->at = io_listen(u->h, &u->listener);
}

static int wait_accept(struct user *u, pawl_co *co)
{
	return pawl_co_listener_accept(co, &u->listener, &u->stream);
}

static int connects(struct user *u, pawl_co *co)
{
	return pawl_co_stream_connect(co, &u->pair.a, &u->at);
}

/* Runs another one to its end beside the one that waits. */
static void run_beside(struct user *u, int (*wait)(struct user *u, pawl_co *co));

static void satisfy_accept(struct user *u)
{
	run_beside(u, connects);
}

static void fini_listener(struct user *u)
{
	io_pair_close(&u->pair);
	pawl_stream_close(&u->stream);
	pawl_listener_close(&u->listener);
}

static void init_pair(struct user *u)
{
	io_pair_open(u->h, &u->pair);
}

static int wait_read(struct user *u, pawl_co *co)
{
	char buf[16];
	size_t n = 0;
	int r = pawl_co_stream_read(co, &u->pair.a, buf, sizeof buf, &n);

	if (r == 0) {
		CHECK_UINT(n, 5);
		CHECK_MEM(buf, "hello", 5);
	}
	return r;
}

static int writes(struct user *u, pawl_co *co)
{
	size_t n = 0;
	int r = pawl_co_stream_write(co, &u->pair.b, "hello", 5, &n);

	CHECK_UINT(n, 5);
	return r;
}

static void satisfy_read(struct user *u)
{
	run_beside(u, writes);
}

static void fini_pair(struct user *u)
{
	io_pair_close(&u->pair);
}

/* A pipe holds less than that. */
static void init_pipe(struct user *u)
{
	CHECK_INT(pipe(u->fds), 0);
	CHECK_INT(pawl_stream_adopt(pawl_host_exec(u->h), &u->stream, u->fds[1]), 0);
}

static int wait_write_all(struct user *u, pawl_co *co)
{
	size_t done = 0;
	int r = pawl_co_stream_write_all(co, &u->stream, u->big, sizeof u->big, &done);

	CHECK(r == 0 ? done == sizeof u->big : done < sizeof u->big);
	return r;
}

static size_t drain(struct user *u)
{
	static char buf[sizeof u->big];
	ssize_t n = read(u->fds[0], buf, sizeof buf);

	CHECK(n > 0);
	return (size_t)n;
}

static void satisfy_write_all(struct user *u)
{
	while (!pawl_task_is_finished(&u->task)) {
		drain(u);
		io_settle(u->h);
	}
}

static void fini_pipe(struct user *u)
{
	pawl_stream_close(&u->stream);
	close(u->fds[0]);
}

static void init_udp(struct user *u)
{
	u->at = io_loopback(0);
	CHECK_INT(pawl_udp_open(pawl_host_exec(u->h), &u->other, &u->at), 0);
	CHECK_INT(pawl_udp_open(pawl_host_exec(u->h), &u->udp, &u->at), 0);
	CHECK_INT(pawl_udp_local(&u->udp, &u->at), 0);
}

static int wait_udp(struct user *u, pawl_co *co)
{
	pawl_datagram d;
	char buf[16];
	int r = pawl_co_udp_recv(co, &u->udp, buf, sizeof buf, &d);

	if (r == 0)
		CHECK_UINT(d.size, 4);
	return r;
}

static int sends_udp(struct user *u, pawl_co *co)
{
	return pawl_co_udp_send(co, &u->other, &u->at, "four", 4);
}

static void satisfy_udp(struct user *u)
{
	run_beside(u, sends_udp);
}

static void fini_udp(struct user *u)
{
	pawl_udp_close(&u->udp);
	pawl_udp_close(&u->other);
}

static void init_signal(struct user *u)
{
	CHECK_INT(pawl_signal_open(pawl_host_exec(u->h), &u->signal, SIGUSR1), 0);
}

static int wait_signal(struct user *u, pawl_co *co)
{
	return pawl_co_signal_wait(co, &u->signal);
}

static void satisfy_signal(struct user *u)
{
	(void)u;
	CHECK_INT(raise(SIGUSR1), 0);
}

static void fini_signal(struct user *u)
{
	pawl_signal_close(&u->signal);
}

static void init_process(struct user *u)
{
	static const char *const argv[] = { "cat", NULL };
	pawl_process_options o = { .argv = argv, .in = PAWL_PROCESS_PIPE };

	CHECK_INT(pawl_process_start(pawl_host_exec(u->h), &u->process, &o), 0);
}

static int wait_process(struct user *u, pawl_co *co)
{
	int r = pawl_co_process_wait(co, &u->process);

	if (r == 0)
		CHECK_INT(u->process.exit_code, 0);
	return r;
}

static void satisfy_process(struct user *u)
{
	pawl_stream_close(&u->process.in);
}

static void fini_process(struct user *u)
{
	pawl_process_close(&u->process);
}

static int adds(pawl_task *t)
{
	struct sum *s = pawl_go_arg(t);
	int r = pawl_event_wait(t, s->go);

	if (r == 0)
		s->a += s->b;
	return r;
}

static void init_go(struct user *u)
{
	struct sum s = { 2, 3, &u->go };

	pawl_event_init(&u->go);
	CHECK_INT(pawl_go(pawl_host_exec(u->h), adds, &s, &u->child), 0);
}

static int wait_go(struct user *u, pawl_co *co)
{
	struct sum s = { 0, 0, NULL };
	int outcome = 1, r = pawl_co_go_join(co, u->child, &s, &outcome);

	CHECK_INT(s.a, r == 0 ? 5 : 0);
	return r == 0 ? outcome : r;
}

static void satisfy_go(struct user *u)
{
	pawl_event_set(&u->go);
}

static const struct form forms[] = {
	{ "listener_accept", wait_accept, init_listener, satisfy_accept, fini_listener },
	{ "stream_read", wait_read, init_pair, satisfy_read, fini_pair },
	{ "stream_write_all", wait_write_all, init_pipe, satisfy_write_all, fini_pipe },
	{ "udp_recv", wait_udp, init_udp, satisfy_udp, fini_udp },
	{ "signal_wait", wait_signal, init_signal, satisfy_signal, fini_signal },
	{ "process_wait", wait_process, init_process, satisfy_process, fini_process },
	{ "go_join", wait_go, init_go, satisfy_go, NULL },
};

struct beside {
	pawl_task task;
	pawl_co co;
	struct user *u;
	int (*wait)(struct user *u, pawl_co *co);
};

static int beside(pawl_co *co)
{
	struct beside *b = PAWL_OF(co, struct beside, co);

	return b->wait(b->u, co);
}

static void run_beside(struct user *u, int (*wait)(struct user *u, pawl_co *co))
{
	struct beside b = { .u = u, .wait = wait };
	pawl_spawn_options o = { .foreground = true };

	CHECK_INT(pawl_co_spawn_with(pawl_host_exec(u->h), &b, beside, &o, NULL), 0);
	CHECK_INT(io_end(u->h, &b.task), 0);
}

static void try_with_loop(const struct form *form, bool in_generator)
{
	struct user *u = calloc(1, sizeof *u);

	CHECK(u);
	kit_at(form->name, in_generator);
	u->form = form;
	u->in_generator = in_generator;
	u->h = io_begin();
	form->init(u);
	is_cancelled(u);
	runs_out_of_time(u);
	u->after = in_generator ? PAWL_S(3600) : 0;
	waits(u);
	form->satisfy(u);
	CHECK_INT(io_end(u->h, &u->task), 0);
	CHECK(u->polls >= 2);
	if (form->fini)
		form->fini(u);
	pawl_host_free(u->h);
	free(u);
}

TEST(each_wait_for_the_loop)
{
	size_t i;

	for (i = 0; i < PAWL_COUNT(forms); i++)
		try_with_loop(&forms[i], false);
}

TEST(each_wait_for_the_loop_in_a_generator)
{
	size_t i;

	for (i = 0; i < PAWL_COUNT(forms); i++)
		try_with_loop(&forms[i], true);
}

TEST(connecting)
{
	static const struct form form = { .name = "stream_connect", .wait = connects };
	struct user *u = calloc(1, sizeof *u);

	CHECK(u);
	u->form = &form;
	u->h = io_begin();
	init_listener(u);
	begin(u);
	pawl_cancel(&u->task);
	CHECK_INT(io_end(u->h, &u->task), PAWL_ECANCELED);
	begin(u);
	CHECK_INT(io_end(u->h, &u->task), 0);
	CHECK(u->polls <= 2);
	fini_listener(u);
	/* Nobody listens any more. */
	begin(u);
	CHECK_INT(io_end(u->h, &u->task), PAWL_EREFUSED);
	pawl_host_free(u->h);
	free(u);
}

/* ---- what a thread does: it is taken until the wait was cancelled and ran out of time ---- */

static void init_folder(struct user *u)
{
	(void)u;
	CHECK_INT(mkdir("d", 0755), 0);
	fs_put("a", "abc");
}

static void init_file(struct user *u)
{
	init_folder(u);
	CHECK_INT(pawl_file_adopt(&u->file, open("a", O_RDWR)), 0);
}

static int opens_folder(struct user *u, pawl_co *co)
{
	return pawl_co_dir_open(co, &u->dir, ".");
}

static void init_dir(struct user *u)
{
	init_folder(u);
	run_beside(u, opens_folder);
}

static int wait_dir_open(struct user *u, pawl_co *co)
{
	return pawl_co_dir_open(co, &u->dir, "d");
}

static int wait_dir_next(struct user *u, pawl_co *co)
{
	pawl_dir_entry e;
	int r = pawl_co_dir_next(co, &u->dir, &e), first = r;

	if (r == 0)
		CHECK(strcmp(e.name, e.kind == PAWL_KIND_DIR ? "d" : "a") == 0);
	if (r == 0)
		r = pawl_co_dir_next(co, &u->dir, &e);
	CHECK_INT(first, r);
	if (r == 0)
		CHECK_INT(pawl_co_dir_next(co, &u->dir, &e), PAWL_ECLOSED);
	return r;
}

/* A machine without a file of hosts does not know the name. */
static int wait_dns(struct user *u, pawl_co *co)
{
	int r = pawl_co_dns_lookup(co, &u->dns, "localhost", 80);

	return r == PAWL_ENOENT ? 0 : r;
}

static int wait_file_open(struct user *u, pawl_co *co)
{
	return pawl_co_file_open(co, &u->file, "a", PAWL_FILE_READ, 0);
}

static int wait_file_read(struct user *u, pawl_co *co)
{
	char buf[8] = "";
	size_t n = 0;
	int r = pawl_co_file_read(co, &u->file, buf, sizeof buf, &n);

	CHECK_STR(buf, r == 0 ? "abc" : "");
	CHECK_UINT(n, strlen(buf));
	return r;
}

static int wait_file_write(struct user *u, pawl_co *co)
{
	return pawl_co_file_write(co, &u->file, "xy", 2);
}

static void file_was_written(struct user *u)
{
	(void)u;
	fs_expect("a", "xyc");
}

static int wait_file_sync(struct user *u, pawl_co *co)
{
	return pawl_co_file_sync(co, &u->file);
}

static int wait_file_truncate(struct user *u, pawl_co *co)
{
	return pawl_co_file_truncate(co, &u->file, 1);
}

static void file_was_truncated(struct user *u)
{
	(void)u;
	fs_expect("a", "a");
}

static int wait_file_stat(struct user *u, pawl_co *co)
{
	pawl_stat st = { 0 };
	int r = pawl_co_file_stat(co, &u->file, &st);

	CHECK_UINT(st.size, r == 0 ? 3 : 0);
	return r;
}

static int wait_fs_load(struct user *u, pawl_co *co)
{
	char buf[8] = "";
	size_t n = 0;
	int r = pawl_co_fs_load(co, &u->fs, "a", buf, sizeof buf, &n);

	CHECK_UINT(n, r == 0 ? 3 : 0);
	return r;
}

static int wait_fs_mkdir(struct user *u, pawl_co *co)
{
	return pawl_co_fs_mkdir(co, &u->fs, "n", 0755);
}

static int wait_fs_rename(struct user *u, pawl_co *co)
{
	return pawl_co_fs_rename(co, &u->fs, "a", "n");
}

static int wait_fs_rmdir(struct user *u, pawl_co *co)
{
	return pawl_co_fs_rmdir(co, &u->fs, "d");
}

static int wait_fs_save(struct user *u, pawl_co *co)
{
	return pawl_co_fs_save(co, &u->fs, "n", "new", 3, 0644);
}

static int wait_fs_stat(struct user *u, pawl_co *co)
{
	pawl_stat st = { 0 };
	int r = pawl_co_fs_stat(co, &u->fs, "a", true, &st);

	CHECK_UINT(st.size, r == 0 ? 3 : 0);
	return r;
}

static int wait_fs_unlink(struct user *u, pawl_co *co)
{
	return pawl_co_fs_unlink(co, &u->fs, "a");
}

static void there_are_three(struct user *u)
{
	(void)u;
	CHECK_UINT(fs_count("."), 3);
}

static void there_is_a_new_one(struct user *u)
{
	(void)u;
	fs_expect("n", "abc");
	CHECK_UINT(fs_count("."), 2);
}

static void there_is_one(struct user *u)
{
	(void)u;
	CHECK_UINT(fs_count("."), 1);
}

/* `satisfy` looks afterwards. */
static const struct form thread_forms[] = {
	{ "dir_open", wait_dir_open, init_folder, NULL, NULL },
	{ "dir_next", wait_dir_next, init_dir, NULL, NULL },
	{ "dns_lookup", wait_dns, init_folder, NULL, NULL },
	{ "file_open", wait_file_open, init_folder, NULL, NULL },
	{ "file_read", wait_file_read, init_file, NULL, NULL },
	{ "file_write", wait_file_write, init_file, file_was_written, NULL },
	{ "file_sync", wait_file_sync, init_file, NULL, NULL },
	{ "file_truncate", wait_file_truncate, init_file, file_was_truncated, NULL },
	{ "file_stat", wait_file_stat, init_file, NULL, NULL },
	{ "fs_load", wait_fs_load, init_folder, NULL, NULL },
	{ "fs_mkdir", wait_fs_mkdir, init_folder, there_are_three, NULL },
	{ "fs_rename", wait_fs_rename, init_folder, there_is_a_new_one, NULL },
	{ "fs_rmdir", wait_fs_rmdir, init_folder, there_is_one, NULL },
	{ "fs_save", wait_fs_save, init_folder, there_are_three, NULL },
	{ "fs_stat", wait_fs_stat, init_folder, NULL, NULL },
	{ "fs_unlink", wait_fs_unlink, init_folder, there_is_one, NULL },
};

static void empty_folder(void)
{
	unlink("a");
	unlink("n");
	rmdir("d");
	rmdir("n");
}

static void try_with_thread(const struct form *form, bool in_generator)
{
	struct user *u = calloc(1, sizeof *u);
	struct fs_taken taken;

	CHECK(u);
	kit_at(form->name, in_generator);
	u->form = form;
	u->in_generator = in_generator;
	u->h = fs_one_thread();
	form->init(u);
	fs_take(u->h, &taken);
	is_cancelled(u);
	runs_out_of_time(u);
	waits(u);
	fs_give(u->h, &taken);
	CHECK_INT(io_end(u->h, &u->task), 0);
	CHECK(u->polls >= 2);
	if (form->satisfy)
		form->satisfy(u);
	pawl_file_close(&u->file);
	pawl_dir_close(&u->dir);
	pawl_host_free(u->h);
	empty_folder();
	free(u);
}

TEST(each_wait_for_a_thread)
{
	char folder[256];
	size_t i;

	fs_begin(folder, sizeof folder);
	for (i = 0; i < 2 * PAWL_COUNT(thread_forms); i++)
		try_with_thread(&thread_forms[i / 2], i & 1);
	fs_end(folder);
}

/* ---- all together, as it is meant to be written ---- */

static int send_file(pawl_co *co, const char *name, pawl_stream *to)
{
	char buf[64];
	pawl_file f = { 0 };
	size_t n;
	int r = pawl_co_file_open(co, &f, name, PAWL_FILE_READ, 0);

	while (r == 0 && (r = pawl_co_file_read(co, &f, buf, sizeof buf, &n)) == 0) {
		size_t done = 0;

		r = pawl_co_stream_write_all(co, to, buf, n, &done);
	}
	pawl_file_close(&f);
	return r == PAWL_ECLOSED ? 0 : r;
}

static int serves(struct user *u, pawl_co *co)
{
	pawl_stream s = { 0 };
	int r = pawl_co_listener_accept(co, &u->listener, &s);

	if (r == 0)
		r = send_file(co, "a", &s);
	pawl_stream_close(&s);
	return r;
}

static int fetches(struct user *u, pawl_co *co)
{
	size_t n, done = 0;
	int r = pawl_co_stream_connect(co, &u->pair.a, &u->at);

	while (r == 0 && (r = pawl_co_stream_read(co, &u->pair.a, u->big + done, 7, &n)) == 0)
		done += n;
	pawl_stream_close(&u->pair.a);
	return r == PAWL_ECLOSED ? pawl_co_fs_save(co, &u->fs, "n", u->big, done, 0644) : r;
}

TEST(a_file_goes_over_a_socket)
{
	static const struct form form = { .name = "serves", .wait = serves };
	struct user *u = calloc(1, sizeof *u);
	char folder[256], text[201];

	CHECK(u);
	fs_begin(folder, sizeof folder);
	memset(text, 'x', 200);
	text[200] = 0;
	fs_put("a", text);
	u->form = &form;
	u->h = io_begin();
	init_listener(u);
	waits(u);
	run_beside(u, fetches);
	CHECK_INT(io_end(u->h, &u->task), 0);
	fs_expect("n", text);
	fini_listener(u);
	pawl_host_free(u->h);
	empty_folder();
	fs_end(folder);
	free(u);
}

static const struct kit_case cases[] = {
	CASE(each_wait_for_the_loop),
	CASE(each_wait_for_the_loop_in_a_generator),
	CASE(connecting),
	CASE(each_wait_for_a_thread),
	CASE(a_file_goes_over_a_socket),
};

KIT_MAIN(cases)
