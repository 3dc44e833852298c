# SPDX-License-Identifier: MIT
# A root file system archive, assembled from what the recipes in IMAGE_INSTALL hand out to run.

IMAGE_INSTALL ?= ""
IMAGE_NAME ?= "${PN}"
IMAGE_ROOTFS = "${WORKDIR}/rootfs"
IMGDEPLOYDIR = "${WORKDIR}/deploy"
IMAGE_ARCHIVE = "${IMGDEPLOYDIR}/${IMAGE_NAME}.tar.gz"

# Shell functions, separated by semicolons, that finish IMAGE_ROOTFS before it is packed.
ROOTFS_POSTPROCESS_COMMAND ?= ":"

DEPENDS += "${IMAGE_INSTALL}"

deltask do_fetch
deltask do_unpack
deltask do_patch
deltask do_configure
deltask do_compile
deltask do_install
deltask do_populate_sysroot
deltask do_package

# Files of a sysroot are read-only and may share their content; an image gets its own copies, with
# the modes that the packages list.
addtask rootfs before do_build
do_rootfs[deptask] = "do_package"
do_rootfs[dirs] = "${IMGDEPLOYDIR}"
do_rootfs[cleandirs] = "${IMAGE_ROOTFS} ${IMGDEPLOYDIR}"
do_rootfs() {
	cp -RP --preserve=mode,timestamps "${RECIPE_SYSROOT}/." "${IMAGE_ROOTFS}"
	chmod -R u=rwX,go=rX "${IMAGE_ROOTFS}"
	cat "${IMAGE_ROOTFS}"/.pawl/*.modes >"${T}/modes"
	rm -rf "${IMAGE_ROOTFS}/.pawl"
	while read -r mode path; do
		chmod "$mode" "${IMAGE_ROOTFS}/$path"
	done <"${T}/modes"
	${ROOTFS_POSTPROCESS_COMMAND}
	(cd "${IMAGE_ROOTFS}" && find . | LC_ALL=C sort) >"${IMGDEPLOYDIR}/${IMAGE_NAME}.manifest"
	tar --sort=name --mtime=@${SOURCE_DATE_EPOCH} --owner=0 --group=0 --numeric-owner \
		--format=gnu -C "${IMAGE_ROOTFS}" -cf "${T}/${IMAGE_NAME}.tar" .
	gzip -9 -n <"${T}/${IMAGE_NAME}.tar" >"${IMAGE_ARCHIVE}"
	rm -f "${T}/${IMAGE_NAME}.tar"
	bbnote "${IMAGE_ARCHIVE}"
}
