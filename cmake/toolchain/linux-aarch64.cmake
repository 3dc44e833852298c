# SPDX-License-Identifier: MIT
# gcc for Linux on AArch64; what it makes is run by QEMU.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(PAWL_CROSS aarch64-linux-gnu)
set(PAWL_QEMU qemu-aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/linux-cross.cmake")
