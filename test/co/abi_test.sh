#!/bin/bash
# SPDX-License-Identifier: MIT
# The tests of stacks on each machine that Linux runs them on, mostly under QEMU; the switch inline and as a call.
#
# The presets are built in their own folders, so that only the first time takes long. Each is a case;
# the cases of its programs are counted there.
. "$PAWL_SOURCE/test/house/lib.sh"
cd "$PAWL_SOURCE" || exit 1

# build PRESET [TARGET...]
build()
{
	local preset=$1

	shift
	cmake --preset "$preset" && cmake --build --preset "$preset" --parallel 2 ${*:+--target "$@"}
}

# run PRESET PATTERN: sums what its programs say.
run()
{
	local dir=build/$1 status=0

	timeout -k 2 200 ctest --test-dir "$dir" --tests-regex "$2" --parallel 2 --timeout 60 --output-on-failure \
		--no-tests=error >"$TMP/run" 2>&1 || status=$?
	awk -v status=$status -f tool/count.awk "$dir/Testing/Temporary/LastTest.log" >"$TMP/count"
	[ $status -eq 0 ] || cat "$TMP/run"
	cat "$TMP/count"
	[ $status -eq 0 ] && ! grep -q '^0 passed' "$TMP/count"
}

# machine PRESET PATTERN [TARGET...]
machine()
{
	local preset=$1 pattern=$2

	shift 2
	succeeds "${preset}_builds" build "$preset" "$@"
	succeeds "${preset}_passes" run "$preset" "$pattern"
}

# All there is; that includes the suite of what every executor promises, in the stackful form.
for name in i386 aarch64 armhf riscv64; do
	machine "linux-$name" .
done

# Where only the switch differs.
alone=$(sed -n 's/^pawl_test(\(co_[a-z_]*\) .*LIBS \${co} .*/\1/p' test/co/CMakeLists.txt)
for name in x86_64-far aarch64-far armhf-arm; do
	# shellcheck disable=SC2086
	machine "linux-$name" '^co_' $alone
done
finish
