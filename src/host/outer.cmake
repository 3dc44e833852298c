# SPDX-License-Identifier: MIT
# The foreground inside another main loop. Included by CMakeLists.txt here.
target_sources(pawl_host PRIVATE outer.c)
