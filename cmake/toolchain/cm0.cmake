# SPDX-License-Identifier: MIT
# Arm Cortex-M0: Thumb-1, no atomic instructions.
include("${CMAKE_CURRENT_LIST_DIR}/clang-bare.cmake")
set(CMAKE_SYSTEM_PROCESSOR cortex-m0)
set(CMAKE_C_COMPILER_TARGET armv6m-none-eabi)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m0 -mthumb")
