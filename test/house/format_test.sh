#!/bin/bash
# SPDX-License-Identifier: MIT
# What tool/format does to comments that are too long, and what it leaves alone.
. "$(dirname "$0")/lib.sh"
cp "$PAWL_SOURCE/.clang-format" "$TMP"
long=$(printf 'word%.0s ' $(seq 1 18))
less=${long#* * }

# becomes NAME: the file `in` must become the file `want`, and then stay as it is.
becomes()
{
	local said
	cp "$TMP/in" "$TMP/a.c"
	if ! said=$("$PAWL_SOURCE/tool/format" "$TMP/a.c" 2>&1); then
		not_ok "$1" "$said"
	elif ! said=$(diff "$TMP/want" "$TMP/a.c"); then
		not_ok "$1" "$said"
	else
		"$PAWL_SOURCE/tool/format" "$TMP/a.c"
		silent "$1" diff "$TMP/want" "$TMP/a.c"
	fi
}

head='/* SPDX-License-Identifier: MIT */
/* A file. */'

cat >"$TMP/want" <<END
$head

/*
 * ${long}goes on
 * and ends.
 *
 *	a	b
 *
 * result:  ${less}words go
 *          on
 * from:    any
 */
int a;
END
cat >"$TMP/in" <<END
$head

/*
 * ${long}goes on and ends.
 *
 *	a	b
 *
 * result:  ${less}words go on
 * from:    any
 */
int a;
END
sed -i 's/ $//' "$TMP/want"
becomes fills_paragraphs_and_closing_lines

cat >"$TMP/want" <<END
$head

/*
 * one ${long}or
 * two
 */
int a;

struct s {
	/* ${less}*/
	int b_long_name;
	int c; /* short */
};
END
cat >"$TMP/in" <<END
$head

/* one ${long}or two */
int a;

struct s {
	int b_long_name; /* ${less}*/
	int c; /* short */
};
END
sed -i '/^ \* /s/ $//' "$TMP/want"
becomes moves_comments_above

cat >"$TMP/want" <<END
$head

/*
 * ${long}
 * is short enough.
 *	 a ──────► b
 */
#define NS(n) ((pawl_time)(n) * 1000)

static int f(int a)
{
	while (a)
		a--;
	return a;
}
END
sed -i 's/ $//' "$TMP/want"
sed 's/^	while (a)$/  while (a )/' "$TMP/want" >"$TMP/in"
becomes leaves_drawings_alone_and_shapes_code
finish
