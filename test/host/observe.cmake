# SPDX-License-Identifier: MIT
# What is seen of a host from outside, and that it goes without. Included by CMakeLists.txt here.
pawl_test(host_counters counters_test.c LIBS pawl_host)
pawl_test(host_dump dump_test.c LIBS pawl_host)
pawl_test(host_watchdog watchdog_test.c LIBS pawl_host)
pawl_test(host_tracer tracer_test.c LIBS pawl_host)

# Core and host without PAWL_DIAG, and the tests that do not ask for names.
set(plain "")
foreach(floor core host)
	get_target_property(sources pawl_${floor} SOURCES)
	list(FILTER sources EXCLUDE REGEX "^/") # the program inside, which sandboxes alone start
	list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/src/${floor}/)
	list(APPEND plain ${sources})
endforeach()
add_library(pawl_plain STATIC ${plain})
target_include_directories(pawl_plain PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(pawl_plain PUBLIC PAWL_DIAG=0 PRIVATE PAWL_LIVE=1)
target_link_libraries(pawl_plain PUBLIC pawl_headers pawl_port_posix PkgConfig::LIBUV Threads::Threads)

pawl_test(host_plain plain_test.c LIBS pawl_plain LABELS threads)
pawl_test(host_plain_counters counters_test.c LIBS pawl_plain LABELS threads)
pawl_test(host_plain_exec exec_test.c LIBS pawl_plain LABELS threads)
pawl_test(host_plain_blocking blocking_test.c LIBS pawl_plain LABELS threads)
