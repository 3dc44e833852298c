/* SPDX-License-Identifier: MIT */
/* Namespaces that sandboxes share or use again: users and networks. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Making a network namespace costs 0.4 ms, and taking it down as much again. Nothing that ran in
 * one can have changed it, for want of rights, and sockets end with their processes; what may stay
 * behind are connections that wait for their time to pass. So a namespace is used again when the
 * kernel says that no socket is left in it, and dropped otherwise.
 */
struct pawl_net {
	struct pawl_net *next;
	int ns;       /* enters it */
	int sockets;  /* its /proc/net/sockstat */
	long at_rest; /* how many sockets the kernel itself has in it */
};

enum { NETS_KEPT_MAX = 64 };

/* Written and read by a child that borrows our memory and files; system calls only. */
struct making {
	struct pawl_launch *launch;
	int users, ns, sockets;
	char uid_map[40], gid_map[40];
};

static int sys_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

static bool write_map(const char *path, const char *text)
{
	int fd = sys_open(path, O_WRONLY);
	long n;

	if (fd < 0)
		return false;
	n = syscall(SYS_write, fd, text, strlen(text));
	syscall(SYS_close, fd);
	return n >= 0;
}

/* In its new user namespace. */
static int child_users(void *arg)
{
	struct making *k = arg;

	if (!write_map("/proc/self/setgroups", "deny") ||
	    !write_map("/proc/self/uid_map", k->uid_map) ||
	    !write_map("/proc/self/gid_map", k->gid_map))
		return pawl_launch_fail(k->launch, PAWL_STEP_ID_MAP, NULL);
	k->users = sys_open("/proc/self/ns/user", O_RDONLY);
	if (k->users < 0)
		return pawl_launch_fail(k->launch, PAWL_STEP_USERS, NULL);
	return 0;
}

static bool raise_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int s = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = s >= 0 && syscall(SYS_ioctl, s, SIOCSIFFLAGS, &r) == 0;

	if (s >= 0)
		syscall(SYS_close, s);
	return ok;
}

static int child_net(void *arg)
{
	struct making *k = arg;

	if (syscall(SYS_setns, k->users, CLONE_NEWUSER) < 0)
		return pawl_launch_fail(k->launch, PAWL_STEP_USERS, NULL);
	if (syscall(SYS_unshare, CLONE_NEWNET) < 0 || !raise_loopback())
		return pawl_launch_fail(k->launch, PAWL_STEP_NETWORK, NULL);
	k->ns = sys_open("/proc/self/ns/net", O_RDONLY);
	k->sockets = sys_open("/proc/self/net/sockstat", O_RDONLY);
	if (k->ns < 0 || k->sockets < 0)
		return pawl_launch_fail(k->launch, PAWL_STEP_NETWORK, NULL);
	return 0;
}

static int no_child(struct pawl_launch *l, enum pawl_step step)
{
	pawl_launch_fail(l, step, NULL);
	return -1;
}

static int make_users(struct pawl_machine *m, struct pawl_launch *l)
{
	struct making k = { .launch = l, .users = -1 };

	snprintf(k.uid_map, sizeof k.uid_map, "1000 %u 1\n", (unsigned)geteuid());
	snprintf(k.gid_map, sizeof k.gid_map, "1000 %u 1\n", (unsigned)getegid());
	if (!pawl_launch_borrow(child_users, &k, CLONE_NEWUSER))
		return no_child(l, PAWL_STEP_USERS);
	m->users = pawl_kept_dup(k.users);
	return m->users < 0 ? -1 : 0;
}

/*
 * How many sockets there are in it; -1 when some wait for their time to pass, or when it cannot be
 * told.
 */
static long count_sockets(int sockstat)
{
	char text[512];
	ssize_t n = pread(sockstat, text, sizeof text - 1, 0);
	long used, waiting;
	const char *tw;

	text[n > 0 ? n : 0] = '\0';
	tw = strstr(text, " tw ");
	if (sscanf(text, "sockets: used %ld", &used) != 1 || !tw ||
	    sscanf(tw, " tw %ld", &waiting) != 1)
		return -1;
	return waiting ? -1 : used;
}

static void net_free(struct pawl_net *n)
{
	close(n->ns);
	close(n->sockets);
	free(n);
}

static struct pawl_net *make_net(struct pawl_machine *m, struct pawl_launch *l)
{
	struct making k = { .launch = l, .users = m->users, .ns = -1, .sockets = -1 };
	struct pawl_net *n = malloc(sizeof *n);

	if (!n || !pawl_launch_borrow(child_net, &k, 0))
		no_child(l, PAWL_STEP_NETWORK);
	if (!l->error) {
		*n = (struct pawl_net){ .ns = pawl_kept_dup(k.ns),
					.sockets = pawl_kept_dup(k.sockets) };
		n->at_rest = count_sockets(n->sockets);
		return n;
	}
	if (k.ns >= 0)
		close(k.ns);
	if (k.sockets >= 0)
		close(k.sockets);
	free(n);
	return NULL;
}

static struct pawl_net *pop(struct pawl_machine *m)
{
	struct pawl_net *n;

	pthread_mutex_lock(&m->lock);
	n = m->nets;
	if (n) {
		m->nets = n->next;
		m->net_count--;
	}
	pthread_mutex_unlock(&m->lock);
	return n;
}

static bool is_clean(const struct pawl_net *n)
{
	return n->at_rest >= 0 && count_sockets(n->sockets) == n->at_rest;
}

static struct pawl_net *take_net(struct pawl_machine *m, struct pawl_launch *l)
{
	struct pawl_net *n;

	while ((n = pop(m))) {
		if (is_clean(n))
			return n;
		net_free(n);
	}
	return make_net(m, l);
}

int pawl_space_take(struct pawl_machine *m, struct pawl_launch *l, struct pawl_net **ret)
{
	struct pawl_net *n;
	int r = 0;

	*ret = NULL;
	pthread_mutex_lock(&m->lock);
	if (m->users < 0)
		r = make_users(m, l);
	pthread_mutex_unlock(&m->lock);
	if (r < 0)
		return -1;
	l->users = m->users;
	l->net = -1;
	if (l->view->network)
		return 0;
	n = take_net(m, l);
	if (!n)
		return -1;
	l->net = n->ns;
	*ret = n;
	return 0;
}

void pawl_space_give(struct pawl_machine *m, struct pawl_net *n)
{
	bool keep;

	if (!n)
		return;
	pthread_mutex_lock(&m->lock);
	keep = m->net_count < NETS_KEPT_MAX;
	if (keep) {
		n->next = m->nets;
		m->nets = n;
		m->net_count++;
	}
	pthread_mutex_unlock(&m->lock);
	if (!keep)
		net_free(n);
}

void pawl_space_close(struct pawl_machine *m)
{
	struct pawl_net *n;

	while ((n = pop(m)))
		net_free(n);
	if (m->users >= 0)
		close(m->users);
	m->users = -1;
}
