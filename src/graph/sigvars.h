/* SPDX-License-Identifier: MIT */
/* What signatures and scripts share about a recipe's variables. */
#ifndef PAWL_GRAPH_SIGVARS_H
#define PAWL_GRAPH_SIGVARS_H

#include "data.h"

struct pawl_sig_cache;

void pawl_sig_cache_free(struct pawl_sig_cache *c);
/* Names with the flag export and without unexport, sorted. */
void pawl_exported_names(struct pawl_data *d, struct pawl_list *ret);
/* False, and said, when the task's function is Python. */
bool pawl_check_shell_task(struct pawl_recipe *r, const char *task);

#endif
