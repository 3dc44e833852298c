/* SPDX-License-Identifier: MIT */
/* One logical line (continuations joined) as one statement. */
#ifndef PAWL_GRAPH_PARSE_LINE_H
#define PAWL_GRAPH_PARSE_LINE_H

#include "parse.h"

struct pawl_line_part {
	size_t offset; /* in the joined text */
	int line;
};

struct pawl_line {
	const char *path;
	struct pawl_arena *arena; /* of the statements' texts */
	struct pawl_messages *messages;
	struct pawl_buf text;
	struct pawl_line_part *parts; /* which physical lines it was joined from */
	size_t part_count, part_cap;
};

enum pawl_line_result { PAWL_LINE_NOTHING, PAWL_LINE_STATEMENT, PAWL_LINE_FUNCTION, PAWL_LINE_DEF };

/* what is added to text from now on is from that line */
void pawl_line_part(struct pawl_line *l, int line);
void pawl_line_fini(struct pawl_line *l);

/* Fills *st (its line is set already). NOTHING: it was wrong, which was said, or has no effect. */
enum pawl_line_result pawl_line_parse(struct pawl_line *l, bool conf, const char *class_name,
				      struct pawl_statement *st);

#endif
