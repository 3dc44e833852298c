# SPDX-License-Identifier: MIT
# What the tests on the real machine share: recipes, a reference to compare with, what must never run again.
here=$(cd "$(dirname "$0")" && pwd)
tools=$PAWL_BUILD/test/real
export TMPDIR=$tools
. "$here/../e2e/lib.sh"
exec 3>&1

# rounds SHORT LONG: how many of something; a sanitized pawl gets fewer.
rounds()
{
	if [ -n "${PAWL_LONG:-}" ]; then
		echo "$2"
	elif [ -n "${PAWL_PRESET_SANITIZE:-}" ]; then
		echo $((($1 + 2) / 3))
	else
		echo "$1"
	fi
}

# Says what is missing, and ends as what ran nothing.
skip()
{
	echo "SKIP $(basename "$0" .sh): $1"
	echo "0 passed, 0 failed"
	exit 0
}

seed=${PAWL_SEED:-$([ -n "${PAWL_LONG:-}" ] && date +%s || echo 4711)}
[ -n "${PAWL_OWN_MOUNTS:-}" ] || echo "seed $seed (PAWL_SEED=$seed chooses the same instants)"

# A shell gives each subshell random numbers of its own: each test calls this first.
seed_test()
{
	RANDOM=$seed
	mkfifo never 2>/dev/null
	never=$PWD/never
}

# pick BELOW: a random number, in `picked`; no subshell, which would have a seed of its own.
pick()
{
	picked=$(((RANDOM * 32768 + RANDOM) % $1))
}

# pause MS
pause()
{
	read -rt "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))" <>"$never" || :
}

now_ns()
{
	date +%s%N
}

# ---- what is built ----

# Recipes r0, r1, … of three tasks each. Even ones stay as they are, odd ones change with ${ROUND} and stand on both.
# No task ignores a command that fails: one that is killed must not end as a success.
many_recipes()
{
	targets=
	for i in $(seq 0 $(($1 - 1))); do
		below= word='kept'
		[ "$i" -lt 2 ] || below="r$((i - 2))"
		[ $((i % 2)) = 0 ] || { below="$below r$((i - 1))"; word='${ROUND}'; }
		one_recipe "$i" "$word" "$below"
		targets="$targets r$i"
	done
}

one_recipe()
{
	sum=
	[ -z "$3" ] || sum='cksum recipe-sysroot/r* >>pub/${PN}'
	recipe "r$1" <<-END
		DEPENDS = "$3"
		WORD = "$2"
		addtask one
		addtask pub after do_one
		addtask end after do_pub before do_build
		do_one[deptask] = "do_pub"
		do_pub[sstate-inputdirs] = "\${WORKDIR}/pub"
		do_one() {
			mkdir -p a/empty
			echo \${PN} \${WORD} >a/word
			seq 300 >a/long
			ln a/word a/hard
			ln -s nowhere a/dangling
			sleep 0.0$(($1 % 3))
		}
		do_pub() {
			mkdir pub
			cat a/word >pub/\${PN}
			$sum
			printf '#!/bin/sh\necho %s\n' \${WORD} >pub/\${PN}.sh
			chmod 0755 pub/\${PN}.sh
		}
		do_end() {
			rm a/long
			chmod 0500 a/empty
			echo more >>a/hard
			seq $((1 + $1 % 4 * 9000)) >b
			echo \${ROUND} >>b
		}
	END
}

# The configuration of a generation; only odd recipes and the ends see it.
set_generation()
{
	printf 'ROUND = "%s"\nWORD[doc] = ""\n' "$1" >conf/local.conf
}

# All that a build made in the folder: names, kinds, modes, links, sizes and contents.
outputs()
{
	(
		cd "$1/tmp/work" || exit 1
		find . \( -name temp -o -name recipe-sysroot \) -prune -o -type f -printf '%p %m %n %s\n' \
			-o -printf '%p %m %y %l\n' | LC_ALL=C sort
		find . \( -name temp -o -name recipe-sysroot \) -prune -o -type f -print0 | LC_ALL=C sort -z |
			xargs -0 sha256sum
	)
}

# reference FILE TARGETS...: what the folder's recipes give where no store and no outputs are yet.
reference()
{
	unlock_and_remove "$work/reference"
	mkdir -p "$work/reference"
	cp -r conf layer "$work/reference"
	sed -i "s|^BBLAYERS.*|BBLAYERS = \"$work/reference/layer\"|" "$work/reference/conf/bblayers.conf"
	"$pawl" build -C "$work/reference" "${@:2}" >"$work/reference/out" 2>&1 ||
		{ tr '\n' ' ' <"$work/reference/out"; return 1; }
	outputs "$work/reference" >"$1"
}

# ---- what must hold ----

# right FILE: the outputs here are those of the reference.
right()
{
	outputs . >"$work/found"
	cmp -s "$1" "$work/found" && return 0
	echo "outputs differ from the reference's: $(diff "$1" "$work/found" | head -n 6 | tr '\n' ' ')"
	return 1
}

# not_again TASK...: none of these ran in the last build.
not_again()
{
	for task in $(ran); do
		case " $* " in *" $task "*)
			echo "$task ran again, though it was durable"
			return 1
			;;
		esac
	done
}

# durable SINCE: the tasks that the database of this folder says succeeded since then.
durable()
{
	rm -rf "$work/copy"
	mkdir "$work/copy"
	[ -e store/pawl.db ] || return 0
	cp store/pawl.db "$work/copy"
	[ ! -e store/pawl.db-wal ] || cp store/pawl.db-wal "$work/copy"
	"$tools/durable" "$work/copy/pawl.db" "$1" 2>/dev/null | tr '\n' ' '
}

whole_store()
{
	holds "$("$pawl" store verify 2>&1)" " 0 damaged" || return 1
	[ ! -e store/bad ] || { echo "a blob was set aside: $(ls store/bad | tr '\n' ' ')"; return 1; }
}

# The processes that were started for the build folder $1.
processes_of()
{
	pgrep -f "$1/tmp/work"
}

# Nothing runs any more that was started for the build folder $1; what is being torn down is waited for.
nothing_runs()
{
	for _ in $(seq 400); do
		found=$(processes_of "$1" | tr '\n' ' ')
		[ -z "$found" ] && return 0
		pause 50
	done
	echo "still running: $found"
	return 1
}
