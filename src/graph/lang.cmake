# SPDX-License-Identifier: MIT
# The files of the recipe language, for src/graph/CMakeLists.txt.
set(PAWL_GRAPH_LANG
	data.c
	data_list.c
	expand.c
	builtin.c
	parse.c
	parse_line.c
	look.c
	statement.c
	meta.c
	layer.c
	recipe.c
	provide.c
	shellrefs.c
	sigvars.c
	script.c
	uri.c
	mirror.c
	unpack.c
)
