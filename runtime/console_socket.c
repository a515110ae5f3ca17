/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/console_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "runtime/terminal.h"

int console_socket_connect(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cleanup_fd int place = -1;
	size_t length = strlen(path);

	if (sock < 0)
		return fail_errno(err, "console socket");
	if (length < sizeof(address.sun_path)) {
		memcpy(address.sun_path, path, length + 1);
	} else {
		/* The kernel's limit is one of the address, not of paths: take a shorter one. */
		place = open(path, O_PATH | O_CLOEXEC);
		if (place < 0)
			return fail_errno(err, "open %s", path);
		snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
	}
	if (connect(sock, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(err, "connect to %s", path);
	return take_fd(&sock);
}

int console_socket_send_master(int sock, int master, struct error *err)
{
	char name[32];

	if (terminal_name(master, name, sizeof(name), err) < 0 ||
	    send_fds(sock, name, strlen(name), &master, 1, err) < 0)
		return fail_in(err, "console socket");
	return 0;
}

int console_socket_send_pidfd(const char *path, int pidfd, const char *kind, struct error *err)
{
	cleanup_fd int sock = path ? console_socket_connect(path, err) : -1;

	if (!path)
		return 0;
	if (sock < 0 || send_fds(sock, kind, strlen(kind), &pidfd, 1, err) < 0)
		return fail_in(err, "pidfd socket");
	return 0;
}
