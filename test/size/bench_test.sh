#!/bin/bash
# SPDX-License-Identifier: MIT
# Instructions on a Cortex-M3 are as many as the file here says: they repeat exactly.
. "$(dirname "$0")/lib.sh"

holds bench-cm3 "$(tool/size --compiler cm3 2>/dev/null)" 'make bench-firmware' \
	tool/bench-firmware --print
finish
