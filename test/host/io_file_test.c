/* SPDX-License-Identifier: MIT */
/* Files: read and written anywhere, each kind of refusal, cancels before and after the start. */
#define _GNU_SOURCE
#include "io_fs_fix.h"

#include <pawl/file.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/*
 * The system's calls come by here, so that a test can hold one up, or let it fail, while it is
 * under way: those that name the path, or work on the descriptor, which the gate is for.
 */
static struct {
	const char *path;
	int fd;
	sem_t entered, go;
} gate = { .fd = -1 };

static void pass(bool is_for_it)
{
	if (!is_for_it)
		return;
	sem_post(&gate.entered);
	while (sem_wait(&gate.go) != 0) {}
}

int open(const char *path, int flags, ...)
{
	va_list args;
	unsigned mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, unsigned) : 0;
	va_end(args);
	pass(gate.path && strcmp(path, gate.path) == 0);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t pread(int fd, void *buf, size_t size, off_t offset)
{
	pass(gate.fd >= 0 && fd == gate.fd);
	return syscall(SYS_pread64, fd, buf, size, offset);
}

static void gate_open(const char *path, int fd)
{
	sem_init(&gate.entered, 0, 0);
	sem_init(&gate.go, 0, 0);
	gate.path = path;
	gate.fd = fd;
}

static void gate_wait(void)
{
	while (sem_wait(&gate.entered) != 0) {}
}

/* A task that does one thing with its file and counts its polls. */
struct user {
	pawl_task task;
	pawl_file f;
	int (*op)(pawl_task *t);
	const char *path;
	unsigned how;
	char buf[64];
	size_t size, n;
	pawl_stat st;
	pawl_timeout limit;
	pawl_time after;
	unsigned polls;
};

static struct user *user_of(pawl_task *t)
{
	return PAWL_OF(t, struct user, task);
}

static int opens(pawl_task *t)
{
	struct user *u = user_of(t);

	return pawl_file_open(t, &u->f, u->path, u->how, 0644);
}

static int reads(pawl_task *t)
{
	struct user *u = user_of(t);

	return pawl_file_read(t, &u->f, u->buf, u->size ? u->size : sizeof(u->buf), &u->n);
}

static int writes(pawl_task *t)
{
	struct user *u = user_of(t);

	return pawl_file_write(t, &u->f, u->buf, u->size);
}

static int syncs(pawl_task *t)
{
	return pawl_file_sync(t, &user_of(t)->f);
}

static int truncates(pawl_task *t)
{
	return pawl_file_truncate(t, &user_of(t)->f, user_of(t)->size);
}

static int looks(pawl_task *t)
{
	return pawl_file_stat(t, &user_of(t)->f, &user_of(t)->st);
}

static int uses(pawl_task *t)
{
	struct user *u = user_of(t);

	u->polls++;
	return u->after ? PAWL_TIMEOUT(t, &u->limit, u->after, u->op(t)) : u->op(t);
}

static int use(pawl_host *h, struct user *u, int (*op)(pawl_task *t))
{
	u->op = op;
	u->polls = 0;
	return io_run(h, &u->task, uses);
}

static int use_open(pawl_host *h, struct user *u, const char *path, unsigned how)
{
	u->path = path;
	u->how = how;
	return use(h, u, opens);
}

static void begin_use(pawl_host *h, struct user *u, int (*op)(pawl_task *t))
{
	u->op = op;
	u->polls = 0;
	io_spawn(h, &u->task, uses);
	io_settle(h);
	CHECK_UINT(u->polls, 1);
}

static void use_write(pawl_host *h, struct user *u, const char *text)
{
	u->size = strlen(text);
	memcpy(u->buf, text, u->size);
	CHECK_INT(use(h, u, writes), 0);
	u->size = 0;
}

static void use_expect(pawl_host *h, struct user *u, const char *text)
{
	CHECK_INT(use(h, u, reads), 0);
	CHECK_UINT(u->n, strlen(text));
	CHECK_MEM(u->buf, text, u->n);
}

enum { RW = PAWL_FILE_READ | PAWL_FILE_WRITE, NEW = RW | PAWL_FILE_NEW };

TEST(written_and_read)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { 0 };

	fs_begin(folder, sizeof(folder));
	CHECK_INT(use_open(h, &u, "a", NEW), 0);
	CHECK_UINT(u.polls, 2);
	use_write(h, &u, "hello world");
	CHECK_UINT(u.polls, 2);
	CHECK_UINT(u.f.at, 11);
	CHECK_INT(use(h, &u, reads), PAWL_ECLOSED);
	CHECK_UINT(u.polls, 2);
	u.f.at = 0;
	u.size = 5;
	use_expect(h, &u, "hello");
	CHECK_UINT(u.f.at, 5);
	u.size = 0;
	use_expect(h, &u, " world");
	CHECK_UINT(u.f.at, 11);
	CHECK_INT(use(h, &u, syncs), 0);
	pawl_file_close(&u.f);
	pawl_file_close(&u.f);
	pawl_file_close(NULL);
	CHECK_INT(use(h, &u, reads), PAWL_ECLOSED);
	CHECK_UINT(u.polls, 1);
	CHECK_INT(use(h, &u, writes), PAWL_ECLOSED);
	CHECK_INT(use(h, &u, syncs), PAWL_ECLOSED);
	CHECK_INT(use(h, &u, truncates), PAWL_ECLOSED);
	CHECK_INT(use(h, &u, looks), PAWL_ECLOSED);
	fs_expect("a", "hello world");
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(anywhere_in_it)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { 0 };

	fs_begin(folder, sizeof(folder));
	CHECK_INT(use_open(h, &u, "a", NEW), 0);
	u.f.at = 4096;
	use_write(h, &u, "far");
	CHECK_INT(use(h, &u, looks), 0);
	CHECK_INT(u.st.size, 4099);
	CHECK_INT(u.st.kind, PAWL_KIND_FILE);
	CHECK_UINT(u.st.links, 1);
	CHECK(u.st.mtime > 0 && u.st.ino > 0);
	u.f.at = 4094;
	CHECK_INT(use(h, &u, reads), 0);
	CHECK_UINT(u.n, 5);
	CHECK_MEM(u.buf, "\0\0far", 5);
	u.size = 2;
	CHECK_INT(use(h, &u, truncates), 0);
	CHECK_UINT(u.f.at, 4099);
	CHECK_INT(use(h, &u, reads), PAWL_ECLOSED);
	u.size = 7;
	CHECK_INT(use(h, &u, truncates), 0);
	CHECK_INT(use(h, &u, looks), 0);
	CHECK_INT(u.st.size, 7);
	u.f.at = UINT64_MAX;
	CHECK_INT(use(h, &u, reads), PAWL_ECLOSED);
	CHECK_INT(use(h, &u, writes), PAWL_EINVAL);
	pawl_file_close(&u.f);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(ways_to_open)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { 0 }, v = { 0 };
	struct stat st;

	fs_begin(folder, sizeof(folder));
	umask(027);
	CHECK_INT(use_open(h, &u, "a", PAWL_FILE_APPEND | PAWL_FILE_CREATE), 0);
	CHECK_INT(use_open(h, &v, "a", PAWL_FILE_APPEND | PAWL_FILE_READ), 0);
	use_write(h, &u, "one ");
	use_write(h, &v, "two ");
	use_write(h, &u, "three");
	CHECK_UINT(u.f.at, 0);
	use_expect(h, &v, "one two three");
	pawl_file_close(&u.f);
	pawl_file_close(&v.f);
	stat("a", &st);
	CHECK_UINT(st.st_mode & 07777, 0640);
	CHECK_INT(use_open(h, &u, "a", PAWL_FILE_WRITE | PAWL_FILE_CREATE), 0);
	use_write(h, &u, "ONE");
	pawl_file_close(&u.f);
	fs_expect("a", "ONE two three");
	CHECK_INT(use_open(h, &u, "a", PAWL_FILE_WRITE | PAWL_FILE_TRUNCATE), 0);
	pawl_file_close(&u.f);
	fs_expect("a", "");
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

static void check_refused(pawl_host *h, const char *path, unsigned how, int want)
{
	unsigned before = fs_descriptors();
	struct user u = { 0 };

	CHECK_INT(use_open(h, &u, path, how), want);
	CHECK_INT(use(h, &u, reads), PAWL_ECLOSED);
	CHECK_UINT(fs_descriptors(), before);
}

TEST(what_cannot_be_opened)
{
	char folder[64], longer[300];
	pawl_host *h = io_begin();
	int s;

	fs_begin(folder, sizeof(folder));
	fs_put("file", "");
	CHECK_INT(symlink("loop", "loop"), 0);
	CHECK_INT(mkfifo("pipe", 0600), 0);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	check_refused(h, "none", RW, PAWL_ENOENT);
	check_refused(h, "file", NEW, PAWL_EEXIST);
	check_refused(h, "file/below", RW, PAWL_ENOTDIR);
	check_refused(h, ".", RW, PAWL_EISDIR);
	check_refused(h, "loop", RW, PAWL_ELOOP);
	check_refused(h, longer, RW, PAWL_ENAMETOOLONG);
	check_refused(h, "/proc/self/exe", RW, PAWL_EBUSY);
	check_refused(h, "pipe", PAWL_FILE_READ, PAWL_ENOTSUP);
	check_refused(h, "pipe", PAWL_FILE_WRITE, PAWL_ENOTSUP);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(longer, sizeof(longer), "/proc/self/fd/%d", s);
	check_refused(h, longer, RW, PAWL_ENOTSUP);
	close(s);
	if (geteuid() != 0) {
		chmod("file", 0);
		check_refused(h, "file", PAWL_FILE_READ, PAWL_EACCES);
	}
	unlink("file");
	unlink("loop");
	unlink("pipe");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(what_fails_later)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .size = 10 };
	struct rlimit was, none;

	fs_begin(folder, sizeof(folder));
	CHECK_INT(use_open(h, &u, "/dev/full", PAWL_FILE_WRITE), 0);
	CHECK_INT(use(h, &u, writes), PAWL_ENOSPC);
	CHECK_UINT(u.f.at, 0);
	CHECK_INT(use(h, &u, reads), PAWL_EINVAL);
	pawl_file_close(&u.f);
	CHECK_INT(use_open(h, &u, ".", PAWL_FILE_READ), 0);
	CHECK_INT(use(h, &u, reads), PAWL_EISDIR);
	pawl_file_close(&u.f);
	CHECK_INT(use_open(h, &u, "/dev/zero", PAWL_FILE_READ), 0);
	CHECK_INT(use(h, &u, reads), 0);
	CHECK_UINT(u.n, 10);
	CHECK_INT(use(h, &u, writes), PAWL_EINVAL);
	CHECK_INT(use(h, &u, truncates), PAWL_EINVAL);
	pawl_file_close(&u.f);
	getrlimit(RLIMIT_NOFILE, &was);
	none = was;
	none.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &none);
	CHECK_INT(use_open(h, &u, "/dev/zero", PAWL_FILE_READ), PAWL_EMFILE);
	setrlimit(RLIMIT_NOFILE, &was);
	fs_end(folder);
	pawl_host_free(h);
}

/* A disk that is full in the middle of a write: `at` says how much of it is there. */
TEST(half_a_write)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .size = 10 };
	struct rlimit was, small;

	fs_begin(folder, sizeof(folder));
	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(use_open(h, &u, "a", NEW), 0);
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 6;
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK_INT(use(h, &u, writes), PAWL_ENOSPC);
	CHECK_UINT(u.f.at, 6);
	setrlimit(RLIMIT_FSIZE, &was);
	u.size = 4;
	CHECK_INT(use(h, &u, writes), 0);
	CHECK_UINT(u.f.at, 10);
	pawl_file_close(&u.f);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(descriptor_becomes_a_file)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { 0 };
	int fd, ends[2];

	fs_begin(folder, sizeof(folder));
	fs_put("a", "hello");
	fd = open("a", O_RDWR);
	CHECK_INT(lseek(fd, 2, SEEK_SET), 2);
	CHECK_INT(pawl_file_adopt(&u.f, fd), 0);
	CHECK_INT(pawl_file_fd(&u.f), fd);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	use_expect(h, &u, "llo");
	CHECK_INT(lseek(fd, 0, SEEK_CUR), 2); /* the descriptor's own stays */
	pawl_file_close(&u.f);
	CHECK_INT(pawl_file_adopt(&u.f, fd), PAWL_EINVAL);
	fd = open("a", O_WRONLY | O_APPEND);
	CHECK_INT(pawl_file_adopt(&u.f, fd), 0);
	use_write(h, &u, "!");
	pawl_file_close(&u.f);
	fs_expect("a", "hello!");
	CHECK_INT(pipe(ends), 0);
	CHECK_INT(pawl_file_adopt(&u.f, ends[0]), PAWL_ENOTSUP);
	close(ends[0]);
	close(ends[1]);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

TEST(executor_without_threads)
{
	struct user u = { .path = "/dev/zero", .how = PAWL_FILE_READ, .op = opens };
	pawl_local l;
	int outcome;

	pawl_local_init(&l);
	CHECK_INT(pawl_spawn(&l.exec, &u.task, uses), 0);
	CHECK_INT(pawl_block_on(&l.exec, &u.task, &outcome), 0);
	CHECK_INT(outcome, PAWL_ENOTSUP);
	pawl_file_close(&u.f);
}

TEST(cancelled_before_the_first_poll)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .path = "a", .how = NEW, .op = opens };

	fs_begin(folder, sizeof(folder));
	io_spawn(h, &u.task, uses);
	pawl_cancel(&u.task);
	CHECK_INT(io_end(h, &u.task), PAWL_ECANCELED);
	CHECK_UINT(u.polls, 1);
	CHECK_INT(use_open(h, &u, "b", NEW), 0);
	u.op = reads;
	io_spawn(h, &u.task, uses);
	pawl_cancel(&u.task);
	CHECK_INT(io_end(h, &u.task), PAWL_ECANCELED);
	CHECK_UINT(u.f.at, 0);
	pawl_file_close(&u.f);
	unlink("b");
	fs_end(folder);
	pawl_host_free(h);
}

/* It waits in line for the only thread: nothing happens, and the file is as it was. */
TEST(cancelled_before_it_began)
{
	char folder[64];
	pawl_host *h = fs_one_thread();
	struct user u = { .path = "a", .how = NEW }, v = { 0 };
	struct fs_taken k;
	unsigned before;

	fs_begin(folder, sizeof(folder));
	CHECK_INT(use_open(h, &v, "v", NEW), 0);
	use_write(h, &v, "stays");
	v.size = 3;
	before = fs_descriptors();
	fs_take(h, &k);
	begin_use(h, &u, opens);
	begin_use(h, &v, writes);
	pawl_cancel(&u.task);
	pawl_cancel(&v.task);
	CHECK_INT(io_end(h, &u.task), PAWL_ECANCELED);
	CHECK_INT(io_end(h, &v.task), PAWL_ECANCELED);
	CHECK_UINT(u.polls, 2);
	CHECK_UINT(v.polls, 2);
	u.after = v.after = 1;
	CHECK_INT(use(h, &u, opens), PAWL_ETIMEDOUT);
	CHECK_INT(use(h, &v, truncates), PAWL_ETIMEDOUT);
	fs_give(h, &k);
	CHECK_UINT(v.f.at, 5);
	CHECK_UINT(fs_descriptors(), before);
	pawl_file_close(&v.f);
	fs_expect("v", "stays");
	unlink("v");
	fs_end(folder); /* it would not be empty if the other had been made */
	pawl_host_free(h);
}

/* The system makes the file already: it is waited for, closed, and there. */
TEST(open_cancelled_after_it_began)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .path = "a", .how = NEW };
	unsigned before = fs_descriptors();

	fs_begin(folder, sizeof(folder));
	gate_open("a", -1);
	begin_use(h, &u, opens);
	gate_wait();
	pawl_cancel(&u.task);
	io_settle(h);
	CHECK_UINT(u.polls, 2);
	CHECK(!pawl_task_is_finished(&u.task));
	CHECK_STR(pawl_task_wait(&u.task), "blocking work");
	sem_post(&gate.go);
	CHECK_INT(io_end(h, &u.task), PAWL_ECANCELED);
	CHECK_UINT(u.polls, 3);
	CHECK_UINT(fs_descriptors(), before);
	gate.path = NULL;
	CHECK_INT(use_open(h, &u, "a", RW), 0); /* ready for use again */
	pawl_file_close(&u.f);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

/* What was read before the cancel was heard is not lost. */
TEST(read_cancelled_after_it_began)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { 0 };

	fs_begin(folder, sizeof(folder));
	fs_put("a", "text");
	CHECK_INT(use_open(h, &u, "a", RW), 0);
	gate_open(NULL, pawl_file_fd(&u.f));
	begin_use(h, &u, reads);
	gate_wait();
	pawl_cancel(&u.task);
	io_settle(h);
	CHECK_UINT(u.polls, 2);
	gate.fd = -1; /* it reads once more, to see the end */
	sem_post(&gate.go);
	CHECK_INT(io_end(h, &u.task), 0);
	CHECK_UINT(u.n, 4);
	CHECK_MEM(u.buf, "text", 4);
	CHECK_UINT(u.f.at, 4);
	pawl_file_close(&u.f);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

static int opens_and_begins(pawl_task *t)
{
	int r = opens(t);

	if (user_of(t)->polls == 1)
		gate_wait();
	return r;
}

TEST(time_is_over_after_it_began)
{
	char folder[64];
	pawl_host *h = io_begin();
	struct user u = { .path = "a", .how = NEW, .after = 1 };

	fs_begin(folder, sizeof(folder));
	gate_open("a", -1);
	begin_use(h, &u, opens_and_begins);
	CHECK(!pawl_task_is_finished(&u.task));
	sem_post(&gate.go);
	CHECK_INT(io_end(h, &u.task), 0);
	CHECK_UINT(u.polls, 2);
	gate.path = NULL;
	u.after = 0;
	use_write(h, &u, "it is open");
	pawl_file_close(&u.f);
	unlink("a");
	fs_end(folder);
	pawl_host_free(h);
}

/* In one poll the file is not open yet, then it is, and then the limit takes the task away. */
struct late {
	struct user u;
	pawl_task next;
	pawl_work work;
	sem_t done;
};

static void tells(pawl_work *w)
{
	sem_post(&PAWL_OF(w, struct late, work)->done);
}

/* Its turn on the only thread comes when the other's work is over. */
static int next_in_line(pawl_task *t)
{
	return pawl_blocking(t, &PAWL_OF(t, struct late, next)->work);
}

static int opens_late(pawl_task *t)
{
	struct late *l = PAWL_OF(t, struct late, u.task);
	int r = opens(t);

	if (r == PAWL_PENDING) {
		gate_wait();
		CHECK_INT(pawl_spawn(pawl_here(t), &l->next, next_in_line), 0);
		sem_post(&gate.go);
		while (sem_wait(&l->done) != 0) {}
	}
	return r;
}

TEST(open_that_nobody_took_is_closed)
{
	char folder[64];
	pawl_host *h = fs_one_thread();
	struct late l = { .u = { .path = "a", .how = NEW, .after = 1 }, .work = { .fn = tells } };
	unsigned before = fs_descriptors();

	fs_begin(folder, sizeof(folder));
	sem_init(&l.done, 0, 0);
	gate_open("a", -1);
	CHECK_INT(use(h, &l.u, opens_late), PAWL_ETIMEDOUT);
	CHECK_UINT(l.u.polls, 1);
	CHECK_INT(io_end(h, &l.next), 0);
	CHECK_UINT(fs_descriptors(), before);
	CHECK_INT(use(h, &l.u, reads), PAWL_ECLOSED);
	unlink("a"); /* it was made */
	fs_end(folder);
	pawl_host_free(h);
}

/* Background tasks on several workers, more than there are threads. */
struct copier {
	pawl_task task;
	pawl_file f;
	char path[16];
	uint64_t out, in;
	size_t n;
	int i;
};

static int copies(pawl_task *t)
{
	struct copier *c = PAWL_OF(t, struct copier, task);

	PAWL_BEGIN(t);
	PAWL_AWAIT(t, pawl_file_open(t, &c->f, c->path, NEW, 0600));
	for (c->i = 0; c->i < 10; c->i++) {
		c->out = (uint64_t)c->i * c->i;
		PAWL_AWAIT(t, pawl_file_write(t, &c->f, &c->out, sizeof(c->out)));
	}
	for (c->i = 9; c->i >= 0; c->i--) {
		c->f.at = (uint64_t)c->i * sizeof(c->in);
		PAWL_AWAIT(t, pawl_file_read(t, &c->f, &c->in, sizeof(c->in), &c->n));
		CHECK_UINT(c->n, sizeof(c->in));
		CHECK_UINT(c->in, (uint64_t)c->i * (uint64_t)c->i);
	}
	pawl_file_close(&c->f);
	PAWL_END(t);
}

TEST(many_tasks_in_the_background)
{
	static struct copier c[40];
	char folder[64];
	pawl_host_options o = { .workers = 2, .blocking_max = 4 };
	pawl_host *h = NULL;
	unsigned before, i;

	fs_begin(folder, sizeof(folder));
	CHECK_INT(pawl_host_new(&o, &h), 0);
	before = fs_descriptors();
	for (i = 0; i < PAWL_COUNT(c); i++) {
		snprintf(c[i].path, sizeof(c[i].path), "file%u", i);
		CHECK_INT(pawl_spawn(pawl_host_exec(h), &c[i].task, copies), 0);
	}
	for (i = 0; i < PAWL_COUNT(c); i++) {
		CHECK_INT(io_end(h, &c[i].task), 0);
		unlink(c[i].path);
	}
	CHECK_UINT(fs_descriptors(), before);
	fs_end(folder);
	pawl_host_free(h);
}

static const struct kit_case cases[] = {
	CASE(written_and_read),
	CASE(anywhere_in_it),
	CASE(ways_to_open),
	CASE(what_cannot_be_opened),
	CASE(what_fails_later),
	CASE(half_a_write),
	CASE(descriptor_becomes_a_file),
	CASE(executor_without_threads),
	CASE(cancelled_before_the_first_poll),
	CASE(cancelled_before_it_began),
	CASE(open_cancelled_after_it_began),
	CASE(read_cancelled_after_it_began),
	CASE(time_is_over_after_it_began),
	CASE(open_that_nobody_took_is_closed),
	CASE(many_tasks_in_the_background),
};

KIT_MAIN(cases)
