/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Runs work(context, err) in a short-lived child with a private copy of the mount namespace and a
 * shared table of descriptors: it may attach mounts where the caller's namespace must not show
 * them, and the descriptors it opens are the caller's. Returns what work returns. Memory is not
 * shared: what work writes to it is lost.
 */
int private_namespace_run(int (*work)(void *context, struct error *err), void *context,
			  struct error *err);
