# SPDX-License-Identifier: MIT
# kill -9 at random instants: nothing keeps running, no hit is wrong, and the next build completes.
. "$(dirname "$0")/lib.sh"
rounds=${PAWL_CRASH_ROUNDS:-$([ -n "${PAWL_LONG:-}" ] && echo 100 || echo 30)}
RANDOM=${PAWL_SEED:-4711}

# Ten recipes of two tasks, each of which writes what it was told and what those before it wrote.
many_recipes()
{
	for i in 0 1 2 3 4 5 6 7 8 9; do
		below=
		[ "$i" -gt 2 ] && below="r$((i - 3))"
		recipe "r$i" <<-END
			DEPENDS = "$below"
			addtask one
			addtask two after do_one before do_build
			do_one[deptask] = "do_two"
			do_two[sstate-inputdirs] = "\${WORKDIR}/pub"
			do_one() {
				mkdir -p a; echo "\${PN} \${ROUND}" >a/word; sleep 0.0$i; seq 2000 >a/long; cat recipe-sysroot/* >a/below 2>/dev/null || :
			}
			do_two() {
				sleep 0.02; mkdir pub; cat a/word a/below >pub/\${PN}; rm a/long; (tail -f \${WORKDIR}/temp/run.do_two >/dev/null 2>&1 & :)
			}
		END
	done
}

# What r9 must have published in this round: its word, and what r0, r3 and r6 did, of which it sees all three.
expected()
{
	printf "%s $1\n" r9 r0 r3 r0 r6 r0 r3 r0
}

# Whatever still runs that was started for this build folder; waits for what is being torn down.
left_over()
{
	for _ in $(seq 1000); do
		found=$(pgrep -f "$PWD/tmp/work" | tr '\n' ' ')
		[ -z "$found" ] && return 0
		read -rt 0.05 <>"$work/never" || :
	done
	echo "still running: $found"
	return 1
}

kill_rounds()
{
	mkfifo "$work/never" 2>/dev/null || :
	many_recipes
	for round in $(seq "$rounds"); do
		echo "ROUND = \"$((round / 3))\"" >conf/local.conf
		"$pawl" build "$@" -j 3 r7 r8 r9 >out.txt 2>err.txt &
		pid=$!
		ms=$((RANDOM % 400))
		read -rt "0.$(printf %03d $ms)" <>"$work/never" || :
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		left_over || return 1
		[ $((round % 5)) = 0 ] || continue
		build "$@" r7 r8 r9
		same "$code" 0 "round $round after $ms ms" && same "$(cat tmp/work/r9-1.0-r0/pub/r9)" "$(expected $((round / 3)))" || return 1
		test ! -e tmp/work/r9-1.0-r0/a/long || { echo "round $round: a removed file is back"; return 1; }
	done
	"$pawl" store verify >verify.txt && holds "$(cat verify.txt)" " 0 damaged"
}

t_killed_in_a_sandbox()
{
	kill_rounds
}

t_killed_without_one()
{
	rounds=10
	kill_rounds --no-sandbox
}

run_tests "$@"
