# SPDX-License-Identifier: MIT
# gcc for Arm Cortex-M33 without a floating-point unit.
set(CMAKE_SYSTEM_PROCESSOR cortex-m33)
set(PAWL_GCC_PREFIX arm-none-eabi-)
set(PAWL_GCC_CPU "-mcpu=cortex-m33+nofp -mthumb")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
