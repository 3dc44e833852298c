# SPDX-License-Identifier: MIT
# An ordinary user gets the same builds: the rebuild and sandbox tests again, as nobody, with pawl as it is installed.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

# as_user SCRIPT: its failing lines; 0 when all passed.
as_user()
{
	mkdir -p bin libexec/pawl share/pawl/layers scripts user
	cp "$pawl" bin/pawl
	cp -r "$PAWL_SOURCE/layers/pawl" share/pawl/layers/pawl
	cp "$here"/*.sh scripts
	[ ! -e "$PAWL_BUILD/src/fetch/pawl-fetch" ] || cp "$PAWL_BUILD/src/fetch/pawl-fetch" libexec/pawl
	chmod -R a+rX "$work"
	if [ "$(id -u)" = 0 ]; then
		chown 65534:65534 user
		set -- setpriv --reuid=65534 --regid=65534 --clear-groups env TMPDIR="$PWD/user" bash "scripts/$1"
	else
		set -- env TMPDIR="$PWD/user" bash "scripts/$1"
	fi
	lines=$(PAWL=$PWD/bin/pawl "$@" 2>&1) || {
		printf '%s\n' "$lines" | grep -v '^ok ' | tr '\n' ' '
		return 1
	}
}

t_rebuild_as_a_user()
{
	as_user rebuild.sh
}

t_sandbox_as_a_user()
{
	as_user sandbox.sh
}

run_tests "$@"
