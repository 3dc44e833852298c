# SPDX-License-Identifier: MIT
# Arm Cortex-M3: Thumb-2, with exclusive loads and stores.
include("${CMAKE_CURRENT_LIST_DIR}/clang-bare.cmake")
set(CMAKE_SYSTEM_PROCESSOR cortex-m3)
set(CMAKE_C_COMPILER_TARGET armv7m-none-eabi)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m3 -mthumb")
