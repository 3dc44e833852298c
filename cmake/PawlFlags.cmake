# SPDX-License-Identifier: MIT
# How pawl's files are compiled: warnings, sanitizers, and what "freestanding" means here.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

# Assertions stay on in every build type: the sets that CMake brings would switch them off.
if(PROJECT_IS_TOP_LEVEL)
	set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
	set(CMAKE_C_FLAGS_RELEASE "-O2")
	set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
	if(NOT CMAKE_BUILD_TYPE)
		set(CMAKE_BUILD_TYPE RelWithDebInfo)
	endif()
endif()

add_compile_options(-Wall -Wextra -Wshadow
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)
# gcc 12's pass over string lengths takes strcmp(a ? "build" : f(), "do_") for unequal whatever f() gives.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	add_compile_options(-fno-optimize-strlen)
endif()
if(PAWL_WERROR)
	add_compile_options(-Werror)
endif()
if(PAWL_SANITIZE)
	add_compile_options(-fsanitize=${PAWL_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=all)
	add_link_options(-fsanitize=${PAWL_SANITIZE})
endif()

# The folder of the headers that the compiler itself brings: stdint.h, stddef.h, stdatomic.h and so
# on.
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
	execute_process(COMMAND ${CMAKE_C_COMPILER} -print-resource-dir
		OUTPUT_VARIABLE pawl_compiler_dir OUTPUT_STRIP_TRAILING_WHITESPACE
		COMMAND_ERROR_IS_FATAL ANY)
	set(PAWL_COMPILER_INCLUDE "${pawl_compiler_dir}/include")
else()
	execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
		OUTPUT_VARIABLE PAWL_COMPILER_INCLUDE OUTPUT_STRIP_TRAILING_WHITESPACE
		COMMAND_ERROR_IS_FATAL ANY)
endif()

# Everything that uses pawl's headers in this tree or after an installation links this.
add_library(pawl_headers INTERFACE)
target_include_directories(pawl_headers INTERFACE
	$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
	$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

# Shuts every header out of a target but pawl's own and the compiler's.
function(pawl_freestanding target)
	target_compile_options(${target} PRIVATE
		-ffreestanding -nostdinc "SHELL:-isystem ${PAWL_COMPILER_INCLUDE}")
endfunction()

# A task's way leads through small functions of core, port and host: the linker puts them together. The
# objects hold machine code, too, so that an installed library links without it.
function(pawl_lto target)
	if(PAWL_LTO AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
		target_compile_options(${target} PRIVATE -flto=auto -ffat-lto-objects)
		target_link_options(${target} INTERFACE $<BUILD_INTERFACE:-flto=auto>)
	endif()
endfunction()
