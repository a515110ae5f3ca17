/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack_metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/*
 * An attribute that this file system does not know is left out, as it would be anywhere else on
 * it; but a program without its capabilities does not do what it should, so that is an error.
 */
static int xattr_failed(const struct unpack_options *options, const char *name, struct error *err)
{
	if (errno == ENOTSUP && strcmp(name, "security.capability") != 0)
		return 0;
	if (errno == EPERM && (!options->keep_owner || !strncmp(name, "user.", 5)))
		return 0;
	return fail_errno(err, "set attribute %.255s", name);
}

static int fail_owner(const struct unpack_metadata *metadata, struct error *err)
{
	if (errno != EINVAL)
		return fail_errno(err, "change owner to %u:%u", metadata->uid, metadata->gid);
	return fail(err, EINVAL,
		    "change owner to %u:%u: these ids are not mapped in this user namespace (to "
		    "unpack an image with files of several users, a user needs ranges in "
		    "/etc/subuid and /etc/subgid, and newuidmap)",
		    metadata->uid, metadata->gid);
}

static int map_id(const struct spec_id_mappings *mappings, uint32_t *id)
{
	if (!mappings || !mappings->count)
		return 0;
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *range = &mappings->items[i];

		if (*id < range->container_id || *id - range->container_id >= range->size)
			continue;
		*id = range->host_id + (*id - range->container_id);
		return 0;
	}
	return -1;
}

static bool is_powerful(const struct xattr *xattr)
{
	return !strncmp(xattr->name, "security.", strlen("security."));
}

static void drop_power(struct unpack_metadata *metadata, bool directory)
{
	size_t kept = 0;

	if (!directory)
		metadata->mode &= ~(mode_t)(S_ISUID | S_ISGID);
	for (size_t i = 0; i < metadata->xattr_count; i++)
		if (!is_powerful(&metadata->xattrs[i]))
			metadata->xattrs[kept++] = metadata->xattrs[i];
	metadata->xattr_count = kept;
}

int unpack_metadata_adapt(struct unpack_metadata *metadata, const struct unpack_merge *merge,
			  bool directory, struct error *err)
{
	uid_t uid = metadata->uid;
	gid_t gid = metadata->gid;

	if (!merge)
		return 0;
	if (merge->own) {
		metadata->uid = merge->uid;
		metadata->gid = merge->gid;
	}
	if (merge->harmless || metadata->uid != uid || metadata->gid != gid)
		drop_power(metadata, directory);
	if (map_id(merge->uids, &metadata->uid) < 0 || map_id(merge->gids, &metadata->gid) < 0)
		return fail(err, EOVERFLOW, "its owner %u:%u is not mapped in the container",
			    metadata->uid, metadata->gid);
	return 0;
}

int unpack_metadata_set_owner(const struct unpack_metadata *metadata,
			      const struct unpack_options *options, int fd, struct error *err)
{
	if (options->keep_owner && fchown(fd, metadata->uid, metadata->gid) < 0)
		return fail_owner(metadata, err);
	for (size_t i = 0; i < metadata->xattr_count; i++) {
		const struct xattr *xattr = &metadata->xattrs[i];

		if (fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0) < 0 &&
		    xattr_failed(options, xattr->name, err) < 0)
			return -1;
	}
	return 0;
}

int unpack_metadata_set_at(const struct unpack_metadata *metadata,
			   const struct unpack_options *options, int dir, const char *name,
			   bool link, struct error *err)
{
	char path[300];

	if (options->keep_owner &&
	    fchownat(dir, name, metadata->uid, metadata->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_owner(metadata, err);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	for (size_t i = 0; i < metadata->xattr_count; i++) {
		const struct xattr *xattr = &metadata->xattrs[i];

		if (lsetxattr(path, xattr->name, xattr->value, xattr->size, 0) < 0 &&
		    xattr_failed(options, xattr->name, err) < 0)
			return -1;
	}
	if (!link && fchmodat(dir, name, metadata->mode & 07777, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "change mode");
	if (utimensat(dir, name, metadata->times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "set time");
	return 0;
}
