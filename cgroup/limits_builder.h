/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cgroup/limits.h"

/* For the files cgroup/limits*.c: the list grows as they find something to limit. */

struct limits_builder {
	struct arena *arena;
	struct limits *limits;
	size_t room;
};

/* Appends a limit, and notes that controller is needed unless value is "max". It is kept. */
struct limit *limits_add(struct limits_builder *builder, enum controller controller,
			 const char *member, const char *file, const char *value);

const char *limits_number(struct limits_builder *builder, uint64_t value);
/* v1 wrote -1 for "no limit", v2 says "max". */
const char *limits_number_or_max(struct limits_builder *builder, int64_t value);

/* Fails when member was asked for, which cgroup v2 has not. */
int limits_not_on_v2(bool asked, const char *member, struct error *err);

int limits_plan_memory(struct limits_builder *builder, const struct spec_memory *memory,
		       struct error *err);
int limits_plan_cpu(struct limits_builder *builder, const struct spec_cpu *cpu, struct error *err);
int limits_plan_io(struct limits_builder *builder, const struct spec_block_io *io,
		   struct error *err);
