# SPDX-License-Identifier: MIT
# gcc for Linux on 64-bit RISC-V; what it makes is run by QEMU.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(PAWL_CROSS riscv64-linux-gnu)
set(PAWL_QEMU qemu-riscv64)
include("${CMAKE_CURRENT_LIST_DIR}/linux-cross.cmake")
