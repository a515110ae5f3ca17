/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Copies what is in directory from into the empty directory to, with modes, owners, times and
 * symbolic links (tmpcopyup). Child side, allocates nothing. Follows no link, crosses no mount
 * point; at most 64 directories deep (ELOOP). Hard links become separate files; extended
 * attributes are left out. Both descriptors (O_PATH will do) stay the caller's.
 */
int copy_up(int from, int to, struct error *err);

/* The same if to has nothing in it yet; otherwise it stays as it is. */
int copy_up_once(int from, int to, struct error *err);
