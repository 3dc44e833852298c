# SPDX-License-Identifier: MIT
# Tests of the real machine: files, processes, sandboxes, job slots. Included by CMakeLists.txt here.
pawl_test(world_process_test process_test.c world_fix.c LIBS pawl_host)
