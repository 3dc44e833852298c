# SPDX-License-Identifier: MIT
# Each function of a public header has prose above it that closes with its result, owns, from and cost lines, in this order.

FNR == 1 {
	depth = in_comment = in_macro = 0
	doc = declaration = ""
}

function complain(what)
{
	print FILENAME ":" FNR ": " name ": " what
}

# Where the line that begins with the word stands in the comment above; 0 when there is none.
function at(word)
{
	return match(doc, "\n \\*[ \t]+" word ":") ? RSTART : 0
}

function check(s, result, owns, from, cost)
{
	name = s
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	if (name ~ /_$/)
		return	# private: only macros call it
	if (name !~ /^pawl_/)
		complain("its name does not begin with pawl_")
	if (doc == "") {
		complain("no comment above it")
		return
	}
	result = at("result")
	owns = at("owns")
	from = at("from")
	cost = at("cost")
	if (!result && s !~ /(^| )void [a-z]/)
		complain("its comment has no `result:` line")
	if (!from)
		complain("its comment has no `from:` line")
	if (!cost)
		complain("its comment has no `cost:` line")
	if ((owns && result > owns) || (from && owns > from) || (cost && from > cost))
		complain("result, owns, from, cost is the order of its lines")
}

{
	was_macro = in_macro
	in_macro = (/^[ \t]*#/ || was_macro) && /\\$/
	if (/^[ \t]*#/ || was_macro)
		next
}

in_comment || /^\/\*/ {
	if (!in_comment)
		doc = ""
	doc = doc "\n" $0
	in_comment = !/\*\//
	next
}

/^$/ {
	doc = ""
	next
}

{
	line = $0
	gsub(/\/\*.*\*\//, "", line)
	if (line ~ /^extern "C" \{/ || line ~ /^\}$/ && depth == 0)
		next
	if (depth == 0)
		declaration = declaration " " line
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		depth += (c == "{") - (c == "}")
	}
	if (depth > 0 || line !~ /[;}][ \t]*$/)
		next
	if (declaration ~ /\)[^(){}=]*;[ \t]*$/ && declaration !~ /[{=]/ &&
	    declaration !~ /^[ \t]*(typedef|static|PAWL_STATIC_ASSERT)/) {
		sub(/__attribute__.*/, "", declaration)
		check(declaration)
	}
	declaration = ""
}
