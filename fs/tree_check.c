/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/tree_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/deep_path.h"
#include "fs/tree_walk.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"
#define FIRST_BUCKETS 1024

__attribute__((format(printf, 3, 4))) static void wrong(struct tree_check *check, const char *path,
							const char *format, ...)
{
	va_list arguments;
	int used;

	if (check->wrong++)
		return;
	used = snprintf(check->first, sizeof(check->first), "/%.300s: ", path);
	va_start(arguments, format);
	vsnprintf(check->first + used, sizeof(check->first) - (size_t)used, format, arguments);
	va_end(arguments);
}

/* The expected tree --------------------------------------------------------------------------- */

/* FNV-1a */
static uint64_t hash(const char *text, size_t length)
{
	uint64_t value = 0xcbf29ce484222325;

	while (length--)
		value = (value ^ (unsigned char)*text++) * 0x100000001b3;
	return value;
}

static struct tree_node *find(const struct tree_check *check, const char *path, size_t length)
{
	struct tree_node *node;

	if (!check->bucket_count)
		return NULL;
	node = check->buckets[hash(path, length) % check->bucket_count];
	while (node && (node->replaced || strncmp(node->path, path, length) || node->path[length]))
		node = node->next;
	return node;
}

static void grow(struct tree_check *check)
{
	size_t count = check->bucket_count ? 4 * check->bucket_count : FIRST_BUCKETS;
	struct tree_node **buckets = arena_array(&check->arena, struct tree_node *, count);

	for (size_t i = 0; i < check->bucket_count; i++) {
		struct tree_node *node = check->buckets[i], *next;

		for (; node; node = next) {
			size_t at = hash(node->path, strlen(node->path)) % count;

			next = node->next;
			node->next = buckets[at];
			buckets[at] = node;
		}
	}
	check->buckets = buckets;
	check->bucket_count = count;
}

static void insert(struct tree_check *check, struct tree_node *node)
{
	size_t at;

	if (check->count++ >= check->bucket_count)
		grow(check);
	at = hash(node->path, strlen(node->path)) % check->bucket_count;
	node->next = check->buckets[at];
	check->buckets[at] = node;
}

/* "./a//b/" is "a/b". */
static char *clean(struct tree_check *check, const char *path, struct error *err)
{
	char *text = arena_strdup(&check->arena, path), *end = text;

	for (const char *at = text; *at; at += strspn(at, "/")) {
		size_t length = strcspn(at, "/");

		if (length == 2 && !memcmp(at, "..", 2)) {
			fail(err, EINVAL, "name with '..' in it");
			return NULL;
		}
		if (length && !(length == 1 && *at == '.')) {
			if (end != text)
				*end++ = '/';
			memmove(end, at, length);
			end += length;
		}
		at += length;
	}
	*end = '\0';
	return text;
}

/* What took a directory's place took that of all in it. Rare, so that all are looked at. */
static void replace(struct tree_check *check, struct tree_node *node)
{
	size_t length = strlen(node->path);

	node->replaced = true;
	if (!S_ISDIR(node->mode))
		return;
	for (size_t i = 0; i < check->bucket_count; i++)
		for (struct tree_node *below = check->buckets[i]; below; below = below->next)
			if (!strncmp(below->path, node->path, length) && below->path[length] == '/')
				below->replaced = true;
}

static bool is_whiteout(const struct tree_node *node)
{
	return S_ISCHR(node->mode) && node->device == makedev(0, 0);
}

/* The directories on the way are made where they are missing; a whiteout there becomes opaque. */
static void add_parents(struct tree_check *check, const char *path)
{
	const char *end = strrchr(path, '/');
	size_t length = end ? (size_t)(end - path) : 0;
	struct tree_node *node, *present;

	if (!*path)
		return;
	present = find(check, path, length);
	if (present && S_ISDIR(present->mode))
		return;
	node = arena_new(&check->arena, struct tree_node);
	*node = (struct tree_node){
		.path = arena_strndup(&check->arena, path, length),
		.mode = S_IFDIR | 0755,
		.implied = true,
		.opaque = present && is_whiteout(present),
	};
	add_parents(check, node->path);
	if (present)
		replace(check, present);
	insert(check, node);
}

static struct tree_node *add_clean(struct tree_check *check, struct tree_node *node)
{
	struct tree_node *present = find(check, node->path, strlen(node->path));

	add_parents(check, node->path);
	if (present && S_ISDIR(present->mode) && S_ISDIR(node->mode)) {
		node->opaque = present->opaque;
		present->replaced = true;
	} else if (present) {
		node->opaque = S_ISDIR(node->mode) && is_whiteout(present);
		replace(check, present);
	}
	insert(check, node);
	return node;
}

struct tree_node *tree_check_add(struct tree_check *check, const struct tree_node *from,
				 struct error *err)
{
	struct tree_node *node = arena_new(&check->arena, struct tree_node);

	*node = *from;
	node->path = clean(check, from->path, err);
	if (!node->path)
		return NULL;
	node->target = arena_strdup(&check->arena, from->target);
	return add_clean(check, node);
}

int tree_check_mark(struct tree_check *check, const char *path, struct error *err)
{
	char *text = clean(check, path, err), *name;
	struct tree_node *node, *present;

	if (!text)
		return -1;
	name = strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
	if (!strcmp(name, OPAQUE)) {
		add_parents(check, text);
		find(check, text, name == text ? 0 : (size_t)(name - text) - 1)->opaque = true;
		return 0;
	}
	memmove(name, name + strlen(WHITEOUT), strlen(name + strlen(WHITEOUT)) + 1);
	if (!strncmp(name, WHITEOUT, strlen(WHITEOUT)))
		return 0;
	present = find(check, text, strlen(text));
	if (present) {
		present->opaque |= S_ISDIR(present->mode);
		return 0;
	}
	node = arena_new(&check->arena, struct tree_node);
	*node = (struct tree_node){ .path = text, .mode = S_IFCHR, .implied = true };
	add_clean(check, node);
	return 0;
}

int tree_check_link(struct tree_check *check, const char *path, const char *target,
		    struct error *err)
{
	char *text = clean(check, path, err), *first = clean(check, target, err);
	struct tree_node *node, *same;

	if (!text || !first)
		return -1;
	same = find(check, first, strlen(first));
	if (!same || S_ISDIR(same->mode))
		return fail(err, EINVAL, "hard link to %.200s, which is no file of the layer",
			    target);
	if (!strcmp(text, first))
		return 0;
	node = arena_new(&check->arena, struct tree_node);
	*node = *same;
	node->path = text;
	node->same = same->same ?: same;
	node->seen = false;
	add_clean(check, node);
	return 0;
}

int tree_check_open(const struct tree_check *check, const struct tree_node *node)
{
	const char *name = strrchr(node->path, '/');
	size_t length = name ? (size_t)(name - node->path) : 0;
	char *path = strdup(node->path);
	cleanup_fd int dir = path ? deep_open_directory(check->root, path, length) : -1;

	free(path);
	if (dir < 0)
		return -1;
	return openat(dir, name ? name + 1 : node->path,
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
}

/* The tree on the disk ------------------------------------------------------------------------ */

static bool is_opaque(const struct diff_entry *entry)
{
	static const char *const names[] = { "trusted.overlay.opaque", "user.overlay.opaque" };
	cleanup_fd int fd =
		openat(entry->parent, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char value;

	for (size_t i = 0; i < 2; i++)
		if (fd >= 0 && fgetxattr(fd, names[i], &value, 1) == 1 && value == 'y')
			return true;
	return false;
}

static void check_times(struct tree_check *check, const struct tree_node *node,
			const struct stat *status)
{
	/* a file system may know seconds only */
	if (status->st_mtim.tv_sec != node->mtime.tv_sec ||
	    (status->st_mtim.tv_nsec && status->st_mtim.tv_nsec != node->mtime.tv_nsec))
		wrong(check, node->path, "was changed at %lld.%09ld instead of %lld.%09ld",
		      (long long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
		      (long long)node->mtime.tv_sec, node->mtime.tv_nsec);
}

/* Those of the archive; the host's security module adds its own, and not all systems keep all. */
static void check_xattrs(struct tree_check *check, const struct tree_node *node,
			 const struct xattrs *present)
{
	for (size_t i = 0; i < node->xattr_count; i++) {
		const struct xattr *want = &node->xattrs[i];
		const struct xattr *found = xattrs_find(present, want->name);

		if (found && (found->size != want->size ||
			      memcmp(found->value, want->value, want->size) != 0))
			wrong(check, node->path, "another value of %.100s", want->name);
		else if (!found && !strcmp(want->name, "security.capability"))
			wrong(check, node->path, "lacks %.100s", want->name);
	}
}

static void check_link_target(struct tree_check *check, const struct tree_node *node,
			      const struct diff_entry *entry)
{
	char target[4097];
	ssize_t length = readlinkat(entry->parent, entry->name, target, sizeof(target) - 1);

	target[length < 0 ? 0 : length] = '\0';
	if (!node->target || strcmp(target, node->target) != 0)
		wrong(check, node->path, "links to %.100s instead of %.100s", target,
		      node->target ?: "");
}

static void check_metadata(struct tree_check *check, const struct tree_node *node,
			   const struct diff_entry *entry)
{
	const struct stat *status = &entry->status;

	if (!S_ISLNK(node->mode) && (status->st_mode & 07777) != (node->mode & 07777))
		wrong(check, node->path, "has mode %04o instead of %04o", status->st_mode & 07777,
		      node->mode & 07777);
	if (check->keep_owner && (status->st_uid != node->uid || status->st_gid != node->gid))
		wrong(check, node->path, "belongs to %u:%u instead of %u:%u", status->st_uid,
		      status->st_gid, node->uid, node->gid);
	check_times(check, node, status);
	if (entry->xattrs)
		check_xattrs(check, node, entry->xattrs);
}

static int check_entry(const struct diff_entry *entry, void *context, struct error *err)
{
	struct tree_check *check = context;
	const char *path = entry->path + 1;
	struct tree_node *node = find(check, path, strlen(path));
	const struct stat *status = &entry->status;

	(void)err;
	if (!node) {
		wrong(check, path, "is not in the archive");
		return 0;
	}
	node->seen = true;
	node->inode = status->st_ino;
	if ((status->st_mode & S_IFMT) != (node->mode & S_IFMT)) {
		wrong(check, path, "is another kind of file");
		return 0;
	}
	if (S_ISDIR(node->mode) && is_opaque(entry) != node->opaque)
		wrong(check, path, node->opaque ? "is not opaque" : "is opaque");
	if ((S_ISCHR(node->mode) || S_ISBLK(node->mode)) && status->st_rdev != node->device)
		wrong(check, path, "is another device");
	if (S_ISREG(node->mode) && status->st_size != node->size)
		wrong(check, path, "has %lld bytes instead of %lld", (long long)status->st_size,
		      (long long)node->size);
	else if (node->damaged || (node->same && node->same->damaged))
		wrong(check, path, "has another content");
	if (S_ISLNK(node->mode))
		check_link_target(check, node, entry);
	if (!node->implied)
		check_metadata(check, node, entry);
	return 0;
}

/* What is missing, and hard links that are files of their own. */
static void check_rest(struct tree_check *check)
{
	for (size_t i = 0; i < check->bucket_count; i++)
		for (struct tree_node *node = check->buckets[i]; node; node = node->next) {
			if (node->replaced || !*node->path)
				continue;
			if (!node->seen)
				wrong(check, node->path, "is missing");
			else if (node->same && !node->same->replaced &&
				 node->inode != node->same->inode)
				wrong(check, node->path, "is not the same file as %.200s",
				      node->same->path);
		}
}

int tree_check_walk(struct tree_check *check, struct error *err)
{
	if (tree_walk(check->root, DIFF_ALL, check_entry, check, err) < 0)
		return -1;
	check_rest(check);
	return 0;
}

void tree_check_free(struct tree_check *check)
{
	arena_free(&check->arena);
	check->buckets = NULL;
	check->bucket_count = check->count = 0;
}
