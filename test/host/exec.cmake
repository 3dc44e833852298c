# SPDX-License-Identifier: MIT
# The executor over threads and a loop.
pawl_test(host_exec exec_test.c LIBS pawl_host)
pawl_test(host_blocking blocking_test.c LIBS pawl_host)
pawl_test(host_dedicated dedicated_test.c LIBS pawl_host pawl_sim)
pawl_test(host_dedicated_end dedicated_end_test.c LIBS pawl_host)

# Heap tasks; the test of their memory stands between the slab and the system.
pawl_test(host_heap heap_test.c LIBS pawl_host)
pawl_test(host_slab slab_test.c LIBS pawl_host)
target_link_options(host_slab PRIVATE
	-Wl,--wrap=mmap,--wrap=pthread_setspecific,--wrap=pthread_key_create)
