# SPDX-License-Identifier: MIT
# Each awaitable of a public header has its pawl_co_ form, with the same arguments behind the task.
#
# An awaitable is a PAWL_MUST_USE int pawl_...(pawl_task *t, ...), or a macro pawl_...(t, ...) for
# one whose name is private.

BEGIN {
	# They do not wait.
	none["mutex_try_lock"] = none["stay"] = 1
	# Graphs stand on a world, not on coroutines: PAWL_CO_AWAIT does for them.
	none["build_wait"] = 1
	named["task_yield"] = "yield"
}

FNR == 1 {
	declaration = ""
}

function tidy(s)
{
	gsub(/[ \t]+/, " ", s)
	return s
}

# The arguments behind the first, without blanks at their ends.
function rest_of(s)
{
	sub(/^[^(]*\([^,)]*,? ?/, "", s)
	sub(/\).*$/, "", s)
	return s
}

function add(name, rest)
{
	if (name ~ /^co_/) {
		has[substr(name, 4)] = rest
		return
	}
	if (name in none)
		return
	order[++count] = name in named ? named[name] : name
	wants[order[count]] = rest
	place[order[count]] = name in macro ? macro_place[name] : FILENAME ":" FNR ": pawl_" name
}

/^#define pawl_[a-z_0-9]+\((t|co), / {
	name = $2
	sub(/^pawl_/, "", name)
	sub(/\(.*/, "", name)
	rest = tidy($0)
	sub(/^#define /, "", rest)
	macro[name] = rest_of(rest)
	macro_place[name] = FILENAME ":" FNR ": pawl_" name
	next
}

/^PAWL_MUST_USE int pawl_[a-z_0-9]+\(pawl_(task \*t|co \*co)[,)]/ {
	declaration = " "
}

declaration != "" {
	declaration = declaration " " $0
	if (!/;/)
		next
	declaration = tidy(declaration)
	name = declaration
	sub(/^ PAWL_MUST_USE int pawl_/, "", name)
	sub(/\(.*/, "", name)
	if (!sub(/_$/, "", name))
		add(name, rest_of(declaration))
	else if (name in macro)
		add(name, macro[name])
	declaration = ""
}

END {
	for (i = 1; i <= count; i++) {
		if (!(order[i] in has))
			print place[order[i]] " has no form pawl_co_" order[i]
		else if (has[order[i]] != wants[order[i]])
			print place[order[i]] " takes (" wants[order[i]] "), its form (" has[order[i]] ")"
	}
}
