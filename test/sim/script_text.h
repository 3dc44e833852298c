/* SPDX-License-Identifier: MIT */
/* The script of a task, as the build tool writes it. */
#ifndef PAWL_TEST_SCRIPT_TEXT_H
#define PAWL_TEST_SCRIPT_TEXT_H

/*
 * Of the recipe x; in a static buffer. Apart, since the build tool's events are not the runtime's.
 */
const char *script_text(const char *recipe, const char *task);

#endif
