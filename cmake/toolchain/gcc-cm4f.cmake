# SPDX-License-Identifier: MIT
# gcc for Arm Cortex-M4 with its floating-point unit.
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(PAWL_GCC_PREFIX arm-none-eabi-)
set(PAWL_GCC_CPU "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
