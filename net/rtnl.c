/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rtnl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/sys.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* As large as the kernel makes the parts of a dump's answer at most (af_netlink.c). */
#define ANSWER_SIZE 32768

static int open_socket(struct error *err)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	cleanup_fd int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int on = 1;

	if (sock < 0 || connect(sock, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return fail_errno(err, "netlink");
	/* both since Linux 4.12; without them the errors say less */
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return take_fd(&sock);
}

int rtnl_open(int netns, struct error *err)
{
	cleanup_fd int own = -1, sock = -1;

	if (netns < 0)
		return open_socket(err);
	own = openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0 || setns(netns, CLONE_NEWNET) < 0)
		return fail_errno(err, "enter the network namespace");
	sock = open_socket(err);
	if (setns(own, CLONE_NEWNET) < 0)
		return fail_errno(err, "go back to the own network namespace");
	return take_fd(&sock);
}

void rtnl_begin(struct rtnl_message *message, uint16_t type, uint16_t flags, const void *body,
		size_t size)
{
	memset(message, 0, sizeof(*message));
	message->header = (struct nlmsghdr){
		.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
	};
	memcpy(NLMSG_DATA(&message->header), body, size);
}

void rtnl_add(struct rtnl_message *message, uint16_t type, const void *data, size_t size)
{
	size_t end = NLMSG_ALIGN(message->header.nlmsg_len);
	struct rtattr attribute = {
		.rta_len = (unsigned short)RTA_LENGTH(size),
		.rta_type = type,
	};

	if (size > sizeof(message->bytes) || end + RTA_SPACE(size) > sizeof(message->bytes)) {
		message->too_long = true;
		return;
	}
	memcpy(message->bytes + end, &attribute, sizeof(attribute));
	if (size)
		memcpy(message->bytes + end + RTA_LENGTH(0), data, size);
	message->header.nlmsg_len = (uint32_t)(end + RTA_LENGTH(size));
}

void rtnl_add_string(struct rtnl_message *message, uint16_t type, const char *text)
{
	rtnl_add(message, type, text, strlen(text) + 1);
}

void rtnl_add_u32(struct rtnl_message *message, uint16_t type, uint32_t value)
{
	rtnl_add(message, type, &value, sizeof(value));
}

static const struct rtattr *find_attribute(const void *attributes, size_t size, uint16_t type,
					   size_t least)
{
	const struct rtattr *item = attributes;

	while (size >= sizeof(*item) && item->rta_len >= sizeof(*item) && item->rta_len <= size) {
		size_t step = RTA_ALIGN(item->rta_len);

		if ((item->rta_type & NLA_TYPE_MASK) == type)
			return RTA_PAYLOAD(item) >= least ? item : NULL;
		if (step >= size)
			break;
		size -= step;
		item = (const struct rtattr *)((const char *)item + step);
	}
	return NULL;
}

const struct rtattr *rtnl_find(const struct nlmsghdr *message, size_t size, uint16_t type,
			       size_t least)
{
	size_t begin = NLMSG_SPACE(size);

	if (message->nlmsg_len < begin)
		return NULL;
	return find_attribute((const char *)message + begin, message->nlmsg_len - begin, type,
			      least);
}

/* The answer NLMSG_ERROR: 0 is "done"; the kernel's words stand in an attribute behind it. */
static int read_error(const struct nlmsghdr *answer, struct error *err)
{
	const struct nlmsgerr *status = NLMSG_DATA(answer);
	const size_t begin = NLMSG_SPACE(sizeof(*status));
	const struct rtattr *text = NULL;

	if (answer->nlmsg_len < NLMSG_LENGTH(sizeof(*status)))
		return fail(err, EPROTO, "netlink: a short answer");
	if (!status->error)
		return 0;
	/* NLM_F_CAPPED: the request itself is not in the answer (NETLINK_CAP_ACK) */
	if ((answer->nlmsg_flags & NLM_F_ACK_TLVS) && (answer->nlmsg_flags & NLM_F_CAPPED) &&
	    answer->nlmsg_len > begin)
		text = find_attribute((const char *)answer + begin, answer->nlmsg_len - begin,
				      NLMSGERR_ATTR_MSG, 1);
	errno = -status->error;
	if (text)
		return fail_errno(err, "%.*s", (int)RTA_PAYLOAD(text) - 1,
				  (const char *)RTA_DATA(text));
	return fail_errno(err, "netlink");
}

/* NLMSG_DONE has the error that a dump ended with, which may be in the middle. */
static int read_done(const struct nlmsghdr *answer, struct error *err)
{
	int status = 0;

	if (answer->nlmsg_len >= NLMSG_LENGTH(sizeof(status)))
		memcpy(&status, NLMSG_DATA(answer), sizeof(status));
	return status < 0 ? fail(err, -status, "netlink: %s", strerror(-status)) : 0;
}

static int ask(int sock, struct rtnl_message *message, uint16_t flags, struct error *err)
{
	if (message->too_long)
		return fail(err, EMSGSIZE, "netlink: the message is too long");
	message->header.nlmsg_flags |= flags;
	if (send(sock, message->bytes, message->header.nlmsg_len, 0) < 0)
		return fail_errno(err, "netlink");
	return 0;
}

/*
 * Reads answers until the last one. Each request of ours is read to its end before the next, so
 * what comes is the answer to it.
 */
static int read_answers(int sock, bool dump,
			int (*each)(const struct nlmsghdr *, void *, struct error *), void *context,
			struct error *err)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_SIZE];
	} buffer;

	for (;;) {
		const struct nlmsghdr *answer = &buffer.header;
		ssize_t length = recv(sock, buffer.bytes, sizeof(buffer.bytes), 0);
		int left = (int)length;

		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return length < 0 ? fail_errno(err, "netlink")
					  : fail(err, EPROTO, "netlink: no answer");
		/* left is less than 0 behind one without the bytes that align it */
		for (; left > 0 && NLMSG_OK(answer, (unsigned int)left);
		     answer = NLMSG_NEXT(answer, left)) {
			if (answer->nlmsg_type == NLMSG_ERROR)
				return read_error(answer, err);
			if (answer->nlmsg_type == NLMSG_DONE)
				return read_done(answer, err);
			if (dump && each(answer, context, err) < 0)
				return -1;
		}
	}
}

int rtnl_request(int sock, struct rtnl_message *message, struct error *err)
{
	if (ask(sock, message, NLM_F_ACK, err) < 0)
		return -1;
	return read_answers(sock, false, NULL, NULL, err);
}

int rtnl_dump(int sock, struct rtnl_message *message,
	      int (*each)(const struct nlmsghdr *answer, void *context, struct error *err),
	      void *context, struct error *err)
{
	if (ask(sock, message, NLM_F_DUMP, err) < 0)
		return -1;
	return read_answers(sock, true, each, context, err);
}
