/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "specs/runtime_spec.h"

/* Names of kernel parameters, as linux.sysctl has them. */

#define SYSCTL_NAME_MAX 256

/*
 * Writes a name as the path below /proc/sys that it stands for. As in sysctl.d(5) its first
 * separator says which of the two it is: "net.ipv4.conf.eth0/1.mtu" and "net/ipv4/conf/eth0.1/mtu"
 * are "net/ipv4/conf/eth0.1/mtu". False for what is no name: an empty part, "." or "..", too long.
 */
bool sysctl_name_path(const char *name, char path[SYSCTL_NAME_MAX]);

/*
 * Sets the kind of namespace of which each has its own value of the parameter at path
 * (net/...: network; fs/mqueue/..., kernel/msg*, sem*, shm*: ipc; kernel/domainname: uts;
 * user/...: user). False if all the machine has one value.
 */
bool sysctl_name_namespace(const char *path, enum namespace_type *type);
