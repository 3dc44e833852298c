# SPDX-License-Identifier: MIT
# gcc for Linux on 32-bit x86, whose programs run where those of 64 bits do.
set(CMAKE_SYSTEM_PROCESSOR i686)
set(PAWL_CROSS i686-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/linux-cross.cmake")
