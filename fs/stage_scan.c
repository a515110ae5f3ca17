/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parallel.h"
#include "fs/deep_path.h"
#include "fs/stage_work.h"

/* Looks -------------------------------------------------------------------------------------- */

static struct timespec present(void)
{
	struct timespec now;

	/* what the kernel takes its timestamps from */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now;
}

/* Whether a change after the look, which was not before now, could leave the ctime as it is. */
static bool is_racy(const struct stage *stage, const struct stat *look, struct timespec now)
{
	/* a file system may keep whole seconds only, or every second one */
	if (look->st_ctim.tv_nsec == 0)
		return look->st_ctim.tv_sec >= now.tv_sec - 2;
	now.tv_nsec -= stage->granularity;
	if (now.tv_nsec < 0) {
		now.tv_nsec += 1000000000L;
		now.tv_sec--;
	}
	return look->st_ctim.tv_sec > now.tv_sec ||
	       (look->st_ctim.tv_sec == now.tv_sec && look->st_ctim.tv_nsec >= now.tv_nsec);
}

static bool same_time(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

static bool same_look(const struct stat *one, const struct stat *other)
{
	return same_time(one->st_ctim, other->st_ctim) && same_time(one->st_mtim, other->st_mtim) &&
	       one->st_size == other->st_size && one->st_mode == other->st_mode &&
	       one->st_uid == other->st_uid && one->st_gid == other->st_gid &&
	       one->st_nlink == other->st_nlink && one->st_rdev == other->st_rdev;
}

/* Whether what has this status can be the same thing. */
static bool is_same(const struct stage_inode *inode, const struct stat *status)
{
	return inode->number == status->st_ino && inode->device == status->st_dev &&
	       (inode->look.st_mode & S_IFMT) == (status->st_mode & S_IFMT);
}

int stage_queue(struct stage *stage, struct stage_inode *inode, struct error *err)
{
	int result = 0;

	pthread_mutex_lock(&stage->lock);
	if (!inode->queued && stage->update_count == stage->update_room) {
		size_t room = stage->update_room ? 2 * stage->update_room : 256;
		struct stage_update *updates =
			realloc(stage->updates, room * sizeof(*stage->updates));

		if (!updates)
			result = fail(err, ENOMEM, "stage: out of memory");
		else
			stage->updates = updates;
		stage->update_room = updates ? room : stage->update_room;
	}
	if (!inode->queued && result == 0) {
		stage->updates[stage->update_count++] =
			(struct stage_update){ .inode = inode, .clone = -1 };
		inode->queued = true;
	}
	pthread_mutex_unlock(&stage->lock);
	return result;
}

/* Returns 1 if the inode has changed, and is queued then. Each is looked at once in a pass. */
static int look_at(struct stage *stage, struct stage_inode *inode, const struct stat *status,
		   struct timespec now, struct error *err)
{
	bool same;

	if (__atomic_exchange_n(&inode->pass, stage->pass, __ATOMIC_RELAXED) == stage->pass)
		return 0;
	same = inode->made && !inode->suspect && same_look(&inode->look, status);
	/* what ctime does not tell of is looked for in the content */
	if (same && (stage->tells || !stage->frozen || !S_ISREG(status->st_mode)))
		return 0;
	inode->look = *status;
	/*
	 * Nobody looks at the processes while they are frozen: what is copied then may have pages
	 * that can be stored to after the thaw without another ctime.
	 */
	inode->suspect = stage->frozen || is_racy(stage, status, now);
	return stage_queue(stage, inode, err) < 0 ? -1 : 1;
}

/* Directories -------------------------------------------------------------------------------- */

int stage_open_upper(struct stage *stage, const struct stage_node *node,
		     struct stage_worker *worker, struct error *err)
{
	size_t top = strlen("tree");

	if (stage_node_path(node, false, &worker->path, err) < 0)
		return -1;
	return deep_open_directory(stage->upper, worker->path.text + top,
				   worker->path.length - top);
}

static bool is_elsewhere(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP;
}

static int moved_meanwhile(const struct stage *stage, const char *path, struct error *err)
{
	if (!stage->frozen)
		return 0;
	return fail(err, EBUSY, "stage: %s: was changed although its container is frozen", path);
}

/* The files of a directory whose own names have not changed. */
static int verify_files(struct stage *stage, struct stage_node *node, int fd, struct timespec now,
			struct error *err)
{
	for (size_t i = 0; i < node->count; i++) {
		struct stage_node *child = node->children[i];
		struct stat status;

		if (S_ISDIR(child->inode->look.st_mode))
			continue;
		if (fstatat(fd, child->name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT)
				return fail_errno(err, "stage: %s", child->name);
			node->changed = true;
		} else if (!is_same(child->inode, &status)) {
			node->changed = true;
		} else if (look_at(stage, child->inode, &status, now, err) < 0) {
			return -1;
		}
	}
	return 0;
}

/*
 * Compares a directory and its files. One that is not where it was before is left as not verified:
 * whoever finds it at another place does it then.
 */
static int verify(struct stage *stage, struct stage_node *node, struct stage_worker *worker,
		  struct error *err)
{
	cleanup_fd int fd = stage_open_upper(stage, node, worker, err);
	struct timespec now = present();
	struct stat status;
	int result;

	if (fd < 0 && is_elsewhere(errno))
		return 0;
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(err, "stage: open %s", worker->path.text);
	if (!is_same(node->inode, &status))
		return 0;
	node->verified = stage->pass;
	result = look_at(stage, node->inode, &status, now, err);
	if (result != 0) {
		node->changed = true;
		return result;
	}
	return node->changed ? 0 : verify_files(stage, node, fd, now, err);
}

static int verify_task(void *context, size_t index, unsigned worker, struct error *err)
{
	struct stage *stage = context;

	return verify(stage, stage->directories[index], &stage->workers[worker], err);
}

/* Names -------------------------------------------------------------------------------------- */

struct found {
	char *name;
	struct stat status;
	struct stage_node *node; /* of the tree, of the same name and inode; NULL: new */
};

struct listing {
	struct found *items;
	size_t count, room;
};

static void free_listing(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->items[i].name);
	free(listing->items);
}

static int compare_found(const void *one, const void *other)
{
	return strcmp(((const struct found *)one)->name, ((const struct found *)other)->name);
}

static int add_found(struct listing *listing, int fd, const char *name, struct error *err)
{
	struct stat status;

	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "stage: %s", name);
	if (listing->count == listing->room) {
		size_t room = listing->room ? 2 * listing->room : 64;
		struct found *items = realloc(listing->items, room * sizeof(*items));

		if (!items)
			return fail(err, ENOMEM, "stage: out of memory");
		listing->items = items;
		listing->room = room;
	}
	listing->items[listing->count] = (struct found){ .name = strdup(name), .status = status };
	if (!listing->items[listing->count].name)
		return fail(err, ENOMEM, "stage: out of memory");
	listing->count++;
	return 0;
}

static int list(int fd, struct listing *listing, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(fd, ".", err);
	const struct dirent *entry;

	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    add_found(listing, fd, entry->d_name, err) < 0)
			return -1;
	if (errno)
		return fail_errno(err, "stage: read a directory");
	if (listing->count)
		qsort(listing->items, listing->count, sizeof(*listing->items), compare_found);
	return 0;
}

/* While changes wait the file is still to be found, for a comparison, by the name that it loses. */
static void hand_on_place(const struct stage_node *node)
{
	struct stage_node *other = NULL;

	for (struct stage_node *at = node->inode->names; at; at = at->next_name)
		if (at != node && !at->fresh)
			return;
		else if (at != node)
			other = at;
	if (!other || node->fresh)
		return;
	other->old_parent = node->old_name ? node->old_parent : node->parent;
	other->old_name = node->old_name ? node->old_name : node->name;
	other->fresh = false;
}

/*
 * A name that is gone. What may turn up at another place waits in limbo: directories, and the last
 * name of a file with content.
 */
static int lose(struct stage *stage, struct stage_node *node, struct error *err)
{
	struct stage_inode *inode = node->inode;

	if (S_ISDIR(inode->look.st_mode) ||
	    (S_ISREG(inode->look.st_mode) && inode->made && !inode->names->next_name))
		return stage_change_move(stage, node, stage->tree.limbo, NULL, err);
	/* one that could not be copied, as it had vanished, is not there */
	if (inode->made && stage_change_remove(stage, node, err) < 0)
		return -1;
	if (stage->frozen)
		hand_on_place(node);
	stage_node_forget(&stage->tree, node);
	return 0;
}

/*
 * A link or device cannot be changed, only another one of the same number take its place: unless it
 * is the same beyond doubt it is made anew.
 */
static bool is_still(const struct stage_inode *inode, const struct stat *status)
{
	if (!is_same(inode, status))
		return false;
	return S_ISREG(status->st_mode) || S_ISDIR(status->st_mode) ||
	       (inode->made && !inode->suspect && same_look(&inode->look, status));
}

static int lose_names(struct stage *stage, struct stage_node *node, struct listing *listing,
		      struct error *err)
{
	/* from the end: taking one out moves those behind it */
	for (size_t i = node->count; i-- > 0;) {
		struct stage_node *child = node->children[i];
		struct found *found = NULL;

		if (listing->count)
			found = bsearch(&(struct found){ .name = child->name }, listing->items,
					listing->count, sizeof(*found), compare_found);
		if (found && is_still(child->inode, &found->status))
			found->node = child;
		else if (lose(stage, child, err) < 0)
			return -1;
	}
	return 0;
}

static int find_directory(struct stage *stage, struct stage_node *parent, const struct found *found,
			  struct error *err)
{
	struct stage_inode *inode = stage_tree_find(&stage->tree, &found->status);
	struct stage_node *node;

	/* moved here, with all that is in it; what a pass sees may not fit together */
	if (inode && is_same(inode, &found->status) && inode->names &&
	    !stage_node_is_below(parent, inode->names))
		return stage_change_move(stage, inode->names, parent, found->name, err);
	inode = stage_tree_add(&stage->tree, &found->status, err);
	if (!inode)
		return -1;
	node = stage_node_add(&stage->tree, parent, found->name, inode);
	node->changed = true;
	inode->look = found->status;
	return stage_change_folder(stage, node, err);
}

/* A file that is in the stage has one name more. */
static int find_link(struct stage *stage, struct stage_node *parent, const struct found *found,
		     struct stage_inode *inode, struct error *err)
{
	struct stage_node *node = inode->names;

	if (node->parent == stage->tree.limbo && !node->next_name)
		return stage_change_move(stage, node, parent, found->name, err);
	return stage_change_link(stage, node,
				 stage_node_add(&stage->tree, parent, found->name, inode), err);
}

static int make_node(struct stage *stage, int fd, const struct found *found,
		     struct stage_node *node, struct error *err)
{
	char target[PATH_MAX] = "";
	ssize_t length;

	if (S_ISLNK(found->status.st_mode)) {
		length = readlinkat(fd, found->name, target, sizeof(target) - 1);
		if (length < 0 && (errno == ENOENT || errno == EINVAL)) {
			stage_node_forget(&stage->tree, node);
			return moved_meanwhile(stage, found->name, err);
		}
		if (length < 0)
			return fail_errno(err, "stage: read link %s", found->name);
		target[length] = '\0';
	}
	node->inode->made = true;
	return stage_change_node(stage, node, &found->status, target, err);
}

/*
 * A regular file of one name is made when it is written, by several threads; one of several names
 * at once, so that its other names can be linked.
 */
static int find_file(struct stage *stage, struct stage_node *parent, int fd,
		     const struct found *found, struct timespec now, struct error *err)
{
	struct stage_inode *inode = stage_tree_find(&stage->tree, &found->status);
	bool regular = S_ISREG(found->status.st_mode);
	struct stage_node *node;

	if (regular && inode && is_same(inode, &found->status) && inode->names) {
		/* it had one name when this pass met it */
		if (!inode->made && make_node(stage, fd, found, inode->names, err) < 0)
			return -1;
		if (find_link(stage, parent, found, inode, err) < 0)
			return -1;
		return look_at(stage, inode, &found->status, now, err) < 0 ? -1 : 0;
	}
	inode = stage_tree_add(&stage->tree, &found->status, err);
	if (!inode)
		return -1;
	node = stage_node_add(&stage->tree, parent, found->name, inode);
	if (look_at(stage, inode, &found->status, now, err) < 0)
		return -1;
	return regular && found->status.st_nlink == 1 ? 0 : make_node(stage, fd, found, node, err);
}

static int find_names(struct stage *stage, struct stage_node *node, int fd,
		      const struct listing *listing, struct timespec now, struct error *err)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct found *found = &listing->items[i];
		int result = 0;

		if (S_ISDIR(found->status.st_mode))
			result = found->node ? 0 : find_directory(stage, node, found, err);
		else if (found->node)
			result = look_at(stage, found->node->inode, &found->status, now, err);
		else
			result = find_file(stage, node, fd, found, now, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Makes the tree, and the stage, have the names that a directory of the layer has. */
static int read_names(struct stage *stage, struct stage_node *node, struct error *err)
{
	cleanup_fd int fd = stage_open_upper(stage, node, &stage->workers[0], err);
	struct listing listing = { 0 };
	struct timespec now = present();
	int result;

	if (fd < 0 && is_elsewhere(errno))
		return moved_meanwhile(stage, stage->workers[0].path.text, err);
	if (fd < 0)
		return fail_errno(err, "stage: open %s", stage->workers[0].path.text);
	result = list(fd, &listing, err);
	if (result == 0)
		result = lose_names(stage, node, &listing, err);
	if (result == 0)
		result = find_names(stage, node, fd, &listing, now, err);
	free_listing(&listing);
	node->changed = result < 0;
	return result;
}

/* The whole ---------------------------------------------------------------------------------- */

static int add_directory(struct stage *stage, struct stage_node *node, struct error *err)
{
	if (stage->directory_count == stage->directory_room) {
		size_t room = stage->directory_room ? 2 * stage->directory_room : 256;
		struct stage_node **moved =
			realloc(stage->directories, room * sizeof(*stage->directories));

		if (!moved)
			return fail(err, ENOMEM, "stage: out of memory");
		stage->directories = moved;
		stage->directory_room = room;
	}
	stage->directories[stage->directory_count++] = node;
	return 0;
}

static int go_into(struct stage *stage, struct stage_node *node, struct error *err)
{
	/* moved away since it was listed: what it was moved to has it too */
	if (!stage_node_is_below(node, stage->tree.root))
		return 0;
	if (node->verified != stage->pass && verify(stage, node, &stage->workers[0], err) < 0)
		return -1;
	if (node->verified != stage->pass)
		return moved_meanwhile(stage, node->name, err);
	if (node->changed && read_names(stage, node, err) < 0)
		return -1;
	for (size_t i = 0; i < node->count; i++)
		if (S_ISDIR(node->children[i]->inode->look.st_mode) &&
		    add_directory(stage, node->children[i], err) < 0)
			return -1;
	return 0;
}

int stage_scan(struct stage *stage, struct error *err)
{
	stage->pass++;
	/* most of it: nothing has changed, and that by several threads */
	if (parallel_run(stage->threads, stage->directory_count, verify_task, stage, err) < 0)
		return -1;
	/* then the rest in order, a directory before what is in it */
	stage->directory_count = 0;
	if (add_directory(stage, stage->tree.root, err) < 0)
		return -1;
	for (size_t i = 0; i < stage->directory_count; i++)
		if (go_into(stage, stage->directories[i], err) < 0)
			return -1;
	return 0;
}
