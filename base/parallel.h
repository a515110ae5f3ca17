/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * The same work on many things by several threads.
 */

/* One piece of it. worker is below the number of threads: for buffers of its own. */
typedef int parallel_task(void *context, size_t index, unsigned worker, struct error *err);

/* As many threads as there are processors to run on, at least 1, at most `most`. */
unsigned parallel_threads(unsigned most);

/*
 * Calls task for every index below count, by at most that many threads, the caller's included, and
 * returns when all have returned. After a failure no new piece is begun; the first one is *err's.
 * Where threads cannot be had fewer do it.
 */
int parallel_run(unsigned threads, size_t count, parallel_task *task, void *context,
		 struct error *err);
