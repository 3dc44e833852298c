# SPDX-License-Identifier: MIT
# What the tests of figures share: a kept file is compared, if it was made by the compiler that is here.
. "$PAWL_SOURCE/test/house/lib.sh"
cd "$PAWL_SOURCE" || exit 1

# holds NAME COMPILER HOW COMMAND...: the command prints what test/size/NAME.txt says; HOW makes it anew.
holds()
{
	local name=$1 here=$2 how=$3 kept=test/size/$1.txt made_by status=0
	shift 3
	made_by=$(sed -n 's/^# Compiler: \([^ ]* [^ ]*\) .*/\1/p' "$kept")
	if [ "$here" != "$made_by" ]; then
		echo "skip $name: its figures are of $made_by, and here is ${here:-none}"
		return
	fi
	"$@" >"$TMP/$name" 2>"$TMP/said" || status=$?
	if [ ! -s "$TMP/$name" ] || [ $status -gt 1 ]; then
		not_ok "$name" "status $status: $*
$(head -n 40 "$TMP/said")"
	elif ! diff -u "$kept" "$TMP/$name" >"$TMP/diff"; then
		not_ok "$name" "the figures are not those of $kept; if that is meant: $how
$(cat "$TMP/diff" "$TMP/said")"
	elif [ $status -ne 0 ]; then
		not_ok "$name" "a promise is broken
$(cat "$TMP/said")"
	else
		ok "$name"
	fi
}
