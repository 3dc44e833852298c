/* SPDX-License-Identifier: MIT */
/* Variables that pawl itself sets where nobody else does. */
#include "builtin.h"
#include "uri.h"

static const char *folder_of_file(struct pawl_data *d)
{
	const char *file = pawl_data_content(d, "FILE"), *slash = file ? strrchr(file, '/') : NULL;

	return slash ? pawl_arena_span(&d->arena, file, (size_t)(slash - file)) : NULL;
}

const char *pawl_builtin(struct pawl_data *d, const char *name, bool *ret_failed)
{
	const char *text;

	if (strcmp(name, "FILE_DIRNAME") == 0 || strcmp(name, "THISDIR") == 0)
		return folder_of_file(d);
	if (!d->recipe || !pawl_has_prefix(name, "PAWL_"))
		return NULL;
	if (strcmp(name, "PAWL_UNPACK") == 0)
		text = pawl_recipe_unpack_text(d->recipe);
	else if (strcmp(name, "PAWL_PATCH") == 0)
		text = pawl_recipe_patch_text(d->recipe);
	else
		return NULL;
	*ret_failed = !text;
	return text;
}
