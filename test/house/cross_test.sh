#!/bin/bash
# SPDX-License-Identifier: MIT
# The freestanding floors compile for machines without an operating system, and ask them for next to nothing.
. "$(dirname "$0")/lib.sh"
cd "$PAWL_SOURCE" || exit 1
nm=$(command -v llvm-nm || command -v llvm-nm-14)

build()
{
	cmake --preset "freestanding-$1" && cmake --build --preset "freestanding-$1" --parallel 2
}

# What compilers call for arithmetic that the machine lacks.
helpers='__aeabi_[a-z0-9_]+|__(u|)(div|mod|divmod|mul)[sdt]i[34]|__(ash|lsh)[lr][dt]i3|__ash[lr]di3|__lshrdi3|__clz[sd]i2|__popcount[sd]i2'
helpers="$helpers|__gnu_thumb1_case_[a-z]+|__stack_pointer|__linear_memory|__indirect_function_table|__memory_base|__table_base"

# All of the floors in one piece: what is still undefined then, the machine has to bring.
link()
{
	case $1 in
	wasm32) linker=wasm-ld ;;
	*) linker=ld.lld ;;
	esac
	"$(command -v $linker || command -v $linker-14)" -r --whole-archive \
		"build/freestanding-$1/src/core/libpawl_core.a" "build/freestanding-$1/src/co/libpawl_co.a" -o "$TMP/$1.o"
}

asks_for_much()
{
	"$nm" --undefined-only "$TMP/$1.o" | awk '{ print $NF }' |
		grep -vE "^(memcpy|memmove|memset|memcmp|pawl_port_[a-z_]+|__(start|stop)_pawl_pools|$helpers)$" |
		sed 's/$/ is not on the short list/'
}

# Where there are no stacks there is nothing of coroutines.
defines_coroutines()
{
	"$nm" --defined-only "build/freestanding-$1/src/co/libpawl_co.a" 2>/dev/null | grep -c ' T pawl_'
}

for machine in cm0 cm3 rv32 wasm32; do
	succeeds "compiles_for_$machine" build $machine
	succeeds "links_for_$machine" link $machine
	silent "asks_${machine}_for_little" asks_for_much $machine
done
succeeds coroutines_are_compiled_for_cm0 [ "$(defines_coroutines cm0)" -gt 10 ]
succeeds coroutines_are_left_out_for_wasm32 [ "$(defines_coroutines wasm32)" -eq 0 ]
finish
