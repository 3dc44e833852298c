# SPDX-License-Identifier: MIT
# The work of tool/dist: prints pawl.h (kind=h) or pawl.c (kind=c) made of the parts in the list that it reads.

function die(text)
{
	print "tool/dist: " text >"/dev/stderr"
	exit 1
}

# The lines of a file into text[path, 1..]; a file is read once. A line that some #if shuts out,
# other than the guard of a header or one around all that needs stacks, is conditional.
function load(path,	n, line, got, depth)
{
	if (path in length_of)
		return
	depth = path ~ /[.]h$/ ? -1 : 0
	while ((got = (getline line <path)) > 0) {
		text[path, ++n] = line
		if (line != "#if PAWL_STACKS" || depth > 0)
			depth += (line ~ /^#[ ]*if/) - (line ~ /^#[ ]*endif/)
		is_conditional[path, n] = depth > 0
	}
	if (got < 0 || !n)
		die("cannot read " path)
	close(path)
	length_of[path] = n
}

# The file that an #include of ours names, "" for all other lines.
function included(line)
{
	if (line ~ /^#include <pawl\//)
		return "include/" substr(line, 11, index(line, ">") - 11)
	if (line ~ /^#include "[a-z]+\//)
		return "src/" substr(line, 11, length(line) - 11)
	return ""
}

function banner(path)
{
	print "\n/* ======== " path " ======== */"
}

# Tells whether a file is more than a guard, comments and includes.
function has_content(path,	i, line, is_comment)
{
	for (i = 1; i <= length_of[path]; i++) {
		line = text[path, i]
		if (line ~ /^\/\*/)
			is_comment = 1
		if (!is_comment && line !~ /^(#ifndef|#define) PAWL_[A-Z_]*_H$|^#endif$|^#include|^$/)
			return 1
		if (line ~ /\*\/$/)
			is_comment = 0
	}
	return 0
}

# Prints a header after those it includes: the public ones, or the private ones, of a part that is
# chosen by `chosen_by`. What one port brings, another does not see.
function header(path, is_public, chosen_by,	i, file)
{
	if ((path, is_public, "-") in done || (path, is_public, chosen_by) in done)
		return
	done[path, is_public, chosen_by] = 1
	load(path)
	for (i = 1; i <= length_of[path]; i++)
		if ((file = included(text[path, i])) != "" && !is_conditional[path, i])
			header(file, is_public, chosen_by)
	if ((path ~ /^include/) != is_public || path ~ /[.]c$/ || !has_content(path))
		return
	if (path !~ /^(include|src\/port)/)
		find_internal(path)
	banner(path)
	body(path)
}

# Prints a file but its licence, our includes and blank lines that follow blank lines. A header
# that is included under a condition is printed there, and has its guard for the next time.
function body(path,	i, line, blank)
{
	blank = 1
	in_struct = 0
	for (i = 2; i <= length_of[path]; i++) {
		line = text[path, i]
		if (included(line) != "" && is_conditional[path, i])
			header(included(line), path ~ /^include/, path)
		if (included(line) != "" || line ~ /^#define _GNU_SOURCE/ || (line == "" && blank))
			continue
		blank = line == ""
		in_struct = line !~ /^\}/ && (in_struct || line ~ /^(static )?(struct|union)( [a-z_]+)?( \{)?$/)
		print path ~ /^include/ || line ~ /^#include/ ? line : internal(renamed(line))
	}
}

# What a line declares or defines at file scope, "" when nothing: the last name in front of the
# first of ( = [ ;
function declared(line)
{
	if (line !~ /^[a-zA-Z_]/)
		return ""
	sub(/[(=;\[].*/, "", line)
	gsub(/[^A-Za-z0-9_]+$/, "", line)
	return match(line, /[A-Za-z0-9_]+$/) ? substr(line, RSTART) : ""
}

# Functions and tables that are shared within pawl.c only: what the floors' private headers declare.
# Those of ports stay: assembly names them.
function find_internal(path,	i, name)
{
	for (i = 1; i <= length_of[path]; i++) {
		name = declared(text[path, i])
		if (name !~ /^pawl_.*_$/)
			continue
		while (text[path, i] !~ /[;{]$|^\{/)
			i++
		if (text[path, i] ~ /;$/)
			is_internal[name] = 1
	}
}

# The linkage of such a line: nobody outside sees it.
function internal(line,	name)
{
	name = declared(line)
	if (!(name in is_internal) || line ~ /^static/)
		return line
	sub(/^extern /, "", line)
	return "static " line
}

# A name that only this file knows, unless it begins with the file's own.
function own(map, name, stem)
{
	if (name != "" && index(name, stem "_") != 1)
		map[name] = stem "_" name
}

# All that a line like `static int a, b;` declares.
function own_all(line, stem,	n, i, names)
{
	if (line !~ /^[^(={]*,[^(={]*;$/) {
		own(rename, declared(line), stem)
		return
	}
	n = split(line, names, ",")
	for (i = 1; i <= n; i++)
		own(rename, declared("x" names[i]), stem)
}

# Its macros into macros[1..], but for those that it defines when nobody else did.
function find_macros(path,	i, line, depth, is_default, is_macro)
{
	split("", macros)
	split("", is_macro)
	macro_count = 0
	is_default[0] = 0
	for (i = 1; i <= length_of[path]; i++) {
		line = text[path, i]
		if (line ~ /^#[ ]*if/) {
			depth++
			is_default[depth] = is_default[depth - 1] || line ~ /^#[ ]*ifndef/
		}
		depth -= line ~ /^#[ ]*endif/
		if (line !~ /^#[ ]*define / || is_default[depth + 0])
			continue
		sub(/^#[ ]*define /, "", line)
		sub(/[^A-Za-z0-9_].*/, "", line)
		if (line == "_GNU_SOURCE" || line in is_macro)
			continue
		is_macro[line] = 1
		macros[++macro_count] = line
	}
}

# What only this file knows: rename[name] is what it is called in pawl.c, rename_tag[name] the same
# of structs.
function find_own(path,	i, line, stem)
{
	stem = path
	gsub(/^.*\/|[.]c$/, "", stem)
	split("", rename)
	split("", rename_tag)
	if (path == "src/host/port.c")
		stem = "posix"
	for (i = 1; i <= length_of[path]; i++) {
		line = text[path, i]
		if (line ~ /^static struct \{$/) {
			while (text[path, ++i] !~ /^\}/) {}
			own(rename, declared("x" text[path, i]), stem)
		} else if (line ~ /^(static|PAWL_FLAT_) /) {
			own_all(line, stem)
		} else if (line ~ /^(struct|enum|union) [a-z_]+( \{.*)?$/) {
			split(line, word, " ")
			own(rename_tag, word[2], stem)
		}
	}
}

# The line with this file's own names in their new form: not in strings and comments, not as
# members, of which a struct may have one of the same name.
function renamed(line,	out, name, end, is_tag)
{
	out = ""
	for (;;) {
		if (in_comment) {
			if (!(end = index(line, "*/")))
				return out line
			out = out substr(line, 1, end + 1)
			line = substr(line, end + 2)
			in_comment = 0
		}
		if (!match(line, /"([^"\\]|\\.)*"|\/\*|[A-Za-z_][A-Za-z0-9_]*/))
			return out line
		out = out substr(line, 1, RSTART - 1)
		name = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		is_tag = out ~ /(^|[^A-Za-z0-9_])(struct|enum|union) $/
		if (name == "/*")
			in_comment = 1
		else if (is_tag && name in rename_tag)
			name = rename_tag[name]
		else if (!is_tag && !in_struct && name in rename && out !~ /([.]|->|[0-9])$/)
			name = rename[name]
		out = out name
	}
}

function part(chosen_by, path,	i)
{
	load(path)
	split("", rename)
	split("", rename_tag)
	for (i = 1; i <= length_of[path]; i++)
		if (included(text[path, i]) != "" && !is_conditional[path, i])
			header(included(text[path, i]), 0, chosen_by)
	find_own(path)
	find_macros(path)
	banner(path)
	body(path)
	for (i = 1; i <= macro_count; i++)
		print (i == 1 ? "\n" : "") "#undef " macros[i]
}

# Our licence, as a comment.
function licence(	i)
{
	load("LICENSE")
	for (i = 1; i <= length_of["LICENSE"]; i++)
		print (text["LICENSE", i] == "" ? " *" : " * " text["LICENSE", i])
}

function print_h(	i, name)
{
	print "/* SPDX-License-Identifier: MIT */"
	print "/* The freestanding runtime of pawl: this header and pawl.c are all of it. */"
	print "/*"
	print " * This file was made by `make dist` of the headers that the banners name. Compile pawl.c with"
	print " * your program, and both with the same switches: PAWL_DIAG, PAWL_ASSERTS, PAWL_PANICS,"
	print " * PAWL_TIMERS, PAWL_WAITS, PAWL_CREW, PAWL_POLICIES, PAWL_STATS (see base.h below)."
	print " *"
	print " * The machine's part is a port, eight functions named pawl_port_*. Compile pawl.c with one of"
	print " *"
	print " *\t-DPAWL_PORT_POSIX\tLinux; link with -pthread"
	print " *\t-DPAWL_PORT_CORTEXM\tArm Cortex-M"
	print " *\t-DPAWL_PORT_RISCV\tRISC-V without an operating system"
	print " *"
	print " * or with none of them, and bring those functions yourself."
	print " *"
	print " * Stacks of coroutines and generators come from a pool with PAWL_PORT_POSIX; compile what runs"
	print " * on them with -fstack-clash-protection. Elsewhere they are memory of yours: see stack.h below."
	print " *"
	licence()
	print " */"
	print "#ifndef PAWL_DIST_H"
	print "#define PAWL_DIST_H"
	header("include/pawl/pawl.h", 1, "-")
	for (i = 1; i <= part_count; i++)
		header(part_of[i], 1, "-")
	print "\n#endif"
}

# A port for another machine, or two of them, would be told by pages of other errors.
function refuse_ports()
{
	print "#if defined(PAWL_PORT_POSIX) + defined(PAWL_PORT_CORTEXM) + defined(PAWL_PORT_RISCV) > 1"
	print "#error \"more than one of PAWL_PORT_POSIX, PAWL_PORT_CORTEXM and PAWL_PORT_RISCV\""
	print "#elif defined(PAWL_PORT_CORTEXM) && !(defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M')"
	print "#error \"PAWL_PORT_CORTEXM, but the compiler makes code for something else: see -mcpu\""
	print "#elif defined(PAWL_PORT_RISCV) && !defined(__riscv)"
	print "#error \"PAWL_PORT_RISCV, but the compiler makes code for something else\""
	print "#endif"
	print ""
}

function print_c(	i, last)
{
	print "/* SPDX-License-Identifier: MIT */"
	print "/* The freestanding runtime of pawl: pawl.h and this file are all of it. */"
	print "/*"
	print " * This file was made by `make dist` of the sources that the banners name; pawl.h says how to"
	print " * compile it. What is static in a source has that file's name in front of its own here."
	print " *"
	licence()
	print " */"
	print "#if defined(PAWL_PORT_POSIX) && !defined(_GNU_SOURCE)"
	print "#define _GNU_SOURCE"
	print "#endif"
	print ""
	refuse_ports()
	print "#include \"pawl.h\""
	print ""
	print "/* What one choice of switches does not need, another does. */"
	print "#if defined(__GNUC__)"
	print "#pragma GCC diagnostic ignored \"-Wunused-function\""
	print "#pragma GCC diagnostic ignored \"-Waddress\"" # what is weak in a library is there
	print "#endif"
	last = "-"
	for (i = 1; i <= part_count; i++) {
		if (switch_of[i] != last) {
			if (last != "-")
				print "\n#endif"
			if (switch_of[i] != "-")
				print "\n#if " condition(switch_of[i])
			last = switch_of[i]
		}
		part(switch_of[i], part_of[i])
	}
	if (last != "-")
		print "\n#endif"
}

# "A|B" as the preprocessor says it.
function condition(switches)
{
	gsub(/[|]/, ") || defined(", switches)
	return "defined(" switches ")"
}

# One part: the switches of which one chooses it, "-" for always, and its file.
{
	switch_of[++part_count] = $1
	part_of[part_count] = $2
}

END {
	if (!part_count)
		die("no parts")
	if (kind == "h")
		print_h()
	else
		print_c()
}
