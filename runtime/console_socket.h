/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * --console-socket and --pidfd-socket: a unix stream socket on which an engine waits for one
 * message with a descriptor.
 */

/* Connects to the socket at path, which may be longer than sockaddr_un has room for; the caller's.
 */
int console_socket_connect(const char *path, struct error *err);

/* Sends the pty master; the payload is the slave's name ("/dev/pts/0"). */
int console_socket_send_master(int sock, int master, struct error *err);

/*
 * Connects to the socket at path (NULL: nothing is done) and sends a pidfd; kind is "standard"
 * (create, run) or "setns" (exec).
 */
int console_socket_send_pidfd(const char *path, int pidfd, const char *kind, struct error *err);
