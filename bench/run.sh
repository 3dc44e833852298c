#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs every benchmark of a build folder; prints their lines and keeps them in bench/results.csv beside it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
mkdir -p "$build/../bench"
results=$build/../bench/results.csv
peers=$build/../bench/peer
"$here/peers.sh" "$peers"
{
	echo "name,param,subject,value,unit"
	"$here/runtime.sh" "$build/bench/runtime" "$peers"
	for program in "$build"/bench/bench_*; do
		[ -x "$program" ] && "$program"
	done
	"$here/graph.sh" "$build/src/cli/pawl" 1000 10000
} | tee "$results"
