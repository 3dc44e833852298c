/* SPDX-License-Identifier: MIT */
/* The pawl command: the place where host and graph meet. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum {
	DRAW_EVERY = 100,  /* ms */
	FETCH_ENV_MOST = 9 /* variables that pawl-fetch gets */
};

struct cli {
	pawl_task task; /* first: the command runs as a foreground task */
	struct pawl_args args;
	pawl_host *host;
	pawl_world *world;
	pawl_graph *graph;
	pawl_build *build;
	struct pawl_live live;
	pawl_summary summary;
	uv_signal_t signals[2];
	uv_timer_t draw;
	bool watching; /* the three handles are open */
	char top[4096], layer[4096], fetch[4096], holder[32];
	const char *fetch_env[FETCH_ENV_MOST + 1];
	int exit_code;
};

/* ---- where things are ---- */

/* What pawl-fetch needs to know of the user's environment: the way out to the network. */
static void choose_fetch_env(struct cli *c)
{
	static const char *const names[] = { "http_proxy=", "https_proxy=",   "all_proxy=",
					     "no_proxy=",   "HTTPS_PROXY=",   "ALL_PROXY=",
					     "NO_PROXY=",   "SSL_CERT_FILE=", "SSL_CERT_DIR=" };
	size_t count = 0;

	for (char **e = environ; *e && count < FETCH_ENV_MOST; e++) {
		for (size_t i = 0; i < PAWL_COUNT(names); i++) {
			if (!strncmp(*e, names[i], strlen(names[i])))
				c->fetch_env[count++] = *e;
		}
	}
	c->fetch_env[count] = NULL;
}

static bool first_there(char *ret, size_t size, const char *const *paths)
{
	for (; *paths; paths++) {
		if (!access(*paths, R_OK)) {
			snprintf(ret, size, "%s", *paths);
			return true;
		}
	}
	return false;
}

/*
 * pawl's own layer and pawl-fetch: beside this program as installed, else in the tree it was built
 * from.
 */
static int find_parts(struct cli *c)
{
	char exe[2048], layer[4096], fetch[2][4096];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash;

	if (len < 0)
		len = 0;
	exe[len] = 0;
	slash = strrchr(exe, '/');
	if (slash)
		*slash = 0;
	snprintf(layer, sizeof layer, "%s/../share/pawl/layers/pawl", exe);
	snprintf(fetch[0], sizeof fetch[0], "%s/../libexec/pawl/pawl-fetch", exe);
	snprintf(fetch[1], sizeof fetch[1], "%s/../fetch/pawl-fetch", exe);
	if (!first_there(c->layer, sizeof c->layer,
			 (const char *[]){ layer, PAWL_SOURCE_LAYER, NULL })) {
		fprintf(stderr, "pawl: error: pawl's own layer is neither at %s nor at %s\n", layer,
			PAWL_SOURCE_LAYER);
		return PAWL_EXIT_USAGE;
	}
	if (!first_there(c->fetch, sizeof c->fetch, (const char *[]){ fetch[0], fetch[1], NULL }))
		snprintf(c->fetch, sizeof c->fetch, "%s", fetch[0]);
	return -1;
}

static int find_top(struct cli *c)
{
	const char *top = c->args.top ? c->args.top : ".";
	char *real = realpath(top, NULL);

	if (!real || strlen(real) >= sizeof c->top) {
		fprintf(stderr, "pawl: error: %s: %s\n", top,
			real ? "the path is too long" : strerror(errno));
		free(real);
		return PAWL_EXIT_USAGE;
	}
	snprintf(c->top, sizeof c->top, "%s", real);
	free(real);
	return -1;
}

/* ---- signals and the live block ---- */

static void on_signal(uv_signal_t *h, int number)
{
	struct cli *c = h->data;

	(void)number;
	if (c->build)
		pawl_build_interrupt(c->build);
}

static void on_draw(uv_timer_t *h)
{
	struct cli *c = h->data;

	pawl_live_draw(&c->live);
}

static void watch(struct cli *c)
{
	uv_loop_t *loop = pawl_host_loop(c->host);

	for (int i = 0; i < 2; i++) {
		uv_signal_init(loop, &c->signals[i]);
		c->signals[i].data = c;
		uv_signal_start(&c->signals[i], on_signal, i ? SIGTERM : SIGINT);
	}
	uv_timer_init(loop, &c->draw);
	c->draw.data = c;
	if (c->live.terminal)
		uv_timer_start(&c->draw, on_draw, DRAW_EVERY, DRAW_EVERY);
	c->watching = true;
}

static void unwatch(struct cli *c)
{
	if (!c->watching)
		return;
	uv_close((uv_handle_t *)&c->signals[0], NULL);
	uv_close((uv_handle_t *)&c->signals[1], NULL);
	uv_close((uv_handle_t *)&c->draw, NULL);
	c->watching = false;
}

/* ---- commands ---- */

static void write_out(void *arg, const char *text, size_t len)
{
	fwrite(text, 1, len, arg);
}

static int exit_code_of(int result)
{
	return !result                   ? PAWL_EXIT_OK
	       : result == PAWL_ECORRUPT ? PAWL_EXIT_FAILED
					 : PAWL_EXIT_USAGE;
}

static int ask_store(struct cli *c)
{
	const char *what = c->args.rest[0];

	if (!strcmp(what, "stat"))
		return pawl_graph_store_stat(c->graph, write_out, stdout);
	if (!strcmp(what, "verify"))
		return pawl_graph_store_verify(c->graph, write_out, stdout);
	if (!strcmp(what, "gc"))
		return pawl_graph_store_gc(c->graph, c->args.keep, write_out, stdout);
	fprintf(stderr, "pawl store: expected stat, verify or gc, found '%s'\n", what);
	return PAWL_EINVAL;
}

/*
 * pawl env: with one argument, a name that is all capitals is a variable of the configuration,
 * anything else a recipe.
 */
static int ask_env(struct cli *c)
{
	const char *first = c->args.rest_count ? c->args.rest[0] : NULL;
	bool is_var = c->args.rest_count == 1 &&
		      strspn(first, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(first);

	return pawl_graph_env(c->graph, is_var ? NULL : first,
			      is_var                   ? first
			      : c->args.rest_count > 1 ? c->args.rest[1]
						       : NULL,
			      write_out, stdout);
}

static int ask(struct cli *c)
{
	const char *name = c->args.command;
	const char *const *rest = c->args.rest;

	if (!strcmp(name, "why"))
		return pawl_graph_why(c->graph, rest[0], write_out, stdout);
	if (!strcmp(name, "graph"))
		return pawl_graph_show(c->graph, rest, c->args.dot, write_out, stdout);
	if (!strcmp(name, "env"))
		return ask_env(c);
	if (!strcmp(name, "log"))
		return pawl_graph_log(c->graph, rest[0], write_out, stdout);
	if (!strcmp(name, "list"))
		return pawl_graph_list(c->graph, write_out, stdout);
	if (!strcmp(name, "clean"))
		return pawl_graph_clean(c->graph, rest, write_out, stdout);
	return ask_store(c);
}

static int open_graph(struct cli *c)
{
	pawl_graph_options o = { .world = c->world,
				 .exec = pawl_host_exec(c->host),
				 .top = c->top,
				 .own_layer = c->layer,
				 .fetch_program = c->fetch,
				 .fetch_env = c->fetch_env,
				 .holder = c->holder,
				 .event = pawl_live_event,
				 .event_arg = &c->live };
	int r = pawl_graph_open(&o, &c->graph);

	if (r == PAWL_ENOENT)
		fprintf(stderr,
			"pawl: error: %s is not a build folder: it has no "
			"conf/bblayers.conf; -C DIR names another\n",
			c->top);
	else if (r)
		fprintf(stderr, "pawl: error: %s cannot be opened: %s\n", c->top, pawl_strerror(r));
	return r;
}

static int start_build(struct cli *c)
{
	pawl_build_options o = c->args.build;
	int r;

	o.targets = c->args.rest;
	r = pawl_build_start(c->graph, &o, &c->build);
	if (!r) {
		c->live.build = c->build;
		watch(c);
	}
	return r;
}

static void end_build(struct cli *c)
{
	static const struct {
		int result, code;
	} codes[] = { { PAWL_OK, PAWL_EXIT_OK },
		      { PAWL_EINVAL, PAWL_EXIT_USAGE },
		      { PAWL_ECANCELED, PAWL_EXIT_INTERRUPTED } };

	unwatch(c);
	c->exit_code = PAWL_EXIT_FAILED;
	for (size_t i = 0; i < PAWL_COUNT(codes); i++) {
		if (codes[i].result == c->summary.result)
			c->exit_code = codes[i].code;
	}
	pawl_build_free(c->build);
	c->build = NULL;
}

static int run_command(pawl_task *t)
{
	struct cli *c = PAWL_OF(t, struct cli, task);
	int r;

	PAWL_BEGIN(t);
	c->exit_code = PAWL_EXIT_USAGE;
	if (open_graph(c))
		return PAWL_OK;
	if (strcmp(c->args.command, "build")) {
		c->exit_code = exit_code_of(ask(c));
	} else if (!start_build(c)) {
		PAWL_AWAIT_AS(t, r, pawl_build_wait(t, c->build, &c->summary));
		end_build(c);
	}
	pawl_graph_close(c->graph);
	PAWL_END(t);
}

static int run(struct cli *c)
{
	int r = pawl_host_new(NULL, &c->host), outcome = PAWL_OK;

	if (!r)
		r = pawl_world_host(c->host, &c->world);
	if (!r)
		r = pawl_live_open(&c->live, &c->args, c->world) ? PAWL_EIO : PAWL_OK;
	if (!r)
		r = pawl_spawn_foreground(pawl_host_exec(c->host), &c->task, run_command);
	if (!r)
		r = pawl_block_on(pawl_host_exec(c->host), &c->task, &outcome);
	if (!r)
		r = outcome;
	if (r && r != PAWL_EIO)
		fprintf(stderr, "pawl: error: %s\n",
			r == PAWL_EPANIC ? "out of memory" : pawl_strerror(r));
	if (pawl_live_close(&c->live) && !c->exit_code)
		c->exit_code = PAWL_EXIT_FAILED;
	if (c->world)
		pawl_world_host_free(c->world);
	pawl_host_free(c->host);
	return r ? PAWL_EXIT_USAGE : c->exit_code;
}

int main(int argc, char **argv)
{
	static struct cli c;
	int code = pawl_args_read(argc, argv, &c.args);

	if (code >= 0)
		return code;
	if ((code = find_top(&c)) >= 0 || (code = find_parts(&c)) >= 0)
		return code;
	signal(SIGPIPE, SIG_IGN);
	choose_fetch_env(&c);
	snprintf(c.holder, sizeof c.holder, "pid %ld", (long)getpid());
	code = run(&c);
	if ((fflush(stdout) || ferror(stdout)) && !code)
		code = PAWL_EXIT_FAILED;
	return code;
}
