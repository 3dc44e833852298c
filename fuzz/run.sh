# SPDX-License-Identifier: MIT
# Builds each fuzzer with libFuzzer and the sanitizers and runs it for a bounded number of inputs.
set -eu
top=$PAWL_SOURCE
out=$PAWL_BUILD/fuzz
runs=${PAWL_FUZZ_RUNS:-$([ -n "${PAWL_LONG:-}" ] && echo 2000000 || echo 20000)}
passed=0 failed=0
mkdir -p "$out"

# fuzz NAME: its last lines when it found something; the input that did it stays in the build folder.
fuzz()
{
	lines=$(clang -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined -I"$top/include" \
		-I"$top/src" -o "$out/$1" "$top/fuzz/$1.c" "$top"/src/graph/*.c "$top"/src/core/*.c "$top/src/host/port.c" \
		-lcrypto -lsqlite3 -lpthread 2>&1 &&
		cd "$out" && ./"$1" -runs="$runs" -max_len=4096 -seed=1 -rss_limit_mb=1024 -timeout=20 2>&1) && {
		passed=$((passed + 1))
		echo "ok $1"
		return
	}
	failed=$((failed + 1))
	echo "not ok $1: $(printf '%s\n' "$lines" | tail -n 30 | tr '\n' ' ')"
}

for path in "$top"/fuzz/*_fuzz.c; do
	fuzz "$(basename "$path" .c)"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
