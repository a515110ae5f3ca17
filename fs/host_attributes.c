/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_attributes.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fs/lower_lookup.h"

struct journal_attributes host_attributes_of(const struct stat *status)
{
	return (struct journal_attributes){
		.mode = status->st_mode,
		.uid = status->st_uid,
		.gid = status->st_gid,
		.mtime = status->st_mtim.tv_sec,
		.mtime_nanoseconds = (uint32_t)status->st_mtim.tv_nsec,
	};
}

static char *to_digits(struct arena *arena, const struct xattr *xattr)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = xattr->value;
	char *text = arena_array(arena, char, 2 * xattr->size + 1);

	for (size_t i = 0; i < xattr->size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return text;
}

static unsigned char nibble(char digit)
{
	return (unsigned char)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static char *from_digits(struct arena *arena, const char *text, size_t *size)
{
	char *bytes;

	*size = strlen(text) / 2;
	bytes = arena_array(arena, char, *size + 1);
	for (size_t i = 0; i < *size; i++)
		bytes[i] = (char)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
	return bytes;
}

void host_attributes_add(struct arena *arena, struct journal_attributes *attributes,
			 const struct xattrs *xattrs)
{
	struct journal_xattr *items = arena_array(arena, struct journal_xattr, xattrs->count);

	for (size_t i = 0; i < xattrs->count; i++)
		items[i] = (struct journal_xattr){
			.name = arena_strdup(arena, xattrs->items[i].name),
			.value = to_digits(arena, &xattrs->items[i]),
		};
	attributes->xattrs.items = items;
	attributes->xattrs.count = xattrs->count;
}

int host_attributes_read(struct arena *arena, struct journal_attributes *attributes, int dir,
			 const char *name, struct error *err)
{
	struct xattrs xattrs = { 0 };
	int result = xattrs_read_at(&xattrs, dir, name, err);

	marks_drop(&xattrs);
	if (result == 0)
		host_attributes_add(arena, attributes, &xattrs);
	xattrs_free(&xattrs);
	return result;
}

static const char *value_of(const struct journal_attributes *attributes, const char *name)
{
	for (size_t i = 0; i < attributes->xattrs.count; i++)
		if (!strcmp(attributes->xattrs.items[i].name, name))
			return attributes->xattrs.items[i].value;
	return NULL;
}

static int set_xattrs(int fd, const struct journal_attributes *attributes,
		      const struct xattrs *present, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };

	for (size_t i = 0; i < present->count; i++)
		if (!value_of(attributes, present->items[i].name) &&
		    fremovexattr(fd, present->items[i].name) < 0 && errno != ENODATA)
			return fail_errno(err, "remove attribute %s", present->items[i].name);
	for (size_t i = 0; i < attributes->xattrs.count; i++) {
		const struct journal_xattr *wanted = &attributes->xattrs.items[i];
		const struct xattr *has = xattrs_find(present, wanted->name);
		size_t size;
		char *value = from_digits(&arena, wanted->value, &size);

		if (has && has->size == size && !memcmp(has->value, value, size))
			continue;
		if (fsetxattr(fd, wanted->name, value, size, 0) < 0)
			return fail_errno(err, "set attribute %s", wanted->name);
	}
	return 0;
}

int host_attributes_set(int fd, const struct journal_attributes *attributes, struct error *err)
{
	struct xattrs present = { 0 };
	struct stat status;
	int result;

	if (fstat(fd, &status) < 0)
		return fail_errno(err, "status");
	if ((status.st_uid != attributes->uid || status.st_gid != attributes->gid) &&
	    fchown(fd, attributes->uid, attributes->gid) < 0)
		return fail_errno(err, "change owner");
	/* an ACL is an attribute and has the mode's bits in it, so it comes behind the mode */
	if (fchmod(fd, attributes->mode & 07777) < 0)
		return fail_errno(err, "change mode");
	result = xattrs_read_at(&present, fd, ".", err);
	marks_drop(&present);
	if (result == 0)
		result = set_xattrs(fd, attributes, &present, err);
	xattrs_free(&present);
	return result;
}

int host_attributes_match(int fd, const struct journal_attributes *attributes, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct journal_attributes present;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return fail_errno(err, "status");
	present = host_attributes_of(&status);
	if (present.mode != attributes->mode || present.uid != attributes->uid ||
	    present.gid != attributes->gid)
		return 0;
	if (host_attributes_read(&arena, &present, fd, ".", err) < 0)
		return -1;
	if (present.xattrs.count != attributes->xattrs.count)
		return 0;
	for (size_t i = 0; i < present.xattrs.count; i++) {
		const char *value = value_of(attributes, present.xattrs.items[i].name);

		if (!value || strcmp(value, present.xattrs.items[i].value) != 0)
			return 0;
	}
	return 1;
}

int host_attributes_set_time(int fd, const struct journal_attributes *attributes, struct error *err)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = attributes->mtime, .tv_nsec = attributes->mtime_nanoseconds },
	};

	return futimens(fd, times) < 0 ? fail_errno(err, "set time") : 0;
}
