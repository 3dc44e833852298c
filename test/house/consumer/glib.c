/* SPDX-License-Identifier: MIT */
/* What a program does first that has a main loop of GLib's. */
#include <glib.h>
#include <pawl/glib.h>

#include <stdio.h>

int main(void)
{
	pawl_host *h;

	if (pawl_host_new(NULL, &h) != 0)
		return 1;
	pawl_glib_begin(h, NULL);
	g_main_context_iteration(NULL, FALSE);
	pawl_host_free(h);
	printf("in a loop of GLib's\n");
	return 0;
}
