/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/lower_lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "fs/deep_path.h"

/* How many places may be open at a time; the usual limit of a process is 1024 descriptors. */
#define MAX_OPEN 64
/* Redirects that lead to redirects: real ones come from renames, each in another layer. */
#define MAX_REDIRECTS 1024

static int grow_buffer(struct lookup *lookup, size_t needed)
{
	char *larger;

	if (needed <= lookup->buffer_room)
		return 0;
	larger = realloc(lookup->buffer, 2 * needed);
	if (!larger)
		return -1;
	lookup->buffer = larger;
	lookup->buffer_room = 2 * needed;
	return 0;
}

int open_below(struct lookup *lookup, int root, const char *prefix, const char *rest,
	       size_t rest_length)
{
	size_t prefix_length = strlen(prefix);

	if (grow_buffer(lookup, prefix_length + rest_length + 1) < 0)
		return -1;
	memcpy(lookup->buffer, prefix, prefix_length);
	memcpy(lookup->buffer + prefix_length, rest, rest_length);
	return deep_open_directory(root, lookup->buffer, prefix_length + rest_length);
}

void chain_close(struct lookup *lookup, struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++) {
		if (chain->items[i].fd < 0)
			continue;
		close_fd(&chain->items[i].fd);
		lookup->open_count--;
	}
}

void chain_free(struct lookup *lookup, struct chain *chain)
{
	chain_close(lookup, chain);
	free(chain->items);
	*chain = (struct chain){ 0 };
}

void lookup_free(struct lookup *lookup)
{
	for (size_t i = 0; i < ARRAY_SIZE(lookup->scratch); i++)
		chain_free(lookup, &lookup->scratch[i]);
	xattrs_free(&lookup->xattrs);
	arena_free(&lookup->arena);
	free(lookup->buffer);
	lookup->buffer = NULL;
}

int place_fd(struct lookup *lookup, struct place *place)
{
	if (place->fd >= 0)
		return place->fd;
	if (lookup->open_count >= MAX_OPEN) {
		for (size_t i = 0; i < ARRAY_SIZE(lookup->open); i++)
			if (lookup->open[i])
				chain_close(lookup, lookup->open[i]);
		for (size_t i = 0; i < ARRAY_SIZE(lookup->scratch); i++)
			chain_close(lookup, &lookup->scratch[i]);
	}
	place->fd = open_below(lookup, lookup->stack->lowers[place->layer], place->prefix,
			       lookup->path + place->skip, lookup->path_length - place->skip);
	if (place->fd >= 0)
		lookup->open_count++;
	return place->fd;
}

static int chain_add(struct chain *chain, const struct place *place, struct error *err)
{
	if (chain->count == chain->room) {
		size_t room = chain->room ? 2 * chain->room : 4;
		struct place *items = realloc(chain->items, room * sizeof(*items));

		if (!items)
			return fail(err, ENOMEM, "out of memory");
		chain->items = items;
		chain->room = room;
	}
	chain->items[chain->count++] = *place;
	return 0;
}

int chain_roots(struct lookup *lookup, size_t first, struct chain *chain, struct error *err)
{
	chain_close(lookup, chain);
	chain->count = 0;
	for (size_t i = first; i < lookup->stack->lower_count; i++) {
		struct place place = { .layer = i, .prefix = "", .fd = -1 };
		struct marks marks;

		place.skip = lookup->path_length;
		if (xattrs_read_at(&lookup->xattrs, lookup->stack->lowers[i], ".", err) < 0 ||
		    marks_get(lookup->stack, &lookup->xattrs, &marks, err) < 0)
			return fail_in(err, "lower layer %zu", i);
		place.xattr_whiteouts = marks.xattr_whiteouts;
		if (chain_add(chain, &place, err) < 0)
			return -1;
		if (marks.opaque)
			break;
	}
	return 0;
}

/* The whole path of name in the directory of a place, in the arena. */
static const char *spell(struct lookup *lookup, const struct place *place, const char *name)
{
	return arena_printf(&lookup->arena, "%s%.*s/%s", place->prefix,
			    (int)(lookup->path_length - place->skip), lookup->path + place->skip,
			    name);
}

/*
 * Opens the directory name of a place, so that it need not be looked for by path later. -1 where
 * too many are open, and when it is gone.
 */
static int open_child(struct lookup *lookup, int parent, const char *name)
{
	int fd = -1;

	if (lookup->open_count < MAX_OPEN)
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		lookup->open_count++;
	return fd;
}

/*
 * Looks at name in one place. Returns 0 if there is nothing, 1 if there is something, 2 if there
 * is a whiteout. Marks are read of directories and, when there may be one, of whiteouts. With child
 * a directory is opened if that may be (-1 else), and counted as open.
 */
static int look(struct lookup *lookup, struct place *place, const char *name, struct stat *status,
		struct marks *marks, int *child, struct error *err)
{
	int fd = place_fd(lookup, place), result;

	*marks = (struct marks){ 0 };
	if (fd < 0 || fstatat(fd, name, status, AT_SYMLINK_NOFOLLOW) < 0) {
		/* ELOOP, ENOTDIR: a lower layer that changes below us is not our case to solve */
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG)
			return 0;
		return fail_errno(err, "lower layer %zu: %s", place->layer, name);
	}
	if (is_whiteout(status))
		return 2;
	if (!S_ISDIR(status->st_mode) &&
	    !(place->xattr_whiteouts && S_ISREG(status->st_mode) && status->st_size == 0))
		return 1;
	if (child && S_ISDIR(status->st_mode))
		*child = open_child(lookup, fd, name);
	result = child && *child >= 0 ? xattrs_read_fd(&lookup->xattrs, *child, err)
				      : xattrs_read_at(&lookup->xattrs, fd, name, err);
	if (result < 0 || marks_get(lookup->stack, &lookup->xattrs, marks, err) < 0)
		return fail_in(err, "lower layer %zu: %s", place->layer, name);
	return !S_ISDIR(status->st_mode) && marks->whiteout ? 2 : 1;
}

static void close_child(struct lookup *lookup, int *child)
{
	if (*child < 0)
		return;
	close_fd(child);
	lookup->open_count--;
}

static int follow(struct lookup *lookup, size_t first_layer, const char *path, size_t child_length,
		  unsigned redirects, struct chain *below, struct error *err);

/* What is looked up in a chain of directories. */
struct wanted {
	const char *name;
	bool renamed;	     /* it is not the one that lookup's path says */
	size_t child_length; /* of the path that it is known by */
	unsigned redirects;  /* followed so far */
};

/* The walk of chain_lookup(), appending to below. */
static int descend(struct lookup *lookup, struct chain *parents, struct wanted wanted,
		   struct found *found, struct chain *below, struct error *err)
{
	char other[sizeof(((struct marks *)0)->redirect)];

	for (size_t i = 0; i < parents->count; i++) {
		struct place *place = &parents->items[i];
		struct place child = { .layer = place->layer, .fd = -1 };
		struct stat status;
		struct marks marks;
		int there = look(lookup, place, wanted.name, &status, &marks,
				 below ? &child.fd : NULL, err);

		if (there < 0) {
			close_child(lookup, &child.fd);
			return -1;
		}
		if (there == 0)
			continue;
		if (there == 2 || (found->kind == FOUND_DIRECTORY && !S_ISDIR(status.st_mode)))
			return 0;
		if (found->kind == FOUND_NOTHING)
			*found = (struct found){
				.kind = S_ISDIR(status.st_mode) ? FOUND_DIRECTORY : FOUND_OTHER,
				.status = status,
				.place = place,
				.name = wanted.name,
			};
		if (found->kind == FOUND_OTHER || !below)
			return 0;
		child.prefix = wanted.renamed ? spell(lookup, place, wanted.name) : place->prefix;
		child.skip = wanted.renamed ? wanted.child_length : place->skip;
		child.xattr_whiteouts = marks.xattr_whiteouts;
		if (chain_add(below, &child, err) < 0) {
			close_child(lookup, &child.fd);
			return -1;
		}
		if (marks.opaque)
			return 0;
		if (marks.redirect[0] == '/')
			return follow(lookup, child.layer + 1, marks.redirect, wanted.child_length,
				      wanted.redirects + 1, below, err);
		if (marks.redirect[0]) {
			memcpy(other, marks.redirect, sizeof(other));
			wanted.name = other;
			wanted.renamed = true;
		}
	}
	return 0;
}

/* Appends the chain of an absolute path in the layers from number first_layer on. */
static int follow(struct lookup *lookup, size_t first_layer, const char *path, size_t child_length,
		  unsigned redirects, struct chain *below, struct error *err)
{
	struct chain at = { 0 }, next = { 0 };
	struct found found;
	int result;

	if (redirects > MAX_REDIRECTS)
		return fail(err, ELOOP, "too many redirects");
	result = chain_roots(lookup, first_layer, &at, err);
	while (result == 0 && *(path += strspn(path, "/"))) {
		size_t length = strcspn(path, "/");
		char name[NAME_MAX + 2];
		const struct wanted wanted = { name, true, lookup->path_length, redirects };
		struct chain swap;

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		path += length;
		found = (struct found){ 0 };
		next.count = 0;
		result = descend(lookup, &at, wanted, &found, &next, err);
		chain_close(lookup, &at);
		swap = at;
		at = next;
		next = swap;
	}
	for (size_t i = 0; result == 0 && i < at.count; i++) {
		at.items[i].skip = child_length;
		result = chain_add(below, &at.items[i], err);
		if (result == 0)
			at.items[i].fd = -1; /* below's now */
	}
	chain_free(lookup, &at);
	next.count = 0;
	chain_free(lookup, &next);
	return result;
}

int chain_lookup(struct lookup *lookup, struct chain *parents, const char *name,
		 size_t child_length, struct found *found, struct chain *below, struct error *err)
{
	const struct wanted wanted = { name, false, child_length, 0 };

	*found = (struct found){ 0 };
	if (below) {
		chain_close(lookup, below);
		below->count = 0;
	}
	return descend(lookup, parents, wanted, found, below, err);
}

int chain_redirect(struct lookup *lookup, struct chain *parents, const char *redirect,
		   size_t child_length, struct chain *below, struct error *err)
{
	const struct wanted wanted = { redirect, true, child_length, 0 };
	struct found found = { 0 };

	chain_close(lookup, below);
	below->count = 0;
	if (redirect[0] == '/')
		return follow(lookup, 0, redirect, child_length, 0, below, err);
	return descend(lookup, parents, wanted, &found, below, err);
}

int chain_find_data(struct lookup *lookup, struct chain *parents, size_t first, const char *name,
		    const char *redirect, const char **data_name, struct error *err)
{
	struct chain *chain = parents;
	struct marks marks = { 0 };
	unsigned turn = 0;

	snprintf(marks.redirect, sizeof(marks.redirect), "%s", redirect);
	for (size_t i = first;; i++) {
		struct stat status;
		int fd, there;

		if (marks.redirect[0] == '/') {
			struct chain *other = &lookup->scratch[turn++ % 2];
			size_t layer = i > first || chain != parents ? chain->items[i - 1].layer + 1
				       : first ? parents->items[first - 1].layer + 1
					       : 0;
			char *slash = strrchr(marks.redirect, '/');

			name = arena_strdup(&lookup->arena, slash + 1);
			*slash = '\0';
			chain_close(lookup, other);
			other->count = 0;
			if (follow(lookup, layer, marks.redirect, lookup->path_length, turn, other,
				   err) < 0)
				return -1;
			chain = other;
			i = 0;
		} else if (marks.redirect[0]) {
			name = arena_strdup(&lookup->arena, marks.redirect);
		}
		marks.redirect[0] = '\0';
		if (i >= chain->count)
			break;
		there = look(lookup, &chain->items[i], name, &status, &marks, NULL, err);
		if (there < 0)
			return -1;
		if (there == 2 || (there == 1 && !S_ISREG(status.st_mode)))
			break;
		if (there == 0)
			continue;
		fd = place_fd(lookup, &chain->items[i]);
		if (fd < 0 || xattrs_read_at(&lookup->xattrs, fd, name, err) < 0 ||
		    marks_get(lookup->stack, &lookup->xattrs, &marks, err) < 0)
			return fail_in(err, "lower layer %zu", chain->items[i].layer);
		if (!marks.metacopy) {
			*data_name = name;
			return fd;
		}
	}
	return fail(err, ESTALE, "no lower layer has its content");
}
