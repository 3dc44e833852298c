#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds into a folder those peers that are installed; says of each of the others that it is left out.
#
#	bench/peers.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/log"
out=$(cd "$1" && pwd)
# The tools that Debian packages, whatever else there is.
PATH=/usr/bin:$PATH
c="gcc -O2 -pthread -D_GNU_SOURCE -I$here/runtime"
cxx="g++ -O2 -pthread -std=c++17 -D_GNU_SOURCE -I$here/runtime"

# is_current NAME SOURCE: it was built after its sources were last changed.
is_current()
{
	[ -x "$out/$1" ] && [ -z "$(find "$2" "$here"/runtime/*.h "$here/peer/measure.rs" -newer "$out/$1")" ]
}

# peer NAME SOURCE COMMAND...: the command makes $out/NAME.
peer()
{
	local name=$1 source=$here/peer/$2
	shift 2
	is_current "$name" "$source" || "$@" >"$out/log/$name" 2>&1 || {
		rm -f "$out/$name"
		echo "bench: $name is left out: it is not installed, or does not build; see $out/log/$name" >&2
	}
}

go_program()
{
	GO111MODULE=off GOCACHE=$out/go-cache go build -o "$out/go" "$here/peer/go.go"
}

# cargo writes beside its sources, so these are copied; crates come from Debian's packages alone.
cargo_program()
{
	mkdir -p "$out/cargo/.cargo" &&
		cp -r "$here/peer/measure.rs" "$here/peer/$1" "$out/cargo/" &&
		cat >"$out/cargo/.cargo/config.toml" <<-'TEXT' &&
		[source.crates-io]
		replace-with = "debian"
		[source.debian]
		directory = "/usr/share/cargo/registry"
		TEXT
		cd "$out/cargo/$1" &&
		CARGO_HOME=$out/cargo/home cargo build --offline --release --target-dir "$out/cargo/target" &&
		cp "$out/cargo/target/release/$1" "$out/$1"
}

peer futex futex.c $c -o "$out/futex" "$here/peer/futex.c"
peer malloc malloc.c $c -o "$out/malloc" "$here/peer/malloc.c"
peer libuv libuv.c $c -o "$out/libuv" "$here/peer/libuv.c" -luv
peer libev libev.c $c -o "$out/libev" "$here/peer/libev.c" -lev
peer openmp openmp.c $c -fopenmp -o "$out/openmp" "$here/peer/openmp.c"
peer onetbb onetbb.cc $cxx -o "$out/onetbb" "$here/peer/onetbb.cc" -ltbb
peer boost-fiber boost-fiber.cc $cxx -o "$out/boost-fiber" "$here/peer/boost-fiber.cc" -lboost_fiber -lboost_context
peer boost-fcontext boost-fcontext.cc $cxx -o "$out/boost-fcontext" "$here/peer/boost-fcontext.cc" -l:libboost_context.a
peer ucontext ucontext.c $c -o "$out/ucontext" "$here/peer/ucontext.c"
peer go go.go go_program
peer rayon rayon cargo_program rayon
peer async-executor async-executor cargo_program async-executor
peer tokio tokio cargo_program tokio
