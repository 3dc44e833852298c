#!/bin/bash
# SPDX-License-Identifier: MIT
# What tool/deps asks of the system, seen by stand-ins for dpkg-query and apt-get.
. "$(dirname "$0")/lib.sh"
deps=$PAWL_SOURCE/tool/deps
mkdir "$TMP/bin"

# fake NAME LINE...: a program of this name that comes first in the path.
fake()
{
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$TMP/bin/$1"
	chmod +x "$TMP/bin/$1"
}

# Whatever is not in the file `absent` is installed; apt-get writes down how it was called.
fake dpkg-query 'for name; do :; done' "grep -qx \"\$name\" $TMP/absent || printf installed"
fake sudo 'exec "$@"'
fake apt-get "echo \"\$*\" >>$TMP/calls" \
	"case \"\$*\" in *install*) [ ! -e $TMP/stale ] || exit 100 ;; update*) rm -f $TMP/stale ;; esac"
PATH=$TMP/bin:$PATH

run()
{
	: >"$TMP/calls"
	"$deps" "$@"
}

installs_only_what_is_missing()
{
	run >/dev/null
	[ "$(wc -l <"$TMP/calls")" = 1 ] || cat "$TMP/calls"
	grep -q '^install .* ninja-build lld$' "$TMP/calls" || cat "$TMP/calls"
}

updates_only_when_needed()
{
	touch "$TMP/stale"
	run >/dev/null
	[ "$(grep -c '^update' "$TMP/calls")" = 1 ] || cat "$TMP/calls"
	[ "$(wc -l <"$TMP/calls")" = 3 ] || cat "$TMP/calls"
}

# What only `make bench` wants is installed for it alone.
keeps_groups_apart()
{
	run >/dev/null
	! grep -q golang-go "$TMP/calls" || cat "$TMP/calls"
	run bench >/dev/null
	grep -q '^install .* golang-go$' "$TMP/calls" || cat "$TMP/calls"
	! grep -q lld "$TMP/calls" || cat "$TMP/calls"
	{ "$deps" --list && "$deps" --list bench; } | awk 'seen[$1]++ { print }'
}

refuses_other_groups()
{
	run benches 2>/dev/null && echo "tool/deps took a group that does not exist"
	cat "$TMP/calls"
}

each_has_a_reason()
{
	{ "$deps" --list && "$deps" --list bench; } | awk 'NF < 3 { print }'
}

: >"$TMP/absent"
silent quiet_when_nothing_is_missing run
silent asks_for_nothing_then cat "$TMP/calls"
printf 'lld\nninja-build\ngolang-go\n' >"$TMP/absent"
silent installs_only_what_is_missing installs_only_what_is_missing
silent updates_only_when_needed updates_only_when_needed
silent keeps_groups_apart keeps_groups_apart
silent refuses_other_groups refuses_other_groups
silent each_package_has_a_reason each_has_a_reason
finish
