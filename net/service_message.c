/* SPDX-License-Identifier: Apache-2.0 */
#include "net/service_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

int service_send(int sock, enum service_kind kind, const void *data, size_t size, int fd,
		 struct error *err)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	uint32_t word = kind;
	struct iovec parts[] = {
		{ .iov_base = &word, .iov_len = sizeof(word) },
		{ .iov_base = (void *)data, .iov_len = size },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t sent;

	if (fd >= 0) {
		control.header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(fd)),
		};
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	do
		sent = sendmsg(sock, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? fail_errno(err, "send %zu bytes", size) : 0;
}

int service_answer(int sock, struct error *err)
{
	struct {
		uint32_t kind;
		struct error error;
	} answer;
	ssize_t size;

	do
		size = recv(sock, &answer, sizeof(answer), 0);
	while (size < 0 && errno == EINTR);
	if (size < 0 && errno != ECONNRESET)
		return fail_errno(err, "receive");
	if (size < (ssize_t)sizeof(answer.kind))
		return 0;
	if (answer.kind == SERVICE_FAILED && size == sizeof(answer)) {
		*err = answer.error;
		return -1;
	}
	return (int)answer.kind;
}

int service_receive(int sock, struct arena *arena, struct service_message *message,
		    struct error *err)
{
	uint32_t word;
	ssize_t size;
	char *bytes;

	*message = (struct service_message){ .fd = -1 };
	do
		size = recv(sock, NULL, 0, MSG_PEEK | MSG_TRUNC);
	while (size < 0 && errno == EINTR);
	if (size < 0 && errno != ECONNRESET)
		return fail_errno(err, "receive");
	if (size <= 0)
		return 0;
	bytes = arena_alloc(arena, (size_t)size + 1);
	size = receive_fds(sock, bytes, (size_t)size, &message->fd, 1, err);
	if (size < (ssize_t)sizeof(word))
		return size < 0 ? -1 : fail(err, EPROTO, "receive: %zd bytes", size);
	memcpy(&word, bytes, sizeof(word));
	message->kind = word;
	message->data = bytes + sizeof(word);
	message->size = (size_t)size - sizeof(word);
	return 1;
}
