/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-systemd: one request to systemd on standard input, the answer on standard output
 * (systemd_request.h). The one that has started a scope stays in it, so that it is not empty,
 * until ctr closes the connection or has died.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "cgroup/systemd_bus.h"

#define REQUEST_MAX ((size_t)16 << 20)

static int start(struct arena *arena, sd_bus *bus, const struct systemd_request *request,
		 struct systemd_answer *answer, struct error *err)
{
	struct error ignored;
	const char *cgroup;

	if (systemd_bus_start(arena, bus, request, err) < 0)
		return -1;
	if (systemd_bus_cgroup(arena, bus, request->unit, &cgroup, err) == 0) {
		if (strlen(cgroup) < sizeof(answer->cgroup)) {
			memcpy(answer->cgroup, cgroup, strlen(cgroup));
			return 0;
		}
		fail(err, ENAMETOOLONG, "%.100s...", cgroup);
	}
	systemd_bus_stop(bus, request->unit, &ignored);
	return fail_in(err, "find its cgroup");
}

static int answer_request(struct arena *arena, struct systemd_answer *answer, struct error *err)
{
	struct systemd_request request;
	sd_bus *bus = NULL;
	char *text;
	size_t size;
	int result;

	if (file_read_fd(STDIN_FILENO, "request", REQUEST_MAX, arena, &text, &size, err) < 0 ||
	    systemd_request_decode(arena, text, size, &request, err) < 0 ||
	    systemd_bus_open(request.user, &bus, err) < 0)
		return -1;
	if (request.verb == SYSTEMD_START)
		result = start(arena, bus, &request, answer, err);
	else if (request.verb == SYSTEMD_SET)
		result = systemd_bus_set(arena, bus, &request, err);
	else
		result = systemd_bus_stop(bus, request.unit, err);
	sd_bus_flush_close_unref(bus);
	return result;
}

int main(void)
{
	static struct systemd_answer answer;
	cleanup_arena struct arena arena = { 0 };
	char end;

	if (answer_request(&arena, &answer, &answer.error) < 0 && !answer.error.errnum)
		answer.error.errnum = EIO;
	if (send(STDOUT_FILENO, &answer, sizeof(answer), MSG_NOSIGNAL) < 0) {
		fprintf(stderr, "ctr-systemd: only ctr itself runs this: %s\n", strerror(errno));
		return 1;
	}
	while (recv(STDOUT_FILENO, &end, 1, 0) < 0 && errno == EINTR)
		continue;
	return 0;
}
