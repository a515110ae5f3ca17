/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

/*
 * Whether this process is in a user namespace that is not the machine's first one, so that even
 * uid 0 has no privileges over the host. One system call: asked only when something was refused,
 * or when it is certain that the answer matters; the start of root's containers does without.
 */
bool in_user_namespace(void);

/* Whether the user namespace behind this descriptor is the machine's first one. */
bool is_initial_user_namespace(int namespace);
