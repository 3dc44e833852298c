/* SPDX-License-Identifier: MIT */
/* The files of a small build folder with one layer, to be put before a test's own. */
#ifndef PAWL_LANG_BASE_H
#define PAWL_LANG_BASE_H

/* clang-format off */
#define LANG_LAYER                                                                              \
	{ "/b/conf/bblayers.conf", "BBPATH = \"${TOPDIR}\"\nBBLAYERS = \"/l\"\n" },                 \
	{ "/l/conf/layer.conf", "BBPATH .= \":${LAYERDIR}\"\nBBFILES += \"${LAYERDIR}/r/*.bb ${LAYERDIR}/r/*.bbappend\"\n" \
		"BBFILE_COLLECTIONS += \"one\"\nBBFILE_PATTERN_one = \"^${LAYERDIR}/\"\nBBFILE_PRIORITY_one = \"5\"\n" }

#define LANG_OWN                                                                                \
	{ "/own/conf/bitbake.conf", "OVERRIDES = \"pn-${PN}:foo\"\nWORKDIR = \"/w/${PN}\"\nS = \"${WORKDIR}/s\"\nDL_DIR = \"/dl\"\n" \
		"FILESPATH = \"${FILE_DIRNAME}/${PN}:${FILE_DIRNAME}/files\"\nFILESOVERRIDES = \"foo:bar\"\ninclude conf/local.conf\n" }, \
	{ "/own/classes/base.bbclass", "addtask fetch\naddtask unpack after fetch\naddtask build after unpack\n" \
		"base_do_fetch() {\n\t:\n}\nbase_do_unpack() {\n\t${PAWL_UNPACK}\n}\nEXPORT_FUNCTIONS do_fetch do_unpack\n" \
		"do_build() {\n\t:\n}\n" }

#define LANG_BASE LANG_LAYER, LANG_OWN
/* clang-format on */

#endif
