# SPDX-License-Identifier: MIT
# What the end-to-end tests share: a build folder of their own, checks, and the kit's output.
#
# A test is a function t_NAME that returns 0 or says why not on standard output and returns 1. `run_tests` runs
# all of them, each in a build folder of its own under $work, or the one named on the command line.
set -u
pawl=${PAWL:?the pawl program}
work=$(mktemp -d "${TMPDIR:-/tmp}/pawl-e2e.XXXXXX")
trap 'unlock_and_remove "$work"' EXIT
trap 'exit 1' INT TERM

unlock_and_remove()
{
	[ -d "$1" ] || return 0
	find "$1" -type d ! -perm -u+w -exec chmod u+w {} +
	rm -rf "$1"
}

# A build folder with one layer that has a base class of two lines.
new_build()
{
	mkdir -p conf layer/conf layer/classes layer/recipes
	printf 'BBLAYERS = "${TOPDIR}/layer"\n' >conf/bblayers.conf
	: >conf/local.conf
	cat >layer/conf/layer.conf <<-'END'
		BBPATH .= ":${LAYERDIR}"
		BBFILES += "${LAYERDIR}/recipes/*.bb"
		BBFILE_COLLECTIONS += "test"
		BBFILE_PATTERN_test = "^${LAYERDIR}/"
	END
	cat >layer/classes/base.bbclass <<-'END'
		addtask build
		do_build[noexec] = "1"
		do_build() {
			:
		}
	END
}

# recipe NAME: makes layer/recipes/NAME_1.0.bb from standard input, where a function may stand on one line.
recipe()
{
	sed 's/^\(do_[a-z]*() {\) \(.*\) }$/\1\n\2\n}/' >"layer/recipes/${1}_1.0.bb"
}

# A recipe with one task, do_make, that writes what it was given and what those below it published.
#	maker NAME [DEPENDS...]
maker()
{
	name=$1
	shift
	recipe "$name" <<-END
		DEPENDS = "$*"
		WORD = "$name"
		addtask make before do_build
		do_make[deptask] = "do_make"
		do_make[sstate-inputdirs] = "\${WORKDIR}/pub"
		do_make() {
			mkdir -p pub
			{ echo "\${WORD}"; cat recipe-sysroot/* 2>/dev/null || :; } >pub/\${PN}
		}
	END
}

# build ARGS...: runs pawl build with an event file; out, err, code and events hold what came of it.
build()
{
	out=$("$pawl" build --events events.json "$@" 2>err.txt) && code=0 || code=$?
	err=$(cat err.txt)
}

# The tasks that really ran in the last build, sorted, in one line.
ran()
{
	sed -n 's/.*"event":"task_started".*"task":"\([^"]*\)".*/\1/p' events.json | sort | tr '\n' ' ' | sed 's/ $//'
}

# The counts of the last line: "tasks run restored current failed skipped".
counts()
{
	printf '%s\n' "$out" | tail -n 1 |
		sed -n 's/^pawl: \([0-9]*\) tasks: \([0-9]*\) run, \([0-9]*\) restored, \([0-9]*\) current, \([0-9]*\) failed, \([0-9]*\) skipped in [0-9.]* s$/\1 \2 \3 \4 \5 \6/p'
}

same()
{
	[ "$1" = "$2" ] && return 0
	echo "${3:-values differ}: found '$1', expected '$2'; err: ${err:-}" | tr '\n' ' '
	return 1
}

holds()
{
	case $1 in *"$2"*) return 0 ;; esac
	echo "expected '$2' in '$1'" | tr '\n' ' '
	return 1
}

lacks()
{
	case $1 in *"$2"*) ;; *) return 0 ;; esac
	echo "unexpected '$2' in '$1'" | tr '\n' ' '
	return 1
}

run_tests()
{
	passed=0 failed=0
	for name in ${1:-$(declare -F | sed -n 's/^declare -f t_//p')}; do
		mkdir -p "$work/$name"
		why=$(cd "$work/$name" && new_build && "t_$name" 2>&1) && r=0 || r=$?
		if [ "$r" = 0 ]; then
			passed=$((passed + 1))
			echo "ok $name"
		else
			failed=$((failed + 1))
			echo "not ok $name: $why"
		fi
	done
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
