# SPDX-License-Identifier: MIT
# Sums the `N passed, N failed` of every test program in CTest's log; a program without it counts as one failed.
#
#	awk -v status=EXIT_STATUS_OF_CTEST -f tool/count.awk LastTest.log

/^[0-9]+\/[0-9]+ Test: / {
	end(0)
	name = $3
	has_line = p = f = 0
	running = 1
	tests++
	next
}

running && /^[0-9]+ passed, [0-9]+ failed$/ {
	has_line = 1
	p = $1
	f = $3
	next
}

# What a machine lacks for a test is said aloud.
running && /^SKIP / {
	complain($0)
	next
}

running && /^Test (Passed|Failed|timed out)|^Unable to find executable|^Test not run|^Test Skipped/ {
	end($0 == "Test Passed.")
}

function complain(what)
{
	print "tool/check: " name ": " what
}

function end(good)
{
	if (!running)
		return
	running = 0
	passed += p
	failed += f
	if (!has_line) {
		complain("ended without its `N passed, N failed`")
		failed++
	} else if (!good && f == 0) {
		complain("says 0 failed, but ended as a failure")
		failed++
	} else if (good && f > 0)
		complain("says " f " failed, but its exit status is 0")
}

END {
	end(0)
	if (!tests) {
		print "tool/check: no tests ran"
		failed++
	} else if (status + 0 && !failed) {
		print "tool/check: ctest ended with status " status
		failed++
	}
	printf "%d passed, %d failed\n", passed, failed
	exit failed > 0
}
