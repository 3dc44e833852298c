# SPDX-License-Identifier: MIT
# gcc for Arm Cortex-M7 with its floating-point unit.
set(CMAKE_SYSTEM_PROCESSOR cortex-m7)
set(PAWL_GCC_PREFIX arm-none-eabi-)
set(PAWL_GCC_CPU "-mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-sp-d16")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
