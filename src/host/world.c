/* SPDX-License-Identifier: MIT */
/* The real machine as a world: its table, its clocks, its beginning and end. */
#define _GNU_SOURCE
#include "host/launch.h"

#include <pawl/host.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static pawl_time world_now(pawl_world *w)
{
	(void)w;
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t world_wall(pawl_world *w)
{
	(void)w;
	return read_clock(CLOCK_REALTIME);
}

static const pawl_world_ops ops = {
	.size = sizeof(pawl_world_ops),
	.now = world_now,
	.wall = world_wall,
	.open = pawl_machine_open,
	.close = pawl_machine_close,
	.read = pawl_machine_read,
	.write = pawl_machine_write,
	.fstat = pawl_machine_fstat,
	.stat = pawl_machine_stat,
	.walk = pawl_walk,
	.mkdir = pawl_machine_mkdir,
	.unlink = pawl_machine_unlink,
	.rmdir = pawl_machine_rmdir,
	.rename = pawl_machine_rename,
	.link = pawl_machine_link,
	.symlink = pawl_machine_symlink,
	.readlink = pawl_machine_readlink,
	.chmod = pawl_machine_chmod,
	.set_mtime = pawl_machine_set_mtime,
	.clone = pawl_machine_clone,
	.sync = pawl_machine_sync,
	.sync_all = pawl_machine_sync_all,
	.lock = pawl_machine_lock,
	.start = pawl_machine_start,
	.wait = pawl_machine_wait,
	.kill = pawl_machine_kill,
	.sandbox = pawl_sandbox_probe,
	.cpus = pawl_slots_cpus,
	.slots_open = pawl_slots_open,
	.slot_take = pawl_slots_take,
	.slot_give = pawl_slots_give,
	.slots_refill = pawl_slots_refill,
	.slots_close = pawl_slots_close,
};

int pawl_world_host(pawl_host *h, pawl_world **ret)
{
	struct pawl_machine *m = calloc(1, sizeof *m);
	int r;

	if (!m)
		return PAWL_ENOMEM;
	m->world.ops = &ops;
	m->loop = h ? pawl_host_loop(h) : NULL;
	m->init = m->users = m->guard = m->life[0] = m->life[1] = -1;
	m->null = pawl_kept_dup(open("/dev/null", O_RDWR | O_CLOEXEC));
	if (m->null < 0) {
		r = pawl_result_of(errno);
		free(m);
		return r;
	}
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->probing, NULL);
	*ret = &m->world;
	return PAWL_OK;
}

static void close_kept(int fd)
{
	if (fd >= 0)
		close(fd);
}

void pawl_world_host_free(pawl_world *w)
{
	struct pawl_machine *m;

	if (!w)
		return;
	m = pawl_machine_of(w);
	assert(w->ops == &ops);
	pawl_slots_close(w);
	pawl_guard_stop(m);
	pawl_space_close(m);
	close_kept(m->life[0]);
	close_kept(m->life[1]);
	close_kept(m->init);
	close_kept(m->null);
	pthread_mutex_destroy(&m->probing);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
