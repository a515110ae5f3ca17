/* SPDX-License-Identifier: Apache-2.0 */
#include "net/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define BOOT "boot"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define NETWORK_NAMESPACE "/proc/self/ns/net"
#define PID_NAMESPACE "/proc/self/ns/pid"
#define TEXT_SIZE 128

/* "BOOT-ID NETWORK-NAMESPACE PID-NAMESPACE\n", by the inodes that they have in nsfs */
static int present(char text[TEXT_SIZE], struct error *err)
{
	char id[64];
	struct stat network, pids;

	if (file_read_short_at(AT_FDCWD, BOOT_ID, id, sizeof(id), err) < 0)
		return -1;
	if (stat(NETWORK_NAMESPACE, &network) < 0)
		return fail_errno(err, "look at " NETWORK_NAMESPACE);
	if (stat(PID_NAMESPACE, &pids) < 0)
		return fail_errno(err, "look at " PID_NAMESPACE);
	snprintf(text, TEXT_SIZE, "%s %lu %lu\n", id, (unsigned long)network.st_ino,
		 (unsigned long)pids.st_ino);
	return 0;
}

static int noted(int fd, char text[TEXT_SIZE], struct error *err)
{
	ssize_t size = pread(fd, text, TEXT_SIZE - 1, 0);

	if (size < 0)
		return fail_errno(err, "read " BOOT);
	text[size] = '\0';
	return 0;
}

static bool is_same_boot(const char *now, const char *then)
{
	size_t length = strcspn(now, " ");

	return strncmp(now, then, length + 1) == 0;
}

int boot_compare(int store, struct boot_file *file, struct error *err)
{
	cleanup_fd int fd = openat(store, BOOT, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	char now[TEXT_SIZE], then[TEXT_SIZE];

	if (fd < 0)
		return fail_errno(err, "open " BOOT);
	if (present(now, err) < 0 || noted(fd, then, err) < 0)
		return -1;
	if (strcmp(now, then) == 0)
		return BOOT_SAME;
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock " BOOT);
	/* whoever had the lock has done it */
	if (noted(fd, then, err) < 0)
		return -1;
	if (strcmp(now, then) == 0)
		return BOOT_SAME;
	file->fd = take_fd(&fd);
	return is_same_boot(now, then) ? BOOT_SAME_ELSEWHERE : BOOT_ANOTHER;
}

int boot_settle(struct boot_file *file, struct error *err)
{
	char now[TEXT_SIZE];

	if (present(now, err) < 0)
		return -1;
	if (pwrite(file->fd, now, strlen(now), 0) != (ssize_t)strlen(now) ||
	    ftruncate(file->fd, (off_t)strlen(now)) < 0)
		return fail_errno(err, "write " BOOT);
	boot_close(file);
	return 0;
}

void boot_close(struct boot_file *file)
{
	close_fd(&file->fd);
}
