/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Child side. Joins the session keyring of this name, made when missing, so that the keys of
 * ctr's caller stay out of the container (session-keyring(7)). Processes that join the container
 * later find it by name, which needs search permission: for the user, or, in a user namespace
 * (where ids differ), for others. A kernel without keyrings is no error.
 */
int keyring_join(const char *name, bool user_namespace, struct error *err);
