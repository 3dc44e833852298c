# SPDX-License-Identifier: MIT
# Calls that fail at random, by libfiu: pawl says so and ends as documented, and the next build is right.
. "$(dirname "$0")/lib.sh"
fiu=/usr/lib/fiu

can_fail()
{
	[ -z "${PAWL_PRESET_SANITIZE:-}" ] || skip "a sanitizer's own calls would fail, too"
	[ -e "$fiu/fiu_posix_preload.so" ] || skip "libfiu's preload library is not at $fiu"
	[ -e "$tools/more_failures.so" ] || skip "it was built where libfiu's header was missing"
}

# failing POINTS PROBABILITY ERRNO: a build where these calls fail so often; as fiu-run does it, with ours in front.
failing()
{
	pick 1000000
	timeout -s ABRT 300 env FIU_PRNG_SEED="$picked" FIU_CTRL_FIFO= \
		FIU_ENABLE="enable_random name=$1,probability=$2,failinfo=$3" \
		LD_PRELOAD="$tools/more_failures.so $fiu/fiu_run_preload.so $fiu/fiu_posix_preload.so" \
		"$pawl" build -j 3 $targets >out.txt 2>err.txt &
	wait $! && code=0 || code=$?
}

# A documented end; a reason, unless writing it is what failed; and right outputs if it says so.
ended_well()
{
	case $code in
	0) right "$work/expected" ;;
	1 | 2) [ -s err.txt ] || [ "${1#posix/stdio}" != "$1" ] || { echo "ended with $code and without a word"; return 1; } ;;
	*) echo "ended with $code: $(tail -n 3 err.txt | tr '\n' ' ')"; return 1 ;;
	esac
}

# What it left behind is no trouble for the next.
next_is_right()
{
	nothing_runs "$PWD" || return 1
	build $targets
	same "$code" 0 "the build after it" && right "$work/expected" && whole_store
}

# Half of the rounds begin with what the last one left, half with nothing, and a tenth as what is current.
begin_round()
{
	pick 10
	[ "$picked" != 0 ] || return 0
	unlock_and_remove tmp
	[ "$picked" -lt 6 ] || unlock_and_remove store
	rm -rf cache
}

# all_fail ROUNDS POINTS...: each of the points, now often, now rarely.
all_fail()
{
	seed_test
	failed_builds=0 builds=0
	many_recipes 6
	set_generation 1
	reference "$work/expected" $targets || return 1
	for round in $(seq "$1"); do
		for points in "${@:2}"; do
			often=(0.2 0.02 0.002 0.0005)
			errors=(5 12 28)
			pick 4; chance=${often[picked]}
			pick 3; error=${errors[picked]}
			[ "${points#libc}" = "$points" ] || error=12 # the C library counts on that
			begin_round
			failing "$points" "$chance" "$error"
			builds=$((builds + 1))
			[ "$code" = 0 ] || failed_builds=$((failed_builds + 1))
			ended_well "$points" && next_is_right ||
				{ echo "(round $round: $points at $chance with errno $error)"; return 1; }
		done
	done
	echo "$failed_builds of $builds builds were made to fail by ${*:2}" >&3
}

t_files()
{
	all_fail "$(rounds 2 30)" 'posix/io/rw/*' 'posix/io/oc/open' 'posix/io/oc/close' 'posix/io/dir/*' 'posix/io/sync/*'
}

t_more_of_files()
{
	all_fail "$(rounds 2 30)" 'more/dir/*' 'more/stat/*' 'more/mode/*' 'more/sync/*' 'more/copy/*'
}

t_memory()
{
	all_fail "$(rounds 2 30)" 'libc/mm/*' 'libc/str/*' 'posix/mm/mmap'
}

t_processes()
{
	all_fail "$(rounds 2 30)" 'more/proc/*' 'posix/proc/wait*' 'posix/proc/kill'
}

t_output()
{
	all_fail "$(rounds 2 30)" 'posix/stdio/*'
}

set -f
can_fail
run_tests "$@"
