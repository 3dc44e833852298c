# SPDX-License-Identifier: MIT
# Input and output on the main thread's loop.
pawl_test(co_io co_io_test.c LIBS pawl_host)
pawl_test(io_addr io_addr_test.c LIBS pawl_host)
pawl_test(io_connect io_connect_test.c LIBS pawl_host)
pawl_test(io_dns io_dns_test.c LIBS pawl_host)
pawl_test(io_file io_file_test.c LIBS pawl_host)
pawl_test(io_file_race io_file_race_test.c LIBS pawl_host)
pawl_test(io_fs io_fs_test.c LIBS pawl_host)
pawl_test(io_local io_local_test.c LIBS pawl_host)
pawl_test(io_process io_process_test.c LIBS pawl_host)
pawl_test(io_signal io_signal_test.c LIBS pawl_host)
pawl_test(io_stream io_stream_test.c LIBS pawl_host)
pawl_test(io_udp io_udp_test.c LIBS pawl_host)
