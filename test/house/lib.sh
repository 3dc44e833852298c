# SPDX-License-Identifier: MIT
# What the house's shell tests share: the kit's output protocol, and a folder of their own.
set -u
HOUSE=$(cd "$(dirname "$0")" && pwd)
PAWL_SOURCE=${PAWL_SOURCE:-$(cd "$HOUSE/../.." && pwd)}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
passed=0
failed=0

ok()
{
	echo "ok $1"
	passed=$((passed + 1))
}

# not_ok NAME MESSAGE: the first line of the message goes beside the name, the others below.
not_ok()
{
	echo "not ok $1: $(printf '%s\n' "$2" | head -n 1)"
	printf '%s\n' "$2" | tail -n +2 | sed 's/^/# /'
	failed=$((failed + 1))
}

# silent NAME COMMAND...: the case passes when the command says nothing.
silent()
{
	local name=$1 said
	shift
	said=$("$@" 2>&1)
	if [ -z "$said" ]; then ok "$name"; else not_ok "$name" "$said"; fi
}

# succeeds NAME COMMAND...: the case passes when the command does; what it said is shown when it
# does not.
succeeds()
{
	local name=$1
	shift
	if "$@" >"$TMP/said" 2>&1; then ok "$name"; else
		not_ok "$name" "status $?: $*
$(tail -n 40 "$TMP/said")"
	fi
}

finish()
{
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}
