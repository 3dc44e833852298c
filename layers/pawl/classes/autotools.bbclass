# SPDX-License-Identifier: MIT
# Packages that come with a configure script and its makefiles, built outside their source folder.

B = "${WORKDIR}/build"

CONFIGURE_SCRIPT ?= "${S}/configure"
CONFIGUREOPTS ?= "--prefix=${prefix} --exec-prefix=${exec_prefix} --bindir=${bindir} \
    --sbindir=${sbindir} --libexecdir=${libexecdir} --datadir=${datadir} \
    --sysconfdir=${sysconfdir} --sharedstatedir=${sharedstatedir} \
    --localstatedir=${localstatedir} --libdir=${libdir} --includedir=${includedir} \
    --infodir=${infodir} --mandir=${mandir} --disable-silent-rules --disable-dependency-tracking"

oe_runconf() {
	if [ ! -x "${CONFIGURE_SCRIPT}" ]; then
		bbfatal "no configure script at ${CONFIGURE_SCRIPT}"
	fi
	pawl_tool_env
	bbnote ${CONFIGURE_SCRIPT} ${CONFIGUREOPTS} ${EXTRA_OECONF} "$@"
	${CONFIGURE_SCRIPT} ${CONFIGUREOPTS} ${EXTRA_OECONF} "$@" ||
		bbfatal "configure failed; see config.log in ${B}"
}

autotools_do_configure() {
	oe_runconf
}

autotools_do_compile() {
	oe_runmake
}

autotools_do_install() {
	oe_runmake DESTDIR="${D}" install
	rm -f "${D}${infodir}/dir"
}

EXPORT_FUNCTIONS do_configure do_compile do_install
