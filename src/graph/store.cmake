# SPDX-License-Identifier: MIT
# The files of the store, for src/graph/CMakeLists.txt.
set(PAWL_GRAPH_STORE
	hash.c
	tree.c
	tree_code.c
	content.c
	delta.c
	scan.c
	bring.c
	blob.c
	store.c
	flush.c
	gc.c
	db.c
	sysroot.c
)
