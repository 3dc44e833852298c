# SPDX-License-Identifier: MIT
# A Lua module that stands on two packages: Lua, and a shared library.

SUMMARY = "YAML for Lua"
HOMEPAGE = "https://github.com/gvvaughan/lyaml"
LICENSE = "MIT"

DEPENDS = "lua libyaml"

UPSTREAM = "https://github.com/gvvaughan/lyaml/archive/refs/tags"
SRC_URI = "${UPSTREAM}/v${PV}.tar.gz;downloadfilename=lyaml-${PV}.tar.gz"
SRC_URI[sha256sum] = "c6169f516ff2a8da96d55aa3a087e718edf7bceb2f1cae2def4e65cd2b41ac2d"

S = "${WORKDIR}/lyaml-${PV}"

LUA_ABI = "5.4"

# Upstream builds with a tool of its own, in Lua; what that does is one compiler call.
do_compile() {
	${CC} ${CPPFLAGS} ${CFLAGS} -DNDEBUG -DPACKAGE='"lyaml"' -DVERSION='"${PV}"' -shared -fPIC \
		-o yaml.so ext/yaml/yaml.c ext/yaml/emitter.c ext/yaml/parser.c ext/yaml/scanner.c \
		${LDFLAGS} -lyaml
}

do_install() {
	install -D -m 0755 yaml.so "${D}${libdir}/lua/${LUA_ABI}/yaml.so"
	install -d "${D}${datadir}/lua/${LUA_ABI}/lyaml"
	install -m 0644 lib/lyaml/*.lua "${D}${datadir}/lua/${LUA_ABI}/lyaml"
}
