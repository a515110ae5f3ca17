/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <dirent.h>
#include <unistd.h>

#include "base/error.h"

/*
 * File descriptors: every one is born close-on-exec, -1 is the only empty value, and whoever
 * declares a cleanup_fd owns it until take_fd() hands it on.
 */

/* Closes *fd unless it is -1, keeps errno, and sets it to -1. */
void close_fd(int *fd);
/* The same of a directory stream; NULL is its empty value. */
void close_dir(DIR **dir);

#define cleanup_fd __attribute__((cleanup(close_fd)))
#define cleanup_dir __attribute__((cleanup(close_dir)))

/* Returns *fd and sets it to -1: the caller now owns it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Opens a directory stream on its own descriptor of directory path below dirfd. */
DIR *open_dir_at(int dirfd, const char *path, struct error *err);

/*
 * Sends size bytes of data and the count descriptors of fds as one message over a unix socket
 * (unix(7), SCM_RIGHTS). At most 8 descriptors; they stay the caller's.
 */
int send_fds(int sock, const void *data, size_t size, const int *fds, size_t count,
	     struct error *err);

/*
 * Receives one message of at most size bytes and at most count descriptors, which are then the
 * caller's, close-on-exec; slots without a descriptor are set to -1. Returns the number of
 * bytes, 0 at the end of file.
 */
ssize_t receive_fds(int sock, void *data, size_t size, int *fds, size_t count, struct error *err);
