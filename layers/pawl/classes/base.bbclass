# SPDX-License-Identifier: MIT
# The tasks that every recipe has, where no layer brings its own base.bbclass.

inherit logging

# The compiler and its flags are put into the environment only where something is configured or
# compiled: a task that moves files does not depend on them, and does not run again for them.
pawl_tool_env() {
	export CC="${CC}" CXX="${CXX}" CPP="${CPP}" AR="${AR}" AS="${AS}" LD="${LD}" NM="${NM}"
	export RANLIB="${RANLIB}" STRIP="${STRIP}" OBJCOPY="${OBJCOPY}"
	export CPPFLAGS="${CPPFLAGS}" CFLAGS="${CFLAGS}" CXXFLAGS="${CXXFLAGS}" LDFLAGS="${LDFLAGS}"
	export PKG_CONFIG_LIBDIR="${PKG_CONFIG_LIBDIR}"
	export PKG_CONFIG_SYSROOT_DIR="${PKG_CONFIG_SYSROOT_DIR}"
}

oe_runmake_call() {
	pawl_tool_env
	bbnote ${MAKE} ${PARALLEL_MAKE} ${EXTRA_OEMAKE} "$@"
	${MAKE} ${PARALLEL_MAKE} ${EXTRA_OEMAKE} "$@"
}

oe_runmake() {
	oe_runmake_call "$@" || bbfatal "make failed"
}

# pawl_copy_tree FROM TO: the whole content of a folder, with modes, times and links.
pawl_copy_tree() {
	mkdir -p "$2"
	cp -a "$1/." "$2"
}

# pawl_delete_globs ROOT PATTERN...: what the patterns match below ROOT. They arrive unexpanded.
pawl_delete_globs() {
	root=$1
	shift
	for pattern in "$@"; do
		rm -rf "$root"$pattern
	done
}

# pawl_strip_tree FOLDER: takes debugging information out of programs and shared libraries.
pawl_strip_tree() {
	find "$1" -type f \( -perm -u+x -o -name '*.so' -o -name '*.so.*' \) | sort >"${T}/strip.list"
	while IFS= read -r file; do
		if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then
			${STRIP} --strip-unneeded "$file"
		fi
	done <"${T}/strip.list"
}

# Remote files are in DL_DIR, checked, when this starts.
addtask fetch
do_fetch[fetch] = "1"
do_fetch[network] = "1"
do_fetch[dirs] = "${WORKDIR}"
base_do_fetch() {
	:
}

addtask unpack after do_fetch
do_unpack[dirs] = "${UNPACKDIR}"
base_do_unpack() {
	:
	${PAWL_UNPACK}
}

addtask patch after do_unpack
do_patch[dirs] = "${WORKDIR}"
base_do_patch() {
	:
	${PAWL_PATCH}
}

addtask configure after do_patch
do_configure[deptask] = "do_populate_sysroot"
do_configure[dirs] = "${B}"
base_do_configure() {
	:
}

addtask compile after do_configure
do_compile[dirs] = "${B}"
base_do_compile() {
	if [ -e Makefile ] || [ -e makefile ] || [ -e GNUmakefile ]; then
		oe_runmake
	else
		bbnote "nothing to compile"
	fi
}

addtask install after do_compile
do_install[dirs] = "${B}"
do_install[cleandirs] = "${D}"
base_do_install() {
	:
}

# What other recipes compile and link against.
addtask populate_sysroot after do_install
do_populate_sysroot[dirs] = "${WORKDIR}"
do_populate_sysroot[cleandirs] = "${SYSROOT_DESTDIR}"
do_populate_sysroot[sstate-inputdirs] = "${SYSROOT_DESTDIR}"
base_do_populate_sysroot() {
	for dir in ${SYSROOT_DIRS}; do
		if [ -d "${D}$dir" ]; then
			pawl_copy_tree "${D}$dir" "${SYSROOT_DESTDIR}$dir"
		fi
	done
	set -f
	set -- ${SYSROOT_DIRS_IGNORE}
	set +f
	pawl_delete_globs "${SYSROOT_DESTDIR}" "$@"
}

# What runs on a system: no headers, no static libraries, no manuals, no debugging information.
# Published files are read-only, so modes other than the usual ones are handed on in a list.
addtask package after do_install
do_package[dirs] = "${WORKDIR}"
do_package[cleandirs] = "${PKGDEST}"
do_package[sstate-inputdirs] = "${PKGDEST}"
base_do_package() {
	if [ -d "${D}" ]; then
		pawl_copy_tree "${D}" "${PKGDEST}"
	fi
	set -f
	set -- ${PACKAGE_IGNORE}
	set +f
	pawl_delete_globs "${PKGDEST}" "$@"
	find "${PKGDEST}${prefix}" -mindepth 1 -depth -type d -empty -delete 2>/dev/null || :
	if [ "${INHIBIT_PACKAGE_STRIP}" != "1" ]; then
		pawl_strip_tree "${PKGDEST}"
	fi
	mkdir -p "${PKGDEST}/.pawl"
	(cd "${PKGDEST}" && find . -mindepth 1 -path ./.pawl -prune -o ! -type l \
		! \( -type f -perm 0644 \) ! -perm 0755 -printf '%m %p\n' | sort) >"${PKGDEST}/.pawl/${PN}.modes"
}
INHIBIT_PACKAGE_STRIP ?= "0"

BB_DEFAULT_TASK ?= "build"

# The name of all of it: building a recipe means building this.
addtask build after do_populate_sysroot do_package
do_build[noexec] = "1"
do_build() {
	:
}

EXPORT_FUNCTIONS do_fetch do_unpack do_patch do_configure do_compile do_install
EXPORT_FUNCTIONS do_populate_sysroot do_package
