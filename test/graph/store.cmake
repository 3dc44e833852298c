# SPDX-License-Identifier: MIT
# The tests of the store, for test/graph/CMakeLists.txt.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)

pawl_test(graph_hash_test hash_test.c LIBS pawl::graph pawl::host)
foreach(name tree bring store db sysroot gc)
	pawl_test(graph_${name}_test ${name}_test.c store_kit.c
		LIBS pawl::graph pawl::host PkgConfig::SQLITE)
endforeach()
