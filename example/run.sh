#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs each example and compares what it prints, and its exit status: 0, or what expected.status says.
cd "$(dirname "$0")" || exit 1
passed=0
failed=0
unset PAWL_SEED PAWL_SEEDS PAWL_SIM_MODE PAWL_SIM_DEPTH PAWL_SIM_TRACE PAWL_SIM_HERE

for expected in [0-9]*/expected.txt; do
	name=$(dirname "$expected")
	if [ ! -d "$PAWL_BUILD/src/glib" ] && grep -q '<glib\|<pawl/glib' "$name"/*; then
		echo "skipped $name: this build is without GLib"
		continue
	fi
	lines=$(cat "$name"/*.c | wc -l)
	status=0
	output=$("$PAWL_BUILD/example/$name" 2>&1) || status=$?
	if [ "$status" != "$(cat "$name/expected.status" 2>/dev/null || echo 0)" ]; then
		echo "not ok $name: it ended with $status: $output"
	elif [ "$output" != "$(cat "$expected")" ]; then
		echo "not ok $name: it printed: $output"
	elif [ "$lines" -gt 66 ]; then
		echo "not ok $name: $lines lines are no small example"
	elif [ "$(cat "$name"/*.h 2>/dev/null | wc -l)" -gt 150 ]; then
		echo "not ok $name: its adapter is longer than 150 lines"
	else
		echo "ok $name"
		passed=$((passed + 1))
		continue
	fi
	failed=$((failed + 1))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
