/* SPDX-License-Identifier: MIT */
/* Reads the command line. */
#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct command {
	const char *name;
	const char *options; /* short ones that it takes */
	const char *usage;
	size_t least, most; /* arguments */
	const char *wants;  /* what the least is */
	const char *help;
};

static const struct command commands[] = {
	{ "build", "knfj:c:C:", "[OPTION]... TARGET[:TASK]...", 1, SIZE_MAX,
	  "a target, such as the name of a recipe",
	  "builds the targets\n"
	  "  -k             after a failure, go on with what does not depend on it\n"
	  "  -n             say what would be done and why, do nothing\n"
	  "  -f             run the targets' tasks even when nothing changed\n"
	  "  -j N           at most N tasks at once (default: the CPUs that this process may use)\n"
	  "  -c TASK        the task of targets that name none (default: "
	  "BB_DEFAULT_TASK, else build)\n"
	  "  --no-sandbox   run tasks without a sandbox: they see the whole machine\n"
	  "  --events FILE  write what happens, one JSON object a line (- is standard output)\n"
	  "  --trace FILE   write a trace that opens in Perfetto\n" },
	{ "why", "C:", "TARGET:TASK", 1, 1, "a task, as in busybox:compile",
	  "says in one line why a task will run, or why it ran the last time\n" },
	{ "graph", "C:", "[--dot] TARGET[:TASK]...", 1, SIZE_MAX,
	  "a target, such as the name of a recipe",
	  "lists the tasks of the targets and what each depends on, as TASK <- TASKS\n"
	  "  --dot          as input for Graphviz\n" },
	{ "env", "C:", "[TARGET] [VAR]", 0, 2, "",
	  "shows variables: the value, and where each part of it was set\n"
	  "  TARGET         as this recipe has them; without one, the configuration's\n"
	  "  VAR            only this one; alone, it is known by its capitals\n" },
	{ "log", "C:", "TARGET:TASK", 1, 1, "a task, as in busybox:compile",
	  "shows the log of a task's last run\n" },
	{ "list", "C:", "", 0, 0, "", "lists the recipes: name, version, file\n" },
	{ "clean", "C:", "TARGET...", 1, SIZE_MAX, "a target, such as the name of a recipe",
	  "removes the targets' work folders; the store keeps what they made\n" },
	{ "store", "C:", "stat | verify | gc [--keep SIZE]", 1, 1, "stat, verify or gc",
	  "looks after the store\n"
	  "  stat           counts and sizes\n"
	  "  verify         checks every blob against its name; removes damaged ones\n"
	  "  gc             drops what nothing refers to\n"
	  "  --keep SIZE    with gc: and what was not used for longest, down to SIZE "
	  "(as in 500M, 20G)\n" },
};

enum { OPT_EVENTS = 256, OPT_TRACE, OPT_NO_SANDBOX, OPT_DOT, OPT_KEEP, OPT_HELP };

static const struct option long_options[] = {
	{ "events", required_argument, NULL, OPT_EVENTS },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "dot", no_argument, NULL, OPT_DOT },
	{ "keep", required_argument, NULL, OPT_KEEP },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Which command takes a long option. */
static const char *owner_of(int option)
{
	switch (option) {
	case OPT_EVENTS:
	case OPT_TRACE:
	case OPT_NO_SANDBOX:
		return "build";
	case OPT_DOT:
		return "graph";
	case OPT_KEEP:
		return "store";
	default:
		return NULL;
	}
}

static const char top_help[] =
	"  -C DIR         the build folder: the one with conf/bblayers.conf (default: this one)\n";

static void usage_all(FILE *out)
{
	fprintf(out, "usage: pawl COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	for (size_t i = 0; i < PAWL_COUNT(commands); i++)
		fprintf(out, "  %-6s %.*s\n", commands[i].name,
			(int)strcspn(commands[i].help, "\n"), commands[i].help);
	fprintf(out, "\nEach takes\n%s", top_help);
	fprintf(out,
		"\nA TARGET is the name of a recipe or of what one provides; a TASK is one of its "
		"tasks, with\nor without do_ (busybox:compile). \"pawl help COMMAND\" says more "
		"about a command.\n\nExit codes: 0 done, 1 a task failed or the build "
		"could not go on,\n2 wrong usage or metadata, or nothing could be begun, 130 "
		"interrupted.\n");
}

static void usage_line(const struct command *c, FILE *out)
{
	fprintf(out, "usage: pawl %s %s%s[-C DIR]\n", c->name, c->usage, *c->usage ? " " : "");
}

static int usage_of(const struct command *c)
{
	usage_line(c, stdout);
	printf("%s%s", c->help, top_help);
	return PAWL_EXIT_OK;
}

/* What was wrong is said: how it would be right. */
static int misused(const struct command *c)
{
	usage_line(c, stderr);
	fprintf(stderr, "\"pawl help %s\" says more\n", c->name);
	return PAWL_EXIT_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < PAWL_COUNT(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static bool read_jobs(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || *text == '-' || !n || n > 4096) {
		fprintf(stderr, "pawl: -j takes a number from 1 to 4096, found '%s'\n", text);
		return false;
	}
	*ret = (unsigned)n;
	return true;
}

static bool read_size(const char *text, int64_t *ret)
{
	static const char units[] = "KMGT";
	char *end;
	double n = strtod(text, &end);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (end == text || !(n >= 0) || n > 1e15 || (*end && (!unit || end[1]))) {
		fprintf(stderr, "pawl: --keep takes a size such as 500M or 20G, found '%s'\n",
			text);
		return false;
	}
	for (const char *u = units; unit && u <= unit; u++)
		n *= 1024;
	*ret = (int64_t)n;
	return true;
}

/* One option. False: it was wrong, and is said. */
static bool take_option(const struct command *c, int option, struct pawl_args *a)
{
	const char *owner = owner_of(option);

	if (owner && strcmp(owner, c->name)) {
		fprintf(stderr, "pawl: that option belongs to 'pawl %s'\n", owner);
		return false;
	}
	switch (option) {
	case 'k':
		a->build.keep_going = true;
		return true;
	case 'n':
		a->build.dry = true;
		return true;
	case 'f':
		a->build.force = true;
		return true;
	case 'j':
		return read_jobs(optarg, &a->build.jobs);
	case 'c':
		a->build.task = optarg;
		return true;
	case 'C':
		a->top = optarg;
		return true;
	case OPT_EVENTS:
		a->events = optarg;
		return true;
	case OPT_TRACE:
		a->trace = optarg;
		return true;
	case OPT_NO_SANDBOX:
		a->build.no_sandbox = true;
		return true;
	case OPT_DOT:
		a->dot = true;
		return true;
	case OPT_KEEP:
		return read_size(optarg, &a->keep);
	default:
		return false;
	}
}

static int no_command(const char *found)
{
	if (*found == '-')
		fprintf(stderr,
			"pawl: found '%s' before a command, expected options behind it: "
			"pawl COMMAND %s\n",
			found, found);
	else
		fprintf(stderr, "pawl: there is no command '%s'; \"pawl help\" lists them\n",
			found);
	return PAWL_EXIT_USAGE;
}

/* pawl help [COMMAND] */
static int help(const char *about)
{
	const struct command *c = about ? find_command(about) : NULL;

	if (c)
		return usage_of(c);
	if (about)
		return no_command(about);
	usage_all(stdout);
	return PAWL_EXIT_OK;
}

static int read_options(const struct command *c, int argc, char **argv, struct pawl_args *ret_args)
{
	static char name[32];
	int option;

	snprintf(name, sizeof name, "pawl %s", c->name);
	argv[0] = name; /* how getopt_long begins what it says */
	optind = 1;
	while ((option = getopt_long(argc, argv, c->options, long_options, NULL)) != -1) {
		if (option == OPT_HELP)
			return usage_of(c);
		if (!take_option(c, option, ret_args))
			return misused(c);
	}
	ret_args->rest = (const char *const *)argv + optind;
	ret_args->rest_count = (size_t)(argc - optind);
	return -1;
}

static int check_count(const struct command *c, const struct pawl_args *a)
{
	if (a->rest_count < c->least)
		fprintf(stderr, "pawl %s: found no argument, expected %s\n", c->name, c->wants);
	else if (a->rest_count > c->most)
		fprintf(stderr, "pawl %s: found one argument too many: '%s'\n", c->name,
			a->rest[c->most]);
	else
		return -1;
	return misused(c);
}

int pawl_args_read(int argc, char **argv, struct pawl_args *ret_args)
{
	const struct command *c;
	int r;

	if (argc < 2) {
		usage_all(stderr);
		return PAWL_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(argc > 2 ? argv[2] : NULL);
	if (!strcmp(argv[1], "--version")) {
		printf("pawl %s\n", PAWL_VERSION);
		return PAWL_EXIT_OK;
	}
	c = find_command(argv[1]);
	if (!c)
		return no_command(argv[1]);
	memset(ret_args, 0, sizeof *ret_args);
	ret_args->command = c->name;
	r = read_options(c, argc - 1, argv + 1, ret_args);
	return r >= 0 ? r : check_count(c, ret_args);
}
