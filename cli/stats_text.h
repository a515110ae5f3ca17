/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "runtime/usage.h"
#include "specs/json_writer.h"

/* What a container uses, for people, in podman's notation: "12.5MB / 2GB", "--" for the unknown. */
struct stats_text {
	const char *cpu_percent, *average_cpu, *cpu_time;
	const char *memory, *memory_percent;
	const char *network, *block, *pids;
};

/* before: the same container's figures of the round before, NULL in the first. Pure. */
struct stats_text stats_text(struct arena *arena, const struct container_usage *usage,
			     const struct container_usage *before);

/* As podman's `stats --format json` has it. */
void stats_text_write(struct json_writer *writer, const char *id, struct stats_text text);
