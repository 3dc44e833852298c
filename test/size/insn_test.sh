#!/bin/bash
# SPDX-License-Identifier: MIT
# Instructions of the executors' hot paths are as many as the file here says: they repeat exactly.
. "$(dirname "$0")/lib.sh"

holds insn "$(tool/bench-insn --compiler)" 'make bench-insn' tool/bench-insn --print
finish
