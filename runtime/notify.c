/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"

#define SOCKET_NAME "notify.sock"

/* The longest message that systemd takes (NOTIFY_BUFFER_MAX). */
#define MESSAGE_SIZE 4096

/* How long the host may take to see what was sent, as sd_notify_barrier(3) is used by peers. */
#define BARRIER_MS 30000

void notify_find(struct notify *notify)
{
	const char *host = getenv("NOTIFY_SOCKET");

	notify->host = host && *host ? host : NULL;
}

static bool mounts_itself(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (strcmp(spec->mounts.items[i].destination, NOTIFY_DESTINATION) == 0)
			return true;
	return false;
}

void notify_plan(struct arena *arena, const char *folder, struct spec *spec, struct notify *notify)
{
	static const char *const options[] = { "bind", "nosuid", "noexec", "nodev", "ro" };
	struct spec_mount *mounts = arena_array(arena, struct spec_mount, spec->mounts.count + 1);
	struct string_list words = { .items = arena_array(arena, char *, ARRAY_SIZE(options) + 1) };
	struct string_list env = { .items = arena_array(arena, char *, 2), .count = 1 };

	if (notify->host && mounts_itself(spec))
		notify->host = NULL;
	if (!notify->host || !spec->process)
		return;
	while (words.count < ARRAY_SIZE(options)) {
		words.items[words.count] = arena_strdup(arena, options[words.count]);
		words.count++;
	}
	if (spec->mounts.count)
		memcpy(mounts, spec->mounts.items, spec->mounts.count * sizeof(*mounts));
	mounts[spec->mounts.count++] = (struct spec_mount){
		.destination = arena_strdup(arena, NOTIFY_DESTINATION),
		.source = arena_printf(arena, "%s/" NOTIFY_FOLDER, folder),
		.options = words,
	};
	spec->mounts.items = mounts;
	env.items[0] = arena_strdup(arena, "NOTIFY_SOCKET=" NOTIFY_DESTINATION "/" SOCKET_NAME);
	spec->process->env = string_list_join(arena, &spec->process->env, &env);
}

int notify_make_folder(const struct notify *notify, int dir, struct error *err)
{
	if (notify->host && mkdirat(dir, NOTIFY_FOLDER, 0755) < 0)
		return fail_errno(err, "make the folder of the notify socket");
	return 0;
}

int notify_bind(struct notify *notify, int dir, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	cleanup_fd int sock = -1;

	if (!notify->host || faccessat(dir, NOTIFY_FOLDER, F_OK, 0) < 0)
		return 0;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* by the descriptor: an address has only 108 bytes */
	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/proc/self/fd/%d/" NOTIFY_FOLDER "/" SOCKET_NAME, dir);
	if (sock < 0 || bind(sock, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(dir, NOTIFY_FOLDER "/" SOCKET_NAME, 0777, 0) < 0)
		return fail_errno(err, "make the notify socket");
	notify->socket = take_fd(&sock);
	return 0;
}

/* Numbers and descriptors of the container mean nothing to the host. */
static bool is_for_host(const char *line)
{
	static const char *const inside[] = { "MAINPID", "BARRIER=", "FDSTORE",
					      "FDNAME=", "FDPOLL=",  "NOTIFYACCESS=" };

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (strncmp(line, inside[i], strlen(inside[i])) == 0)
			return false;
	return *line != '\0';
}

char *notify_filter(struct arena *arena, const char *message, bool *ready)
{
	char *rest = arena_strdup(arena, message), *result = arena_strdup(arena, ""), *line;

	*ready = false;
	while ((line = strsep(&rest, "\n"))) {
		if (!is_for_host(line))
			continue;
		if (strcmp(line, "READY=1") == 0)
			*ready = true;
		result = arena_printf(arena, "%s%s\n", result, line);
	}
	return result;
}

/* fd: goes with it, -1: none. Nobody there is no error: the service manager may have gone. */
static int send_host(const struct notify *notify, const char *text, int fd, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(notify->host);
	cleanup_fd int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail_errno(err, "notify socket");
	if (length >= sizeof(address.sun_path))
		return fail(err, ENAMETOOLONG, "NOTIFY_SOCKET: %s", notify->host);
	memcpy(address.sun_path, notify->host, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	if (connect(sock, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) == 0 &&
	    send_fds(sock, text, strlen(text), &fd, fd >= 0, err) == 0)
		return 0;
	log_debug("NOTIFY_SOCKET %s: %s", notify->host, strerror(errno));
	return 0;
}

/* Descriptors that come with it are closed at once, which is what a barrier waits for. */
static ssize_t receive(int sock, char *buffer, size_t size)
{
	char control[CMSG_SPACE(sizeof(int) * 253)]; /* SCM_MAX_FD */
	struct iovec data = { buffer, size - 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(sock, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (length < 0)
		return -1;
	buffer[length] = '\0';
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part;
	     part = CMSG_NXTHDR(&message, part)) {
		const int *fds = (const void *)CMSG_DATA(part);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
			close(fds[i]);
	}
	return length;
}

int notify_relay(struct notify *notify, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	char buffer[MESSAGE_SIZE + 1], *text;
	bool ready;

	if (receive(notify->socket, buffer, sizeof(buffer)) < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		return fail_errno(err, "receive from the notify socket");
	}
	text = notify_filter(&arena, buffer, &ready);
	if (ready)
		text = arena_printf(&arena, "%sMAINPID=%d\n", text, notify->pid);
	notify->ready |= ready;
	return *text ? send_host(notify, text, -1, err) : 0;
}

/* sd_notify_barrier(3): the host closes the descriptor when it has seen all that came before. */
static int wait_seen(const struct notify *notify, struct error *err)
{
	cleanup_fd int end = -1, sent = -1;
	struct pollfd polls = { 0 };
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC) < 0)
		return fail_errno(err, "make a pipe");
	end = pipe[0];
	sent = pipe[1];
	if (send_host(notify, "BARRIER=1", sent, err) < 0)
		return -1;
	close_fd(&sent);
	polls.fd = end;
	poll(&polls, 1, BARRIER_MS);
	return 0;
}

int notify_wait(struct notify *notify, int pidfd, struct error *err)
{
	struct pollfd polls[] = {
		{ .fd = notify->socket, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN },
	};

	if (notify->socket < 0)
		return 0;
	while (!notify->ready) {
		if (poll(polls, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return fail_errno(err, "wait for the container to be ready");
		}
		if (polls[0].revents && notify_relay(notify, err) < 0)
			return -1;
		if (!polls[0].revents && polls[1].revents)
			return 0;
	}
	return wait_seen(notify, err);
}

void notify_close(struct notify *notify)
{
	close_fd(&notify->socket);
}
