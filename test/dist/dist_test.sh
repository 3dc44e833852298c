#!/bin/bash
# SPDX-License-Identifier: MIT
# The two-file copy: made twice it is the same, and it compiles and runs with each switch, compiler and port.
. "$PAWL_SOURCE/test/house/lib.sh"
cd "$PAWL_SOURCE" || exit 1
board=firmware/board
strict="-Wall -Wextra -Wpedantic -Wshadow -Werror"

tool/dist "$TMP/dist" >"$TMP/sizes"
tool/dist "$TMP/again" >/dev/null
succeeds twice_is_the_same diff -r "$TMP/dist" "$TMP/again"
succeeds sizes_are_printed grep -q 'pawl.c .* bytes' "$TMP/sizes"
silent says_nothing_of_this_machine grep -rn "$PAWL_SOURCE" "$TMP/dist"
cp test/dist/hello.c test/dist/stacks.c test/dist/wider.c "$TMP/dist"
echo '#include "pawl.h"' >"$TMP/dist/alone.c"
echo 'int main(void) { return 0; }' >"$TMP/dist/main.c"

# Where each part comes from: every source of the floors, once.
parts()
{
	diff <(ls src/core/*.c src/co/*.c src/port/*.c src/host/port.c src/host/overflow.c src/host/stacks.c |
		LC_ALL=C sort) \
		<(sed -n 's,^/\* =* \(src/[a-z_/]*[.]c\) =* \*/$,\1,p' "$TMP/dist/pawl.c" | LC_ALL=C sort)
}
silent each_source_is_in_it_once parts

# Every public header that a source of these floors includes is in pawl.h, and those that only hosts have are not.
headers()
{
	sed -n 's,^/\* =* include/pawl/\([a-z_]*[.]h\) =* \*/$,\1,p' "$TMP/dist/pawl.h" | LC_ALL=C sort >"$TMP/headers"
	uniq -d "$TMP/headers" | sed 's/$/ is in it twice/'
	for header in co co_await gen stack stacks switch task local chan; do
		grep -qx "$header.h" "$TMP/headers" || echo "$header.h is missing"
	done
	! grep -x 'host[.]h\|io[.]h\|co_io[.]h\|world[.]h' "$TMP/headers"
}
silent headers_are_in_it_once headers

cd "$TMP/dist" || exit 1
number=0
for switches in "" -DPAWL_DIAG=0 "-DPAWL_DIAG=0 -DPAWL_TIMERS=0" -DPAWL_WAITS=0 -DPAWL_CREW=0 \
	-DPAWL_ASSERTS=0 -DPAWL_PANICS=0 -DPAWL_PORT_POSIX \
	-DPAWL_SWITCH_INLINE=0 \
	"-DPAWL_DIAG=0 -DPAWL_TIMERS=0 -DPAWL_WAITS=0 -DPAWL_CREW=0 -DPAWL_ASSERTS=0 -DPAWL_PANICS=0"; do
	name=$(echo "${switches:-all}" | tr -d ' =-')
	for cc in gcc clang; do
		succeeds "${cc}_$name" $cc -std=c11 $strict -Os $switches -c pawl.c -o pawl.o
	done
	case $name in
	*POSIX) continue ;;
	esac
	# Whole, without the linker that drops what is not used.
	succeeds "links_$name" gcc -std=c11 $strict -Os $switches -DPAWL_PORT_POSIX main.c pawl.c -pthread -o main
	succeeds "freestanding_$name" gcc -std=c11 $strict -ffreestanding -nostdinc \
		-isystem "$(gcc -print-file-name=include)" $switches -c pawl.c -o pawl.o
	succeeds "header_as_cxx_$name" clang -x c++ -std=c++17 $strict $switches -fsyntax-only alone.c
done

runs()
{
	"$@" -DPAWL_PORT_POSIX -std=c11 $strict hello.c pawl.c -pthread -o hello &&
		[ "$(timeout 20 ./hello)" = 10 ]
}
succeeds runs_by_gcc runs gcc
succeeds runs_by_clang runs clang -O2
succeeds runs_without_diagnostics runs gcc -Os -DPAWL_DIAG=0
succeeds runs_without_assertions runs gcc -O2 -flto -DPAWL_ASSERTS=0 -DPAWL_CREW=0

# Stacks of their own.
stacks()
{
	"$@" -DPAWL_PORT_POSIX -std=c11 $strict stacks.c pawl.c -pthread -o stacks && timeout 20 ./stacks
}
succeeds stacks_by_gcc stacks gcc -O1
succeeds stacks_by_clang stacks clang -O2
succeeds stacks_by_a_called_switch stacks gcc -O2 -DPAWL_SWITCH_INLINE=0
succeeds stacks_without_diagnostics stacks gcc -Os -DPAWL_DIAG=0 -DPAWL_PANICS=0 -DPAWL_CREW=0
succeeds stacks_by_the_linker stacks gcc -O2 -flto
succeeds stacks_for_the_address_sanitizer stacks gcc -O1 -g -fsanitize=address
succeeds stacks_for_the_thread_sanitizer stacks gcc -O1 -g -fsanitize=thread

# Who is left for another stack, and goes on on another thread, has no thread's variables of its own.
thread_local()
{
	gcc -DPAWL_PORT_POSIX -std=c11 -O3 -fno-stack-protector -S pawl.c -o pawl.s || return
	awk '/^[A-Za-z_][A-Za-z0-9_.]*:/ { f = $1; sub(/(\.cold)?:/, "", f) }
		/jmpq [*]%rcx/ { switches[f] = 1 }
		/%fs:/ { looks[f] = 1 }
		END {
			for (f in switches) { n++; if (f in looks) print f }
			if (!n) print "no switch"
		}' pawl.s
}

# Programs for a larger machine, and single functions for one. gcc has to call the switch in these.
wider()
{
	local program=$1

	shift
	"$@" -O2 -std=c11 $strict -DPAWL_PORT_POSIX -c pawl.c -o pawl.o &&
		"$@" -O2 -std=c11 $strict $program -c wider.c -o wider.o &&
		"$@" -O2 wider.o pawl.o -pthread -o wider && ./wider
}
case $(gcc -dumpmachine) in
x86_64-*)
	silent switches_look_at_no_thread thread_local
	succeeds wider_machine wider "-DWIDER= -mavx512f" gcc
	succeeds wider_machine_by_the_linker wider "-DWIDER= -mavx512f" gcc -flto
	succeeds wider_functions_by_clang wider '-DWIDER=__attribute__((target("avx512f")))' clang
	succeeds wider_functions wider '-DWIDER=__attribute__((target("avx512f"))) -DPAWL_SWITCH_INLINE=0' gcc
	;;
esac

# Each port on the machines that it is for.
port()
{
	local name=$1 port=$2
	shift 2
	succeeds "port_$name" "$@" -std=c11 $strict -ffreestanding -Os "-DPAWL_PORT_$port" -c pawl.c -o pawl.o
}
for cpu in cortex-m0 cortex-m3 cortex-m7 cortex-m33; do
	port $cpu CORTEXM arm-none-eabi-gcc -mcpu=$cpu -mthumb
done
port cortex-m4f CORTEXM arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
succeeds no_stacks_on_wasm32 clang --target=wasm32 -std=c11 $strict -ffreestanding -nostdlib -Os -c pawl.c -o pawl.o
for cc in gcc clang; do
	succeeds "i386_by_$cc" $cc -m32 -std=c11 $strict -ffreestanding -nostdinc \
		-isystem "$(gcc -print-file-name=include)" -Os -c pawl.c -o pawl.o
done
port rv32 RISCV riscv64-unknown-elf-gcc -march=rv32imac -misa-spec=2.2 -mabi=ilp32
port rv64 RISCV riscv64-unknown-elf-gcc -march=rv64imac -misa-spec=2.2 -mabi=lp64

# refuses NAME WORDS COMMAND...: the first error says it.
refuses()
{
	local name=$1 words=$2
	shift 2
	! "$@" -std=c11 -ffreestanding -c pawl.c -o pawl.o 2>"$TMP/errors"
	succeeds "refuses_$name" grep -qm 1 "error.*$words" "$TMP/errors"
}
refuses two_ports "more than one of" gcc -DPAWL_PORT_POSIX -DPAWL_PORT_CORTEXM
refuses cortexm_elsewhere "PAWL_PORT_CORTEXM, but" gcc -DPAWL_PORT_CORTEXM
refuses riscv_elsewhere "PAWL_PORT_RISCV, but" arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -DPAWL_PORT_RISCV

# A firmware on a simulated board, with the examples' start-up code.
mkdir -p include/pawl
for header in "$PAWL_SOURCE"/include/pawl/*.h; do
	echo '#include "../../pawl.h"' >"include/pawl/${header##*/}"
done
cd "$PAWL_SOURCE" || exit 1

# build_firmware PROGRAM FLAG...
build_firmware()
{
	local program=$1
	shift
	arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -std=c11 -Os -ffreestanding -ffunction-sections -fdata-sections \
		-fno-tree-loop-distribute-patterns -DPAWL_PORT_CORTEXM -nostdlib \
		-I "$TMP/dist/include" -I $board -I $board/mps2-an385 -I src -I firmware/libc \
		-T $board/mps2-an385/link.ld -L $board/cortexm -Wl,--gc-sections -Wl,--fatal-warnings \
		"$@" "$program" "$TMP/dist/pawl.c" $board/*.c $board/cortexm/*.c firmware/libc/*.c -lgcc -o "$TMP/firmware.elf"
}

firmware()
{
	build_firmware firmware/test/smoke.c &&
		firmware/run mps2-an385 "$TMP/firmware.elf" >"$TMP/printed" &&
		diff "$TMP/printed" firmware/test/smoke.txt
}
succeeds firmware_runs_on_cortex_m3 firmware

firmware_with_stacks()
{
	build_firmware "$TMP/dist/stacks.c" && firmware/run mps2-an385 "$TMP/firmware.elf"
}
succeeds firmware_has_stacks_on_cortex_m3 firmware_with_stacks

# A lock of one's own, which leaves the more urgent interrupts on.
own_lock()
{
	cat >"$TMP/lock.h" <<-'END'
		static inline uintptr_t pawl_port_lock(const void *of)
		{
			uintptr_t was;

			(void)of;
			__asm__ volatile("mrs %0, basepri\n\tmsr basepri_max, %1"
					 : "=&r"(was) : "r"(0x40) : "memory");
			return was;
		}
		static inline void pawl_port_unlock(const void *of, uintptr_t was)
		{
			(void)of;
			__asm__ volatile("msr basepri, %0" : : "r"(was) : "memory");
		}
		static inline void pawl_port_wake(uint32_t *event) { *(volatile uint32_t *)event = 1; }
	END
	cat >"$TMP/own_lock.c" <<-'END'
		#include <pawl/pawl.h>
		struct nap { pawl_task task; int n; };
		static int nap(pawl_task *t)
		{
			struct nap *p = PAWL_OF(t, struct nap, task);

			PAWL_BEGIN(t);
			for (; p->n < 3; p->n++)
				PAWL_AWAIT(t, pawl_sleep(t, PAWL_MS(1)));
			PAWL_END(t);
		}
		int main(void)
		{
			static struct nap p;
			uintptr_t masked;

			*(volatile uint32_t *)0xe000ed20 = 0x80000000u; /* the timer is one of the others */
			pawl_with_async(&p.task, nap, NULL);
			__asm__ volatile("mrs %0, primask" : "=r"(masked));
			return p.n == 3 && !masked ? 0 : 1;
		}
	END
	build_firmware "$TMP/own_lock.c" -I "$TMP" '-DPAWL_PORT_LOCK_H="lock.h"' &&
		FIRMWARE_TIMEOUT=10 firmware/run mps2-an385 "$TMP/firmware.elf"
}
succeeds firmware_sleeps_with_its_own_lock own_lock

# Start-up code that forgets the clock: the first sleep says so, and does not last for ever.
clockless()
{
	cat >"$TMP/clockless.c" <<-'END'
		#include <pawl/pawl.h>
		void __wrap_pawl_cortexm_init(uint32_t core_hz);
		void __wrap_pawl_cortexm_init(uint32_t core_hz) { (void)core_hz; }
		static int doze(pawl_task *t) { return pawl_sleep(t, PAWL_MS(1)); }
		int main(void)
		{
			static pawl_task t;
			return pawl_with_async(&t, doze, NULL);
		}
	END
	build_firmware "$TMP/clockless.c" -Wl,--wrap=pawl_cortexm_init || return
	! FIRMWARE_TIMEOUT=10 firmware/run mps2-an385 "$TMP/firmware.elf" >"$TMP/printed"
	grep -q 'fatal: .*pawl_cortexm_init was called' "$TMP/printed"
}
succeeds firmware_without_a_clock_says_so clockless
finish
