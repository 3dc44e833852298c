#!/bin/bash
# SPDX-License-Identifier: MIT
# RAM and flash are what the files here say, and what pawl promises.
. "$(dirname "$0")/lib.sh"

for machine in cm0 cm3 rv32 x86_64; do
	holds $machine "$(tool/size --compiler $machine 2>/dev/null)" 'make size' \
		tool/size --print $machine
done
finish
