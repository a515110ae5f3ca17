/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/*
 * Whose the files are that we make, with all our capabilities (setfsuid(2), of this thread only).
 * Through an idmapped mount files can be made only by users that it maps, which the host's root
 * seldom is.
 */
struct file_user {
	uid_t uid;
	gid_t gid;
};

/* Becomes that user; *before is for file_user_leave(), which is called after a failure too. */
int file_user_enter(const struct file_user *user, struct file_user *before, struct error *err);
void file_user_leave(const struct file_user *before);
