/* SPDX-License-Identifier: MIT */
/* SQLite on the disk of a simulated machine. */
#ifndef PAWL_SIM_SQLITE_H
#define PAWL_SIM_SQLITE_H

#include <pawl/world.h>

PAWL_BEGIN_C

/*
 * Lets SQLite reach the disk of a simulated machine through this world: from now on
 * `w->ops->sqlite_vfs` names a VFS of its own, as long as its program lives.
 *
 * Each call that SQLite makes to it is one of the world, at which the program may be killed or the
 * power cut, and which fails as the faults in force say; but nobody else runs there, because SQLite
 * holds mutexes. Open files, locks and the shared memory of a write-ahead log end with the program;
 * there is no file for that memory. Its time is the simulator's, and so is its randomness, which
 * begins anew with each call of this. Files are synced as SQLite's own VFS for Unix does that.
 *
 * This is a library of its own, pawl::sim_sqlite.
 *
 *	w	a world of a simulated machine
 *
 * result:  0, PAWL_ENOMEM
 * owns:    the world
 * from:    thread, task
 * cost:    allocates
 */
PAWL_MUST_USE int pawl_sim_sqlite(pawl_world *w);

PAWL_END_C

#endif
