# SPDX-License-Identifier: MIT
# The tests of the recipe language, for test/graph/CMakeLists.txt.
foreach(name data parse layer provide shellrefs script uri)
	pawl_test(graph_${name}_test ${name}_test.c lang_kit.c LIBS pawl::graph pawl::host)
endforeach()
target_compile_definitions(graph_script_test PRIVATE _POSIX_C_SOURCE=200809L)
