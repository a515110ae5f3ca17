/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/command.h"
#include "net/network_host.h"

/* Opens the networks of the data root for a verb, and clears up behind those who were killed. */
int network_verb_begin(struct invocation *invocation, struct network_host *host, struct error *err);
