/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "base/string_list.h"

/*
 * The annotations run.oci.hooks.stdout and run.oci.hooks.stderr: files of the host that what hooks
 * print is appended to, as with crun. Relative ones lie in the bundle.
 */
struct hook_output {
	int out, error; /* -1: ctr's standard error */
};

#define HOOK_OUTPUT_NONE                                                                           \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* Opens what is named and not open yet. */
int hook_output_open(const struct string_map *annotations, const char *bundle,
		     struct hook_output *output, struct error *err);

void hook_output_close(struct hook_output *output);
