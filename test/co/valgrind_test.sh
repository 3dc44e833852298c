#!/bin/bash
# SPDX-License-Identifier: MIT
# valgrind knows stacks of their own for stacks: no errors, and no jump that it takes for a very large frame.
. "$PAWL_SOURCE/test/house/lib.sh"

# Each case of a test is a process of its own: a log for each.
is_clean()
{
	local name=$1
	shift
	timeout 300 valgrind --error-exitcode=9 --log-file="$TMP/$name.%p" "$PAWL_BUILD/test/co/$name" "$@" >"$TMP/out" 2>&1 ||
		cat "$TMP/out"
	grep -h 'ERROR SUMMARY' "$TMP/$name".* | grep -q ' 0 errors' || echo "$name did not run under valgrind"
	grep -hE 'Warning:|Invalid|ninitialised|points to|ERROR SUMMARY: [1-9]' "$TMP/$name".*
}

for name in gdb_sample gdb_sample_far co_gen co_co co_pin; do
	silent "$name" is_clean "$name"
done
finish
