/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Opens the place below root where something is to be mounted, and makes it when it is missing:
 * a directory, or else an empty file. Child side, allocates nothing. ordinary: no symbolic link
 * may be on the way (procfs and sysfs: an image must not choose where the kernel's files appear).
 * Returns an O_PATH descriptor, the caller's.
 */
int mount_point_open(int root, const char *path, bool directory, bool ordinary, struct error *err);
