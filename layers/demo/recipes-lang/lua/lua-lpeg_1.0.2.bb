# SPDX-License-Identifier: MIT
# A Lua module in C: needs Lua's headers to build and Lua to run.

SUMMARY = "Pattern matching for Lua, based on parsing expression grammars"
HOMEPAGE = "https://www.inf.puc-rio.br/~roberto/lpeg/"
LICENSE = "MIT"

DEPENDS = "lua"

SRC_URI = "https://www.inf.puc-rio.br/~roberto/lpeg/lpeg-${PV}.tar.gz"
SRC_URI[sha256sum] = "48d66576051b6c78388faad09b70493093264588fcd0f258ddaab1cdd4a15ffe"

S = "${WORKDIR}/lpeg-${PV}"

LUA_ABI = "5.4"

do_compile() {
	oe_runmake lpeg.so CC="${CC}" LUADIR="${RECIPE_SYSROOT}${includedir}" \
		COPT="${CFLAGS} -DNDEBUG" DLLFLAGS="-shared -fPIC ${LDFLAGS}"
}

do_install() {
	install -D -m 0755 lpeg.so "${D}${libdir}/lua/${LUA_ABI}/lpeg.so"
	install -D -m 0644 re.lua "${D}${datadir}/lua/${LUA_ABI}/re.lua"
}
