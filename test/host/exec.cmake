# SPDX-License-Identifier: MIT
# The executor over threads and a loop.
pawl_test(host_exec exec_test.c LIBS pawl_host)
