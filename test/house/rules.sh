# SPDX-License-Identifier: MIT
# The house's rules as functions: each prints `file:line: what is wrong` for whatever breaks it below $ROOT.

c_files()
{
	(cd "$ROOT" && find include src test example bench firmware fuzz -type f \( -name '*.c' -o -name '*.h' \) \
		2>/dev/null | LC_ALL=C sort)
}

other_files()
{
	(cd "$ROOT" && find CMakeLists.txt Makefile cmake tool .ci src test example bench firmware fuzz -type f \
		\( -name CMakeLists.txt -o -name Makefile -o -name '*.cmake' -o -name '*.sh' -o -name '*.awk' \
		-o -path 'tool/*' -o -path '.ci/*' -o -path firmware/run -o -path firmware/check \) 2>/dev/null | LC_ALL=C sort)
}

# awk over the C files, with names relative to the root; a program that keeps state resets it at
# FNR == 1.
over_c_files()
{
	(cd "$ROOT" && c_files | xargs -r awk "$@")
}

rule_first_line_is_the_license()
{
	over_c_files 'FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" {
		print FILENAME ":1: the first line is not /* SPDX-License-Identifier: MIT */" }'
	other_files | while read -r f; do
		head -n 2 "$ROOT/$f" | grep -q '^# SPDX-License-Identifier: MIT$' ||
			echo "$f:1: no line # SPDX-License-Identifier: MIT at the top"
	done
}

rule_second_line_is_a_sentence()
{
	over_c_files 'FNR == 2 && !/^\/\* [^ ].*[.] \*\/$/ {
		print FILENAME ":2: the second line is not one sentence in a comment" }'
}

rule_no_trailing_blanks()
{
	over_c_files '/[ \t\r]$/ { print FILENAME ":" FNR ": blanks at the end of the line" }'
}

rule_no_line_comments()
{
	over_c_files '{
		s = $0
		gsub(/"([^"\\]|\\.)*"/, "\"\"", s)
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "", s)
		open = was_open
		if (FNR == 1) was_open = open = 0
		if (open && (i = index(s, "*/"))) { s = substr(s, i + 2); open = 0 }
		else if (open) next
		if (i = index(s, "/*")) { s = substr(s, 1, i - 1); was_open = 1 } else was_open = 0
		if (s ~ /(^|[^:])\/\//) print FILENAME ":" FNR ": a // comment"
	}'
}

rule_no_loose_ends()
{
	over_c_files '/TODO|FIXME|(^|[^X])XXX([^X]|$)|HACK|[Ff]or now[,. ]|not yet implemented/ && FILENAME !~ /^test\/house\// {
		print FILENAME ":" FNR ": a loose end: " $0 }'
}

rule_files_are_short()
{
	(cd "$ROOT" && find src include -name '*.[ch]' -exec wc -l {} \; 2>/dev/null) |
		awk '$1 > 800 { print $2 ":" $1 ": longer than 800 lines (aim at 700)" }'
}

rule_lines_fit()
{
	over_c_files '{
		n = 0
		s = $0
		gsub(/[\200-\277]/, "", s)	# bytes that only continue a character
		for (i = 1; i <= length(s); i++)
			n = substr(s, i, 1) == "\t" ? n + 8 - n % 8 : n + 1
		if (n > 100) print FILENAME ":" FNR ": " n " columns wide"
	}'
}

rule_who_may_include_whom()
{
	(cd "$ROOT" && find include src -name '*.[ch]' 2>/dev/null | LC_ALL=C sort >"$TMP/files" &&
		xargs -r awk -v list="$TMP/files" -f "$HOUSE/includes.awk" <"$TMP/files")
}

rule_await_is_not_in_a_switch()
{
	over_c_files -f "$HOUSE/await.awk"
}

rule_public_functions_are_documented()
{
	(cd "$ROOT" && find include -name '*.h' 2>/dev/null | LC_ALL=C sort |
		xargs -r awk -f "$HOUSE/doc.awk")
}

rule_awaitables_have_their_forms()
{
	(cd "$ROOT" && find include -name '*.h' 2>/dev/null | LC_ALL=C sort |
		xargs -r awk -f "$HOUSE/forms.awk")
}

all_rules="
first_line_is_the_license
second_line_is_a_sentence
no_trailing_blanks
no_line_comments
no_loose_ends
files_are_short
lines_fit
who_may_include_whom
await_is_not_in_a_switch
public_functions_are_documented
awaitables_have_their_forms
"
