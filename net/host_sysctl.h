/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Parameters of the network namespace that the caller is in (Documentation/networking/ip-sysctl.rst).
 * One that has the value already is not written: /proc/sys may be read-only there.
 */

/* path: below /proc/sys/net. What this kernel lacks is ENOENT. */
int host_sysctl_set(const char *path, const char *value, struct error *err);

/*
 * The host forwards packets of a family (AF_INET, AF_INET6). A host that becomes a router of IPv6
 * would take no more router advertisements and lose its own default route: interfaces that take them
 * (accept_ra 1) do so as routers from then on (accept_ra 2).
 */
int host_sysctl_forward(int family, struct error *err);
