/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/error.h"
#include "fs/layer_stack.h"

/*
 * Directories to try layers on. All paths are relative to one temporary directory, which is the
 * working directory of the test program and removed at its end. A failing call ends the program.
 */

/* To be called first in each test: an empty working directory. */
void fixture_begin(void);

void make_dir(const char *path);		    /* with all above it */
void make_file(const char *path, const char *text); /* with all directories above it */
void make_whiteout(const char *path);
void set_xattr(const char *path, const char *name, const char *value);
/* Whether user.* attributes work here (tmpfs learned them in Linux 6.6); else the test is skipped.
 */
void need_user_xattrs(void);
void need_root(void);

/* Opens upper and lowers (names, topmost first; the first NULL ends them). Marks are
 * user.overlay.*. */
struct layer_stack open_layers(const char *upper, const char *lower0, const char *lower1,
			       const char *lower2);
void close_layers(struct layer_stack *stack);

/* The difference as text, in a static buffer. */
const char *diff_text(const struct layer_stack *stack);

/* What a shell command prints (static buffer); *status is its exit status. */
const char *run(int *status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, which must succeed. Skips the test if the program is not there (status 127). */
const char *run_ok(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the test unless result is not negative. */
#define CHECK_OK(result)                                                                           \
	do {                                                                                       \
		if ((result) < 0)                                                                  \
			unit_fail(__FILE__, __LINE__, "%s: %s", #result, err.text);                \
	} while (0)
/* Ends the test unless it failed with this text in its message. */
#define CHECK_FAILS(result, part)                                                                  \
	do {                                                                                       \
		CHECK((result) < 0);                                                               \
		CHECK_CONTAINS(err.text, part);                                                    \
	} while (0)
