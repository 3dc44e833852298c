# SPDX-License-Identifier: MIT
# The pitfalls of PAWL_AWAIT that no compiler sees: inside a switch of one's own, and locals that do not live on.
#
# The macros make one hidden switch of the body. An await in a switch inside it would be a case of
# the inner one. And a local that is set above PAWL_BEGIN is set anew at each poll: who changes it
# afterwards loses the change at the next await.

FNR == 1 {
	depth = begun = awaits = in_comment = 0
	pending_switch = in_macro = 0
	split("", is_switch)
	split("", fresh)
}

# The line without comments, strings and character constants.
function code(s, i)
{
	gsub(/\\./, "", s)
	gsub(/"[^"]*"/, "\"\"", s)
	gsub(/'[^']*'/, "0", s)
	if (in_comment) {
		if (!(i = index(s, "*/")))
			return ""
		s = substr(s, i + 2)
		in_comment = 0
	}
	while (i = index(s, "/*")) {
		if (!index(substr(s, i + 2), "*/")) {
			in_comment = 1
			return substr(s, 1, i - 1)
		}
		s = substr(s, 1, i - 1) " " substr(s, i + 2 + index(substr(s, i + 2), "*/") + 1)
	}
	return s
}

function in_switch(d)
{
	for (d = begun_depth + 1; d <= depth; d++)
		if (is_switch[d])
			return 1
	return 0
}

function end_function()
{
	begun = awaits = 0
	split("", fresh)
}

# Remembers each name of `type name = value, name = value;` above PAWL_BEGIN. A pointer may be led
# elsewhere between two awaits: what it points to lives on.
function declare(s, part, n, i)
{
	if (s !~ /^\t[a-z_][A-Za-z0-9_ \t*]*[ *][a-z_][A-Za-z0-9_]* = [^=]/ || s ~ /^\tstatic /)
		return
	while (gsub(/\([^()]*\)/, "", s))
		;
	n = split(s, part, ",")
	for (i = 1; i <= n; i++)
		if (sub(/ = .*/, "", part[i]) && part[i] !~ /\*/) {
			sub(/.*[ *]/, "", part[i])
			fresh[part[i]] = 1
		}
}

function check_changes(s, name)
{
	for (name in fresh)
		if (s ~ ("(^|[^A-Za-z0-9_>.])" name " ?(\\+\\+|--|[-+*/|&^]?=[^=])") ||
		    s ~ ("(\\+\\+|--)" name "([^A-Za-z0-9_]|$)"))
			print FILENAME ":" FNR ": " name " is set above PAWL_BEGIN at each poll;" \
				" a change to it is lost at the next await"
}

function braces(s, i, c)
{
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "{") {
			is_switch[++depth] = pending_switch
			pending_switch = 0
		} else if (c == "}") {
			if (--depth <= 0) {
				depth = 0
				end_function()
			}
		} else if (c == ";" && pending_switch && s !~ /switch/)
			pending_switch = 0
	}
}

{
	was_macro = in_macro
	in_macro = (/^[ \t]*#/ || was_macro) && /\\$/
	if (/^[ \t]*#/ || was_macro)
		next
	s = code($0)
	if (s ~ /(^|[^A-Za-z0-9_])switch[ \t]*\(/)
		pending_switch = 1
	if (s ~ /PAWL_BEGIN[ \t]*\(/) {
		begun = 1
		begun_depth = depth
	} else if (!begun && depth == 1)
		declare(s)
	else if (begun)
		check_changes(s)
	if (s ~ /PAWL_AWAIT(_AS)?[ \t]*\(/ && begun && (in_switch() || pending_switch))
		print FILENAME ":" FNR ": PAWL_AWAIT inside a switch of one's own"
	braces(s)
}
