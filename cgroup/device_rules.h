/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.resources.devices as numbers, with the default rules of containers behind them, and
 * without what cannot matter. For the files of this folder: device_program.c makes an eBPF
 * program of it, systemd_devices.c properties of a unit.
 */

#define DEVICE_ANY (-1)

struct device_rule {
	bool allow;
	int type; /* BPF_DEVCG_DEV_CHAR, BPF_DEVCG_DEV_BLOCK, or DEVICE_ANY */
	int32_t major, minor;
	int32_t access; /* BPF_DEVCG_ACC_* */
};

#define DEVICE_ALL_ACCESS (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

struct device_rules {
	struct device_rule *items; /* the last one that matches a device and a letter decides it */
	size_t count;
	bool otherwise; /* the verdict without a match */
};

/* No rules at all mean that everything is allowed. Pure. */
int device_rules_plan(struct arena *arena, const struct spec_device_rule *rules, size_t count,
		      struct device_rules *result, struct error *err);
