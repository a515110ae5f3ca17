/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"

/* The hooks that run on the host, and when (runtime-spec, lifecycle). */

/* Create, start and delete may be different processes; each opens the files for output once. */
int launch_open_hook_output(struct launch *launch, struct error *err);

/* prestart and createRuntime: the namespaces are there, the root is not yet the container's. */
int launch_run_hooks(struct launch *launch, struct error *err);
int launch_poststart_hooks(struct launch *launch, struct error *err);
/* An undo: the last thing that happens to a container, whatever ended it; only if hooks_begun. */
int launch_poststop_hooks(struct launch *launch, struct error *err);
