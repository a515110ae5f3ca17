/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ctr asks of its companion for a container's network, without the container: tests/bench/net
 * has it beside programs that do no more than that.
 *	attach hold FILE
 *		leaves a process in a network namespace of its own behind, whose number is in FILE
 *	attach up DATA-ROOT NETWORK ID FILE [PORT]
 *		attaches that namespace, with PORT of the host published as its port 80
 *	attach drop FILE
 *		ends the process, and waits for that
 *	attach down DATA-ROOT ID
 *		gives all back
 *	attach crowd DATA-ROOT NETWORK COUNT [PORT]
 *		attaches that many namespaces of its own, with ports from PORT on; prints "ready" and
 *		keeps them until its standard input ends
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/identity.h"
#include "base/sys.h"
#include "net/client.h"
#include "specs/network_document.h"

struct wish {
	char *data_root, *network, *id;
	unsigned port;
};

static int up(const struct wish *wish, int netns, pid_t pid, struct error *err)
{
	struct network_request_endpoint endpoint = { .network = wish->network };
	struct published_port port = {
		.host_port = wish->port,
		.container_port = 80,
		.count = 1,
		.protocol = IPPROTO_TCP,
	};
	struct network_request request = {
		.id = wish->id,
		.endpoints = { .items = &endpoint, .count = 1 },
		.ports = { .items = &port, .count = wish->port != 0 },
	};
	struct network_service service = NETWORK_SERVICE_NONE;
	struct arena arena = { 0 };
	int status = -1;

	cleanup_fd int self = pidfd_open(getpid(), 0);

	if (!identity_get(self, getpid(), &request.maker, err) &&
	    !network_service_start(wish->data_root, &service, err) &&
	    !network_service_attach(&service, &arena, &request, err) &&
	    !network_service_prepared(&service, err) &&
	    !network_service_enter(&service, netns, pid, err) &&
	    !network_service_attached(&service, err) && !network_service_keep(&service, err))
		status = network_service_kept(&service, err);
	network_service_release(&service);
	arena_free(&arena);
	return status;
}

/* A process in a network namespace of its own; its pid, or -1. */
static pid_t make_process(bool ends_with_us)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		if (ends_with_us)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		else /* nobody shall wait for an end of our streams */
			close_range(STDIN_FILENO, STDERR_FILENO, 0);
		if (unshare(CLONE_NEWNET) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (pid > 0 && read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static int attach_process(const struct wish *wish, pid_t pid, struct error *err)
{
	cleanup_fd int netns = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	return netns < 0 ? fail_errno(err, "%s", path) : up(wish, netns, pid, err);
}

static int hold(const char *file, struct error *err)
{
	pid_t pid = make_process(false);
	FILE *out = pid < 0 ? NULL : fopen(file, "we");

	if (!out)
		return fail_errno(err, "%s", file);
	fprintf(out, "%d", (int)pid);
	return fclose(out) ? fail_errno(err, "%s", file) : 0;
}

static pid_t held(const char *file)
{
	FILE *in = fopen(file, "re");
	int pid = -1;

	if (in && fscanf(in, "%d", &pid) != 1)
		pid = -1;
	if (in)
		fclose(in);
	return pid;
}

static int drop(const char *file, struct error *err)
{
	cleanup_fd int pidfd = pidfd_open(held(file), 0);

	if (pidfd < 0 || pidfd_send_signal(pidfd, SIGKILL, NULL, 0))
		return fail_errno(err, "%s", file);
	poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, -1);
	return 0;
}

static int crowd(struct wish *wish, int count, struct error *err)
{
	char id[32];

	wish->id = id;
	for (int i = 0; i < count; i++) {
		pid_t pid = make_process(true);

		if (pid < 0)
			return fail_errno(err, "a network namespace");
		snprintf(id, sizeof(id), "crowd%d", i);
		if (attach_process(wish, pid, err))
			return -1;
		wish->port += wish->port != 0;
	}
	puts("ready");
	fflush(stdout);
	return read(STDIN_FILENO, id, 1) < 0 ? fail_errno(err, "standard input") : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";
	struct wish wish = { 0 };
	struct error err;
	int status = -1;

	if (argc > 4)
		wish = (struct wish){ .data_root = argv[2], .network = argv[3], .id = argv[4] };
	if (!strcmp(verb, "hold") && argc == 3) {
		status = hold(argv[2], &err);
	} else if (!strcmp(verb, "drop") && argc == 3) {
		status = drop(argv[2], &err);
	} else if (!strcmp(verb, "up") && (argc == 6 || argc == 7)) {
		wish.port = argc == 7 ? (unsigned)atoi(argv[6]) : 0;
		status = attach_process(&wish, held(argv[5]), &err);
	} else if (!strcmp(verb, "down") && argc == 4) {
		status = network_detach_container(argv[2], argv[3], &err);
	} else if (!strcmp(verb, "crowd") && (argc == 5 || argc == 6)) {
		wish.port = argc == 6 ? (unsigned)atoi(argv[5]) : 0;
		status = crowd(&wish, atoi(argv[4]), &err);
	} else {
		fail(&err, EINVAL, "see the head of tests/bench/attach.c");
	}
	if (status)
		fprintf(stderr, "attach: %s\n", err.text);
	return status ? 1 : 0;
}
