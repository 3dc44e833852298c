# SPDX-License-Identifier: MIT
# Stacks of coroutines on hosts: the pool, and what overflows.
pawl_test(host_overflow overflow_test.c LIBS pawl_co pawl_host)
pawl_test(host_overflow_pass overflow_pass_test.c LIBS pawl_co pawl_host)
pawl_test(host_stacks stacks_test.c LIBS pawl_co pawl_host)
pawl_test(host_stacks_fail stacks_fail_test.c LIBS pawl_co pawl_port_posix)
target_link_options(host_stacks_fail PRIVATE -Wl,--wrap=mmap,--wrap=madvise,--wrap=mprotect
	-Wl,--wrap=sigaltstack,--wrap=pthread_key_create,--wrap=pthread_setspecific,--wrap=pthread_atfork)
