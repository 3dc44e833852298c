# SPDX-License-Identifier: MIT
# Lua 5.4.4.

require lua.inc

SRC_URI[sha256sum] = "164c7849653b80ae67bec4b7473b884bf5cc8d2dca05653475ec2ed27b9ebf61"
