#!/bin/bash
# SPDX-License-Identifier: MIT
# Somebody else's program finds pawl in each of the ways that are promised, and what is installed is whole.
. "$(dirname "$0")/lib.sh"
prefix=$TMP/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

runs()
{
	"$1" && "$1" | grep -q .
}

installs()
{
	cmake --install "$PAWL_BUILD" --prefix "$prefix"
}

by_find_package()
{
	cmake -G Ninja -S "$HOUSE/consumer/find_package" -B "$TMP/find" -DCMAKE_PREFIX_PATH="$prefix" &&
		cmake --build "$TMP/find" && runs "$TMP/find/consumer" && runs "$TMP/find/consumer_of_all" &&
		runs "$TMP/find/consumer_of_co"
}

by_pkg_config()
{
	local p
	for p in main co; do
		gcc "$HOUSE/consumer/$p.c" -o "$TMP/$p" $(pkg-config --cflags --libs pawl) && runs "$TMP/$p" || return
	done
}

with_glib()
{
	gcc "$HOUSE/consumer/glib.c" -o "$TMP/with_glib" $(pkg-config --cflags --libs pawl-glib) && runs "$TMP/with_glib" &&
		runs "$TMP/find/consumer_of_glib"
}

by_add_subdirectory()
{
	cmake -G Ninja -S "$HOUSE/consumer/subproject" -B "$TMP/sub" -DPAWL_SOURCE="$PAWL_SOURCE" &&
		cmake --build "$TMP/sub" --parallel 2 --target consumer consumer_of_co &&
		runs "$TMP/sub/consumer" && runs "$TMP/sub/consumer_of_co"
}

# The program lists a recipe of its own, read through the layer that was installed beside it.
runs_where_it_is()
{
	local top=$TMP/top
	mkdir -p "$top/conf" "$top/layer/conf" "$top/layer/recipes/a"
	echo 'BBLAYERS = "${TOPDIR}/layer"' >"$top/conf/bblayers.conf"
	: >"$top/conf/local.conf"
	printf '%s\n' 'BBPATH .= ":${LAYERDIR}"' 'BBFILES += "${LAYERDIR}/recipes/*/*.bb"' \
		'BBFILE_COLLECTIONS += "l"' 'BBFILE_PATTERN_l = "^${LAYERDIR}/"' >"$top/layer/conf/layer.conf"
	echo 'SUMMARY = "a"' >"$top/layer/recipes/a/a_1.bb"
	"$prefix/bin/pawl" --version && "$prefix/bin/pawl" list -C "$top" | grep '^a' &&
		"$prefix/bin/pawl" env -C "$top" a WORKDIR >"$TMP/env" 2>&1
	cat "$TMP/env"
	grep -q share/pawl/layers/pawl/conf/bitbake.conf "$TMP/env"
}

is_whole()
{
	local f
	for f in bin/pawl libexec/pawl/pawl-fetch include/pawl/pawl.h lib/libpawl_core.a lib/libpawl_co.a lib/libpawl_graph.a \
		share/pawl/layers/pawl/conf/bitbake.conf lib/cmake/pawl/pawl-config.cmake lib/pkgconfig/pawl.pc share/pawl/gdb/pawl.py; do
		[ -e "$prefix/$f" ] || echo "$f is not installed"
	done
	grep -rl "$PAWL_SOURCE" "$prefix/lib/cmake" "$prefix/lib/pkgconfig" "$prefix/include" |
		sed 's/$/ names the source folder/'
}

succeeds installs installs
silent what_is_installed_is_whole is_whole
succeeds installed_program_runs runs_where_it_is
succeeds found_by_find_package by_find_package
succeeds found_by_pkg_config by_pkg_config
[ ! -e "$prefix/lib/libpawl_glib.a" ] || succeeds found_with_glib with_glib
succeeds built_by_add_subdirectory by_add_subdirectory
finish
