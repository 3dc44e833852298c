/* SPDX-License-Identifier: MIT */
/* What a world shows of the disk: all of it, or what its sandbox has bound. */
#ifndef PAWL_SIM_VIEW_H
#define PAWL_SIM_VIEW_H

#include "sim/machine.h"

/*
 * For files.c: where on the disk the path of a world is. `path` is absolute and plain: nothing
 * empty, no dots, and no part but the last is a symbolic link; so who resolves a path asks for each
 * folder on its way, and starts with a link's text from the world's root again. `writes`: what is
 * there is to be changed, or made, or is to go.
 *
 * In a sandbox the root is a folder of the machine's own below PAWL_SIM_SANDBOXES_, with /tmp and a
 * place for each bind; the last bind that has the path in it says where that leads.
 *
 * result:  0, PAWL_EROFS: not to be written to there; PAWL_ENAMETOOLONG
 */
int pawl_sim_view_(struct sim_world *w, const char *path, bool writes, char *ret_real, size_t size);

/*
 * The same for a path that nobody has looked at, in a sandbox. False: it is not plain, has a link
 * on its way, or a part that is not there, and so has to be resolved; the last part may be missing,
 * and may be a link unless `follows`.
 */
bool pawl_sim_view_direct_(struct sim_world *w, const char *path, bool follows, char *ret_real,
			   size_t size);

/* Which of the mounts it is on: two paths with different ones cannot be renamed or linked. */
size_t pawl_sim_view_mount_(struct sim_world *w, const char *path);

/* Where sandboxes have their roots: there as long as there are any. */
#define PAWL_SIM_SANDBOXES_ "/.sandbox"

/*
 * Works out what a sandbox shows, as `w`, who starts it, has it, and makes its root. Fails as the
 * real one, with words in ret_text: a path that is not there, or not plain.
 */
int pawl_sim_view_new_(struct sim_world *w, const pawl_sandbox *s, struct sim_view **ret,
		       char *ret_text, size_t size);

/* Removes its root. */
void pawl_sim_view_free_(struct sim_machine *m, struct sim_view *v);

#endif
