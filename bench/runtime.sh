#!/bin/bash
# SPDX-License-Identifier: MIT
# Measures the runtime, and its peers beside it, in rounds in which they take turns; prints the medians.
#
#	bench/runtime.sh [--quick] PROGRAMS PEERS	lines "name,param,subject,value,unit"
#
# PROGRAMS is a folder with programs runtime_*, PEERS one with a program for each peer; each of them
# measures one row in a process of its own (runtime/measure.h). --quick is one round of tiny sizes,
# whose figures mean nothing. PAWL_ROUNDS is how many rounds (default 5), PAWL_ROWS a pattern of the
# rows to measure, such as 'timer,*'. PAWL_LEAST=1 prints the least of the rounds, not their median:
# for a machine that has other work, too.
set -euo pipefail
quick=
if [ "$1" = --quick ]; then
	quick=--quick
	shift
fi
programs=$1
peers=$2
rounds=${PAWL_ROUNDS:-5}
[ -z "$quick" ] || rounds=1

# value PROGRAM ROW: what it measured.
value()
{
	timeout 300 "$1" "${2%,*}" "${2#*,}" $quick
}

# pick: of the values of all rounds, the one to print.
pick()
{
	if [ -n "${PAWL_LEAST-}" ]; then
		sort -n | sed -n 1p
	else
		sort -n | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
	fi
}

unit()
{
	case $1 in
	idle_bytes,*) echo B ;;
	*) echo ns ;;
	esac
}

# peers_of ROW: the programs of those that have it.
peers_of()
{
	local p
	for p in "$peers"/*; do
		if [ -f "$p" ] && [ -x "$p" ] && grep -qx "$1" <<<"$("$p" --list)"; then
			echo "$p"
		fi
	done
}

# measure ROW PROGRAM PEER...: pawl, peer, peer, and again; a peer that fails is out.
measure()
{
	local row=$1 pawl=$2 p v
	local -A values=()
	shift 2
	for ((i = 0; i < rounds; i++)); do
		v=$(value "$pawl" "$row") || {
			echo "bench: $row: pawl failed" >&2
			return 1
		}
		values[$pawl]+="$v "
		for p; do
			[ -n "$p" ] || continue
			v=$(value "$p" "$row") || {
				echo "bench: $row: ${p##*/} failed and is left out of it" >&2
				values[$p]=
				set -- "${@/#"$p"/}"
				continue
			}
			values[$p]+="$v "
		done
	done
	for p in "$pawl" "$@"; do
		[ -n "$p" ] || continue
		v=${p##*/}
		[ "$p" != "$pawl" ] || v=pawl
		echo "$row,$v,$(printf '%s\n' ${values[$p]} | pick),$(unit "$row")"
	done
}

for program in "$programs"/runtime_*; do
	[ -f "$program" ] && [ -x "$program" ] || continue
	for row in $("$program" --list); do
		# shellcheck disable=SC2053
		[[ $row == ${PAWL_ROWS:-*} ]] || continue
		mapfile -t with < <(peers_of "$row")
		measure "$row" "$program" "${with[@]}"
	done
done
