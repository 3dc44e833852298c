/* SPDX-License-Identifier: MIT */
/* Runs inside a sandbox and looks for everything that should not be there. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * leak_probe KEY=VALUE…, prints one line per leak
 *	secret	a file outside that is not declared
 *	input	a file that is declared, to be read only
 *	work	the folder to work in
 *	path	a socket outside, by its path
 *	name	an abstract socket outside
 *	port	where something outside listens on 127.0.0.1
 *	pid	a process outside
 *	host	the name of the machine
 *	network	"1" when the host's network is shared, as declared
 *	daemon	"1" to leave one running
 *	bubblewrap	"1" when it made the sandbox
 */
static char **given;
static int leaks;

static const char *value(const char *key)
{
	size_t n = strlen(key);

	for (char **a = given; *a; a++)
		if (strncmp(*a, key, n) == 0 && (*a)[n] == '=')
			return *a + n + 1;
	fprintf(stderr, "leak_probe: %s is not given\n", key);
	exit(2);
}

__attribute__((format(printf, 1, 2))) static void leak(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("leak: ", stdout);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	leaks++;
}

static bool shared_network(void)
{
	return value("network")[0] == '1';
}

static void see(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		leak("%s can be seen", path);
}

static void look_at_files(void)
{
	static const char *const outside[] = { "/root",       "/home",      "/var", "/run",
					       "/boot",       "/sys",       "/mnt", "/srv",
					       "/etc/shadow", "/etc/fstab", "/opt", "/work",
					       "/.host" };
	char path[600];

	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
		see(outside[i]);
	see(value("secret"));
	snprintf(path, sizeof path, "/proc/1/root%s", value("secret"));
	see(path);
	snprintf(path, sizeof path, "/../../..%s", value("secret"));
	see(path);
}

/* A folder holds only these names, which are listed with a blank after each. */
static void holds_only(const char *folder, const char *names)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char word[300];

	while (d && (e = readdir(d))) {
		snprintf(word, sizeof word, " %s ", e->d_name);
		if (e->d_name[0] != '.' && !strstr(names, word))
			leak("%s/%s is there", folder, e->d_name);
	}
	if (d)
		closedir(d);
}

static void look_at_environment(void)
{
	extern char **environ;

	for (char **e = environ; *e; e++)
		if (strncmp(*e, "PATH=", 5) != 0 && strncmp(*e, "PWD=", 4) != 0)
			leak("environment: %s", *e);
}

static void look_at_descriptors(void)
{
	for (int fd = 3; fd < 4096; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			leak("descriptor %d is open", fd);
	if (isatty(0) || getsid(0) != getpgrp())
		leak("there is a terminal or a foreign session");
}

static void reach(const char *what, int family, const void *address, socklen_t size)
{
	int s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s >= 0 && connect(s, address, size) == 0)
		leak("%s can be reached", what);
	close(s);
}

static void look_at_sockets(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(value("port"))),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	size_t n = strlen(value("name"));

	snprintf(a.sun_path, sizeof a.sun_path, "%s", value("path"));
	reach("a socket by its path", AF_UNIX, &a, sizeof a);
	if (shared_network())
		return; /* which has abstract sockets and ports in it */
	memset(a.sun_path, 0, sizeof a.sun_path);
	memcpy(a.sun_path + 1, value("name"), n);
	reach("an abstract socket", AF_UNIX, &a,
	      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n));
	reach("the host's loopback", AF_INET, &in, sizeof in);
}

static void look_at_interfaces(void)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *i = all; !shared_network() && i && i->if_name; i++)
		if (strcmp(i->if_name, "lo") != 0)
			leak("network interface %s", i->if_name);
	if_freenameindex(all);
}

/* Not a leak, but promised: an own loopback that works. */
static void use_loopback(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof in;
	int a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int b = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(a, (void *)&in, sizeof in) < 0 || listen(a, 1) < 0 ||
	    getsockname(a, (void *)&in, &size) < 0 || connect(b, (void *)&in, size) < 0)
		leak("no loopback of its own: %s", strerror(errno));
	close(a);
	close(b);
}

static void look_at_names(void)
{
	char name[256] = "";

	gethostname(name, sizeof name);
	if (strcmp(name, "pawl") != 0 || strcmp(value("host"), name) == 0)
		leak("host name %s", name);
	if (getuid() != 1000 || geteuid() != 1000 || getgid() != 1000 || getegid() != 1000)
		leak("uid %u gid %u", getuid(), getgid());
}

/*
 * Who can trace pid 1 can stop it, and is not ended with the task. bubblewrap's lets itself be
 * traced.
 */
static void look_at_init(void)
{
	if (ptrace(PTRACE_ATTACH, 1, 0, 0) < 0)
		return;
	waitpid(1, NULL, __WALL);
	if (access("/proc/1/root/root", F_OK) == 0)
		leak("pid 1 leads outside");
	ptrace(PTRACE_DETACH, 1, 0, 0);
	if (value("bubblewrap")[0] != '1')
		leak("pid 1 can be traced");
}

static void look_at_processes(void)
{
	pid_t host = (pid_t)atoi(value("pid"));
	struct dirent *e;
	DIR *d = opendir("/proc");
	char path[64];

	while (d && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]) && atoi(e->d_name) > 100)
			leak("process %s", e->d_name);
	if (d)
		closedir(d);
	if (host > 100 && (kill(host, 0) == 0 || errno == EPERM))
		leak("process %d of the host exists", host);
	snprintf(path, sizeof path, "/proc/%d", host);
	if (host > 100)
		see(path);
	look_at_init();
}

static void look_at_keys(void)
{
	if (syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "pawl-leak-probe",
		    0) >= 0)
		leak("a key of the host's session");
}

static void may_not_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return;
	leak("%s can be written", path);
	close(fd);
}

static void try_to_write(void)
{
	static const char *const places[] = {
		"/new",
		"/usr/new",
		"/usr/bin/new",
		"/etc/new",
		"/dev/new",
		"/proc/sys/vm/swappiness",
		"/proc/sysrq-trigger",
		"/etc/passwd",
		"/usr/bin/env",
		"/proc/sys/kernel/core_pattern",
		"/proc/sys/net/ipv4/ip_forward",
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		may_not_write(places[i]);
	may_not_write(value("input"));
	if (chmod(value("input"), 0777) == 0 || unlink(value("input")) == 0)
		leak("the input can be changed");
	if (chmod("/usr", 0755) == 0)
		leak("/usr can be changed");
}

static void may_write(const char *folder)
{
	char path[400];
	int fd;

	snprintf(path, sizeof path, "%s/written", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		leak("%s cannot be written: %s", folder, strerror(errno));
	else
		close(fd);
}

static void try_to_mount(const char *as)
{
	if (mount("none", "/usr", NULL, MS_REMOUNT | MS_BIND, NULL) == 0 &&
	    open("/usr/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0)
		leak("%s: /usr can be made writable", as);
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0 && mkdir("/new", 0755) == 0)
		leak("%s: / can be made writable", as);
	if (umount2("/proc/sys", MNT_DETACH) == 0 || umount2("/usr", MNT_DETACH) == 0 ||
	    umount2("/dev/null", MNT_DETACH) == 0)
		leak("%s: a mount can be taken away", as);
	if (umount2("/", MNT_DETACH) == 0)
		see("/root");
	if (mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)) == 0)
		leak("%s: a device can be made", as);
	see(value("secret"));
}

/* Full rights in a user namespace of one's own must not help. */
static void try_in_namespace(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		leaks = 0;
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
			try_to_mount("own namespace");
			may_not_write("/proc/sys/vm/swappiness");
		}
		fflush(stdout);
		_exit(leaks != 0);
	}
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status)
		leaks++;
}

static void look_at_rights(void)
{
	char line[200];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if ((strncmp(line, "CapEff:", 7) == 0 || strncmp(line, "CapPrm:", 7) == 0 ||
		     strncmp(line, "CapInh:", 7) == 0 || strncmp(line, "CapAmb:", 7) == 0) &&
		    strtoull(line + 7, NULL, 16))
			leak("capabilities %s", line);
	if (f)
		fclose(f);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		leak("new privileges are possible");
	if (setuid(0) == 0 || setgid(0) == 0 || sethostname("x", 1) == 0)
		leak("another user can be taken on");
}

/* Out of the session, the group and the family; it holds our output open. */
static void leave_a_daemon(void)
{
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			signal(SIGHUP, SIG_IGN);
			signal(SIGTERM, SIG_IGN);
			for (;;)
				pause();
		}
		_exit(0);
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	given = argv + 1;
	look_at_descriptors();
	look_at_files();
	holds_only("/", " bin sbin lib lib64 lib32 libx32 usr etc dev proc tmp ");
	holds_only("/dev",
		   " null zero full random urandom tty console core shm pts ptmx fd stdin stdout"
		   " stderr ");
	holds_only("/etc", " passwd group hosts hostname nsswitch.conf ld.so.cache resolv.conf ssl"
			   " ca-certificates pki ");
	look_at_environment();
	look_at_sockets();
	look_at_interfaces();
	use_loopback();
	look_at_names();
	look_at_processes();
	look_at_keys();
	try_to_write();
	may_write(value("work"));
	may_write("/tmp");
	may_write("/dev/shm");
	try_to_mount("plainly");
	try_in_namespace();
	look_at_rights();
	if (leaks == 0)
		puts("nothing leaks");
	fflush(stdout);
	if (value("daemon")[0] == '1')
		leave_a_daemon();
	return leaks != 0;
}
