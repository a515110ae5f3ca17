/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "fs/host_part.h"
#include "fs/host_plan.h"

/*
 * Puts the new file of every operation of a plan into its slot: a new directory with all that is in
 * it. areas are the open ones, in the plan's order. Fills in what the operations' new files look
 * like (journal_operation.new). The container may not change meanwhile; if the host does, that is
 * found here or before the exchanges (EBUSY).
 */
int host_stage(const struct host_part *parts, size_t part_count, struct host_plan *plan,
	       const int *areas, struct error *err);
