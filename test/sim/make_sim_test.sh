#!/bin/bash
# SPDX-License-Identifier: MIT
# `make sim` runs one seeded test under one seed, keeps its traces, and says what it does not know.
. "$PAWL_SOURCE/test/house/lib.sh"
export SIM_BUILD=$PAWL_BUILD SIM_DIR=$TMP/sim
unset PAWL_SEED PAWL_SEEDS PAWL_SIM_MODE PAWL_SIM_DEPTH

# sim ARGUMENT...: what it says is in $TMP/out and $TMP/err, its status in $status.
sim()
{
	"$PAWL_SOURCE/tool/sim" "$@" >"$TMP/out" 2>"$TMP/err"
	status=$?
}

# has FILE TEXT: it has a line with the text.
has()
{
	grep -qF -- "$2" "$1" || {
		echo "no '$2' in"
		cat "$1"
	}
}

is()
{
	[ "$status" = "$1" ] || {
		echo "status $status"
		cat "$TMP/out" "$TMP/err"
	}
}

failing_seed_is_shown()
{
	local seed
	PAWL_SIM_MODE=exhaustive sim lost_wake
	is 1
	has "$TMP/out" "not ok lost_wake: nothing can go on"
	seed=$(sed -n 's/.*PAWL_SEED=\([0-9]*\)).*/\1/p' "$TMP/out")
	has "$TMP/out" "trace: $SIM_DIR/lost_wake-$seed.txt"
	has "$SIM_DIR/lost_wake-$seed.txt" "wakes_up"
	[ "$(head -c 15 "$SIM_DIR/lost_wake-$seed.json")" = '{"traceEvents":' ] || echo "no trace for Perfetto"
	[ "$(tail -n 1 "$SIM_DIR/lost_wake-$seed.json")" = ']}' ] || echo "half a trace for Perfetto"
}

same_seed_gives_the_same_files()
{
	local seed
	sim lost_wake
	seed=$(sed -n 's/.*PAWL_SEED=\([0-9]*\)).*/\1/p' "$TMP/out")
	mv "$SIM_DIR/lost_wake-$seed.txt" "$TMP/first"
	cp "$TMP/out" "$TMP/first-out"
	sim lost_wake "$seed"
	is 1
	cmp "$SIM_DIR/lost_wake-$seed.txt" "$TMP/first"
	diff "$TMP/first-out" "$TMP/out"
}

passing_seed_has_its_traces()
{
	sim session_keeps_order 007
	is 0
	has "$TMP/out" "seeds 7 to 7, 1 schedules"
	[ -s "$SIM_DIR/session_keeps_order-7.txt" ] || echo "no text"
	[ -s "$SIM_DIR/session_keeps_order-7.json" ] || echo "no JSON"
}

all_seeds_leave_no_trace()
{
	sim session_keeps_order
	is 0
	has "$TMP/out" "seeds 1 to 100"
	! grep trace: "$TMP/out"
}

unknown_names_have_similar_ones()
{
	sim two_sem
	is 2
	has "$TMP/err" "sim: there is no test two_sem; similar: two_sems, two_sems_mended"
	sim sesion_keps_order
	has "$TMP/err" "similar: session_keeps_order"
	sim '['
	is 2
	has "$TMP/err" 'sim: there is no test [; `make sim` lists them'
}

program_may_be_named()
{
	sim sim_sample/session_keeps_order 1
	is 0
	sim sim_other/session_keeps_order 1
	is 2
	has "$TMP/err" "similar: session_keeps_order"
}

seeds_are_numbers()
{
	local seed
	for seed in x 1x -1 '1 2' 0x10; do
		sim lost_wake "$seed"
		is 2
		has "$TMP/err" "sim: SEED=$seed is no number"
	done
	sim lost_wake 18446744073709551616
	is 2
	has "$TMP/err" "is more than a seed can be"
	sim session_keeps_order 18446744073709551615
	is 0
}

nothing_asked_for_lists_them()
{
	sim
	is 2
	has "$TMP/out" "lost_wake"
	has "$TMP/out" "session_keeps_order"
	has "$TMP/err" "make sim T=name"
}

make_asks_it()
{
	has "$PAWL_SOURCE/Makefile" 'tool/sim "$(T)" "$(SEED)"'
}

for case in failing_seed_is_shown same_seed_gives_the_same_files passing_seed_has_its_traces \
	all_seeds_leave_no_trace unknown_names_have_similar_ones program_may_be_named \
	seeds_are_numbers nothing_asked_for_lists_them make_asks_it; do
	silent $case $case
done
finish
