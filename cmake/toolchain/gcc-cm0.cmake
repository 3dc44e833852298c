# SPDX-License-Identifier: MIT
# gcc for Arm Cortex-M0.
set(CMAKE_SYSTEM_PROCESSOR cortex-m0)
set(PAWL_GCC_PREFIX arm-none-eabi-)
set(PAWL_GCC_CPU "-mcpu=cortex-m0 -mthumb")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
