# SPDX-License-Identifier: MIT
# gcc for RISC-V with 64 bits.
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(PAWL_GCC_PREFIX riscv64-unknown-elf-)
set(PAWL_GCC_CPU "-march=rv64imac -misa-spec=2.2 -mabi=lp64 -mcmodel=medany")
include("${CMAKE_CURRENT_LIST_DIR}/gcc-bare.cmake")
