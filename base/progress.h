/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * In the environment, set by a ctr that waits for its companion and captures its stderr: the number
 * of the descriptor on which the companion is to show it.
 */
#define PROGRESS_VARIABLE "CTR_PROGRESS"

/*
 * How far long work is. Libraries tell it and never print; whoever shows it (cli/progress.h) gives
 * them a struct progress. A NULL one means that nobody looks. Several threads may tell at a time.
 */
struct progress {
	/* The next piece of work: what it is, and how many bytes it has; total 0: not known. */
	void (*begin)(struct progress *progress, const char *name, uint64_t total);
	/* So many bytes more are done. Cheap enough to be called for each buffer. */
	void (*add)(struct progress *progress, uint64_t bytes);
};

static inline void progress_begin(struct progress *progress, const char *name, uint64_t total)
{
	if (progress)
		progress->begin(progress, name, total);
}

static inline void progress_add(struct progress *progress, uint64_t bytes)
{
	if (progress)
		progress->add(progress, bytes);
}
