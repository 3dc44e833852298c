/* SPDX-License-Identifier: MIT */
/* Printing, above the one function that the boards bring; and what is printed at a bad end. */
#include "board.h"

#include <pawl/port.h>

void board_print(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	board_write(text, n);
}

void board_print_int(int64_t n)
{
	char digits[24];
	char *d = digits + sizeof digits;
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do {
		*--d = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (n < 0)
		*--d = '-';
	board_write(d, (size_t)(digits + sizeof digits - d));
}

void pawl_port_on_fatal(const char *why)
{
	board_print("fatal: ");
	board_print(why);
	board_print("\n");
	board_exit(3);
}
