/* SPDX-License-Identifier: MIT */
/* The files of a small build folder with one layer, to be put before a test's own. */
#ifndef PAWL_LANG_BASE_H
#define PAWL_LANG_BASE_H

/* clang-format off */
#define LANG_LAYER_CONF \
	"BBPATH .= \":${LAYERDIR}\"\n" \
	"BBFILES += \"${LAYERDIR}/r/*.bb ${LAYERDIR}/r/*.bbappend\"\n" \
	"BBFILE_COLLECTIONS += \"one\"\n" \
	"BBFILE_PATTERN_one = \"^${LAYERDIR}/\"\n" \
	"BBFILE_PRIORITY_one = \"5\"\n"

#define LANG_BITBAKE_CONF \
	"OVERRIDES = \"pn-${PN}:foo\"\n" \
	"WORKDIR = \"/w/${PN}\"\n" \
	"S = \"${WORKDIR}/s\"\n" \
	"DL_DIR = \"/dl\"\n" \
	"FILESPATH = \"${FILE_DIRNAME}/${PN}:${FILE_DIRNAME}/files\"\n" \
	"FILESOVERRIDES = \"foo:bar\"\n" \
	"include conf/local.conf\n"

#define LANG_BASE_CLASS \
	"addtask fetch\naddtask unpack after fetch\naddtask build after unpack\n" \
	"base_do_fetch() {\n\t:\n}\n" \
	"base_do_unpack() {\n\t${PAWL_UNPACK}\n}\n" \
	"EXPORT_FUNCTIONS do_fetch do_unpack\n" \
	"do_build() {\n\t:\n}\n"

#define LANG_LAYER \
	{ "/b/conf/bblayers.conf", "BBPATH = \"${TOPDIR}\"\nBBLAYERS = \"/l\"\n" }, \
	{ "/l/conf/layer.conf", LANG_LAYER_CONF }

#define LANG_OWN \
	{ "/own/conf/bitbake.conf", LANG_BITBAKE_CONF }, \
	{ "/own/classes/base.bbclass", LANG_BASE_CLASS }

#define LANG_BASE LANG_LAYER, LANG_OWN
/* clang-format on */

#endif
