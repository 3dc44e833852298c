/* SPDX-License-Identifier: MIT */
/* Signatures: the digest of all that a task's outcome depends on, and the text behind it. */
#ifndef PAWL_GRAPH_SIGN_H
#define PAWL_GRAPH_SIGN_H

#include "plan.h"

/*
 * The text is a list of fields, one after the other: "K N NAME M VALUE\n" where N and M are the
 * lengths of NAME and VALUE in bytes, so that no two lists give the same text. K says what it is:
 */
enum pawl_field_kind {
	PAWL_FIELD_TASK = 't', /* name: "recipe:do_task"; value: the version of this form */
	PAWL_FIELD_VAR = 'v',  /* a variable, function or flag and its value, not expanded */
	PAWL_FIELD_DEP = 'd',  /* a task that it depends on and that one's signature */
	PAWL_FIELD_FILE = 'f', /* an input file and the digest of its content, or "absent" */
	PAWL_FIELD_ONCE = 'o', /* a task that runs every time: what makes this time different */
	/* not part of the signature, kept behind its text: why the task ran, the end of its log */
	PAWL_FIELD_WHY = 'w',
	PAWL_FIELD_LOG = 'l'
};

struct pawl_field {
	char kind;
	const char *name, *value; /* not ended by NUL */
	size_t name_len, value_len;
};

/*
 * Signs all nodes of a plan: fills signature and fields, and the plan's inputs with the files that
 * were read.
 *
 *	hasher	an open one
 *	m	gets what is wrong
 *
 * result:  0, PAWL_EINVAL when m got an error
 * owns:    texts live in the plan's arena
 * from:    task
 * cost:    O(size of all fields), one reading of each input file
 */
int pawl_sign_plan(struct pawl_plan *p, pawl_world *w, const struct pawl_hasher *hasher,
		   struct pawl_messages *m);

/* Does the code of a signed task see the files that SRC_URI names? */
bool pawl_node_uses_sources(const struct pawl_node *n);

/* The digest of a file's content. */
int pawl_file_hash(pawl_world *w, const struct pawl_hasher *hasher, const char *path,
		   pawl_digest *ret_digest);

/*
 * A file that the node was signed with and that is not as it was when that was done; NULL: none.
 * Whoever ran meanwhile may have seen the new one. What changed since `sure` may have changed again
 * and show the same times: it is read.
 *
 * from:    a blocking section, too
 */
const char *pawl_node_changed_input(pawl_world *w, const struct pawl_hasher *hasher,
				    const struct pawl_node *n, int64_t sure);

/* Adds a field to a text. */
void pawl_field_add(struct pawl_buf *b, char kind, const char *name, const char *value);

/* The next field of *at, which moves on; false at the end or when the text is not of this form. */
bool pawl_field_next(const char **at, struct pawl_field *ret_field);

/*
 * Says in one line what differs between two texts: the variable with both values, the file, or the
 * first task below that changed. Where that is a task, *ret_task is its name (in the arena) and
 * *ret_was its signature before, so that one can ask further down; else NULL.
 *
 * result:  true: they differ and ret_line says how; false: they are the same
 */
bool pawl_field_difference(const char *before, const char *after, struct pawl_arena *a,
			   const char **ret_line, const char **ret_task, pawl_digest *ret_was);

#endif
