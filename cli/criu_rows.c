/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/criu_rows.h"

const char *const criu_cgroup_modes[] = {
	[CGROUPS_SOFT] = "soft",
	[CGROUPS_FULL] = "full",
	[CGROUPS_STRICT] = "strict",
	[CGROUPS_IGNORE] = "ignore",
	NULL,
};

const char *const criu_network_locks[] = {
	[NETWORK_LOCK_DEFAULT] = "default",
	[NETWORK_LOCK_IPTABLES] = "iptables",
	[NETWORK_LOCK_NFTABLES] = "nftables",
	[NETWORK_LOCK_SKIP] = "skip",
	NULL,
};
