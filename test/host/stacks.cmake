# SPDX-License-Identifier: MIT
# Stacks of coroutines on hosts: the pool, and what overflows.
pawl_test(host_overflow overflow_test.c LIBS pawl_co pawl_host)
pawl_test(host_overflow_pass overflow_pass_test.c LIBS pawl_co pawl_host)
