#!/bin/bash
# SPDX-License-Identifier: MIT
# gdb and tool/gdb/pawl.py show coroutines and generators down to where they began, live and from core files.
. "$PAWL_SOURCE/test/house/lib.sh"
CC=${CC:-gcc}
helper=$PAWL_SOURCE/tool/gdb/pawl.py

gdb_on()
{
	timeout 120 gdb -nx -batch -iex 'set debuginfod enabled off' -ex 'set pagination off' \
		-ex "source $helper" "$@" </dev/null 2>&1
}

# The sample stops in here(), on top of a generator, on top of a coroutine.
look_live()
{
	gdb_on -ex 'break here' -ex run -ex 'up 1' -ex 'pawl coroutines' -ex 'echo BT\n' -ex 'pawl coroutines bt' \
		-ex 'echo APPLIED\n' -ex 'pawl apply &r frame apply level 3-20 -q info frame' -ex 'echo TASKS\n' \
		-ex 'pawl tasks' -ex 'echo FIRST\n' -ex 'pawl coroutines bt 1' -ex 'echo LAST\n' \
		-ex 'pawl coroutines bt -1' -ex 'echo PLAIN\n' -ex 'thread apply all bt' -ex 'echo FRAME\n' -ex frame \
		-ex "pawl core $2" -ex continue "$1"
}

look_at_core()
{
	gdb_on -ex 'pawl coroutines' -ex 'echo BT\n' -ex 'pawl coroutines bt' -ex 'echo TASKS\n' -ex 'pawl tasks' "$1" "$2"
}

# calls FILE HEADING: the functions below the heading of a coroutine, without the switch's own.
calls()
{
	awk -v heading="$2" '
		/^(coroutine|generator|-) / { is_there = on && index($0, heading) }
		/^BT$/ { on = 1 }
		/^[A-Z]+$/ && !/^BT$/ { on = is_there = 0 }
		is_there && /^(on the stack|resumed)/ { print "<" $1 ">" }
		is_there && sub(/^#[0-9]+ +/, "") {
			sub(/^0x[0-9a-f]+ in /, "")
			if ($1 !~ /^pawl_(switch_|co_suspend|co_leave_|next$|send$|yield$)/) print $1
		}' "$1" | paste -s -d ' '
}

# shows FILE HEADING CALL...: exactly those, down to the entry.
shows()
{
	local file=$1 heading=$2 said
	shift 2
	said=$(calls "$file" "$heading")
	[ "$said" = "$*" ] || echo "$heading: $said; not: $*"
}

# says FILE PATTERN...: a line for each.
says()
{
	local file=$1 pattern
	shift
	for pattern; do
		grep -qE -e "$pattern" "$file" || { echo "no $pattern in"; cat "$file"; }
	done
}

backtraces()
{
	shows "$1" "'reader'," read_byte read_line read_line read_line reader pawl_co_enter_
	shows "$1" "'walker'," '<on>' read_byte visit tree pawl_gen_enter_ '<resumed>' next_of walker pawl_co_enter_
	shows "$1" "'tree'," read_byte visit tree pawl_gen_enter_ '<resumed>' next_of walker pawl_co_enter_
	shows "$1" "'placed', suspended:" yield_deep placed pawl_gen_enter_
	shows "$1" "'trunk'," '<on>' yield_deep leaf pawl_gen_enter_ '<resumed>' delegate pawl_yield_from trunk pawl_gen_enter_
	shows "$1" "'ended', ended:"
	! grep -E 'Backtrace stopped|\?\? \(|corrupt' "$1"
}

lists()
{
	says "$1" '^0x[0-9a-f]+ +generator +placed +[^ ]*gdb_sample.c:[0-9]+ +suspended +[0-9]+/1[56][0-9]{3} +- +-$' \
		'^0x[0-9a-f]+ +generator +trunk .* suspended +[1-9][0-9]*/6[0-9]{4} ' \
		'^0x[0-9a-f]+ +generator +leaf .* suspended in 0x' \
		'^0x[0-9a-f]+ +- +ended .* ended +-/6[0-9]{4} ' \
		'^0x[0-9a-f]+ +generator +busy .* running on thread 2 ' \
		'^0x[0-9a-f]+ +coroutine +reader .* suspended +[1-9][0-9]*/6[0-9]{4} +0x[0-9a-f]+ +a timer$' \
		'^0x[0-9a-f]+ +generator +tree .* suspended in 0x' \
		'^0x[0-9a-f]+ +coroutine +stopper .* running on thread 1 .* running$' \
		'^0x[0-9a-f]+ +generator +probe .* running on thread 1 '
	! grep -E '^0x.* fresh ' "$1"
}

running()
{
	shows "$1" "'stopper', running on thread 1:" '<on>' here probe pawl_gen_enter_ '<resumed>' next_of stopper \
		pawl_co_enter_ '<resumed>' "$(tail_of "$1")"
	says "$1" '^#[0-9]+ .* main \(\) at '
}

# What executors do on the thread's own stack is theirs.
tail_of()
{
	calls "$1" "'stopper'," | sed 's/.*pawl_co_enter_ <resumed> //' | grep -E '^run .* run_all main$'
}

tasks()
{
	sed -n '/^TASKS$/,/^FIRST$/p' "$1" >"$TMP/tasks"
	says "$TMP/tasks" '^0x[0-9a-f]+ +reader .* a timer$' '^0x[0-9a-f]+ +walker .* a timer$' '^0x[0-9a-f]+ +stopper .* running$'
}

# So many calls, from the innermost, or to the outermost.
counted()
{
	sed -n '/^FIRST$/,/^LAST$/p' "$1" >"$TMP/first"
	sed -n '/^LAST$/,/^PLAIN$/p' "$1" >"$TMP/last"
	says "$TMP/first" '^#[0-9]+ .*pawl_(switch|co_leave|co_suspend|next|yield)'
	says "$TMP/last" 'pawl_co_enter_ \(' 'pawl_gen_enter_ \('
	! grep -E 'enter_ \(' "$TMP/first"
	! grep -E '^#[0-9]+ .*(read_byte|pawl_switch|pawl_co_leave)' "$TMP/last"
}

# gdb's own backtraces end at the entries, and nothing was changed.
undisturbed()
{
	sed -n '/^PLAIN$/,$p' "$1" >"$TMP/plain"
	says "$TMP/plain" '^#[0-9]+ .* in pawl_gen_enter_ .*gen.c' '^#1 .* probe .*gdb_sample.c' '^went on' 'exited normally'
	[ "$(sed -n '/^FRAME$/,$p' "$1" | grep -c '^#1 .* in probe ')" = 1 ] || cat "$1"
	says "$1" 'in reader \(' 'in pawl_co_enter_; saved|in pawl_co_enter_ \('
}

# Those of glibc's unwinder end there, too: here, probe, the entry.
abort_ends()
{
	(cd "$TMP" && ulimit -c unlimited && SAMPLE_ABORTS=1 "$1" >"$TMP/out") 2>/dev/null
	local n
	read -r n _ <"$TMP/out"
	[ "${n:-0}" -ge 3 ] && [ "$n" -le 6 ] || echo "backtrace() tells of $n calls"
}

kernel_core()
{
	local core
	core=$(find "$TMP" -maxdepth 1 -name 'core*' -newer "$TMP/out" -o -maxdepth 1 -name core | head -n 1)
	look_at_core "$1" "$core" >"$TMP/kernel"
	lists "$TMP/kernel"
	backtraces "$TMP/kernel"
}

# seen_in PROGRAM FLAG...: all is found in a program that was linked in another way.
seen_in()
{
	local program=$TMP/$1
	shift
	(cd "$TMP" && "$CC" -g -O2 -D_GNU_SOURCE "$@" "$PAWL_SOURCE/test/co/gdb_sample.c" -o "$program" -lpthread) ||
		return
	gdb_on -ex 'break here' -ex run -ex 'pawl coroutines' "$program" >"$TMP/seen"
	lists "$TMP/seen"
}

with_lto()
{
	local src=$PAWL_SOURCE/src
	seen_in lto -w -flto "-I$PAWL_SOURCE/include" "-I$src" "$src"/{core,co}/*.c "$src"/host/{stacks,overflow,port}.c \
		"$src/port/switch.c"
}

# The two files, with headers that lead to them.
with_the_copy()
{
	local h copy=$TMP/copy
	"$PAWL_SOURCE/tool/dist" "$copy" >"$TMP/said" 2>&1 || cat "$TMP/said"
	mkdir "$copy/pawl"
	for h in "$PAWL_SOURCE"/include/pawl/*.h; do
		echo '#include "../pawl.h"' >"$copy/pawl/${h##*/}"
	done
	seen_in copied -w -DPAWL_PORT_POSIX "-I$copy" "$copy/pawl.c"
}

without_debug_info()
{
	strip -g "$1" -o "$TMP/stripped"
	gdb_on -ex 'break here' -ex run -ex 'pawl coroutines' "$TMP/stripped" >"$TMP/said"
	says "$TMP/said" 'pawl: nothing is known of .* built without -g'
}

without_a_program()
{
	gdb_on -ex 'pawl coroutines' >"$TMP/said"
	says "$TMP/said" 'pawl: there is no program that runs, and no core file'
}

for name in gdb_sample gdb_sample_far; do
	sample=$PAWL_BUILD/test/co/$name
	look_live "$sample" "$TMP/$name.core" >"$TMP/live"
	silent ${name}_lists lists "$TMP/live"
	silent ${name}_backtraces backtraces "$TMP/live"
	silent ${name}_running running "$TMP/live"
	silent ${name}_tasks tasks "$TMP/live"
	silent ${name}_counted counted "$TMP/live"
	silent ${name}_undisturbed undisturbed "$TMP/live"
	look_at_core "$sample" "$TMP/$name.core" >"$TMP/dead"
	silent ${name}_core_lists lists "$TMP/dead"
	silent ${name}_core_backtraces backtraces "$TMP/dead"
	silent ${name}_core_running running "$TMP/dead"
	silent ${name}_core_tasks tasks "$TMP/dead"
done
silent abort_and_backtrace_end abort_ends "$PAWL_BUILD/test/co/gdb_sample"
case $(cat /proc/sys/kernel/core_pattern) in
core | core.*) silent core_of_the_kernel kernel_core "$PAWL_BUILD/test/co/gdb_sample" ;;
*) echo "# core files of the kernel are not written where programs run: not looked at" ;;
esac
silent with_lto with_lto
silent with_the_two_file_copy with_the_copy
silent without_debug_info without_debug_info "$PAWL_BUILD/test/co/gdb_sample"
silent without_a_program without_a_program
finish
