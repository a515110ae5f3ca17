/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Child side, with CAP_SYS_ADMIN: from now on this process and its children connect to no abstract
 * unix socket but of each other (landlock(7), Linux 6.12). Those are in the network namespace, not
 * in the file system: with the host's, services of the host listen on them. Kernels without it do
 * nothing.
 */
int socket_scope_enter(struct error *err);
