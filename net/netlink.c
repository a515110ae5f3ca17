/* SPDX-License-Identifier: Apache-2.0 */
#include "net/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

#define ANSWER_SIZE (32 * 1024) /* the most that the kernel puts into one answer of a dump */
#define FIRST_ROOM (2 * NETLINK_MESSAGE_MAX)

/* sk_sndbuf of a new socket (net.core.wmem_default); what is longer needs a larger one. */
#define DEFAULT_SEND_BUFFER (160 * 1024)

static int make_socket(struct netlink *netlink, int protocol, struct error *err)
{
	const int on = 1;

	netlink->protocol = protocol;
	netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (netlink->fd < 0 && errno == EPROTONOSUPPORT && protocol == NETLINK_NETFILTER)
		return fail(err, errno,
			    "this kernel has no nf_tables (modules nfnetlink and nf_tables, "
			    "CONFIG_NF_TABLES)");
	if (netlink->fd < 0)
		return fail_errno(err, "open a netlink socket");
	/* for errors only: an older kernel has neither */
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

int netlink_open(struct netlink *netlink, int protocol, int netns, struct error *err)
{
	cleanup_fd int own = -1;
	int result;

	*netlink = NETLINK_CLOSED;
	if (netns < 0)
		return make_socket(netlink, protocol, err);
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return fail_errno(err, "open /proc/self/ns/net");
	if (setns(netns, CLONE_NEWNET) < 0)
		return fail_errno(err, "enter the container's network namespace");
	result = make_socket(netlink, protocol, err);
	if (setns(own, CLONE_NEWNET) == 0)
		return result;
	fail_errno(err, "return to the own network namespace");
	netlink_close(netlink);
	return -1;
}

void netlink_close(struct netlink *netlink)
{
	close_fd(&netlink->fd);
}

void netlink_batch_begin(struct netlink_batch *batch, struct arena *arena)
{
	*batch = (struct netlink_batch){ .arena = arena };
}

size_t netlink_batch_size(struct netlink_batch *batch)
{
	if (batch->last)
		batch->used = (size_t)((char *)batch->last - batch->data) +
			      NLMSG_ALIGN(batch->last->nlmsg_len);
	return batch->used;
}

/* So that the next message fits, whatever it has: then nobody needs to look while writing one. */
static void make_room(struct netlink_batch *batch)
{
	if (batch->room - batch->used < NETLINK_MESSAGE_MAX) {
		size_t room = batch->room ? 2 * batch->room : FIRST_ROOM;
		char *data = arena_alloc(batch->arena, room);

		if (batch->used)
			memcpy(data, batch->data, batch->used);
		batch->data = data;
		batch->room = room;
	}
	if (batch->count == batch->names_room) {
		size_t room = batch->names_room ? 2 * batch->names_room : 32;
		const char **names = arena_array(batch->arena, const char *, room);

		if (batch->count)
			memcpy(names, batch->names, batch->count * sizeof(*names));
		batch->names = names;
		batch->names_room = room;
	}
}

struct nlmsghdr *netlink_message(struct netlink_batch *batch, const char *what, uint16_t type,
				 uint16_t flags)
{
	struct nlmsghdr *message;

	netlink_batch_size(batch);
	make_room(batch);
	message = mnl_nlmsg_put_header(batch->data + batch->used);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = (uint32_t)batch->count; /* says which one an answer is of */
	batch->names[batch->count++] = what;
	batch->last = message;
	return message;
}

static const struct nlattr *find(const char *begin, size_t size, uint16_t type, size_t least)
{
	const struct nlattr *attribute = (const struct nlattr *)begin;

	for (int left = (int)size; mnl_attr_ok(attribute, left);
	     left -= MNL_ALIGN(attribute->nla_len), attribute = mnl_attr_next(attribute))
		if (mnl_attr_get_type(attribute) == type)
			return mnl_attr_get_payload_len(attribute) >= least ? attribute : NULL;
	return NULL;
}

const struct nlattr *netlink_attribute(const struct nlmsghdr *message, size_t body, uint16_t type,
				       size_t least)
{
	size_t begin = MNL_ALIGN(body), size = mnl_nlmsg_get_payload_len(message);

	if (size < begin)
		return NULL;
	return find((const char *)mnl_nlmsg_get_payload(message) + begin, size - begin, type,
		    least);
}

const struct nlattr *netlink_nested(const struct nlattr *attribute, uint16_t type, size_t least)
{
	return find(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute), type,
		    least);
}

static int send_all(struct netlink *netlink, struct netlink_batch *batch, struct error *err)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t size = netlink_batch_size(batch);
	int room = (int)size * 2;

	if (size > DEFAULT_SEND_BUFFER &&
	    setsockopt(netlink->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) < 0)
		return fail_errno(err, "netlink: make room for %zu bytes", size);
	if (sendto(netlink->fd, batch->data, size, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return fail_errno(err, "netlink");
	return 0;
}

/* What the kernel's words are about, "eth0: File exists": the text of an attribute, if there is one. */
static const char *kernels_words(const struct nlmsghdr *answer)
{
	const struct nlmsgerr *status = mnl_nlmsg_get_payload(answer);
	size_t offset = sizeof(*status);
	const struct nlattr *attribute;

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		offset += mnl_nlmsg_get_payload_len(&status->msg);
	attribute = netlink_attribute(answer, offset, NLMSGERR_ATTR_MSG, 1);
	return attribute && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0
		       ? mnl_attr_get_str(attribute)
		       : NULL;
}

/* NLMSG_ERROR: 0 is "done". */
static int read_error(const struct netlink_batch *batch, const struct nlmsghdr *answer,
		      size_t *failed, struct error *err)
{
	const struct nlmsgerr *status = mnl_nlmsg_get_payload(answer);
	const char *name = "netlink", *words;

	if (mnl_nlmsg_get_payload_len(answer) < sizeof(*status))
		return fail(err, EPROTO, "netlink: a short answer");
	if (!status->error)
		return 0;
	if (answer->nlmsg_seq < batch->count) {
		name = batch->names[answer->nlmsg_seq];
		if (failed)
			*failed = answer->nlmsg_seq;
	}
	words = kernels_words(answer);
	errno = -status->error;
	return words ? fail_errno(err, "%s: %s", name, words) : fail_errno(err, "%s", name);
}

/* NLMSG_DONE has the error that a dump ended with, which may be in the middle. */
static int read_done(const struct netlink_batch *batch, const struct nlmsghdr *answer,
		     struct error *err)
{
	int status = 0;

	if (mnl_nlmsg_get_payload_len(answer) >= sizeof(status))
		memcpy(&status, mnl_nlmsg_get_payload(answer), sizeof(status));
	if (status >= 0)
		return 0;
	errno = -status;
	return fail_errno(err, "%s", batch->names[0]);
}

typedef int each_function(const struct nlmsghdr *answer, void *context, struct error *err);

struct reading {
	const struct netlink_batch *batch;
	each_function *each;
	void *context;
	size_t *failed;
	bool dump, done;
	bool has_failed; /* err has the first failure */
	bool interrupted;
};

static void read_answer(struct reading *reading, const struct nlmsghdr *answer, struct error *err)
{
	struct error other = { 0 }, *where = reading->has_failed ? &other : err;
	size_t *failed = reading->has_failed ? NULL : reading->failed;
	int result = 0;

	reading->interrupted |= reading->dump && (answer->nlmsg_flags & NLM_F_DUMP_INTR);
	if (answer->nlmsg_type == NLMSG_ERROR) {
		result = read_error(reading->batch, answer, failed, where);
		reading->done = reading->dump;
	} else if (answer->nlmsg_type == NLMSG_DONE) {
		result = read_done(reading->batch, answer, where);
		reading->done = true;
	} else if (reading->each && answer->nlmsg_type >= NLMSG_MIN_TYPE && !reading->has_failed) {
		result = reading->each(answer, reading->context, where);
	}
	reading->has_failed |= result < 0;
}

/*
 * All that is there (or of a dump all that comes) is read, so that nothing of it is left for the
 * next.
 */
static int read_answers(struct netlink *netlink, struct reading *reading, struct error *err)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_SIZE];
	} buffer;

	while (!reading->done) {
		const struct nlmsghdr *answer = &buffer.header;
		ssize_t length = recv(netlink->fd, buffer.bytes, sizeof(buffer.bytes),
				      reading->dump ? 0 : MSG_DONTWAIT);
		int left = (int)length;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == EAGAIN && !reading->dump)
			break;
		if (length <= 0)
			return length < 0 ? fail_errno(err, "netlink: read the answer")
					  : fail(err, EPROTO, "netlink: no answer");
		for (; mnl_nlmsg_ok(answer, left); answer = mnl_nlmsg_next(answer, &left))
			read_answer(reading, answer, err);
	}
	if (!reading->has_failed && reading->interrupted)
		return fail(err, EAGAIN, "%s: it changed meanwhile", reading->batch->names[0]);
	return reading->has_failed ? -1 : 0;
}

int netlink_ask(struct netlink *netlink, struct netlink_batch *batch, each_function *each,
		void *context, size_t *failed, struct error *err)
{
	struct reading reading = {
		.batch = batch,
		.each = each,
		.context = context,
		.failed = failed,
	};

	if (!batch->count)
		return 0;
	return send_all(netlink, batch, err) < 0 ? -1 : read_answers(netlink, &reading, err);
}

int netlink_send(struct netlink *netlink, struct netlink_batch *batch, size_t *failed,
		 struct error *err)
{
	return netlink_ask(netlink, batch, NULL, NULL, failed, err);
}

int netlink_dump(struct netlink *netlink, struct netlink_batch *batch, each_function *each,
		 void *context, struct error *err)
{
	struct reading reading = { .batch = batch, .each = each, .context = context, .dump = true };

	return send_all(netlink, batch, err) < 0 ? -1 : read_answers(netlink, &reading, err);
}
