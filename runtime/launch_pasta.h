/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"

/*
 * Parent side, steps of launch_create(): the network of an ordinary user's container
 * (runtime/pasta.h). Any other passes them by.
 */

/* The first thing of all: what it needs is there and its ports are free, or nothing is made. */
int launch_pasta_reserve(struct launch *launch, struct error *err);

/* Right behind the clone, as its program is to find the network complete. */
int launch_pasta_start(struct launch *launch, struct error *err);
int launch_pasta_stop(struct launch *launch, struct error *err);
