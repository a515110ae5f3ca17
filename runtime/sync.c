/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/sync.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "runtime/interrupt.h"

struct packet {
	int32_t kind, number;
	uint64_t ignored;
	struct error error;
};

int sync_pair(int pair[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a socket pair");
	return 0;
}

static int send_packet(int sock, const struct packet *packet, int fd, int *exit_status,
		       struct error *err)
{
	struct sync_message message;
	struct error reason;

	if (send_fds(sock, packet, offsetof(struct packet, error), &fd, fd >= 0, err) == 0)
		return 0;
	/* who does not listen any more may have said why */
	if ((err->errnum == EPIPE || err->errnum == ECONNRESET) &&
	    sync_receive(sock, &message, &reason) < 0) {
		*err = reason;
		if (exit_status)
			*exit_status = message.exit_status;
	}
	return -1;
}

int sync_send(int sock, enum sync_kind kind, pid_t pid, int fd, struct error *err)
{
	const struct packet packet = { .kind = kind, .number = pid };

	return send_packet(sock, &packet, fd, NULL, err);
}

int sync_tell(int sock, enum sync_kind kind, int *exit_status, struct error *err)
{
	const struct packet packet = { .kind = kind };

	return send_packet(sock, &packet, -1, exit_status, err);
}

int sync_send_mapped(int sock, pid_t pid, uint64_t ignored, struct error *err)
{
	const struct packet packet = {
		.kind = SYNC_MAPPED,
		.number = pid,
		.ignored = ignored,
	};

	return send_packet(sock, &packet, -1, NULL, err);
}

void sync_send_error(int sock, const struct error *error, int exit_status)
{
	struct packet packet = {
		.kind = SYNC_FAILED,
		.number = exit_status,
		.error = *error,
	};
	struct error ignored;

	/* a seccomp filter may forbid the one and allow the other */
	if (send_fds(sock, &packet, sizeof(packet), NULL, 0, &ignored) < 0 &&
	    write(sock, &packet, sizeof(packet)) < 0)
		return;
}

int sync_receive(int sock, struct sync_message *message, struct error *err)
{
	struct packet packet;
	ssize_t size;

	*message = (struct sync_message){ .fd = -1 };
	while (interrupt_watched() && interrupt_poll(sock, -1) < 0)
		if (errno == ECANCELED)
			return fail(err, ECANCELED, "interrupted");
	size = receive_fds(sock, &packet, sizeof(packet), &message->fd, 1, err);

	/*
	 * A dead peer that left messages unread resets the connection. The kernel says so once, and
	 * in front of what the peer had sent: why it died.
	 */
	if (size < 0 && err->errnum == ECONNRESET)
		size = receive_fds(sock, &packet, sizeof(packet), &message->fd, 1, err);
	if (size < 0)
		return -1;
	if (size == 0) {
		message->kind = SYNC_END;
		return 0;
	}
	if ((size_t)size < offsetof(struct packet, error))
		return fail(err, EPROTO, "a message of %zd bytes", size);
	message->kind = packet.kind;
	if (message->kind != SYNC_FAILED) {
		message->pid = packet.number;
		message->ignored = packet.ignored;
		return 0;
	}
	message->exit_status = packet.number;
	if ((size_t)size != sizeof(packet))
		return fail(err, EPROTO, "an error message of %zd bytes", size);
	packet.error.text[sizeof(packet.error.text) - 1] = '\0';
	*err = packet.error;
	return -1;
}

int sync_expect(int sock, enum sync_kind kind, struct sync_message *message, struct error *err)
{
	if (sync_receive(sock, message, err) < 0)
		return -1;
	if (message->kind == kind)
		return 0;
	close_fd(&message->fd);
	if (message->kind == SYNC_END)
		return fail(err, ECONNRESET, "the other side ended unexpectedly");
	return fail(err, EPROTO, "message %d came instead of %d", message->kind, kind);
}
