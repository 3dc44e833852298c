/* SPDX-License-Identifier: MIT */
/* Whether the files that a task was signed with are still the same after it ran. */
#include "sign.h"

/* What says more than a name that was linked to or a mode that was set and set back. */
static bool differs(const pawl_stat *was, const pawl_stat *is)
{
	return was->kind != is->kind || was->mtime != is->mtime || was->ino != is->ino ||
	       was->size != is->size || was->mode != is->mode;
}

/* Is the content one that the task was signed with? */
static bool signed_content(pawl_world *w, const struct pawl_hasher *hasher,
			   const struct pawl_node *n, const char *path)
{
	char hex[PAWL_HEX_SIZE];
	pawl_digest d;

	if (pawl_file_hash(w, hasher, path, &d))
		return false;
	pawl_digest_hex(&d, hex);
	return strstr(n->fields, hex) != NULL;
}

static bool changed(pawl_world *w, const struct pawl_hasher *hasher, const struct pawl_node *n,
		    const struct pawl_input *in, int64_t sure)
{
	pawl_stat st;
	int r = w->ops->stat(w, in->path, in->st.kind != PAWL_KIND_LINK, &st);

	if (in->kind == PAWL_INPUT_ABSENT)
		return r != PAWL_ENOENT && r != PAWL_ENOTDIR;
	if (r || differs(&in->st, &st))
		return true;
	return st.kind == PAWL_KIND_FILE && (st.ctime != in->st.ctime || st.ctime > sure) &&
	       !signed_content(w, hasher, n, in->path);
}

const char *pawl_node_changed_input(pawl_world *w, const struct pawl_hasher *hasher,
				    const struct pawl_node *n, int64_t sure)
{
	for (size_t i = 0; i < n->input_count; i++) {
		if (changed(w, hasher, n, n->inputs[i], sure))
			return n->inputs[i]->path;
	}
	return NULL;
}
