/* SPDX-License-Identifier: Apache-2.0 */
#include "base/step.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

int (*step_fault)(const char *name, struct error *err);

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static bool tracing(void)
{
	static int known = -1;

	if (known < 0) {
		const char *value = getenv("CTR_TRACE");

		known = value && !strcmp(value, "1");
	}
	return known;
}

int64_t step_begin(void)
{
	return tracing() ? now() : 0;
}

/* One write(2) a line; a trace that nobody can read is no reason to fail. */
static void trace(const char *name, int64_t begin)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%8.3f ms  %.100s\n",
			      (double)(now() - begin) / 1e6, name);

	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		return;
}

int step_end(const char *name, int64_t begin, struct error *err)
{
	if (tracing())
		trace(name, begin);
	log_debug("done: %s", name);
	return step_fault ? step_fault(name, err) : 0;
}

int step_point(const char *name, struct error *err)
{
	return step_fault ? step_fault(name, err) : 0;
}

void step_undo_failed(const char *name, const struct error *err)
{
	log_debug("undo %s: %s", name, err->text);
}
