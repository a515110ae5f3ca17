/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/user_namespace.h"
#include "fs/temporary.h"
#include "fs/unpack.h"

/* More than that only makes the disk seek. */
#define MAX_JOBS 8

/* A layer on its way. */
struct job {
	const struct image_descriptor *layer;
	const char *diff_id;
	int blob;   /* open and locked */
	int folder; /* -1: not begun; its lock keeps prune away */
	char temporary[TEMPORARY_SIZE];
	bool failed;
	struct error error;
};

struct crew {
	const struct store *store;
	const struct image *image;
	struct unpack_options unpack;
	struct job *jobs;
	size_t count;
	atomic_size_t next;
	atomic_bool cancel;
};

static bool is_unpacked(const struct store *store, const char *diff_id)
{
	struct stat status;

	return fstatat(store->layers, diff_id + strlen("sha256:"), &status, AT_SYMLINK_NOFOLLOW) ==
	       0;
}

/* Which layers there are to do ---------------------------------------------------------------- */

static int compare_jobs(const void *one, const void *other)
{
	const struct job *a = one, *b = other;
	int order = strcmp(a->layer->digest, b->layer->digest);

	return order ? order : strcmp(a->diff_id, b->diff_id);
}

static int add_job(struct crew *crew, const struct image_descriptor *layer, const char *diff_id,
		   struct error *err)
{
	if (strncmp(diff_id, "sha256:", strlen("sha256:")) != 0)
		return fail(err, EINVAL, "diff_id %s is no sha256 digest", diff_id);
	if (is_unpacked(crew->store, diff_id))
		return 0;
	/* an image may have the same layer twice: empty ones */
	for (size_t i = 0; i < crew->count; i++) {
		if (!strcmp(crew->jobs[i].diff_id, diff_id))
			return 0;
		/* nor could we have its lock twice */
		if (!strcmp(crew->jobs[i].layer->digest, layer->digest))
			return fail(err, EBADMSG, "layer %s cannot be both %s and %s",
				    layer->digest, crew->jobs[i].diff_id, diff_id);
	}
	crew->jobs[crew->count++] = (struct job){
		.layer = layer,
		.diff_id = diff_id,
		.blob = -1,
		.folder = -1,
	};
	return 0;
}

static int list_jobs(struct crew *crew, struct error *err)
{
	const struct string_list *diff_ids = &crew->image->config.rootfs.diff_ids;

	crew->jobs = calloc(diff_ids->count + 1, sizeof(*crew->jobs));
	if (!crew->jobs)
		return fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < diff_ids->count; i++)
		if (add_job(crew, &crew->image->manifest.layers.items[i], diff_ids->items[i], err) <
		    0)
			return -1;
	return 0;
}

/*
 * Locks the blobs, all before the first is unpacked and in one order for everybody, so that nobody
 * waits for someone who waits for him. What somebody else has unpacked meanwhile is no job any
 * more.
 */
static int lock_jobs(struct crew *crew, struct error *err)
{
	size_t kept = 0, count = crew->count;

	if (count > 1)
		qsort(crew->jobs, count, sizeof(*crew->jobs), compare_jobs);
	for (size_t i = 0; i < count; i++) {
		struct job *job = &crew->jobs[i];
		int result;

		job->blob = store_open_blob(crew->store, job->layer->digest, err);
		if (job->blob < 0)
			return -1;
		do
			result = flock(job->blob, LOCK_EX);
		while (result < 0 && errno == EINTR);
		if (result < 0)
			return fail_errno(err, "lock blob %s", job->layer->digest);
		if (is_unpacked(crew->store, job->diff_id)) {
			close_fd(&job->blob);
			continue;
		}
		if (kept != i) {
			crew->jobs[kept] = *job;
			job->blob = -1;
		}
		kept++;
	}
	crew->count = kept;
	return 0;
}

/* The work ------------------------------------------------------------------------------------ */

static int unpack_one(struct crew *crew, struct job *job, struct error *err)
{
	struct unpack_options options = crew->unpack;
	struct unpack_result result;

	options.digest = job->layer->digest;
	options.diff_id = job->diff_id;
	job->folder = temporary_folder(crew->store->layers, job->temporary, err);
	if (job->folder < 0)
		return -1;
	return unpack_layer(job->blob, job->folder, &options, &result, err);
}

static void *work(void *context)
{
	struct crew *crew = context;

	for (;;) {
		size_t next = atomic_fetch_add(&crew->next, 1);
		struct job *job;

		if (next >= crew->count || atomic_load(&crew->cancel))
			return NULL;
		job = &crew->jobs[next];
		if (unpack_one(crew, job, &job->error) < 0) {
			job->failed = true;
			atomic_store(&crew->cancel, true);
		}
	}
}

static unsigned count_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* A thread that cannot be had is one less: the others do its work. */
static void work_together(struct crew *crew, unsigned jobs)
{
	pthread_t threads[MAX_JOBS];
	size_t started = 0, wanted = jobs ? jobs : count_processors();

	if (wanted > MAX_JOBS)
		wanted = MAX_JOBS;
	if (wanted > crew->count)
		wanted = crew->count;
	while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, crew) == 0)
		started++;
	work(crew);
	while (started-- > 0)
		pthread_join(threads[started], NULL);
}

/* What was wrong first; that others were cancelled for it says nothing. */
static int find_failure(const struct crew *crew, struct error *err)
{
	const struct job *first = NULL;

	for (size_t i = 0; i < crew->count; i++)
		if (crew->jobs[i].failed && (!first || first->error.errnum == ECANCELED))
			first = &crew->jobs[i];
	if (!first)
		return 0;
	*err = first->error;
	return fail_in(err, "unpack layer %s", first->layer->digest);
}

/*
 * All of it is on disk before it has its name, for nobody checks it again. One call for the whole
 * file system: one for each file would take minutes.
 */
static int name_layers(struct crew *crew, struct error *err)
{
	if (crew->count && syncfs(crew->store->layers) < 0)
		return fail_errno(err, "sync the layers");
	for (size_t i = 0; i < crew->count; i++) {
		struct job *job = &crew->jobs[i];

		if (renameat(crew->store->layers, job->temporary, crew->store->layers,
			     job->diff_id + strlen("sha256:")) < 0) {
			/* somebody has unpacked the same from another blob: ours is not needed */
			if (errno == ENOTEMPTY || errno == EEXIST)
				continue;
			return fail_errno(err, "name layer %s", job->diff_id);
		}
		job->temporary[0] = '\0';
	}
	if (crew->count && fsync(crew->store->layers) < 0)
		return fail_errno(err, "sync the layers' folder");
	return 0;
}

static void end(struct crew *crew)
{
	struct error ignored;

	for (size_t i = 0; crew->jobs && i < crew->count; i++) {
		struct job *job = &crew->jobs[i];

		if (job->temporary[0])
			remove_tree_at(crew->store->layers, job->temporary, &ignored);
		close_fd(&job->folder);
		close_fd(&job->blob);
	}
	free(crew->jobs);
}

static void begin_progress(const struct crew *crew, struct progress *progress)
{
	uint64_t total = 0;

	for (size_t i = 0; i < crew->count; i++)
		total += (uint64_t)crew->jobs[i].layer->size;
	if (crew->count)
		progress_begin(progress, crew->image->name, total);
}

int image_unpack(const struct store *store, const struct image *image,
		 const struct image_unpack_options *options, struct error *err)
{
	static const struct image_unpack_options defaults;
	struct crew crew = { .store = store, .image = image };
	struct error ignored;
	int result;

	options = options ?: &defaults;
	crew.unpack = (struct unpack_options){
		.keep_owner = geteuid() == 0,
		.user_xattr = in_user_namespace(),
		.max_bytes = options->max_bytes,
		.max_ratio = options->max_ratio,
		.progress = options->progress,
		.cancel = &crew.cancel,
	};
	result = list_jobs(&crew, err);
	/* what one that was killed has left */
	if (result == 0 && crew.count)
		temporary_clean(store->layers, &ignored);
	if (result == 0)
		result = lock_jobs(&crew, err);
	if (result == 0) {
		begin_progress(&crew, options->progress);
		work_together(&crew, options->jobs);
		result = find_failure(&crew, err);
	}
	if (result == 0)
		result = name_layers(&crew, err);
	if (result == 0)
		result = (int)crew.count;
	end(&crew);
	return result < 0 ? fail_in(err, "image %s", image->name) : result;
}

int image_prepare(const struct store *store, const char *name, struct arena *arena,
		  struct image *image, struct string_list *lowers, struct error *err)
{
	cleanup_fd int lock = -1;
	size_t missing;

	if (store_find(store, name, arena, image, err) < 0)
		return -1;
	lock = store_lock_layers(store, false, err);
	if (lock < 0 || store_lowers(store, image, arena, lowers, &missing, err) < 0 ||
	    (missing && image_unpack(store, image, NULL, err) < 0))
		return -1;
	return take_fd(&lock);
}
