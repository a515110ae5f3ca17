/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/prepare.h"

/*
 * `run --detach` of the spec form. A child of ctr, the monitor, in a session of its own, launches
 * the container, reports, and becomes the program ctr-monitor (runtime/monitor_main.c): so the
 * monitor is the container's parent, and what stays in memory is small. Returns when the program
 * of the container runs, or with the monitor's error.
 */
int detach_run(struct prepared *prepared, struct error *err);
