# SPDX-License-Identifier: MIT
# Input and output on the main thread's loop. Included by CMakeLists.txt here.
target_sources(pawl_host PRIVATE
	addr.c
	dns.c
	io.c
	listener.c
	signal.c
	stream.c
	udp.c)
