#!/bin/bash
# SPDX-License-Identifier: MIT
# Times builds of trivial tasks: everything to do, nothing to do, and reading the recipes; ninja beside it.
#
#	bench/graph.sh PAWL [COUNT...]		lines "name,param,subject,value,unit"
set -eu
pawl=$(realpath "$1")
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/pawl-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# make_build N: N recipes with one task each that runs `true`; every tenth one waits for the one before it.
make_build()
{
	mkdir -p conf layer/conf layer/classes layer/recipes
	printf 'BBLAYERS = "${TOPDIR}/layer"\n' >conf/bblayers.conf
	: >conf/local.conf
	printf 'BBPATH .= ":${LAYERDIR}"\nBBFILES += "${LAYERDIR}/recipes/*.bb"\n' >layer/conf/layer.conf
	printf 'addtask build\ndo_build[noexec] = "1"\ndo_build() {\n\t:\n}\n' >layer/classes/base.bbclass
	for i in $(seq "$1"); do
		after=
		[ $((i % 10)) = 0 ] && after="r$((i - 1)):do_make"
		printf 'addtask make before do_build\ndo_make[depends] = "%s"\ndo_make() {\n\ttrue\n}\n' "$after" >"layer/recipes/r${i}_1.bb"
	done
	{ printf 'do_build[depends] = "'; seq -f 'r%.0f:do_make' "$1" | tr '\n' ' '; printf '"\n'; } >layer/recipes/all_1.bb
	{
		printf 'rule sh\n  command = : >$out\n'
		for i in $(seq "$1"); do
			after=
			[ $((i % 10)) = 0 ] && after="| out/o$((i - 1))"
			echo "build out/o$i: sh $after"
		done
	} >build.ninja
}

now()
{
	date +%s%N
}

# seconds COMMAND...: how long it took
seconds()
{
	from=$(now)
	"$@" >out.txt 2>&1 || { cat out.txt >&2; exit 1; }
	to=$(now)
	awk -v n=$((to - from)) 'BEGIN { printf "%.4f\n", n / 1e9 }'
}

median()
{
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# What an earlier round left is moved away, not removed: for a minute after a removal ext4 searches long for inodes.
fresh()
{
	away=$work/away/$((aways += 1))
	mkdir -p "$away"
	for path in "$@"; do
		[ ! -e "$path" ] || mv "$path" "$away"
	done
	sync -f .
}
aways=0

fresh_pawl()
{
	fresh tmp store cache
}

fresh_ninja()
{
	fresh out .ninja_log .ninja_deps
	mkdir out
}

bench_count()
{
	n=$1 rounds=$2
	mkdir "$work/$n"
	cd "$work/$n"
	make_build "$n"
	: >full.pawl; : >full.ninja; : >noop.pawl; : >noop.ninja; : >plain.pawl
	for _ in $(seq "$rounds"); do
		fresh_pawl
		seconds "$pawl" build all >>full.pawl
		fresh_ninja
		seconds ninja >>full.ninja
		fresh_pawl
		seconds "$pawl" build --no-sandbox all >>plain.pawl
		for _ in 1 2 3 4 5; do
			seconds "$pawl" build all >>noop.pawl
			seconds ninja >>noop.ninja
		done
	done
	for what in full noop; do
		for subject in pawl ninja; do
			echo "graph_$what,n$n,$subject,$(median <$what.$subject),s"
		done
	done
	echo "graph_full,n${n}_no_sandbox,pawl,$(median <plain.pawl),s"
	cd "$work"
}

bench_parse()
{
	cd "$work/$1"
	: >parse
	for _ in 1 2 3 4 5; do
		seconds "$pawl" list >>parse
	done
	echo "parse,cold,pawl,$(median <parse | awk -v n="$1" '{ printf "%.1f", $1 * 1e6 / (n + 1) }'),us"
	cd "$work"
}

for count in "${@:-1000}"; do
	bench_count "$count" "$([ "$count" -gt 5000 ] && echo 1 || echo 3)"
	last=$count
done
bench_parse "$last"
