# SPDX-License-Identifier: MIT
# The main thread: inside another main loop, and when it lends a hand. Included by CMakeLists.txt here.
target_sources(pawl_host PRIVATE help.c outer.c)
