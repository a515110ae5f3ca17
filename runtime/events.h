/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/settings.h"

/*
 * `events`: what a running container uses, and when the kernel kills in it for lack of memory, as
 * JSON documents (specs/events.h), one a line, written to output. Both fail with "container with
 * id ID is not running" when it is not.
 */

/* One line of statistics. */
int container_stats(const struct settings *settings, const char *id, int output, struct error *err);

/*
 * Such a line at once and after each interval_ms milliseconds, and a line for each notice of an
 * OOM kill as it comes. Returns when the container's first process has ended, or when nobody
 * reads output any more.
 */
int container_events(const struct settings *settings, const char *id, int interval_ms, int output,
		     struct error *err);
