# SPDX-License-Identifier: MIT
# Lets the build folder choose what hello says.

DEMO_GREETING ?= "Hello, world!"

do_compile:prepend() {
	sed -i 's|_("Hello, world!")|_("${DEMO_GREETING}")|' "${S}/src/hello.c"
}
