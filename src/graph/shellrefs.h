/* SPDX-License-Identifier: MIT */
/* Which commands a shell text runs: words where the shell looks for a command. */
#ifndef PAWL_GRAPH_SHELLREFS_H
#define PAWL_GRAPH_SHELLREFS_H

#include "base.h"

/*
 * Adds to ret the words in command position of text, less the functions that it defines itself.
 * What no parser can know (`$cmd`, "eval" of a quoted text) is left out. A text that is no shell
 * gives what can be made out.
 */
void pawl_shellrefs(const char *text, struct pawl_map *ret);

#endif
