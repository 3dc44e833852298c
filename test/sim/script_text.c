/* SPDX-License-Identifier: MIT */
/* The script of a task, as the build tool writes it. */
#include "script_text.h"

#include "graph/lang_base.h"
#include "graph/lang_kit.h"

#include <string.h>

const char *script_text(const char *recipe, const char *task)
{
	static const struct lang_file base[] = { LANG_BASE };
	struct lang_file files[KIT_COUNT(base) + 1];
	static char text[8192];
	struct pawl_buf b = { 0 };
	struct pawl_recipe *r;
	struct lang_kit kit;

	memcpy(files, base, sizeof base);
	files[KIT_COUNT(base)] = (struct lang_file){ "/l/r/x_1.bb", recipe };
	lang_init(&kit, files, KIT_COUNT(files));
	CHECK_INT(lang_load(&kit, NULL), 0);
	r = pawl_meta_provider(kit.meta, "x");
	CHECK(r);
	CHECK_INT(pawl_recipe_script(r, task, &b), 0);
	CHECK(b.len < sizeof text);
	memcpy(text, pawl_buf_str(&b), b.len + 1);
	pawl_buf_fini(&b);
	lang_fini(&kit);
	return text;
}
