# SPDX-License-Identifier: MIT
# Writes the code blocks of a page into files: `c NAME` into DIR/NAME, `sh run` into DIR/run, `text prints` into DIR/prints.

/^```/ && file != "" {
	file = ""
	next
}

/^```/ {
	n = split(substr($0, 4), word, " ")
	if (word[1] == "c" && n == 2 && word[2] !~ /\//)
		file = dir "/" word[2]
	else if (word[1] == "sh" && word[2] == "run")
		file = dir "/run"
	else if (word[1] == "text" && word[2] == "prints")
		file = dir "/prints"
	else {
		print FILENAME ":" FNR ": a block that nobody compiles or runs"
		exit 1
	}
	if (word[1] == "c" && file in begun)
		print "" >file
	begun[file] = 1
	next
}

file != "" {
	print >file
}
