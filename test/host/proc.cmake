# SPDX-License-Identifier: MIT
# Tests of the real machine: files, processes, sandboxes, job slots. Included by CMakeLists.txt here.
pawl_test(world_process_test process_test.c world_fix.c LIBS pawl_host)

add_executable(leak_probe leak_probe.c)
target_compile_options(leak_probe PRIVATE -fno-sanitize=all)
target_link_options(leak_probe PRIVATE -fno-sanitize=all)
pawl_test(world_sandbox_test sandbox_test.c world_fix.c LIBS pawl_host)
target_compile_definitions(world_sandbox_test PRIVATE LEAK_PROBE="$<TARGET_FILE:leak_probe>")
add_dependencies(world_sandbox_test leak_probe)
pawl_test(world_file_test world_test.c world_fix.c LIBS pawl_host)
pawl_test(world_slots_test slots_test.c world_fix.c LIBS pawl_host)
