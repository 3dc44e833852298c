# SPDX-License-Identifier: MIT
# The executor over threads and a loop.
pawl_test(host_exec exec_test.c LIBS pawl_host)
pawl_test(host_blocking blocking_test.c LIBS pawl_host)
