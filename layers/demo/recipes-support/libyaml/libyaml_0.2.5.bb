# SPDX-License-Identifier: MIT
# A shared library that another package links against; of the CMake kind.

SUMMARY = "YAML parser and emitter"
HOMEPAGE = "https://pyyaml.org/wiki/LibYAML"
LICENSE = "MIT"

UPSTREAM = "https://github.com/yaml/libyaml/archive/refs/tags"
SRC_URI = "${UPSTREAM}/${PV}.tar.gz;downloadfilename=libyaml-${PV}.tar.gz"
SRC_URI[sha256sum] = "fa240dbf262be053f3898006d502d514936c818e422afdcf33921c63bed9bf2e"

inherit cmake

EXTRA_OECMAKE = "-DBUILD_SHARED_LIBS=ON -DBUILD_TESTING=OFF \
    -DINSTALL_CMAKE_DIR=${libdir}/cmake/yaml"

# An application of this library needs no description of it at run time.
PACKAGE_IGNORE += "${libdir}/cmake"
