# SPDX-License-Identifier: MIT
# gcc for Linux on 32-bit Arm with floating point in hardware; what it makes is run by QEMU.
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(PAWL_CROSS arm-linux-gnueabihf)
set(PAWL_QEMU qemu-arm)
include("${CMAKE_CURRENT_LIST_DIR}/linux-cross.cmake")
