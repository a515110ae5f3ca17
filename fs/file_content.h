/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "base/progress.h"

/*
 * Copies what is in the regular file from, from its start to its end, to the empty file to: without
 * passing through us where the kernel can, and with its holes. Files of procfs, which say that they
 * are empty, are read to their end.
 */
int file_content_copy(int from, int to, struct progress *progress, struct error *err);
