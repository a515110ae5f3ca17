/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "fs/diff.h"

/*
 * Makes name in directory dir what an entry of a difference is: content with its holes (shared with
 * the original where the filesystem can), owner, mode, extended attributes, times. Of a directory
 * all but what is in it and its times, which host_copy_time() sets when that is done. Nothing may
 * be there yet, and nobody else may be able to write to dir.
 */
int host_copy(const struct diff_entry *entry, int dir, const char *name, struct error *err);

int host_copy_time(const struct stat *status, int dir, const char *name, struct error *err);
