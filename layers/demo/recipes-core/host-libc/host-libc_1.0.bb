# SPDX-License-Identifier: MIT
# The C library of the machine that builds, for the programs of an image to run with.

SUMMARY = "Runtime parts of the build machine's C library"
LICENSE = "LGPL-2.1-or-later"

HOST_LIBS = "libc.so.6 libm.so.6 libdl.so.2"

# The library comes from outside the build, so its content is part of the signature.
do_install[file-checksums] = "${HOST_LOADER}:True /lib/${HOST_MULTIARCH}/libc.so.6:True \
    /lib/${HOST_MULTIARCH}/libm.so.6:True /lib/${HOST_MULTIARCH}/libdl.so.2:True"

do_install() {
	install -D -m 0755 "${HOST_LOADER}" "${D}${HOST_LOADER}"
	for lib in ${HOST_LIBS}; do
		install -D -m 0755 "/lib/${HOST_MULTIARCH}/$lib" "${D}/lib/${HOST_MULTIARCH}/$lib"
	done
}

INHIBIT_PACKAGE_STRIP = "1"
