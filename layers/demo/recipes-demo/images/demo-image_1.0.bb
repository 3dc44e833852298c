# SPDX-License-Identifier: MIT
# A system of a few megabytes: a shell with its tools, hello, and Lua with two modules.

SUMMARY = "The demo's root file system"
LICENSE = "MIT"

inherit image

IMAGE_INSTALL = "base-files host-libc busybox hello lua lua-lpeg libyaml lua-lyaml"
