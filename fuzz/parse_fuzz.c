/* SPDX-License-Identifier: MIT */
/* libFuzzer: any bytes as a recipe: read, evaluated, every value and every script asked for. */
#include <graph/data.h>
#include <graph/layer.h>
#include <graph/shellrefs.h>
#include <graph/statement.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A world with one file, the input, under two names: a recipe's and a configuration file's. */
struct fuzz_world {
	pawl_world world;
	const uint8_t *bytes;
	size_t size, offset;
};

static int no_stat(pawl_world *w, const char *path, bool follow, pawl_stat *ret_stat)
{
	(void)w;
	(void)path;
	(void)follow;
	(void)ret_stat;
	return PAWL_ENOENT;
}

static int open_input(pawl_world *w, const char *path, unsigned flags, unsigned mode, int *ret_file)
{
	(void)path;
	(void)flags;
	(void)mode;
	((struct fuzz_world *)w)->offset = 0;
	*ret_file = 0;
	return PAWL_OK;
}

static int close_input(pawl_world *w, int file)
{
	(void)w;
	return file;
}

static int stat_input(pawl_world *w, int file, pawl_stat *ret_stat)
{
	(void)file;
	*ret_stat = (pawl_stat){ .kind = PAWL_KIND_FILE,
				 .size = (int64_t)((struct fuzz_world *)w)->size };
	return PAWL_OK;
}

static int read_input(pawl_world *w, int file, void *buf, size_t size, size_t *ret_size)
{
	struct fuzz_world *f = (struct fuzz_world *)w;
	size_t n = f->size - f->offset < size ? f->size - f->offset : size;

	(void)file;
	if (n)
		memcpy(buf, f->bytes + f->offset, n);
	f->offset += n;
	*ret_size = n;
	return PAWL_OK;
}

static const pawl_world_ops ops = {
	.size = sizeof(ops),
	.stat = no_stat,
	.open = open_input,
	.close = close_input,
	.fstat = stat_input,
	.read = read_input,
};

/* Asks for everything in the store. */
static void read_all(struct pawl_data *d)
{
	struct pawl_arena a = { 0 };
	const char **names;
	size_t count;

	pawl_data_names(d, &a, &names, &count);
	for (size_t i = 0; i < count; i++) {
		struct pawl_map found = { 0 };
		const char *value = pawl_data_get(d, names[i]);

		if (value)
			pawl_shellrefs(value, &found);
		pawl_map_fini(&found);
	}
	pawl_arena_fini(&a);
}

static void run(struct fuzz_world *f, const char *path)
{
	struct pawl_messages m = { 0 };
	struct pawl_meta_state state = { .messages = &m };
	struct pawl_meta meta = { .state_ = &state };
	struct pawl_data *base = pawl_data_new(NULL, &m, &meta), *child;

	state.look.world = &f->world;
	state.look.messages = &m;
	pawl_statements_read(base, path, NULL);
	pawl_statements_inherit_deferred(base);
	child = pawl_data_new(base, &m, &meta);
	pawl_data_expand_names(child);
	read_all(child);
	pawl_data_free(child);
	pawl_data_free(base);
	pawl_look_fini(&state.look);
	pawl_messages_fini(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_world f = { .world = { &ops }, .bytes = bytes, .size = size };

	run(&f, "/t.bb");
	run(&f, "/t.conf");
	return 0;
}
