#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs each example and compares what it prints.
cd "$(dirname "$0")" || exit 1
passed=0
failed=0
unset PAWL_SEED PAWL_SEEDS

for expected in [0-9]*/expected.txt; do
	name=$(dirname "$expected")
	if [ ! -d "$PAWL_BUILD/src/glib" ] && grep -q '<glib\|<pawl/glib' "$name"/*; then
		echo "skipped $name: this build is without GLib"
		continue
	fi
	lines=$(cat "$name"/*.c | wc -l)
	if ! output=$("$PAWL_BUILD/example/$name" 2>&1); then
		echo "not ok $name: it failed: $output"
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
