# SPDX-License-Identifier: MIT
# Input and output on the main thread's loop. Included by CMakeLists.txt here.
target_sources(pawl_host PRIVATE
	co_io.c
	io.c
	io_addr.c
	io_dir.c
	io_dns.c
	io_file.c
	io_fs.c
	io_listener.c
	io_process.c
	io_signal.c
	io_stream.c
	io_udp.c)
