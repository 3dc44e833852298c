/* SPDX-License-Identifier: MIT */
/* A program of somebody who uses pawl: it says in words what a result means. */
#include <pawl/pawl.h>

#include <stdio.h>

int main(void)
{
	return puts(pawl_strerror(PAWL_ECANCELED)) < 0;
}
