/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"
#include "runtime/sync.h"

/*
 * The parent's side of the talk with the child (runtime/sync.h): answers it until it says what is
 * awaited. A child that fails has said why, and launch->exit_status is what it gave.
 */
int launch_serve(struct launch *launch, enum sync_kind awaited, struct error *err);

/* Takes the master of the container's terminal, for ourselves or the console socket. */
int launch_take_console(struct launch *launch, int master, struct error *err);
