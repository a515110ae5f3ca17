/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A directory of the test's own, made anew for each test that asks. Removed at the end of the
 * program, whatever the tests left in it.
 */

/* Makes it, empty, and returns its descriptor, which stays open until the next call. */
int scratch_dir(void);
/* Its path. */
const char *scratch_path(void);
/* Writes a file below it. */
void scratch_file(const char *name, const char *text);
