# SPDX-License-Identifier: MIT
# The main thread's loop; the test stands between it and libuv. Included by CMakeLists.txt here.
pawl_test(host_loop loop_test.c LIBS pawl_host)
target_link_options(host_loop PRIVATE -Wl,--wrap=uv_async_send,--wrap=uv_run)
pawl_test(host_outer outer_test.c LIBS pawl_host)
if(GLIB_FOUND)
	pawl_test(host_glib glib_test.c LIBS pawl_glib PkgConfig::GLIB PkgConfig::LIBUV LABELS threads)
endif()
