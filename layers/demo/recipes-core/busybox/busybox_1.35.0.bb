# SPDX-License-Identifier: MIT
# The shell and the small tools of the image, with no more of them than it needs.

SUMMARY = "Small versions of many common tools in one program"
HOMEPAGE = "https://busybox.net/"
LICENSE = "GPL-2.0-only"

SRC_URI = "https://busybox.net/downloads/busybox-${PV}.tar.bz2 \
           file://demo.cfg \
           "
SRC_URI[sha256sum] = "faeeb244c35a348a334f4a59e44626ee870fb07b6884d68c10ae8bc19f83a694"

EXTRA_OEMAKE = "CC='${CC}' HOSTCC='${CC}' EXTRA_CFLAGS='${CFLAGS}' SKIP_STRIP=y"

# Everything off, then what demo.cfg asks for, then the questions that follow from it.
do_configure() {
	oe_runmake allnoconfig
	sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=.*/\1/p' "${UNPACKDIR}/demo.cfg" >"${T}/asked"
	grep -vwFf "${T}/asked" .config >"${T}/rest"
	cat "${T}/rest" "${UNPACKDIR}/demo.cfg" >.config
	yes '' | oe_runmake oldconfig
	while IFS= read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" .config || bbfatal "demo.cfg: $line was not taken over"
			;;
		esac
	done <"${UNPACKDIR}/demo.cfg"
}

do_install() {
	oe_runmake CONFIG_PREFIX="${D}" install
	[ -L "${D}/bin/sh" ] || bbfatal "busybox installed no links; its list of applets is made with awk"
}
