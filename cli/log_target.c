/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_target.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/macro.h"

static const struct {
	const char *prefix;
	struct sockaddr_un address; /* empty: a file */
	enum log_format format;
} targets[] = {
	{ "file:", { 0 }, LOG_TEXT },
	{ "journald:", { AF_UNIX, "/run/systemd/journal/socket" }, LOG_JOURNAL },
	{ "syslog:", { AF_UNIX, "/dev/log" }, LOG_SYSLOG },
};

static int open_daemon(const struct sockaddr_un *address, struct error *err)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return fail_errno(err, "%s", address->sun_path);
	return take_fd(&fd);
}

static int open_file(const char *path, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd < 0 ? fail_errno(err, "%s", path) : fd;
}

int log_target_open(const char *target, struct log *log, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		size_t length = strlen(targets[i].prefix);
		const char *rest = target + length;

		if (strncmp(target, targets[i].prefix, length) != 0)
			continue;
		if (!targets[i].address.sun_family) {
			log->fd = open_file(rest, err);
			return log->fd < 0 ? -1 : 0;
		}
		log->format = targets[i].format;
		log->identifier = *rest ? rest : NULL;
		log->fd = open_daemon(&targets[i].address, err);
		return log->fd < 0 ? -1 : 0;
	}
	log->fd = open_file(target, err);
	return log->fd < 0 ? -1 : 0;
}
