/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/container.h"
#include "runtime/handle.h"
#include "specs/runtime_spec.h"

/*
 * The process that `exec` runs: the container's own one (spec->process) with what the options
 * change, or the file of --process. User names are looked up in the container's files, whose
 * root is that of its first process below proc.
 */
int exec_process_spec(struct arena *arena, const struct exec_options *options, int proc,
		      const struct handle *handle, const struct spec *spec,
		      struct spec_process *process, struct error *err);
