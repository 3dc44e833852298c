#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs each example on the desktop, and under the simulator for some seeds, and compares what it prints.
cd "$(dirname "$0")" || exit 1
passed=0
failed=0

# one NAME PROGRAM [ARGUMENT]
one()
{
	local name=$1 output

	shift
	if ! output=$("$@" 2>&1); then
		echo "not ok $name: it failed: $output"
	elif [ "$output" != "$(cat "${name%%/*}/expected.txt")" ]; then
		echo "not ok $name: it printed: $output"
	else
		echo "ok $name"
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
}

for folder in [0-9]*/; do
	folder=${folder%/}
	program=$PAWL_BUILD/firmware/example/$folder
	one "$folder/host" "${program}_host"
	for seed in $(seq 20); do
		one "$folder/sim/$seed" "${program}_sim" "$seed"
	done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
