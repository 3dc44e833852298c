#!/bin/bash
# SPDX-License-Identifier: MIT
# What the compiler has to refuse, and the switches with which the core is built for small machines.
passed=0
failed=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
flags="-std=c11 -Wall -Wextra -Werror -I$PAWL_SOURCE/include -I$PAWL_SOURCE/src"

report()
{
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
		passed=$((passed + 1))
	else
		echo "not ok $1: $3"
		failed=$((failed + 1))
	fi
}

# A poll function with this body, in a file of its own.
body()
{
	printf '%s\n' '#include <pawl/pawl.h>' 'struct s { int x; pawl_task task; };' "$2" \
		'int f(pawl_task *t);' 'int f(pawl_task *t)' '{' "$1" '}' >"$dir/t.c"
}

compiles()
{
	$CC $flags -c "$dir/t.c" -o "$dir/t.o" 2>"$dir/err"
}

refused()
{
	body "$2" "$3"
	! compiles
	report "$1" $? "it compiles"
}

body 'PAWL_BEGIN(t); PAWL_AWAIT(t, pawl_sleep(t, 1)); PAWL_END(t);'
compiles
report plain_task_compiles $? "$(head -n 1 "$dir/err")"

refused two_awaits_on_one_line \
	'PAWL_BEGIN(t); PAWL_AWAIT(t, pawl_sleep(t, 1)); PAWL_AWAIT(t, pawl_sleep(t, 1)); PAWL_END(t);'
refused dropped_result_of_an_await 'pawl_sleep(t, 1); return 0;'
refused dropped_result_of_a_join 'pawl_join(t, t, 0); return 0;'
refused pool_of_a_type_that_does_not_begin_with_its_task 'return t ? 0 : 1;' \
	'PAWL_TASK_POOL(pool, struct s, 4);'
refused channel_without_room 'return t ? 0 : 1;' 'PAWL_CHAN(chan, int, 0);'

# The core without diagnostics and without assertions does the same work.
cat >"$dir/main.c" <<'END'
#include <pawl/pawl.h>
struct job { pawl_task task; int n; };
PAWL_TASK_POOL(jobs, struct job, 2);
static int work(pawl_task *t)
{
	struct job *j = PAWL_OF(t, struct job, task);
	PAWL_BEGIN(t);
	for (j->n = 0; j->n < 3; j->n++)
		PAWL_AWAIT(t, pawl_sleep(t, PAWL_US(100)));
#if PAWL_PANICS
	pawl_panic("at the end");
#endif
	PAWL_END(t);
}
struct reader { pawl_task task; pawl_co co; int sum; };
PAWL_GEN(numbers, int);
static int count(pawl_gen *g)
{
	return numbers_yield(g, 1) < 0 || numbers_yield(g, 2) < 0 ? PAWL_ECANCELED : 0;
}
static int read(pawl_co *co)
{
	pawl_gen g;
	int n, r;
	pawl_gen_init(&g, count, NULL);
	while ((r = numbers_next(&g, &n)) == 0 && (r = pawl_co_sleep(co, PAWL_US(1))) == 0)
		PAWL_OF(co, struct reader, co)->sum += n;
	pawl_gen_fini(&g);
	return r;
}
static int stacks(void)
{
	struct reader b = { .sum = 0 };
	int outcome = 0;
	pawl_co_spawn(pawl_current_executor(), &b, read);
	pawl_block_on(pawl_current_executor(), &b.task, &outcome);
	return outcome == PAWL_ECLOSED && b.sum == 3;
}
int main(void)
{
	struct job *j = jobs_claim();
	int outcome = 1;
	if (!stacks())
		return 3;
	pawl_spawn(pawl_current_executor(), &j->task, work);
	if (pawl_task_name(&j->task)[0] != 't' || pawl_live_tasks() != 0)
		return 2;
	pawl_block_on(pawl_current_executor(), &j->task, &outcome);
	return outcome == (PAWL_PANICS ? PAWL_EPANIC : 0) && pawl_pool_in_use(&jobs) == 0 ? 0 : 1;
}
END
build()
{
	$CC $flags "$@" "$dir/main.c" "$PAWL_SOURCE"/src/core/*.c "$PAWL_SOURCE"/src/co/*.c \
		"$PAWL_SOURCE"/src/port/switch.c "$PAWL_SOURCE"/src/host/{port,overflow,stacks}.c \
		-o "$dir/main" -pthread 2>"$dir/err" && "$dir/main"
}
build -DPAWL_DIAG=0
report core_without_diagnostics $? "it fails: $(head -n 1 "$dir/err")"
build -DPAWL_DIAG=0 -DPAWL_ASSERTS=0 -Os
report core_without_assertions $? "it fails: $(head -n 1 "$dir/err")"

# Each switch of the layout alone, and all at once: what needs no join goes on.
for switches in -DPAWL_PANICS=0 -DPAWL_WAITS=0 -DPAWL_CREW=0 -DPAWL_POLICIES=0 -DPAWL_STATS=0 \
	"-DPAWL_PANICS=0 -DPAWL_WAITS=0 -DPAWL_CREW=0 -DPAWL_POLICIES=0 -DPAWL_STATS=0"; do
	build -DPAWL_DIAG=0 $switches -Os
	report "core_with_$(echo "$switches" | tr -d ' -')" $? "it fails: $(head -n 1 "$dir/err")"
done

# Who mixes two kinds hears of it from the linker. differ FUNCTION FILE "FLAG..." "FLAG...": a program of the first
# kind calls the function by a name that the file of the second kind does not have.
differ()
{
	local function=$1 file=$2 wanted
	$CC $flags $3 -c "$dir/mix.c" -o "$dir/mix.o" && $CC $flags $4 -c "$PAWL_SOURCE/src/core/$file" -o "$dir/file.o"
	wanted=$(nm "$dir/mix.o" | awk -v f="^$function" '$1 == "U" && $2 ~ f "(_|$)" && $2 !~ f "_future" { print $2 }')
	[ -n "$wanted" ] && nm "$dir/file.o" | grep -q " T $function" && ! nm "$dir/file.o" | grep -q " T $wanted\$"
}
# mixture NAME FUNCTION FILE "FLAG..." [ALWAYS]: with and without the flags, and the other way round.
mixture()
{
	differ "$2" "$3" "${5-}" "$4 ${5-}" && differ "$2" "$3" "$4 ${5-}" "${5-}"
	report "mixture_of_$1_does_not_link" $? "both kinds use the same names"
}
cat >"$dir/mix.c" <<'END'
#include <pawl/pawl.h>
int mix(pawl_exec *x, pawl_task *t, pawl_poll_fn *f, pawl_future *g);
int mix(pawl_exec *x, pawl_task *t, pawl_poll_fn *f, pawl_future *g)
{
	return pawl_spawn(x, t, f) + pawl_spawn_future(x, g, NULL);
}
struct m { pawl_task task; pawl_co co; };
int mix_co(pawl_exec *x, struct m *m, pawl_co_fn *f);
int mix_co(pawl_exec *x, struct m *m, pawl_co_fn *f)
{
	return pawl_co_spawn(x, m, f);
}
END
for switch in DIAG TIMERS WAITS CREW POLICIES STATS; do
	mixture "pawl_$(echo $switch | tr A-Z a-z)" pawl_spawn spawn.c -DPAWL_$switch=0
done
# Where less is on by default, as on bare metal.
for switch in DIAG=1 TIMERS=0 WAITS=0 CREW=0 POLICIES=1 STATS=1; do
	mixture "bare_$(echo ${switch%=*} | tr A-Z a-z)" pawl_spawn spawn.c -DPAWL_$switch -U__linux__
done
for switch in DIAG TIMERS WAITS CREW POLICIES; do
	mixture "co_$(echo $switch | tr A-Z a-z)" pawl_co_spawn ../co/co.c -DPAWL_$switch=0
done
mixture co_sanitizer pawl_co_spawn ../co/co.c -fsanitize=address
mixture bare_co_diag pawl_co_spawn ../co/co.c -DPAWL_DIAG=1 -U__linux__
mixture generic_tasks pawl_spawn_future runner.c -DPAWL_GENERIC_TASKS=3
mixture generic_size pawl_spawn_future runner.c -DPAWL_GENERIC_SIZE=64

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
