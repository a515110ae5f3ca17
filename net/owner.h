/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/identity.h"
#include "specs/network_document.h"

/* Who an attachment belongs to: a process and a network namespace. */

/* The process that has this pid now. ESRCH if none has. */
int owner_process(pid_t pid, struct identity *process, struct error *err);

/*
 * Whether it still runs. One that waits to be reaped does not. Who cannot be asked about, as there
 * are too many open files, is taken to live: nobody's network may go by mistake.
 */
bool owner_process_lives(const struct identity *process);

/* The identity of an open network namespace. */
int owner_namespace(int netns, struct network_namespace *namespace, struct error *err);
