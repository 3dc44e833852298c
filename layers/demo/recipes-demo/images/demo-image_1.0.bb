# SPDX-License-Identifier: MIT
# A system of a few megabytes: a shell with its tools, Lua with a module, and hello.

SUMMARY = "The demo's root file system"
LICENSE = "MIT"

inherit image

IMAGE_INSTALL = "base-files host-libc busybox lua lua-lpeg hello"
