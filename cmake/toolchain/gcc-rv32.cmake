# SPDX-License-Identifier: MIT
# gcc for RISC-V with 32 bits.
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(PAWL_GCC_PREFIX riscv64-unknown-elf-)
set(PAWL_GCC_CPU "-march=rv32imac -misa-spec=2.2 -mabi=ilp32")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
