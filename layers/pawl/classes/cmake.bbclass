# SPDX-License-Identifier: MIT
# Packages that come with a CMakeLists.txt, built outside their source folder with make.

B = "${WORKDIR}/build"

OECMAKE_SOURCEPATH ?= "${S}"
EXTRA_OECMAKE ?= ""

# Debian's cmake installs libraries without the x bit when it finds /etc/debian_version; not here.
cmake_do_configure() {
	pawl_tool_env
	cmake -G "Unix Makefiles" -S "${OECMAKE_SOURCEPATH}" -B "${B}" \
		-DCMAKE_INSTALL_PREFIX="${prefix}" -DCMAKE_INSTALL_BINDIR="${bindir}" \
		-DCMAKE_INSTALL_LIBDIR="${libdir}" -DCMAKE_INSTALL_INCLUDEDIR="${includedir}" \
		-DCMAKE_INSTALL_SYSCONFDIR="${sysconfdir}" -DCMAKE_BUILD_TYPE= \
		-DCMAKE_PREFIX_PATH="${RECIPE_SYSROOT}${prefix}" -DCMAKE_SKIP_RPATH=ON \
		-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF -DCMAKE_EXPORT_NO_PACKAGE_REGISTRY=ON \
		-DCMAKE_INSTALL_SO_NO_EXE=0 \
		${EXTRA_OECMAKE} || bbfatal "cmake failed"
}

cmake_do_compile() {
	oe_runmake VERBOSE=1
}

cmake_do_install() {
	oe_runmake DESTDIR="${D}" install
}

EXPORT_FUNCTIONS do_configure do_compile do_install
