/* SPDX-License-Identifier: MIT */
/* Text of recipes, classes and configuration files as a list of statements. */
#ifndef PAWL_GRAPH_PARSE_H
#define PAWL_GRAPH_PARSE_H

#include "base.h"

enum pawl_statement_kind {
	PAWL_ST_SET,     /* name op "text", or name[flag] op "text" */
	PAWL_ST_EXPORT,  /* name */
	PAWL_ST_UNSET,   /* name, or name[flag] */
	PAWL_ST_INCLUDE, /* text: files */
	PAWL_ST_REQUIRE,
	PAWL_ST_INCLUDE_ALL,
	PAWL_ST_INHERIT, /* text: classes */
	PAWL_ST_INHERIT_DEFER,
	PAWL_ST_FUNCTION,         /* name, text: its lines */
	PAWL_ST_PYTHON_FUNCTION,  /* python name() { */
	PAWL_ST_DEF,              /* def name(…): */
	PAWL_ST_EXPORT_FUNCTIONS, /* text: names; name: the class */
	PAWL_ST_ADDTASK,          /* text: tasks */
	PAWL_ST_DELTASK,          /* text: tasks */
	PAWL_ST_HANDLER           /* addhandler; text: names */
};

enum pawl_op {
	PAWL_OP_SET,     /* =   */
	PAWL_OP_DEFAULT, /* ?=  */
	PAWL_OP_WEAK,    /* ??= */
	PAWL_OP_NOW,     /* :=  */
	PAWL_OP_APPEND,  /* +=  */
	PAWL_OP_PREPEND, /* =+  */
	PAWL_OP_DOT,     /* .=  */
	PAWL_OP_PREDOT   /* =.  */
};

extern const char *const pawl_op_text[]; /* "=", "?=" … by enum pawl_op */

struct pawl_statement {
	enum pawl_statement_kind kind;
	enum pawl_op op;
	bool exported; /* `export NAME = …` */
	bool fakeroot; /* a function's prefix */
	int line;      /* its first */
	int body_line; /* of a function: first line of the body */
	const char *name, *flag, *text;
	const char *after, *before; /* of addtask */
};

/* A file that was read. All its texts live in an arena that belongs to whoever keeps it. */
struct pawl_source {
	const char *path;
	struct pawl_statement *statements;
	size_t count;
	bool is_class; /* .bbclass */
};

/*
 * Reads text (len bytes, followed by NUL) that came from path. A .conf has fewer kinds of
 * statements than the others. Errors go to m, each with line, column, what was found and what was
 * expected; reading goes on after them.
 */
struct pawl_source *pawl_parse(struct pawl_arena *a, const char *path, const char *text, size_t len,
			       struct pawl_messages *m);

#endif
