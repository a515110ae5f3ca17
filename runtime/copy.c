/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file_user.h"
#include "base/path.h"
#include "fs/tree_copy.h"
#include "runtime/root.h"

/* As many as the kernel follows (path_resolution(7)). */
#define MAX_LINKS 40

/* One side, opened. */
struct place {
	const struct copy_end *end;
	struct container_root container;
	int root;      /* what path is below of; -1: not open */
	char *path;    /* absolute, as it was given */
	bool slash;    /* it ends with one */
	bool contents; /* it ends with "/." */
	/* what was found */
	int parent;		  /* the directory that it is in */
	char *parent_path, *name; /* name "." is parent itself: the root */
	bool exists;
	struct stat status;
};

#define PLACE(end_)                                                                                \
	{                                                                                          \
		.end = (end_), .container = CONTAINER_ROOT_NONE, .root = -1, .parent = -1          \
	}

static void close_place(struct place *place)
{
	close_fd(&place->parent);
	close_fd(&place->root);
	container_root_close(&place->container);
}

#define cleanup_place __attribute__((cleanup(close_place)))

static int fail_place(const struct place *place, struct error *err)
{
	if (place->end->container)
		return fail_in(err, "%s:%s", place->end->container, place->end->path);
	return fail_in(err, "%s", place->end->path);
}

/* Opening ------------------------------------------------------------------------------------- */

static bool ends_with_dot(const char *path)
{
	size_t length = strlen(path);

	return !strcmp(path, ".") || (length > 1 && !strcmp(path + length - 2, "/."));
}

/* A relative path begins where the container's process, or we, have the working directory. */
static int make_absolute(struct place *place, struct arena *arena, struct error *err)
{
	const struct spec_process *process = place->container.spec.process;
	const char *path = place->end->path, *here = "/";
	char buffer[PATH_MAX];

	if (place->end->container) {
		here = process && process->cwd ? process->cwd : "/";
	} else if (*path != '/') {
		here = getcwd(buffer, sizeof(buffer));
		if (!here)
			return fail_errno(err, "find the working directory");
	}
	place->path = path_join(arena, here, path);
	place->slash = path[strlen(path) - 1] == '/';
	place->contents = ends_with_dot(path);
	return 0;
}

static int open_place(const struct settings *settings, struct place *place, bool write,
		      struct arena *arena, struct error *err)
{
	const char *id = place->end->container;

	if (id) {
		if (container_root_open(settings, id, ROOT_MOUNTS, write, arena, &place->container,
					err) < 0)
			return -1;
		place->root = take_fd(&place->container.fd);
	} else {
		place->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (place->root < 0)
			return fail_errno(err, "open /");
	}
	return make_absolute(place, arena, err);
}

/* Finding ------------------------------------------------------------------------------------- */

/* Splits path into the directory that its last component is in, and that. */
static void split(struct arena *arena, const char *path, char **parent, char **name)
{
	size_t end = strlen(path), start;

	/* "a/." and "a/" are a itself */
	while (end && (path[end - 1] == '/' ||
		       (path[end - 1] == '.' && (end == 1 || path[end - 2] == '/'))))
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	*parent = start ? arena_strndup(arena, path, start) : arena_strdup(arena, "/");
	*name = end > start ? arena_strndup(arena, path + start, end - start)
			    : arena_strdup(arena, ".");
}

/* A path that ends in "..": what it is called the kernel must say. */
static int find_dot_dot(struct place *place, struct arena *arena, char **path, struct error *err)
{
	cleanup_fd int fd = open_in_root(place->root, *path, O_PATH | O_DIRECTORY, 0, err);
	char link[64], text[PATH_MAX];
	cleanup_fd int root = -1;
	ssize_t size;

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, text, sizeof(text) - 1);
	if (size <= 0)
		return fail_errno(err, "find its name");
	text[size] = '\0';
	/* only when that leads there again: the root may be one that has no path here */
	root = open_in_root(place->root, text, O_PATH | O_DIRECTORY, 0, err);
	if (root >= 0) {
		struct stat one, other;

		if (fstat(fd, &one) == 0 && fstat(root, &other) == 0 &&
		    one.st_ino == other.st_ino && one.st_dev == other.st_dev) {
			*path = arena_strdup(arena, text);
			return 0;
		}
	}
	return fail(err, EINVAL, "a path that ends in '..'");
}

/*
 * Finds what place->path is, with all links followed, the last one too, each of them inside the
 * root. What a dangling link leads to is missing, in the directory that it would be in.
 */
static int find(struct place *place, struct arena *arena, struct error *err)
{
	char *path = place->path;

	for (int links = 0; links < MAX_LINKS; links++) {
		char target[PATH_MAX];
		ssize_t size;

		split(arena, path, &place->parent_path, &place->name);
		if (!strcmp(place->name, "..")) {
			if (find_dot_dot(place, arena, &path, err) < 0)
				return -1;
			continue;
		}
		close_fd(&place->parent);
		place->parent = open_in_root(place->root, place->parent_path,
					     O_RDONLY | O_DIRECTORY, 0, err);
		if (place->parent < 0)
			return -1;
		place->exists = fstatat(place->parent, place->name, &place->status,
					AT_SYMLINK_NOFOLLOW) == 0;
		if (!place->exists)
			return errno == ENOENT ? 0 : fail_errno(err, "find");
		if (!S_ISLNK(place->status.st_mode))
			return 0;
		size = readlinkat(place->parent, place->name, target, sizeof(target) - 1);
		if (size < 0)
			return fail_errno(err, "read link");
		target[size] = '\0';
		path = path_join(arena, place->parent_path, target);
	}
	return fail(err, ELOOP, "too many links");
}

static bool is_directory(const struct place *place)
{
	return place->exists && S_ISDIR(place->status.st_mode);
}

static int find_source(struct place *from, struct arena *arena, struct error *err)
{
	if (find(from, arena, err) < 0)
		return -1;
	if (!from->exists)
		return fail(err, ENOENT, "no such file or directory");
	if ((from->slash || from->contents) && !is_directory(from))
		return fail(err, ENOTDIR, "not a directory");
	/* of a root there is no name */
	from->contents |= !strcmp(from->name, ".");
	return 0;
}

/* Copying ------------------------------------------------------------------------------------- */

/* Who gets what is copied, and how that is said there. */
static struct unpack_merge make_merge(const struct place *to, const struct copy_options *options)
{
	const struct spec_process *process = to->container.spec.process;
	struct unpack_merge merge = {
		.overwrite = options->overwrite,
		.own = options->owner,
		.jail = to->root,
		.path = to->path,
	};

	if (to->end->container) {
		merge.uids = &to->container.uids;
		merge.gids = &to->container.gids;
		merge.uid = process ? process->user.uid : 0;
		merge.gid = process ? process->user.gid : 0;
	} else {
		merge.uid = geteuid();
		merge.gid = getegid();
		merge.harmless = options->owner;
	}
	return merge;
}

static struct tree_source make_source(const struct place *from)
{
	return (struct tree_source){
		.parent = from->parent,
		.name = from->name,
		.contents = from->contents && is_directory(from),
		.uids = &from->container.uids,
		.gids = &from->container.gids,
	};
}

static int open_target(const struct place *to, struct error *err)
{
	int fd = openat(to->parent, to->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? fail_errno(err, "open") : fd;
}

/* Into a container: as its root, whom its mounts know. */
static int enter_user(const struct place *to, struct file_user *before, struct error *err)
{
	struct file_user user = { 0 };
	const struct spec_id_mappings *uids = &to->container.uids, *gids = &to->container.gids;

	if (!uids->count || !gids->count)
		return 0;
	for (size_t i = 0; i < uids->count; i++)
		if (!uids->items[i].container_id)
			user.uid = uids->items[i].host_id;
	for (size_t i = 0; i < gids->count; i++)
		if (!gids->items[i].container_id)
			user.gid = gids->items[i].host_id;
	return file_user_enter(&user, before, err);
}

static int copy_in(struct place *to, const struct copy_options *options, struct error *err)
{
	struct unpack_merge merge = make_merge(to, options);
	cleanup_fd int directory = -1;

	if (!is_directory(to))
		return fail(err, ENOTDIR, "must be a directory when an archive is copied into it");
	directory = open_target(to, err);
	if (directory < 0)
		return -1;
	progress_begin(options->progress, to->end->container, 0);
	return tree_copy_in(STDIN_FILENO, directory, &merge, options->progress, err);
}

/* What may be written to: a copy to /dev/sda would be a mistake. */
static int check_target(const struct place *to, struct error *err)
{
	if (!to->exists || S_ISDIR(to->status.st_mode) || S_ISREG(to->status.st_mode))
		return 0;
	return fail(err, EINVAL, "must be a directory or a regular file");
}

static int copy_across(const struct place *from, const struct place *to,
		       const struct copy_options *options, struct error *err)
{
	struct unpack_merge merge = make_merge(to, options);
	struct tree_source source = make_source(from);
	enum copy_target target = !to->exists	     ? TARGET_MISSING
				  : is_directory(to) ? TARGET_DIRECTORY
						     : TARGET_FILE;
	cleanup_fd int directory = -1;
	int way;

	if (check_target(to, err) < 0)
		return -1;
	way = copy_decide(is_directory(from), from->contents, target, to->slash || to->contents,
			  err);
	if (way < 0)
		return -1;
	progress_begin(options->progress, from->end->path, 0);
	source.contents = way == COPY_CONTENTS;
	if (way == COPY_AS) {
		merge.path = to->parent_path;
		return tree_copy(&source, to->parent, to->name, &merge, options->progress, err);
	}
	directory = open_target(to, err);
	if (directory < 0)
		return -1;
	return tree_copy(&source, directory, from->name, &merge, options->progress, err);
}

static bool is_stream(const struct copy_end *end)
{
	return !end->container && !strcmp(end->path, "-");
}

static int copy_out(struct place *from, const struct copy_options *options, struct error *err)
{
	struct tree_source source = make_source(from);

	if (isatty(STDOUT_FILENO))
		return fail(err, EINVAL, "standard output is a terminal: redirect it");
	progress_begin(options->progress, from->end->container, 0);
	return tree_copy_out(&source, from->name, STDOUT_FILENO, options->progress, err);
}

int container_copy(const struct settings *settings, const struct copy_end *from,
		   const struct copy_end *to, const struct copy_options *options, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_place struct place source = PLACE(from), target = PLACE(to);
	struct file_user before;
	int result;

	if (!from->container && !to->container)
		return fail(err, EINVAL, "neither side is a container (ID:PATH)");
	if (!is_stream(from) && (open_place(settings, &source, false, &arena, err) < 0 ||
				 find_source(&source, &arena, err) < 0))
		return fail_place(&source, err);
	if (is_stream(to))
		return copy_out(&source, options, err) < 0 ? fail_place(&source, err) : 0;
	if (open_place(settings, &target, true, &arena, err) < 0 || find(&target, &arena, err) < 0)
		return fail_place(&target, err);
	before = (struct file_user){ .uid = geteuid(), .gid = getegid() };
	result = enter_user(&target, &before, err);
	if (result == 0)
		result = is_stream(from) ? copy_in(&target, options, err)
					 : copy_across(&source, &target, options, err);
	file_user_leave(&before);
	return result < 0 ? fail_place(&target, err) : 0;
}
