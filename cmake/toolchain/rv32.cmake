# SPDX-License-Identifier: MIT
# RISC-V with 32 bits, multiplication, atomics and compressed instructions.
include("${CMAKE_CURRENT_LIST_DIR}/clang-bare.cmake")
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER_TARGET riscv32-unknown-elf)
set(CMAKE_C_FLAGS_INIT "-march=rv32imac -mabi=ilp32")
