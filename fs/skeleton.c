/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/skeleton.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* The modes of folders are set last: one that the host forbids to write to is to be filled here. */
static int make_entry(int root, const struct skeleton_entry *entry)
{
	const char *path = entry->path + 1;

	if (S_ISLNK(entry->mode))
		return symlinkat(entry->link, root, path);
	if (S_ISDIR(entry->mode))
		return mkdirat(root, path, 0700);
	return mknodat(root, path, S_IFREG | 0444, 0);
}

static int set_modes(const struct skeleton *skeleton, int root, struct error *err)
{
	for (size_t i = skeleton->count; i-- > 0;) {
		const struct skeleton_entry *entry = &skeleton->items[i];
		const char *path = entry->path[1] ? entry->path + 1 : ".";

		if (!S_ISDIR(entry->mode))
			continue;
		/* who has no number in our user namespace is replaced by us */
		if (fchownat(root, path, entry->uid, entry->gid, 0) < 0 && errno != EINVAL &&
		    errno != EPERM && errno != ENOENT)
			return fail_errno(err, "folder for %s", entry->path);
		if (fchmodat(root, path, entry->mode & 07777, 0) < 0 && errno != ENOENT)
			return fail_errno(err, "folder for %s", entry->path);
	}
	return 0;
}

int skeleton_make(const struct skeleton *skeleton, int parent, const char *name, struct error *err)
{
	cleanup_fd int root = -1;

	if (mkdirat(parent, name, 0755) < 0)
		return fail_errno(err, "make the folder %s", name);
	root = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open the folder %s", name);
	for (size_t i = 0; i < skeleton->count; i++)
		if (strcmp(skeleton->items[i].path, "/") != 0 &&
		    make_entry(root, &skeleton->items[i]) < 0 && errno != EEXIST &&
		    errno != ENOENT) /* it is in another part */
			return fail_errno(err, "place for %s", skeleton->items[i].path);
	return set_modes(skeleton, root, err);
}
