/* SPDX-License-Identifier: MIT */
/* What the statements of a file do to a store. */
#ifndef PAWL_GRAPH_STATEMENT_H
#define PAWL_GRAPH_STATEMENT_H

#include "data.h"
#include "look.h"

/*
 * Reads one file into the store as `require` does; false when it cannot be read (not said). own:
 * see pawl_look_source.
 */
bool pawl_statements_read(struct pawl_data *d, const char *path, struct pawl_arena *own);
/* inherit of the classes named in words (expanded here); file and line say who asks. */
void pawl_statements_inherit(struct pawl_data *d, const char *words, const char *file, int line);
/* The classes that were put off with inherit_defer, and those that they put off. */
void pawl_statements_inherit_deferred(struct pawl_data *d);

/* Names of tasks: all of a store, and those that one comes after, joined by blanks. */
#define PAWL_TASK_LIST "__BBTASKS"
#define PAWL_TASK_AFTER "deps"

#endif
