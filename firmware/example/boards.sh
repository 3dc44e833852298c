#!/bin/bash
# SPDX-License-Identifier: MIT
# All firmware on the boards of three machines: Cortex-M0, Cortex-M3 and RISC-V. `make firmware` takes all.
exec "$(dirname "$0")/../check" cm0 cm3 rv32
