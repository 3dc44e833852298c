# SPDX-License-Identifier: MIT
# The files that every system starts with, all of them from this layer.

SUMMARY = "Basic files and folders of a system"
LICENSE = "MIT"

SRC_URI = "file://passwd file://group file://profile file://os-release"

S = "${UNPACKDIR}"

do_install() {
	install -d -m 0755 "${D}${sysconfdir}" "${D}/dev" "${D}/proc" "${D}/root"
	install -d -m 1777 "${D}/tmp"
	for file in passwd group profile os-release; do
		install -m 0644 "${UNPACKDIR}/$file" "${D}${sysconfdir}/$file"
	done
}
