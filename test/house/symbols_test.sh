#!/bin/bash
# SPDX-License-Identifier: MIT
# What the libraries define and what they ask for: pawl's own names only, and nothing behind the floors' backs.
. "$(dirname "$0")/lib.sh"

# library NAME: its file below the build folder.
library()
{
	find "$PAWL_BUILD/src" -name "lib$1.a" | head -n 1
}

# Defined external names that do not begin with pawl_.
foreign_names()
{
	nm -g --defined-only "$1" | awk 'NF == 3 && $3 !~ /^pawl_/ { print $3 " is not named pawl_..." }'
}

# Names that a library asks for and does not define itself.
wanted_names()
{
	nm -g "$1" | awk 'NF == 3 { has[$3] = 1 } NF == 2 && $1 ~ /[Uwv]/ { wants[$2] = 1 }
		END { for (n in wants) if (!(n in has)) print n }' | LC_ALL=C sort
}

core_asks_for()
{
	wanted_names "$1" | grep -vE '^(memcpy|memmove|memset|memcmp|pawl_port_[a-z_]+|pawl_fiber_(un)?block_|pawl_watch_drop_|__(start|stop)_pawl_pools|_GLOBAL_OFFSET_TABLE_)$' |
		sed 's/$/ is not on the short list/'
}

# Coroutines stand on core and its port, and on nothing else.
co_asks_for()
{
	wanted_names "$1" | grep -vE '^(memcpy|memmove|memset|memcmp|pawl_[a-z_]+|_GLOBAL_OFFSET_TABLE_)$' |
		sed 's/$/ is not on the short list/'
	wanted_names "$1" | grep -E '^pawl_(host|sim|graph|stacks)_' | sed 's/$/ is of an upper floor/'
}

# The graph reaches the machine through world.h and through nothing else.
graph_asks_for()
{
	local machine='^(open(at)?(64)?|creat|fopen(64)?|freopen|fdopen|read|write|pread|pwrite|close|l?stat(64)?|fstat'
	machine="$machine"'|access|unlink|rename|mkdir|rmdir|opendir|readdir(64)?|link|symlink|readlink|chmod|utimensat|remove'
	machine="$machine"'|mmap|fork|vfork|exec[vl]p?e?|posix_spawnp?|system|popen|kill|waitpid|wait4|sigaction|signal|raise'
	machine="$machine"'|time|clock|clock_gettime|gettimeofday|nanosleep|usleep|sleep|getenv|setenv|environ|getpid|getcwd'
	machine="$machine"'|chdir|gethostname|getuid|isatty|socket|connect|pthread_.*|thrd_.*|rand|random|uv_.*'
	machine="$machine"'|pawl_host_.*|pawl_sim_.*)$'
	wanted_names "$1" | grep -E "$machine" | sed 's/$/ reaches past world.h/'
}

floors="pawl_core pawl_co pawl_port_posix pawl_sim pawl_sim_sqlite pawl_host pawl_graph"
[ -d "$PAWL_BUILD/src/glib" ] && floors="$floors pawl_glib"
for name in $floors; do
	lib=$(library $name)
	if [ -z "$lib" ]; then
		not_ok "${name}_defines_only_its_own" "no lib$name.a in the build folder"
	else
		silent "${name}_defines_only_its_own" foreign_names "$lib"
	fi
done
silent core_asks_for_little core_asks_for "$(library pawl_core)"
silent co_asks_for_little co_asks_for "$(library pawl_co)"
silent graph_asks_only_the_world graph_asks_for "$(library pawl_graph)"
finish
