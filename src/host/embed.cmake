# SPDX-License-Identifier: MIT
# Turns the small program into a C array: cmake -DIN=program -DOUT=file.c -P embed.cmake
file(READ "${IN}" hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
	"\t\\1\n" bytes "${bytes}")
file(WRITE "${OUT}" "/* SPDX-License-Identifier: MIT */
/* The program made of init.c, as bytes. */
#include \"host/init.h\"

const unsigned char pawl_init_image[] = {
${bytes}
};
const size_t pawl_init_image_size = ${size};
")
