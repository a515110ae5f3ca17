/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * start.sock in a container's state folder: `create` leaves the container's first process
 * listening on it, `ctr start` connects. dir is the folder's descriptor, so that its path may be
 * longer than a socket's address has room for.
 */
int start_socket_listen(int dir, struct error *err);

/* ECONNREFUSED or ENOENT: nobody waits. */
int start_socket_connect(int dir, struct error *err);
