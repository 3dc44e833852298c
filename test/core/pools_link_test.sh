#!/bin/bash
# SPDX-License-Identifier: MIT
# The list of all pools, as compilers and linkers make it: whole where it is asked for, gone where it is not.
. "$PAWL_SOURCE/test/house/lib.sh"
core=$PAWL_SOURCE/src/core
flags="-std=c11 -Wall -Wextra -Werror -I$PAWL_SOURCE/include -I$PAWL_SOURCE/src"
small="-Os -ffunction-sections -fdata-sections -Wl,--gc-sections"

cat >"$TMP/pools.c" <<'END'
#include <pawl/pawl.h>
struct job { pawl_task task; int n; };
PAWL_TASK_POOL(inner, struct job, 3);
void *use(void);
void *use(void) { return inner_claim(); }
END
cat >"$TMP/port.c" <<'END'
#include <pawl/port.h>
void pawl_port_fatal(const char *why) { (void)why; for (;;) {} }
void pawl_port_throw(const char *why) { (void)why; for (;;) {} }
int pawl_port_try(int (*f)(void *), void *a, const char **why) { (void)why; return f(a); }
pawl_time pawl_port_now(void) { return 0; }
void *memset(void *at, int c, size_t n);
void *memset(void *at, int c, size_t n)
{
	for (volatile char *p = at; n; n--)
		*p++ = (char)c;
	return at;
}
void pawl_port_sleep(uint32_t *e, pawl_time u) { (void)u; *e = 0; }
END
cat >"$TMP/main.c" <<'END'
#include <pawl/pawl.h>
#include <stdio.h>
#ifdef POOL
struct job { pawl_task task; int n; };
PAWL_TASK_POOL(outer, struct job, 5);
#endif
void *use(void);
void line(void *arg, const char *text);
void line(void *arg, const char *text) { (void)arg; puts(text); }
int main(void)
{
#ifdef POOL
	outer_drop(outer_claim());
	use();
#endif
	return pawl_pools_report(line, NULL);
}
END
cat >"$TMP/quiet.c" <<'END'
int main(void) { return 0; }
END

# lists N COMPILER FLAG...: the program runs and tells of N pools.
lists()
{
	local n=$1
	shift
	"$@" $flags "$core/report.c" "$core/text.c" "$core/pool.c" -o "$TMP/a" "$PAWL_BUILD/src/core/libpawl_core.a" \
		"$(find "$PAWL_BUILD/src" -name libpawl_port_posix.a)" -lpthread || return
	"$TMP/a" | tee "$TMP/out" | tail -n 1 | grep "^$n pool" && [ "$(wc -l <"$TMP/out")" = $((n + 1)) ]
}

# Nobody uses the pool, and nobody asks for the list: nothing of either is in the program.
drops_the_list()
{
	"$1" $flags $small "$TMP/quiet.c" "$TMP/pools.c" "$core/report.c" "$core/pool.c" "$core/text.c" \
		-o "$TMP/a" "$PAWL_BUILD/src/core/libpawl_core.a" \
		"$(find "$PAWL_BUILD/src" -name libpawl_port_posix.a)" -lpthread || return
	! nm "$TMP/a" | grep -E 'inner|start_pawl_pools|pools_report'
}

if [ -z "$PAWL_PRESET_SANITIZE" ]; then
	for cc in gcc clang; do
		succeeds "${cc}_lists_all" lists 2 $cc "$TMP/main.c" "$TMP/pools.c" -DPOOL
		succeeds "${cc}_lists_all_without_pie" lists 2 $cc -O2 -fno-pie -no-pie "$TMP/main.c" "$TMP/pools.c" -DPOOL
		succeeds "${cc}_lists_all_with_sections_dropped" lists 2 $cc $small "$TMP/main.c" "$TMP/pools.c" -DPOOL
		succeeds "${cc}_lists_all_by_lld" lists 2 $cc -fuse-ld=lld $small "$TMP/main.c" "$TMP/pools.c" -DPOOL
		succeeds "${cc}_lists_all_with_sanitizer" lists 2 $cc -O1 -fsanitize=address "$TMP/main.c" "$TMP/pools.c" -DPOOL
		succeeds "${cc}_lists_none" lists 0 $cc $small "$TMP/main.c"
		succeeds "${cc}_drops_what_nobody_asks_for" drops_the_list $cc
	done
	succeeds lists_none_that_was_dropped lists 0 gcc $small -Wl,-z,start-stop-gc "$TMP/main.c" "$TMP/pools.c"
fi

# A linker script that knows nothing of pools, and one with the two lines from pawl/pool.h.
cat >"$TMP/plain.ld" <<'END'
ENTRY(start)
MEMORY {
	FLASH (rx) : ORIGIN = 0, LENGTH = 64K
	RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 16K
}
SECTIONS {
	.text : { *(.text*) *(.rodata*) } >FLASH
	.data : { *(.data*) } >RAM AT>FLASH
	.bss : { *(.bss*) } >RAM
}
END
sed 's/\*(.rodata\*)/& . = ALIGN(4); __start_pawl_pools = .; *(pawl_pools) __stop_pawl_pools = .;/' \
	"$TMP/plain.ld" >"$TMP/two.ld"
cat >"$TMP/bare.c" <<'END'
#include <pawl/pawl.h>
static volatile int seen;
static void line(void *arg, const char *text) { (void)arg; seen += *text; }
void start(void);
void *use(void);
void start(void)
{
#ifdef USE
	use();
#endif
	pawl_pools_report(line, NULL);
}
END

# words N SCRIPT FILE...: how many words the list has in a program for Cortex-M.
words()
{
	local n=$1 script=$2 begin end
	shift 2
	arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -ffreestanding -nostdlib $flags $small -Wl,--fatal-warnings \
		-T "$TMP/$script.ld" "$TMP/bare.c" "$TMP/port.c" "$@" "$core"/{report,text,pool,task,crew,dump}.c \
		"$core"/{join,waitq,runq,sleep}.c -o "$TMP/a.elf" -lgcc || return
	arm-none-eabi-nm "$TMP/a.elf" | grep pawl_pools
	begin=$((16#0$(arm-none-eabi-nm "$TMP/a.elf" | awk '$3 == "__start_pawl_pools" { print $1 }')))
	end=$((16#0$(arm-none-eabi-nm "$TMP/a.elf" | awk '$3 == "__stop_pawl_pools" { print $1 }')))
	[ $((end - begin)) = $((4 * n)) ] && [ "$end" -lt 65536 ]
}

succeeds plain_script_keeps_the_list words 1 plain -DUSE "$TMP/pools.c"
succeeds plain_script_without_pools words 0 plain
succeeds two_lines_keep_the_list words 1 two -DUSE "$TMP/pools.c"
succeeds two_lines_drop_what_nobody_uses words 0 two "$TMP/pools.c"
succeeds two_lines_without_pools words 0 two

wasm()
{
	clang --target=wasm32 -ffreestanding -nostdlib $flags -Os -Wl,--no-entry,--export=start,--allow-undefined \
		-Wl,--export=__start_pawl_pools,--export=__stop_pawl_pools -Wl,-Map="$TMP/map" -DUSE "$TMP/bare.c" "$TMP/port.c" \
		"$TMP/pools.c" "$core"/{report,text,pool,task,crew,dump,join,waitq,runq,sleep}.c -o "$TMP/a.wasm" || return
	cat "$TMP/map"
	grep -E ' 4 .*pawl_pools' "$TMP/map"
}
succeeds wasm_keeps_the_list wasm
finish
