# SPDX-License-Identifier: MIT
# What the toolchain files for Linux on other machines share: Debian's cross gcc, and its C library under QEMU.
set(CMAKE_SYSTEM_NAME Linux)
find_program(CMAKE_C_COMPILER NAMES ${PAWL_CROSS}-gcc REQUIRED)
if(PAWL_QEMU)
	find_program(PAWL_EMULATOR NAMES ${PAWL_QEMU}-static ${PAWL_QEMU} REQUIRED)
	set(CMAKE_CROSSCOMPILING_EMULATOR ${PAWL_EMULATOR} -L /usr/${PAWL_CROSS})
endif()
set(CMAKE_FIND_ROOT_PATH /usr/${PAWL_CROSS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
