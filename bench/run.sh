#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs every benchmark of a build folder; prints their lines and keeps them in BUILD/bench/results.csv.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
mkdir -p "$build/../bench"
results=$build/../bench/results.csv
{
	echo "name,param,subject,value,unit"
	for program in "$build"/bench/bench_*; do
		[ -x "$program" ] && "$program"
	done
	"$here/graph.sh" "$build/src/cli/pawl" 1000 10000
} | tee "$results"
