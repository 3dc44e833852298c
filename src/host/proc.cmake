# SPDX-License-Identifier: MIT
# The real machine behind world.h: files, processes, sandboxes, job slots. Included by CMakeLists.txt here.

# Pid 1 of each sandbox and the guard: one small program inside the library. It starts once per task, so it has no
# libc and no position to relocate to, and never a sanitizer.
add_executable(pawl-init init.c)
set_target_properties(pawl-init PROPERTIES POSITION_INDEPENDENT_CODE OFF)
target_include_directories(pawl-init PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(pawl-init PRIVATE -O2 -g0 -ffreestanding -fno-stack-protector -fno-pie
	-fno-asynchronous-unwind-tables -fno-sanitize=all -U_FORTIFY_SOURCE)
target_link_options(pawl-init PRIVATE -static -nostdlib -no-pie -fno-sanitize=all
	-Wl,--build-id=none -Wl,-z,noseparate-code -s)
add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/init_image.c
	COMMAND ${CMAKE_COMMAND} -DIN=$<TARGET_FILE:pawl-init>
		-DOUT=${CMAKE_CURRENT_BINARY_DIR}/init_image.c -P ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake
	DEPENDS pawl-init ${CMAKE_CURRENT_SOURCE_DIR}/embed.cmake VERBATIM)

target_sources(pawl_host PRIVATE
	bwrap.c
	cpus.c
	file.c
	guard.c
	kept.c
	launch.c
	probe.c
	process.c
	result.c
	sandbox.c
	slots.c
	space.c
	view.c
	walk.c
	world.c
	${CMAKE_CURRENT_BINARY_DIR}/init_image.c)

# What runs in a child that borrows its parent's memory must not keep a sanitizer's books.
set_source_files_properties(launch.c sandbox.c space.c PROPERTIES COMPILE_OPTIONS
	"-fno-sanitize=all;-fno-stack-protector")
