# SPDX-License-Identifier: MIT
# The tests of the store, for test/graph/CMakeLists.txt.
foreach(name bring)
	pawl_test(graph_${name}_test ${name}_test.c store_kit.c LIBS pawl::graph pawl::host
		PkgConfig::SQLITE)
endforeach()
