/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Files and folders that are not finished: named ".tmp-..." beside the place where they will be
 * renamed to, and locked (flock(2)) by whoever makes them. One that nobody has locked is left
 * from a crash.
 */

/* Room for a temporary name. */
#define TEMPORARY_SIZE 64

/* Make one below dir, empty and locked, and put its name in name[TEMPORARY_SIZE]. Return its
 * descriptor, which holds the lock. */
int temporary_file(int dir, char *name, struct error *err);
int temporary_folder(int dir, char *name, struct error *err);

bool temporary_is(const char *name);

/* Gives name below dir such a name, so that temporary_clean() removes it. */
int temporary_rename(int dir, const char *name, struct error *err);

/*
 * Removes the temporary files of file_replace_at() in dir. The caller has the lock that whoever
 * replaces files there takes. Returns how many.
 */
int temporary_clean_replacements(int dir, struct error *err);

/* Removes those below dir that nobody holds. Returns how many. */
int temporary_clean(int dir, struct error *err);
