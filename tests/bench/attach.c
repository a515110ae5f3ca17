/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ctr asks of its companion for a container's network, without the container: tests/bench/net
 * has it beside programs that do no more than that.
 *	attach up DATA-ROOT NETWORK ID NETNS PID [PORT]
 *		attaches the network namespace at that path, for as long as process PID lives, with PORT
 *		of the host published as its port 80
 *	attach down DATA-ROOT ID
 *		gives all back
 *	attach crowd DATA-ROOT NETWORK COUNT [PORT]
 *		attaches that many namespaces of its own, with ports from PORT on; prints "ready" and
 *		keeps them until its standard input ends
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
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

/* A process in a network namespace of its own, which ends with us; the namespace, or -1. */
static int make_namespace(pid_t *pid)
{
	char path[64];
	int ready[2], netns = -1;

	if (pipe2(ready, O_CLOEXEC))
		return -1;
	*pid = fork();
	if (!*pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (*pid > 0 && read(ready[0], path, 1) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)*pid);
		netns = open(path, O_RDONLY | O_CLOEXEC);
	}
	close(ready[0]);
	return netns;
}

static int crowd(struct wish *wish, int count, struct error *err)
{
	char id[32];
	pid_t pid;

	wish->id = id;
	for (int i = 0; i < count; i++) {
		cleanup_fd int netns = make_namespace(&pid);

		if (netns < 0)
			return fail_errno(err, "a network namespace");
		snprintf(id, sizeof(id), "crowd%d", i);
		if (up(wish, netns, pid, err))
			return -1;
		wish->port += wish->port != 0;
	}
	puts("ready");
	fflush(stdout);
	return read(STDIN_FILENO, id, 1) < 0 ? fail_errno(err, "standard input") : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";
	struct wish wish = { 0 };
	struct error err;
	int status = -1;

	if (argc > 3)
		wish = (struct wish){ .data_root = argv[2], .network = argv[3] };
	if (!strcmp(verb, "up") && (argc == 7 || argc == 8)) {
		cleanup_fd int netns = open(argv[5], O_RDONLY | O_CLOEXEC);

		wish.id = argv[4];
		wish.port = argc == 8 ? (unsigned)atoi(argv[7]) : 0;
		status = netns < 0 ? fail_errno(&err, "%s", argv[5])
				   : up(&wish, netns, atoi(argv[6]), &err);
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
