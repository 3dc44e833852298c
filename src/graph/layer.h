/* SPDX-License-Identifier: MIT */
/* Inside the meta data: what is kept behind struct pawl_meta. */
#ifndef PAWL_GRAPH_LAYER_H
#define PAWL_GRAPH_LAYER_H

#include "data.h"
#include "look.h"

#include <regex.h>

/* A layer's collection: which files are its own, and how much they weigh. */
struct pawl_layer {
	const char *name;
	int priority;
	bool has_priority;
	const char *pattern;
	regex_t regex;
	bool has_regex;
};

struct pawl_meta_state {
	struct pawl_look look;
	struct pawl_messages *messages;
	struct pawl_data *base; /* what bblayers.conf says: parent of the configuration */
	/* the configuration with expanded names, for preferences; NULL until needed */
	struct pawl_data *choice;
	struct pawl_layer *layers; /* longest pattern first */
	size_t layer_count;
	struct pawl_map providers; /* what -> struct pawl_list of struct pawl_recipe */
	struct pawl_map chosen;    /* what -> struct pawl_recipe */
};

/* The layer that a path belongs to, or NULL. */
const struct pawl_layer *pawl_layer_of(const struct pawl_meta *meta, const char *path);
/* Reads BBFILE_COLLECTIONS and what belongs to it. */
void pawl_layers_read(struct pawl_meta *meta);
void pawl_layers_fini(struct pawl_meta *meta);
/* The files of BBFILES: recipes (.bb) and appends (.bbappend), in order of priority. */
void pawl_layers_files(struct pawl_meta *meta, struct pawl_list *ret_recipes,
		       struct pawl_list *ret_appends);

/* Reads one recipe with its appends; never NULL (errors are said). */
struct pawl_recipe *pawl_recipe_new(struct pawl_meta *meta, const char *file,
				    const struct pawl_list *appends);
void pawl_recipe_free(struct pawl_recipe *r);

/* Fills the map of providers. */
void pawl_providers_read(struct pawl_meta *meta);
void pawl_providers_fini(struct pawl_meta *meta);

#endif
