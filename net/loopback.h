/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * Raises the loopback interface of the network namespace that the caller is in (netdevice(7)):
 * in a new one it is down. Child side, allocates nothing; two system calls, where netlink would
 * cost a library on the start path.
 */
int loopback_raise(struct error *err);
