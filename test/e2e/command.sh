# SPDX-License-Identifier: MIT
# The command as people meet it: exit codes, messages, failing tasks, interrupts, questions.
. "$(dirname "$0")/lib.sh"

t_usage()
{
	out=$("$pawl" 2>&1) && return 1
	same $? 2 || return 1
	"$pawl" --help >help.txt && holds "$(cat help.txt)" "pawl COMMAND" && holds "$(cat help.txt)" "1 a task failed or the build could not go on" || return 1
	err=$("$pawl" biuld x 2>&1); same $? 2 && holds "$err" "there is no command 'biuld'" || return 1
	err=$("$pawl" build 2>&1); same $? 2 || return 1
	err=$("$pawl" build -j 0 x 2>&1); same $? 2 && holds "$err" "-j takes a number" || return 1
	err=$("$pawl" why --trace x y 2>&1); same $? 2 && holds "$err" "belongs to 'pawl build'"
}

t_not_a_build_folder()
{
	mkdir empty
	err=$("$pawl" build -C empty x 2>&1)
	same $? 2 && holds "$err" "conf/bblayers.conf"
}

t_nothing_provides()
{
	maker busybox; maker b busybux
	build b; same "$code" 2 && holds "$err" "nothing provides 'busybux'" && holds "$err" "b" && holds "$err" "did you mean 'busybox'?" || return 1
	build bb; same "$code" 2 && holds "$err" "nothing provides 'bb'" || return 1
	build b:mak; same "$code" 2 && test ! -e tmp/work
}

t_a_loop_is_shown()
{
	maker a c; maker b a; maker c b
	build c; same "$code" 2 && holds "$err" "c:do_make -> b:do_make -> a:do_make -> c:do_make" && test ! -e tmp/work
}

t_all_syntax_errors_in_one_run()
{
	printf 'A = "1\nB == "2"\n' >layer/recipes/x_1.bb
	printf 'inherit nonesuch\n' >layer/recipes/y_1.bb
	maker a
	build a; same "$code" 2 && holds "$err" "x_1.bb:1" && holds "$err" "y_1.bb:1" && holds "$err" "nonesuch" && test ! -e tmp/work
}

t_inline_python_is_named()
{
	recipe p <<-'END'
		V = "${@1 + 1}"
		addtask make before do_build
		do_make() { echo ${V}; }
	END
	build p; same "$code" 2 && holds "$err" "p_1.0.bb:1" && holds "$err" '${@1 + 1}'
}

t_a_failing_task()
{
	recipe bad <<-'END'
		addtask make before do_build
		do_make() { echo this is the reason; exit 7; }
	END
	maker good; maker needs bad; maker more needs
	build more; same "$code" 1 && same "$(counts)" "3 0 0 0 1 2" || return 1
	holds "$err" "bad:do_make failed: exit code 7" && holds "$err" "this is the reason" && holds "$out" "more:do_make skipped: bad:do_make failed" || return 1
	build -k more good; same "$code" 1 && same "$(counts)" "4 1 0 0 1 2" && same "$(ran)" "bad:do_make good:do_make" || return 1
	holds "$("$pawl" log bad:make)" "this is the reason" || return 1
	sed -i 's/exit 7/mkdir -p x/' layer/recipes/bad_1.0.bb
	build more; same "$code" 0 && same "$(counts)" "3 3 0 0 0 0"
}

t_a_killed_task()
{
	recipe k <<-'END'
		addtask make before do_build
		do_make() { exec python3 -c 'import os; os.abort()' || kill -9 $$; }
	END
	build k; same "$code" 1 && holds "$err" "k:do_make failed"
}

t_timeout()
{
	recipe slow <<-'END'
		addtask make before do_build
		do_make[timeout] = "0.3"
		do_make() { sleep 600; }
	END
	build slow; same "$code" 1 && holds "$err" "timeout"
}

t_j_bounds_what_runs_at_once()
{
	for i in 1 2 3 4 5 6; do
		recipe "r$i" <<-'END'
			addtask make before do_build
			do_make() { sleep 0.5; }
		END
	done
	build -j 2 r1 r2 r3 r4 r5 r6 && same "$(counts)" "6 6 0 0 0 0" || return 1
	most=$(awk '/task_started/ { n++; if (n > m) m = n } /task_finished/ { n-- } END { print m }' events.json)
	same "$most" 2
}

# Two of its jobs wait for each other, and each counts those that are there with it.
t_make_shares_the_slots()
{
	recipe m <<-'END'
		addtask make before do_build
		do_make[timeout] = "100"
		do_make() {
			printf 'all: a b c d\na b c d:\n\t@mkdir d.$@; : >met.$@; %s; ls -d d.* | wc -l >>seen; sleep 0.05; rmdir d.$@\n' \
				'until [ -e met.a ] && [ -e met.b ]; do sleep 0.01; done' >Makefile
			make 2>&1 | tee log
			! grep -q 'jobserver unavailable' log
		}
	END
	build -j 2 m && same "$(counts)" "1 1 0 0 0 0" && holds "$(sort -n tmp/work/m-1.0-r0/seen | tail -n 1)" 2
}

# A task that says that it runs, by a file in its folder, and stays until there is another one.
stays='echo >here; until [ -e go ]; do sleep 0.02; done; rm here go'

let_go()
{
	until [ -e "tmp/work/$1/here" ]; do sleep 0.02; done
	touch "tmp/work/$1/go"
}

# heard PID: it has taken the signals that were sent to it, and sleeps again.
heard()
{
	while grep -q '^ShdPnd:.*[1-9a-f]' "/proc/$1/status"; do :; done
	while grep -q '^State:.[RD]' "/proc/$1/status"; do :; done
}

t_interrupt_finishes_what_runs()
{
	mkfifo started
	recipe i <<-END
		addtask one
		addtask two after do_one before do_build
		do_one() { $stays; echo x >x; }
		do_two() { echo y >y; }
	END
	"$pawl" build --events started i >out.txt 2>err.txt &
	pid=$!
	while read -r line; do
		case $line in *task_started*) kill -INT "$pid"; heard "$pid"; let_go i-1.0-r0 ;; esac
	done <started
	wait "$pid"
	same $? 130 && holds "$(tail -n 1 out.txt)" "2 tasks: 1 run, 0 restored, 0 current, 0 failed, 1 skipped"
}

t_second_interrupt_kills()
{
	mkfifo started
	recipe i <<-'END'
		addtask one before do_build
		do_one() { sleep 600; }
	END
	"$pawl" build --events started i >out.txt 2>err.txt &
	pid=$!
	while read -r line; do
		case $line in *task_started*) kill -INT "$pid"; kill -TERM "$pid" ;; esac # the same twice could become one
	done <started
	wait "$pid"
	same $? 130
}

t_two_at_once()
{
	mkfifo started
	recipe i <<-END
		addtask one before do_build
		do_one() { $stays; }
	END
	"$pawl" build --events started i >out.txt 2>err.txt &
	pid=$!
	while read -r line; do
		case $line in *task_started*) build i; echo "$code $err" >second.txt; let_go i-1.0-r0 ;; esac
	done <started
	wait "$pid" && holds "$(cat second.txt)" "pid $pid"
}

t_events_and_trace()
{
	maker a; maker b a
	"$pawl" build --events e.json --trace t.json b >/dev/null || return 1
	python3 - <<-'END' || return 1
		import json
		events = [json.loads(line) for line in open("e.json")]
		assert [e["event"] for e in events][-1] == "build_finished", events[-1]
		assert events[-1]["run"] == 2 and events[-1]["tasks"] == 2
		trace = json.load(open("t.json"))["traceEvents"]
		assert sorted(e["name"] for e in trace if e["ph"] == "X") == ["a:do_make", "b:do_make"]
	END
}

t_questions()
{
	maker a; maker b a
	holds "$("$pawl" list)" "a 1.0 " || return 1
	holds "$("$pawl" graph b)" "b:do_make <- a:do_make" || return 1
	holds "$("$pawl" graph --dot b)" '"b:do_make" -> "a:do_make";' || return 1
	out=$("$pawl" env a WORD) && holds "$out" 'WORD="a"' && holds "$out" "a_1.0.bb:2" || return 1
	err=$("$pawl" env a WERD 2>&1); same $? 2 && holds "$err" "did you mean WORD?" || return 1
	holds "$("$pawl" store stat)" "the store is empty" || return 1
	build b && holds "$("$pawl" store stat)" "2 actions" || return 1
	"$pawl" clean a >/dev/null && test ! -e tmp/work/a-1.0-r0 || return 1
	build b && same "$(counts)" "2 0 1 1 0 0" && holds "$("$pawl" store gc --keep 1G)" "dropped 0 actions"
}

t_logs_outlive_the_folder()
{
	recipe l <<-'END'
		addtask make before do_build
		do_make() { echo "said ${WORD}"; echo x >x; }
		WORD = "one"
	END
	build l && same "$("$pawl" log l:make)" "said one" || return 1
	echo 'WORD:pn-l = "two"' >conf/local.conf
	build l && same "$("$pawl" log l:make)" "said two" || return 1
	rm -r tmp; build l && same "$(counts)" "1 0 1 0 0 0" && same "$("$pawl" log l:make)" "said two" kept || return 1
	: >conf/local.conf
	build l && same "$(counts)" "1 0 1 0 0 0" && same "$("$pawl" log l:make)" "said one" "after a restore"
}

t_questions_about_a_joint()
{
	maker a
	holds "$("$pawl" why a)" "a:do_build has nothing to run itself; 1 of the tasks below it will run, first a:do_make: first run here" || return 1
	build a && holds "$("$pawl" why a)" "none of the tasks below it will run" || return 1
	err=$("$pawl" log a 2>&1); same $? 2 && holds "$err" "a:do_build has nothing to run and no log: name a task, as in a:do_make"
}

t_a_task_without_a_function_is_named()
{
	recipe a <<-'END'
		addtask foo before do_build
	END
	build a; same "$code" 0 && holds "$err" "a_1.0.bb: task do_foo has no function"
}

t_flags_without_effect_are_named()
{
	recipe a <<-'END'
		addtask make before do_build
		do_make[recrdeptask] = "do_make"
		do_make() { :; }
	END
	build a; same "$code" 0 && holds "$err" "a_1.0.bb: do_make[recrdeptask] has no effect here"
}

# What the failed task left in the folder is seen or not, as its files are younger than the clock
# can tell or not: so what came before is put in place, or stands there. It never runs again.
t_a_failure_leaves_the_tasks_before_it_done()
{
	recipe a <<-'END'
		addtask one
		addtask two after do_one before do_build
		do_one() { echo x >x; }
		do_two() { echo y >y; false; }
	END
	build a; same "$(counts)" "2 1 0 0 1 0" && holds "$out" "[2/2] a:do_two failed after" || return 1
	build a; same "$(counts | sed 's/^2 0 1 0/2 0 0 1/')" "2 0 0 1 1 0" || return 1
	sed -i 's/false/echo z >x/' layer/recipes/a_1.0.bb
	build a; same "$(counts | sed 's/^2 1 1 0/2 1 0 1/')" "2 1 0 1 0 0" &&
		same "$(ran)" a:do_two && same "$(cat tmp/work/a-1.0-r0/x)" z
}

t_memory_runs_out()
{
	[ -z "${PAWL_PRESET_SANITIZE:-}" ] || return 0	# a sanitizer reserves more than any limit
	maker a
	(ulimit -v 150000; build a; [ "$code" = 0 ] || same "$code" 2) || return 1
	for kb in 100000 60000 40000 30000; do
		(ulimit -v $kb; timeout 100 "$pawl" build a >/dev/null 2>err.txt; code=$?; [ $code = 0 ] || { [ $code -le 2 ] && [ -s err.txt ]; }) ||
			{ echo "with $kb KB: $(cat err.txt)"; return 1; }
	done
	build a; same "$code" 0
}

t_wrong_targets()
{
	maker a
	build a:; same "$code" 2 && holds "$err" "expected a target such as recipe or recipe:task, found 'a:'" || return 1
	build ''; same "$code" 2 && holds "$err" "found ''" || return 1
	build nope; same "$code" 2 && holds "$err" "nothing provides 'nope', which the command line names"
}

t_task_by_c()
{
	maker a
	build -c make a && same "$(counts)" "1 1 0 0 0 0" || return 1
	build -c do_make a && same "$(counts)" "1 0 0 1 0 0"
}

t_a_store_that_cannot_be_opened()
{
	maker a
	touch store
	build a; same "$code" 2 && holds "$err" "pawl: error: the store $PWD/store cannot be opened: "
}

t_a_timeout_that_is_no_number()
{
	maker a
	echo 'do_make[timeout] = "soon"' >>layer/recipes/a_1.0.bb
	build a; same "$code" 2 && holds "$err" "do_make[timeout]: expected a number of seconds, found 'soon'"
}

t_tasks_left_in_the_folder_of_a_failure()
{
	recipe r <<-'END'
		addtask one
		addtask two
		addtask join after do_one do_two before do_build
		do_one() { echo 1 >one; }
		do_two() { test -e ${TOPDIR}/good; }
		do_join() { : }
	END
	build -k r; same "$code" 1 && same "$(counts)" "3 1 0 0 1 1" || return 1
	rm -rf tmp
	build -k r; same "$code" 1 && same "$(counts)" "3 0 0 0 1 2" && holds "$out" "r:do_one skipped: another task failed in its folder" && lacks "$out" "not started"
}

t_why_a_fetch_runs_again()
{
	echo data >data; mkdir downloads; cp data downloads
	recipe r <<-END
		SRC_URI = "http://127.0.0.1:1/data;sha256sum=$(sha256sum data | cut -c1-64)"
		addtask fetch before do_build
		do_fetch[fetch] = "1"
		do_fetch() { : }
	END
	build r:fetch; same "$code" 0 && rm downloads/data || return 1
	holds "$("$pawl" why r:fetch)" "will run: $PWD/downloads/data is not there any more"
}

t_standard_output_that_cannot_be_written()
{
	maker a
	"$pawl" build a >/dev/full 2>&1; same $? 1
}

run_tests "$@"
