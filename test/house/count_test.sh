#!/bin/bash
# SPDX-License-Identifier: MIT
# How tool/check adds up CTest's log: nothing that went wrong may be lost in the sum.
. "$(dirname "$0")/lib.sh"

log=$TMP/LastTest.log

# entry NAME END LINE...: what CTest's log says about one test.
entry()
{
	printf '1/9 Test: %s\nCommand: "%s"\n"%s" start time: now\nOutput:\n----\n' "$1" "$1" "$1"
	printf '%s\n' "${@:3}"
	printf '<end of output>\nTest time =   0.01 sec\n----\n%s\n"%s" end time: now\n\n' "$2" "$1"
}

# counts NAME STATUS WANT: the log must give this last line, and an exit status that agrees.
counts()
{
	local got status
	awk -v status="$2" -f "$PAWL_SOURCE/tool/count.awk" "$log" >"$TMP/said"
	status=$?
	got=$(tail -n 1 "$TMP/said")
	if [ "$got" != "$3" ]; then
		not_ok "$1" "says $got, not $3"
	elif { [ "${got##*, }" = "0 failed" ] && [ $status != 0 ]; } ||
		{ [ "${got##*, }" != "0 failed" ] && [ $status = 0 ]; }; then
		not_ok "$1" "says $got and ends with $status"
	else
		ok "$1"
	fi
}

{
	entry a 'Test Passed.' 'ok x' '2 passed, 0 failed'
	entry b 'Test Passed.' '40 passed, 0 failed'
} >"$log" && counts sums 0 '42 passed, 0 failed'
{
	entry a 'Test Failed.' 'not ok x' '2 passed, 3 failed'
	entry b 'Test Passed.' '1 passed, 0 failed'
} >"$log" && counts sums_failures 8 '3 passed, 3 failed'
entry a 'Test Failed.' 'ok x' >"$log" && counts died_without_counts 8 '0 passed, 1 failed'
entry a 'Test Passed.' 'ok x' >"$log" && counts ended_without_counts 0 '0 passed, 1 failed'
entry a 'Test Failed.' '5 passed, 0 failed' 'Segmentation fault' >"$log" && counts died_after_counts 8 '5 passed, 1 failed'
{
	printf '1/9 Test: a\nCommand: "a"\nOutput:\nok x\n'
	entry b 'Test Passed.' '1 passed, 0 failed'
} >"$log" && counts has_no_end 8 '1 passed, 1 failed'
entry a 'Test Passed.' '1 passed, 0 failed' >"$log" && counts ctest_failed 8 '1 passed, 1 failed'
: >"$log" && counts no_tests 0 '0 passed, 1 failed'
finish
