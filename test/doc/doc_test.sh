#!/bin/bash
# SPDX-License-Identifier: MIT
# The pages below doc/: their code blocks are put together, compiled, run, and what they print is compared.
. "$PAWL_SOURCE/test/house/lib.sh"
cc=$(command -v "${CC:-cc}")
unset PAWL_SEED PAWL_SEEDS PAWL_SIM_MODE PAWL_SIM_DEPTH PAWL_SIM_TRACE PAWL_SIM_HERE

libraries()
{
	local l
	for l in sim/libpawl_sim host/libpawl_host co/libpawl_co core/libpawl_core host/libpawl_port_posix; do
		echo -n "$PAWL_BUILD/src/$l.a "
	done
}

# A program that is an example, too, is the same there.
same_as_example()
{
	local c e
	for c in *.c; do
		for e in "$PAWL_SOURCE"/example/[0-9]*/"$c"; do
			[ ! -f "$e" ] || diff "$c" "$e" || return
		done
	done
}

page()
{
	local page=$1 dir=$TMP/$2

	mkdir "$dir" && cd "$dir" || return
	awk -v dir="$dir" -f "$PAWL_SOURCE/test/doc/extract.awk" "$page" || return
	# A page may do without blocks; one that has some says how to run them.
	ls | grep -q . || return 0
	same_as_example || return
	# Names that the page uses are those of the sources' root.
	for folder in include src test; do
		ln -s "$PAWL_SOURCE/$folder" $folder
	done
	mkdir bin
	printf '#!/bin/sh\nexec %s -Wall -Wextra -Werror "$@"\n' "$cc" >bin/cc
	# As an installed pawl says it, of the libraries that were built here.
	printf '#!/bin/sh\necho %s\n' "-I$PAWL_SOURCE/include $(libraries) -luv -pthread" >bin/pkg-config
	chmod +x bin/cc bin/pkg-config
	PATH=$dir/bin:$PATH timeout 300 bash -e run >printed || return
	diff prints printed
}

# The worked examples stay short enough to be read.
longer_than_said()
{
	wc -l "$TMP"/port/port_*.c "$TMP"/executor/*_exec.c | awk '
		$2 ~ /port_/ && $1 >= 100 || $2 ~ /_exec/ && $1 >= 150 { print $2 " has " $1 " lines" }'
}

for page in "$PAWL_SOURCE"/doc/*.md; do
	name=$(basename "$page" .md)
	succeeds "$name" page "$page" "$name"
done
silent worked_examples_are_short longer_than_said
finish
