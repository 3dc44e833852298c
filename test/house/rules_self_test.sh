#!/bin/bash
# SPDX-License-Identifier: MIT
# Each rule of the house, held against a small tree that breaks it in known lines and in no others.
. "$(dirname "$0")/lib.sh"
. "$HOUSE/rules.sh"
ROOT=$TMP/tree
L='/* SPDX-License-Identifier: MIT */'

# put FILE LINE...: a file of these lines.
put()
{
	mkdir -p "$(dirname "$ROOT/$1")"
	printf '%s\n' "${@:2}" >"$ROOT/$1"
}

# c FILE LINE...: the same with a proper head of two lines, so that the first line given is line 3.
c()
{
	put "$1" "$L" '/* A sentence. */' "${@:2}"
}

# finds RULE FILE:LINE...: the rule must complain about these places, in any order.
finds()
{
	local rule=$1 got want
	shift
	got=$(rule_$rule | cut -d: -f1,2 | LC_ALL=C sort | tr '\n' ' ')
	want=$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')
	if [ "$got" = "$want" ]; then ok "finds_$rule"; else
		not_ok "finds_$rule" "found $got, not $want"
	fi
	rm -rf "$ROOT"
}

put src/core/a.c '/* A sentence. */'
put tool/a '#!/bin/sh' 'exit'
c src/core/good.c
finds first_line_is_the_license src/core/a.c:1 tool/a:1

put src/core/a.c "$L" '/* no end */'
put src/core/b.c "$L" '#include <x.h>'
c src/core/good.c
finds second_line_is_a_sentence src/core/a.c:2 src/core/b.c:2

c src/core/a.c 'int a; ' 'int b;' $'\t'
finds no_trailing_blanks src/core/a.c:3 src/core/a.c:5

c src/core/a.c 'int a; // no' 'char *s = "http://x";' '/* see http://y */' '/* a // b' ' * // c */' 'int b;	// no'
finds no_line_comments src/core/a.c:3 src/core/a.c:8

c src/core/a.c '/* TODO */' '/* good enough for now. */' 'int XXXXXX;' '/* XXX */'
finds no_loose_ends src/core/a.c:3 src/core/a.c:4 src/core/a.c:6

c src/core/a.c $(yes 'x;' | head -n 799)
c src/core/b.c $(yes 'x;' | head -n 798)
finds files_are_short src/core/a.c:801

c src/core/a.c "$(printf '%101s' x)" "$(printf '\t%92s' x)" "$(printf '\t%93s' x)" '/* ä $(x) */'
finds lines_fit src/core/a.c:3 src/core/a.c:5

c include/pawl/base.h '#include <stdint.h>' '#include <stdio.h>'
c include/pawl/host.h '#include <pawl/base.h>' '#include <uv.h>'
c include/pawl/graph.h
c include/pawl/pawl.h '#include <pawl/base.h>' '#include <pawl/host.h>' '#include <pawl/co.h>'
c include/pawl/co.h '#include <pawl/base.h>' '#include <pawl/stack.h>'
c include/pawl/gen.h '#include <pawl/co.h>' '#include <pawl/co_io.h>'
c include/pawl/co_io.h '#include <pawl/co.h>' '#include <stdio.h>'
c include/pawl/stack.h '#include <pawl/co.h>'
c src/port/port.h '#include <pawl/base.h>'
c src/core/a.c '#include "port/port.h"' '#include "b.h"' '#include <string.h>' '#include "host/h.h"'
c src/core/d.c '#include <pawl/stack.h>' '#include <pawl/gen.h>'
c src/co/a.c '#include <pawl/co.h>' '#include "core/b.h"' '#include <pawl/co_io.h>'
c src/core/b.h '#include "c.h"'
c src/core/c.h '#include "b.h"' '#include "gone.h"'
c src/host/h.h '#include "core/b.h"' '#include <pawl/graph.h>' '#include <uv.h>'
c src/graph/g.c '#include <pawl/graph.h>' '#include <stdio.h>' '#include "core/b.h"' '#include <unistd.h>' \
	'#include <openssl/evp.h>' '#include <pawl/host.h>'
c src/cli/m.c '#include <pawl/graph.h>' '#include <pawl/host.h>' '#include <unistd.h>' '#include "graph/g.h"'
c src/loft/l.c '#include <pawl/base.h>'
finds who_may_include_whom include/pawl/base.h:4 include/pawl/host.h:4 include/pawl/pawl.h:4 \
	src/core/a.c:5 src/core/a.c:6 src/core/c.h:4 src/host/h.h:4 src/graph/g.c:5 src/graph/g.c:6 \
	src/graph/g.c:8 src/cli/m.c:6 src/loft/l.c:3 src/core/b.h:1 include/pawl/gen.h:4 \
	include/pawl/stack.h:3 include/pawl/co.h:1 src/core/d.c:4 src/co/a.c:5

c example/a.c 'static int f(pawl_task *t)' '{' '	int n = 0, m = 0;' '	struct x *x = y(t);' '' \
	'	PAWL_BEGIN(t);' '	PAWL_AWAIT(t, a());' '	switch (n) {' '	case 1:' \
	'		PAWL_AWAIT(t, b());' '	}' '	switch (n)' '		default: PAWL_AWAIT_AS(t, n, b());' \
	'	m++;' '	x = z;' '	if (m == 2)' '		PAWL_AWAIT(t, c());' '	PAWL_END(t);' '}' \
	'static int g(int n)' '{' '	switch (n) {' '	case 1: return 2;' '	}' '	n = 3;' '	return n;' '}'
finds await_is_not_in_a_switch example/a.c:12 example/a.c:15 example/a.c:16

c include/pawl/a.h '' 'int pawl_bare(int x);' '' '/* Prose.' ' *' ' * result:  0' ' * owns:    nothing' \
	' * from:    any' ' * cost:    O(1)' ' */' 'int pawl_good(int x,' '	int y);' 'int pawl_too(void);' '' \
	'/* Prose.' ' *' ' * from:    any' ' * cost:    O(1)' ' */' 'void pawl_void(void);' 'int pawl_none(void);' '' \
	'/* Prose.' ' *' ' * cost:    O(1)' ' * result:  0' ' * from:    any' ' */' 'int pawl_order(void);' '' \
	'struct s {' '	int (*f)(int);' '};' 'typedef int f(int);' '#define X(a) \' '	int f(a);' \
	'void pawl_private_(void);' 'int other(void);'
finds public_functions_are_documented include/pawl/a.h:4 include/pawl/a.h:23 include/pawl/a.h:31 \
	include/pawl/a.h:40 include/pawl/a.h:40

c include/pawl/a.h 'PAWL_MUST_USE int pawl_a(pawl_task *t, int x);' 'PAWL_MUST_USE int pawl_b(pawl_task *t);' \
	'PAWL_MUST_USE int pawl_c(pawl_task *t, int x,' '	int *ret);' '#define pawl_d(t, x) pawl_d_((t), (x))' \
	'PAWL_MUST_USE int pawl_d_(pawl_task *t, int x);' 'PAWL_MUST_USE int pawl_e(pawl_task *t, int x);' \
	'PAWL_MUST_USE int pawl_mutex_try_lock(pawl_task *t);' 'int pawl_f(pawl_task *t);' \
	'PAWL_MUST_USE int pawl_g(pawl_exec *x, pawl_task *t);' '#define pawl_h(t, x) pawl_h_((t), (x))' \
	'PAWL_MUST_USE int pawl_h_(pawl_task *t, int x);' 'PAWL_MUST_USE int pawl_task_yield(pawl_task *t);' \
	'#define pawl_no(t, x) ((void)(t), (x))'
c include/pawl/co_a.h 'PAWL_MUST_USE int pawl_co_a(pawl_co *co, int x);' \
	'PAWL_MUST_USE int pawl_co_c(pawl_co *co,' '	int x, int *ret);' '#define pawl_co_d(co, x) pawl_co_d_((co), (x))' \
	'PAWL_MUST_USE int pawl_co_d_(pawl_co *co, int x);' 'PAWL_MUST_USE int pawl_co_e(pawl_co *co, long x);' 'PAWL_MUST_USE int pawl_co_yield(pawl_co *co);'
finds awaitables_have_their_forms include/pawl/a.h:4 include/pawl/a.h:9 include/pawl/a.h:13
finish
