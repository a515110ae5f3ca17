/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/parallel.h"
#include "fs/deep_path.h"
#include "fs/stage_work.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Passes while it runs; each is only worth it if it finds less than half of the one before. */
#define MOST_PASSES 8
/* So little that the last pass may as well do it. */
#define FEW_FILES 16
#define FEW_BYTES ((uint64_t)1 << 20)

/* A write(2) or page fault that has begun so long ago and not ended is not reckoned with. */
#define LONGEST_WRITE_SECONDS 60

bool stage_ctime_tells(int directory)
{
	struct statfs status;

	if (fstatfs(directory, &status) < 0)
		return false;
	/* those of which it is known that a store to a page that was written back sets it */
	switch ((uint32_t)status.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Nanoseconds between two ticks of the clock that timestamps are from. */
static long find_granularity(void)
{
	struct timespec granularity;

	if (clock_getres(CLOCK_REALTIME_COARSE, &granularity) < 0 || granularity.tv_sec)
		return 10000000; /* no kernel ticks slower */
	return granularity.tv_nsec;
}

static int make_folders(struct stage *stage, struct error *err)
{
	if (mkdirat(stage->folder, "tree", 0700) < 0 || mkdirat(stage->folder, "limbo", 0700) < 0)
		return errno == ENOSPC || errno == EDQUOT ? stage_no_space(err, stage->name)
							  : fail_errno(err, "stage: make a folder");
	stage->root = openat(stage->folder, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return stage->root < 0 ? fail_errno(err, "stage: open its root") : 0;
}

static int make_workers(struct stage *stage, struct error *err)
{
	for (unsigned i = 0; i < stage->threads; i++) {
		stage->workers[i].buffer = malloc(STAGE_BUFFER);
		stage->workers[i].other = malloc(STAGE_BUFFER);
		if (!stage->workers[i].buffer || !stage->workers[i].other)
			return fail(err, ENOMEM, "stage: out of memory");
	}
	return 0;
}

static int begin(struct stage *stage, struct error *err)
{
	struct stage_node *root;
	struct stat status;

	stage->folder = temporary_folder(stage->options.folder, stage->name, err);
	if (stage->folder < 0 || make_folders(stage, err) < 0 || make_workers(stage, err) < 0)
		return -1;
	stage->upper =
		openat(stage->options.upper, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
	if (stage->upper < 0 && errno == EPERM)
		stage->upper =
			openat(stage->options.upper, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (stage->upper < 0 || fstat(stage->upper, &status) < 0)
		return fail_errno(err, "stage: open the layer");
	stage->tells = stage_ctime_tells(stage->upper);
	stage->granularity = find_granularity();
	if (stage_tree_begin(&stage->tree, err) < 0)
		return -1;
	root = stage->tree.root;
	root->inode = stage_tree_add(&stage->tree, &status, err);
	if (!root->inode)
		return -1;
	root->inode->names = root;
	root->inode->look.st_mode = status.st_mode;
	return 0;
}

struct stage *stage_open(const struct stage_options *options, struct error *err)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	if (!stage) {
		fail(err, ENOMEM, "stage: out of memory");
		return NULL;
	}
	stage->options = *options;
	stage->upper = stage->folder = stage->root = stage->place = -1;
	stage->reflink = true;
	stage->threads = options->threads && options->threads < STAGE_MOST_THREADS
				 ? options->threads
				 : parallel_threads(STAGE_MOST_THREADS);
	pthread_mutex_init(&stage->lock, NULL);
	if (begin(stage, err) < 0)
		stage_close(&stage);
	return stage;
}

/* A pass ------------------------------------------------------------------------------------- */

static bool is_young(const struct stage_inode *inode)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return inode->look.st_ctim.tv_sec >= now.tv_sec - LONGEST_WRITE_SECONDS;
}

static bool may_have(const struct file_set *set, const struct stage_inode *inode)
{
	for (const struct stage_node *node = inode->names; node; node = node->next_name)
		if (file_set_may_have(set, inode->number, node->name))
			return true;
	return false;
}

/*
 * What is open for writing may be in the middle of a write that set ctime before our look: between
 * look and copy is the only time to see that. What is mapped may have pages that can be stored to
 * without anybody noticing: they are to be written back.
 */
static void judge_open_files(struct stage *stage, const struct open_files *files)
{
	for (size_t i = 0; i < stage->update_count; i++) {
		struct stage_update *update = &stage->updates[i];
		struct stage_inode *inode = update->inode;

		if (!S_ISREG(inode->look.st_mode))
			continue;
		if (!inode->suspect && is_young(inode))
			inode->suspect = files->all || may_have(&files->writable, inode);
		update->mapped = may_have(&files->mapped, inode);
	}
}

static int look_at_processes(struct stage *stage, struct error *err)
{
	struct arena arena = { 0 };
	struct open_files files = { 0 };
	const pid_t *pids = NULL;
	size_t count = 0;
	int result;

	if (!stage->options.processes)
		return 0;
	result = stage->options.processes(stage->options.context, &arena, &pids, &count, err);
	if (result < 0 && (err->errnum == EACCES || err->errnum == EPERM)) {
		files.all = true;
		result = 0;
	}
	if (result == 0)
		result = open_files_find(&files, pids, count, err);
	if (result == 0)
		judge_open_files(stage, &files);
	if (result == 0 && files.all && stage->tells && syncfs(stage->upper) < 0)
		result = fail_errno(err, "stage: write back the layer's file system");
	open_files_free(&files);
	arena_free(&arena);
	return result;
}

/* The order is what stage.h proves with: look, look who writes, write back, copy. */
static int pass(struct stage *stage, struct error *err)
{
	if (stage_scan(stage, err) < 0 || look_at_processes(stage, err) < 0 ||
	    stage_updates_run(stage, err) < 0)
		return -1;
	return stage_clear_limbo(stage, err);
}

/* Regular files of the pass and their bytes. */
static void count_pass(struct stage *stage, uint64_t *files, uint64_t *bytes)
{
	*files = *bytes = 0;
	for (size_t i = 0; i < stage->update_count; i++)
		if (S_ISREG(stage->updates[i].inode->look.st_mode)) {
			(*files)++;
			*bytes += (uint64_t)stage->updates[i].inode->look.st_size;
		}
	stage->statistics.passes++;
	stage->statistics.files += *files;
	stage->statistics.bytes += *bytes;
}

int stage_copy(struct stage *stage, struct error *err)
{
	uint64_t before = UINT64_MAX, files, bytes;

	for (int i = 0; i < MOST_PASSES; i++) {
		if (pass(stage, err) < 0)
			return -1;
		count_pass(stage, &files, &bytes);
		stage_updates_free(stage);
		if (i > 0 && files <= FEW_FILES && bytes <= FEW_BYTES)
			break;
		/* a file costs as much as some bytes do */
		bytes += files * 16384;
		if (i > 0 && bytes > before / 2)
			break;
		before = bytes;
	}
	return 0;
}

int stage_settle(struct stage *stage, bool frozen, struct error *err)
{
	struct stage_statistics *statistics = &stage->statistics;
	int result;

	stage->frozen = frozen;
	stage->steady = !frozen;
	if (frozen) {
		result = stage_scan(stage, err);
		if (result == 0)
			result = stage_updates_collect(stage, err);
		stage->collected = true;
	} else {
		result = pass(stage, err);
	}
	stage->frozen = stage->steady = false;
	count_pass(stage, &statistics->last_files, &statistics->last_bytes);
	return result;
}

/* What came into the directories has changed their times. */
static int set_times(struct stage *stage, struct error *err)
{
	struct stage_worker *worker = &stage->workers[0];

	for (size_t i = stage->directory_count; i-- > 0;) {
		const struct stage_node *node = stage->directories[i];
		const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
						   node->inode->look.st_mtim };
		cleanup_fd int fd = -1;

		if (!stage_node_is_below(node, stage->tree.root))
			continue;
		if (stage_node_path(node, false, &worker->path, err) < 0)
			return -1;
		fd = deep_open_directory(stage->folder, worker->path.text, worker->path.length);
		if (fd < 0 || futimens(fd, times) < 0)
			return fail_errno(err, "stage: set the time of %s", worker->path.text);
	}
	return 0;
}

int stage_finish(struct stage *stage, struct error *err)
{
	if (stage->collected &&
	    (stage_changes_apply(stage, err) < 0 || stage_updates_write(stage, err) < 0 ||
	     stage_clear_limbo(stage, err) < 0))
		return -1;
	stage->collected = false;
	stage_updates_free(stage);
	return set_times(stage, err);
}

/* What there is to see ----------------------------------------------------------------------- */

int stage_root(const struct stage *stage)
{
	return stage->root;
}

void stage_statistics(const struct stage *stage, struct stage_statistics *statistics)
{
	*statistics = stage->statistics;
}

/* The next one in the order of a walk, or NULL. */
static const struct stage_node *next_node(const struct stage_node *node)
{
	if (node->count)
		return node->children[0];
	while (node->parent) {
		size_t at;

		stage_node_find(node->parent, node->name, &at);
		if (at + 1 < node->parent->count)
			return node->parent->children[at + 1];
		node = node->parent;
	}
	return NULL;
}

int stage_each(const struct stage *stage, stage_callback *callback, void *context,
	       struct error *err)
{
	struct stage_path path = { 0 };
	int result = 0;

	for (const struct stage_node *node = stage->tree.root; node && result == 0;
	     node = next_node(node)) {
		const struct stage_inode *inode = node->inode;
		struct stage_entry entry = {
			.status = inode->look,
			.racy = inode->suspect,
			.known = inode->known,
		};

		result = stage_node_path(node, false, &path, err);
		entry.path = node->parent ? path.text + strlen("tree") : "/";
		if (result == 0 && callback(&entry, context, err) < 0)
			result = -1;
	}
	free(path.text);
	return result;
}

int stage_take(struct stage *stage, int dir, const char *name, struct error *err)
{
	if (renameat(stage->folder, "tree", dir, name) < 0)
		return fail_errno(err, "stage: move it to %s", name);
	return 0;
}

void stage_close(struct stage **stage)
{
	struct stage *self = *stage;
	struct error ignored;

	if (!self)
		return;
	stage_updates_free(self);
	if (self->name[0])
		remove_tree_at(self->options.folder, self->name, &ignored);
	close_fd(&self->upper);
	close_fd(&self->root);
	close_fd(&self->place);
	close_fd(&self->folder);
	for (unsigned i = 0; i < self->threads; i++) {
		free(self->workers[i].buffer);
		free(self->workers[i].other);
		free(self->workers[i].path.text);
		xattrs_free(&self->workers[i].xattrs);
		xattrs_free(&self->workers[i].have);
	}
	free(self->directories);
	free(self->changes);
	free(self->updates);
	free(self->place_path);
	if (self->tree.root)
		stage_tree_free(&self->tree);
	pthread_mutex_destroy(&self->lock);
	free(self);
	*stage = NULL;
}
