/* SPDX-License-Identifier: MIT */
/* MIRRORS and PREMIRRORS: other places for a URL. */
#ifndef PAWL_GRAPH_MIRROR_H
#define PAWL_GRAPH_MIRROR_H

#include "data.h"

/* Adds to ret the URLs that the pairs of `variable` make of u. */
void pawl_mirror_urls(struct pawl_data *d, const char *variable, const struct pawl_uri *u,
		      struct pawl_arena *a, struct pawl_list *ret);

#endif
