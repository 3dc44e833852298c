# SPDX-License-Identifier: MIT
# WebAssembly with 32 bits, no system interface.
include("${CMAKE_CURRENT_LIST_DIR}/clang-bare.cmake")
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_C_COMPILER_TARGET wasm32-unknown-unknown)
set(CMAKE_C_FLAGS_INIT "-mbulk-memory")
