/* SPDX-License-Identifier: MIT */
/* The inside of the simulated shell: a script that runs, and the commands that it has. */
#ifndef PAWL_SIM_SCRIPT_H
#define PAWL_SIM_SCRIPT_H

#include "sim/process.h"

enum {
	SCRIPT_WORDS = 32,  /* of one command */
	SCRIPT_PATH = 4096, /* bytes */
	SCRIPT_FAILED = 1,  /* exit codes */
	SCRIPT_UNKNOWN = 127
};

/* A variable, or a function: then the value is its body. */
struct script_name {
	struct script_name *next;
	const char *name, *value;
	size_t size; /* of the value */
	unsigned line;
};

struct script {
	pawl_sim_process *p;
	const char *file;
	const char *cwd;
	struct script_name *variables, *functions;
	unsigned line;  /* of the command that runs */
	unsigned depth; /* of calls */
};

/* Memory that goes with the process; the process panics when there is none. */
void *pawl_script_alloc_(struct script *s, size_t size);

/* A line in the log: where, and what. */
void pawl_script_say_(struct script *s, const char *what, const char *about);

/* Runs a command that is neither a function nor an assignment: 0, or the script's exit code. */
int pawl_script_command_(struct script *s, char **words, unsigned count);

/* Reads a file whole; its end is marked by a NUL. NULL: *ret_error says why. */
char *pawl_script_read_(struct script *s, const char *path, size_t *ret_size, int *ret_error);

/* How often a node has begun a script. */
unsigned pawl_script_runs_(const struct sim_machine *m, const pawl_sim_node *n, const char *path);
void pawl_sim_runs_free_(struct sim_machine *m);

#endif
