/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/*
 * --pid-file: writes pid in decimal to path, by rename, so that who waits for the file never reads
 * half of it. path NULL: nothing.
 */
int pid_file_write(const char *path, pid_t pid, struct error *err);
