# SPDX-License-Identifier: MIT
# gcc for Arm Cortex-M3.
set(CMAKE_SYSTEM_PROCESSOR cortex-m3)
set(PAWL_GCC_PREFIX arm-none-eabi-)
set(PAWL_GCC_CPU "-mcpu=cortex-m3 -mthumb")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
