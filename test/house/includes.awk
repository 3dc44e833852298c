# SPDX-License-Identifier: MIT
# Which floor may include which (DESIGN: nothing points up), what each may see of the system, and no circles.

BEGIN {
	while ((getline f < list) > 0)
		exists[order[++count] = f] = 1

	sees["include"] = " include "
	sees["port"] = " include port "
	sees["core"] = " include port core "
	sees["co"] = " include port core co "
	sees["sim"] = " include port core co sim "
	sees["graph"] = " include graph "
	sees["fetch"] = " include fetch "
	sees["host"] = " include port core co sim host "
	sees["glib"] = " include "
	sees["cli"] = " include port core co sim graph host cli "

	# Public headers that belong to an upper floor, and who may see them.
	seen_by["include/pawl/host.h"] = " host glib cli "
	seen_by["include/pawl/graph.h"] = " graph cli "
	seen_by["include/pawl/addr.h"] = seen_by["include/pawl/io.h"] = " host cli "
	seen_by["include/pawl/listener.h"] = seen_by["include/pawl/stream.h"] = " host cli "
	seen_by["include/pawl/dns.h"] = " host cli "
	seen_by["include/pawl/counters.h"] = seen_by["include/pawl/tracer.h"] = " host cli "
	seen_by["include/pawl/heap.h"] = " host cli "
	seen_by["include/pawl/fs.h"] = seen_by["include/pawl/file.h"] = " host cli "
	seen_by["include/pawl/dir.h"] = seen_by["include/pawl/process.h"] = " host cli "
	seen_by["include/pawl/signal.h"] = seen_by["include/pawl/udp.h"] = " host cli "
	seen_by["include/pawl/co_io.h"] = seen_by["include/pawl/stacks.h"] = " host cli "
	seen_by["include/pawl/sim.h"] = seen_by["include/pawl/sim_world.h"] = " sim cli "
	seen_by["include/pawl/sim_sqlite.h"] = " sim cli "
	seen_by["include/pawl/world.h"] = " sim graph host cli "
	seen_by["include/pawl/outer.h"] = seen_by["include/pawl/glib.h"] = " host glib cli "

	# Freestanding headers of a floor that is not the lowest.
	of_floor["include/pawl/co.h"] = of_floor["include/pawl/co_await.h"] = "co"
	of_floor["include/pawl/gen.h"] = "co"

	freestanding = "^(stdint|stddef|stdbool|stdarg|stdatomic|stdalign|stdnoreturn|float)\\.h$"
	plain_c = "^(assert|ctype|errno|inttypes|limits|math|setjmp|stdio|stdlib|string|time)\\.h$"
	may_use["include"] = may_use["port"] = may_use["core"] = may_use["co"] = freestanding
	may_use["sim"] = freestanding "|" plain_c "|^(signal|unistd|sys/mman|sys/wait|sys/types)\\.h$|^sqlite3\\.h$"
	may_use["graph"] = freestanding "|" plain_c "|^regex\\.h$|^openssl/|^sqlite3\\.h$"
	forbidden["host"] = "^openssl/|^sqlite3\\.h$|^curl/"
	forbidden["cli"] = "^curl/|^sqlite3\\.h$|^openssl/"
}

function floor_of(file, part)
{
	split(file, part, "/")
	return part[1] == "include" ? "include" : part[2]
}

function is_upper(file)
{
	return file in seen_by
}

# Whether a file may see a freestanding header: pawl.h has them all, and the others none from above.
function may_see(target, floor)
{
	if (!(target in of_floor))
		return 1
	if (floor != "include")
		return index(sees[floor], " " of_floor[target] " ")
	return FILENAME ~ /\/pawl\.h$/ || FILENAME in of_floor || is_upper(FILENAME)
}

function complain(what)
{
	print FILENAME ":" FNR ": " what
}

function resolve(name, quoted, dir)
{
	dir = FILENAME
	sub(/\/[^\/]*$/, "", dir)
	if (quoted && ((dir "/" name) in exists))
		return dir "/" name
	if (quoted && (("src/" name) in exists))
		return "src/" name
	if (("include/" name) in exists)
		return "include/" name
	return ""
}

function check_system(name, floor)
{
	if ((floor in may_use) && name !~ may_use[floor] && !is_upper(FILENAME))
		complain(floor " may not include <" name ">")
	if (is_upper(FILENAME) && name !~ (freestanding "|" plain_c))
		complain("a public header may not include <" name ">")
	if ((floor in forbidden) && name ~ forbidden[floor])
		complain(floor " may not include <" name ">")
}

function check_ours(target, floor, to)
{
	to = floor_of(target)
	if (!(floor in sees))
		complain("the folder " floor " is on no floor of the house")
	else if (!index(sees[floor], " " to " "))
		complain(floor " may not include " target)
	else if (is_upper(target) && floor == "include" && !is_upper(FILENAME))
		complain("a freestanding header may not include " target)
	else if (is_upper(target) && floor != "include" && !index(seen_by[target], " " floor " "))
		complain(floor " may not include " target)
	else if (!may_see(target, floor))
		complain((floor == "include" ? "a header of the floors below" : floor) " may not include " target)
	edges[FILENAME] = edges[FILENAME] " " target
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	quoted = $0 ~ /"/
	name = $0
	sub(/^[^<"]*[<"]/, "", name)
	sub(/[>"].*$/, "", name)
	target = resolve(name, quoted)
	if (target != "")
		check_ours(target, floor_of(FILENAME))
	else if (quoted || name ~ /^pawl\//)
		complain("there is no " name)
	else
		check_system(name, floor_of(FILENAME))
}

function visit(file, path, n, to, i)
{
	if (state[file] == 2)
		return
	if (state[file] == 1) {
		print file ":1: includes itself in a circle:" path " " file
		return
	}
	state[file] = 1
	n = split(edges[file], to, " ")
	for (i = 1; i <= n; i++)
		visit(to[i], path " " file)
	state[file] = 2
}

END {
	for (i = 1; i <= count; i++)
		visit(order[i], "")
}
