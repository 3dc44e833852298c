/* SPDX-License-Identifier: MIT */
/* What SRC_URI becomes: shell text that unpacks and patches. */
#ifndef PAWL_GRAPH_URI_H
#define PAWL_GRAPH_URI_H

#include "data.h"
#include "look.h"

/*
 * Shell text for do_unpack and do_patch; NULL when SRC_URI is wrong (which was said). In the
 * recipe's memory.
 */
const char *pawl_recipe_unpack_text(struct pawl_recipe *r);
const char *pawl_recipe_patch_text(struct pawl_recipe *r);

#endif
