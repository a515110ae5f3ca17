/* SPDX-License-Identifier: Apache-2.0 */
#include "net/host_sysctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"

#define FOLDER "/proc/sys/net/"

static int set_at(int dirfd, const char *path, const char *value, struct error *err)
{
	char present[32];

	if (file_read_short_at(dirfd, path, present, sizeof(present), err) < 0)
		return -1;
	return strcmp(present, value) ? file_write_at(dirfd, path, value, err) : 0;
}

int host_sysctl_set(const char *path, const char *value, struct error *err)
{
	char whole[96];

	snprintf(whole, sizeof(whole), FOLDER "%s", path);
	return set_at(AT_FDCWD, whole, value, err);
}

/* An interface that has gone meanwhile, or that takes none, is left alone. */
static void keep_advertisements(int folder, const char *interface)
{
	char path[80], present[8];
	struct error ignored;

	if (*interface == '.' || !strcmp(interface, "all"))
		return;
	snprintf(path, sizeof(path), "%s/accept_ra", interface);
	if (file_read_short_at(folder, path, present, sizeof(present), &ignored) > 0 &&
	    !strcmp(present, "1"))
		file_write_at(folder, path, "2", &ignored);
}

static int forward_ipv6(struct error *err)
{
	cleanup_dir DIR *folder = NULL;
	const struct dirent *entry;
	char present[8];

	if (file_read_short_at(AT_FDCWD, FOLDER "ipv6/conf/all/forwarding", present,
			       sizeof(present), err) < 0)
		return -1;
	if (!strcmp(present, "1"))
		return 0;
	folder = open_dir_at(AT_FDCWD, FOLDER "ipv6/conf", err);
	if (!folder)
		return -1;
	while ((entry = readdir(folder)))
		keep_advertisements(dirfd(folder), entry->d_name);
	return file_write_at(AT_FDCWD, FOLDER "ipv6/conf/all/forwarding", "1", err);
}

int host_sysctl_forward(int family, struct error *err)
{
	int result = family == AF_INET6 ? forward_ipv6(err)
					: host_sysctl_set("ipv4/ip_forward", "1", err);

	if (result < 0 && err->errnum == ENOENT && family == AF_INET6)
		return fail(err, ENOENT,
			    "this kernel has no IPv6 (CONFIG_IPV6, or ipv6.disable=1)");
	if (result < 0 && (err->errnum == EROFS || err->errnum == EACCES))
		return fail_in(err, "let this host forward packets (it can be set beforehand)");
	return result;
}
