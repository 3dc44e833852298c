# SPDX-License-Identifier: MIT
# What all toolchain files for machines without an operating system share: clang, llvm-ar, no linking.
set(CMAKE_SYSTEM_NAME Generic)
find_program(CMAKE_C_COMPILER NAMES clang clang-14 REQUIRED)
find_program(CMAKE_AR NAMES llvm-ar llvm-ar-14 REQUIRED)
find_program(CMAKE_RANLIB NAMES llvm-ranlib llvm-ranlib-14 REQUIRED)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
