# SPDX-License-Identifier: MIT
# What the toolchain files of firmware share: gcc, no operating system, each function droppable by the linker.
set(CMAKE_SYSTEM_NAME Generic)
find_program(CMAKE_C_COMPILER NAMES ${PAWL_GCC_PREFIX}gcc REQUIRED)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "${PAWL_GCC_CPU} -ffunction-sections -fdata-sections")
set(CMAKE_C_FLAGS_MINSIZEREL_INIT "-Os -g")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostdlib -Wl,--gc-sections -Wl,--fatal-warnings")
