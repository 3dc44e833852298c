# SPDX-License-Identifier: MIT
# What is seen of a host from outside. Included by CMakeLists.txt here.
pawl_test(host_counters counters_test.c LIBS pawl_host)
pawl_test(host_watchdog watchdog_test.c LIBS pawl_host)
pawl_test(host_tracer tracer_test.c LIBS pawl_host)
