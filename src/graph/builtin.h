/* SPDX-License-Identifier: MIT */
/* Variables that pawl itself sets where nobody else does. */
#ifndef PAWL_GRAPH_BUILTIN_H
#define PAWL_GRAPH_BUILTIN_H

#include "data.h"

/*
 * FILE_DIRNAME, THISDIR, PAWL_UNPACK, PAWL_PATCH; NULL: no such variable, or (with *ret_failed) it
 * cannot be made.
 */
const char *pawl_builtin(struct pawl_data *d, const char *name, bool *ret_failed);

#endif
