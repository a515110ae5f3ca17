/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Child side, before a root is put over "/" without pivot_root(2). The host's mounts stay in the
 * namespace then, out of sight but not out of the kernel's mind: as long as a whole procfs or sysfs
 * is among them, a user namespace in the container may mount another one (mount_namespaces(7)),
 * without what is masked. Detaches those that are not below path, or puts an empty directory over
 * them. proc is the host's procfs.
 */
int conceal_mounts(int proc, const char *path, struct error *err);
