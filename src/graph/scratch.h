/* SPDX-License-Identifier: MIT */
/* Folders of a task that are nobody's output: for scripts and logs, and for the sysroot. */
#ifndef PAWL_GRAPH_SCRATCH_H
#define PAWL_GRAPH_SCRATCH_H

#include <pawl/world.h>

#include "base.h"

/* Makes T, which lies in the work folder `root`; of what is in it only scripts and logs stay. */
int pawl_scratch_temp(pawl_world *w, const char *root, const char *temp);

/* Opens a new file for writing in place of whatever has that name. */
int pawl_scratch_open(pawl_world *w, const char *path, unsigned mode, int *ret_file);

/* Is it a file still, so that it can be read without surprise? */
bool pawl_scratch_is_file(pawl_world *w, const char *path);

/*
 * Removes what is at this path in the work folder `root`, quickly when it is an empty folder, and
 * makes the folder that it lies in.
 */
int pawl_scratch_empty(pawl_world *w, const char *root, const char *path);

#endif
