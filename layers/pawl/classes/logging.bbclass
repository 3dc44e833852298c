# SPDX-License-Identifier: MIT
# How a task's shell code speaks to the reader of its log.

bbplain() {
	printf '%s\n' "$*"
}

bbnote() {
	printf 'NOTE: %s\n' "$*"
}

bbwarn() {
	printf 'WARNING: %s\n' "$*"
}

bberror() {
	printf 'ERROR: %s\n' "$*"
}

bbfatal() {
	bberror "$*"
	exit 1
}

# bbdebug LEVEL TEXT...: said only when BBDEBUG is at least LEVEL.
bbdebug() {
	level=$1
	shift
	if [ "$level" -le "${BBDEBUG}" ]; then
		printf 'DEBUG: %s\n' "$*"
	fi
}
BBDEBUG ?= "0"
