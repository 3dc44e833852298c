# SPDX-License-Identifier: MIT
# kill -9 of pawl, of tasks, of one of two pawls: the next build is right, nothing durable runs again, no litter stays.
. "$(dirname "$0")/lib.sh"

# ---- ways to kill ----

# start_build NAME TARGETS...: in the background; its process is in `pid`.
start_build()
{
	"$pawl" build $how -j 3 "${@:2}" >"$1.out" 2>"$1.err" &
	pid=$!
}

# ended PID CODES: waits for a build that was left alone; it may end with one of these.
ended()
{
	wait "$1" && code=0 || code=$?
	case " $2 " in *" $code "*) return 0 ;; esac
	echo "a build that was left alone ended with $code: $(cat ./*.err | tr '\n' ' ')"
	return 1
}

kill_pawl()
{
	start_build one $targets
	pause "$instant"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

# Any process of any task: the task fails, or it was about to end.
kill_a_task()
{
	start_build one $targets
	for _ in 1 2 3; do
		pause $((instant / 3))
		victims=($(processes_of "$PWD"))
		[ "${#victims[@]}" != 0 ] || continue
		pick "${#victims[@]}"
		kill -9 "${victims[picked]}" 2>/dev/null
	done
	ended "$pid" "0 1"
}

kill_all()
{
	start_build one $targets
	pause "$instant"
	kill -9 "$pid" $(processes_of "$PWD") 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

# The second finds the store in use, or free again: then it builds.
kill_one_of_two()
{
	start_build one $targets
	one=$pid
	pause $((instant / 2))
	start_build two r5 r4
	two=$pid
	pause $((instant / 2))
	pick 2
	[ "$picked" = 0 ] && victim=$one other=$two || victim=$two other=$one
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	ended "$other" "0 2"
}

# ---- what must hold ----

# After it was collected, the store holds what belongs there and nothing else; so do the folders beside it.
no_litter()
{
	"$pawl" store gc >gc.txt 2>&1 || { tr '\n' ' ' <gc.txt; return 1; }
	litter=$(find store cache tmp/sysroots \( -name '*.part' -o -name '*.new' \) -prune -print
		find store -mindepth 1 -maxdepth 1 ! -name lock ! -name 'pawl.db*' ! -name new ! -name blobs
		find store/new store/blobs -type f ! -regex '.*/[0-9a-f]*\(\.x\)?')
	same "$litter" "" "litter"
}

# The same build again: it ends, runs nothing that was durable, and is right.
recover()
{
	lasting=$(durable "$since")
	build $how $targets
	same "$code" 0 "the build after it" && not_again $always $lasting && right "$work/expected.$generation" || return 1
	counted=$((counted + $(echo $lasting | wc -w)))
	whole_store && no_litter
}

# Sandboxed or not is chosen anew each time; a killed one that was not leaves its shell to end by itself.
kill_round()
{
	generation=$((generation + 1))
	pick 3; [ "$picked" = 0 ] && how=--no-sandbox || how=
	pick "$span"; instant=$picked
	set_generation "$generation"
	reference "$work/expected.$generation" $targets || return 1
	since=$(now_ns)
	"$1" && nothing_runs "$PWD" && recover
}

# kills WAY ROUNDS
kills()
{
	seed_test
	generation=10 counted=0 how=
	many_recipes 8
	set_generation 10
	began=$(now_ns)
	build $targets
	span=$((($(now_ns) - began) / 1000000 + 20))
	same "$code" 0 first || return 1
	always=$(ran | tr ' ' '\n' | grep -E '^r[0-9]*[02468]:do_(one|pub)$' | tr '\n' ' ')
	for round in $(seq "$2"); do
		kill_round "$1" || { echo "(round $round, at $instant of $span ms, $how)"; return 1; }
	done
	echo "$2 times $1 within $span ms: $counted tasks were durable, and none ran again" >&3
}

t_pawl()
{
	kills kill_pawl "$(rounds 9 40)"
}

t_tasks()
{
	kills kill_a_task "$(rounds 5 20)"
}

t_pawl_and_its_tasks()
{
	kills kill_all "$(rounds 5 20)"
}

t_one_of_two_pawls()
{
	kills kill_one_of_two "$(rounds 6 20)"
}

run_tests "$@"
