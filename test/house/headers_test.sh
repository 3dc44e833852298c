#!/bin/bash
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C11 and as C++17, with two compilers; those of the freestanding floors without any libc.
. "$(dirname "$0")/lib.sh"
cd "$PAWL_SOURCE" || exit 1
warn="-Wall -Wextra -Werror -Wshadow -Iinclude"
clang_include=$(clang -print-resource-dir)/include
gcc_include=$(gcc -print-file-name=include)
bare="-ffreestanding -nostdinc -isystem"

for h in include/pawl/*.h; do
	name=$(basename "$h" .h)
	f=$TMP/$name.c
	printf '#include <pawl/%s.h>\n#include <pawl/%s.h>\nextern int nothing;\n' "$name" "$name" >"$f"
	case $name in
	host | counters | tracer | glib | sim | world | graph | addr | co_io | dir | dns | file | fs | io | listener | outer | process | signal | stream | udp)
		succeeds "${name}_as_c11" gcc -std=c11 -Wpedantic $warn -fsyntax-only "$f"
		succeeds "${name}_as_c11_by_clang" clang -std=c11 -Wpedantic $warn -fsyntax-only "$f"
		succeeds "${name}_as_cxx17" clang -x c++ -std=c++17 $warn -fsyntax-only "$f"
		;;
	*)
		succeeds "${name}_as_c11" gcc -std=c11 -Wpedantic $warn $bare "$gcc_include" -fsyntax-only "$f"
		succeeds "${name}_as_c11_by_clang" clang -std=c11 -Wpedantic $warn $bare "$clang_include" -fsyntax-only "$f"
		succeeds "${name}_as_cxx17" clang -x c++ -std=c++17 $warn $bare "$clang_include" -fsyntax-only "$f"
		;;
	esac
done

# A program may want all of them (but for ports, which are for one machine each).
f=$TMP/all.c
ls include/pawl | grep -vE '^(cortexm|riscv)\.h$' | sed 's/.*/#include <pawl\/&>/' >"$f"
echo 'extern int nothing;' >>"$f"
glib=$(pkg-config --cflags glib-2.0 2>/dev/null)
succeeds all_together_as_c11 gcc -std=c11 $warn $glib -fsyntax-only "$f"
succeeds all_together_as_cxx17 clang -x c++ -std=c++17 $warn $glib -fsyntax-only "$f"
finish
