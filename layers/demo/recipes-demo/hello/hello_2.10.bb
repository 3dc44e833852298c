# SPDX-License-Identifier: MIT
# A package of the configure-and-make kind.

SUMMARY = "The program that says hello"
HOMEPAGE = "https://www.gnu.org/software/hello/"
LICENSE = "GPL-3.0-or-later"

SRC_URI = "https://ftp.gnu.org/gnu/hello/hello-${PV}.tar.gz"
SRC_URI[sha256sum] = "31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b"

inherit autotools

# Dependency tracking makes the folder lib, which the first files generated into it need.
EXTRA_OECONF = "--disable-nls --enable-dependency-tracking"
