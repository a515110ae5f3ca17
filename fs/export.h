/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/archive.h"

/*
 * Writes an uncompressed pax archive of directory root and all that is below it to the file
 * descriptor output: "./", "bin/", "bin/sh", ... A file that changes while it is read is as
 * archive_layer() has it.
 */
int export_tree(int root, const struct archive_options *options, int output,
		struct archive_result *result, struct error *err);
