/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/parallel.h"
#include "base/step.h"
#include "cgroup/freeze.h"
#include "runtime/commit_member.h"
#include "runtime/freezer.h"

struct commit {
	const struct settings *settings;
	const struct commit_request *request;
	struct arena *arena;
	struct commit_member *members; /* in the order of their names, as they are locked */
	size_t count;
	struct store store;
	struct freezer freezer; /* of those that run */
};

/* Does one thing with each member, until it fails for one. */
static int each(struct commit *commit, int (*run)(struct commit_member *, struct error *),
		struct error *err)
{
	for (size_t i = 0; i < commit->count; i++)
		if (run(&commit->members[i], err) < 0)
			return -1;
	return 0;
}

/* Two commits of the same containers must not wait for each other. */
static int compare_ids(const void *one, const void *other)
{
	const struct commit_member *a = one, *b = other;

	return strcmp(a->target->id, b->target->id);
}

static int open_members(struct commit *commit, struct error *err)
{
	const struct commit_request *request = commit->request;

	commit->members = arena_array(commit->arena, struct commit_member, request->count + 1);
	for (size_t i = 0; i < request->count; i++)
		member_init(&commit->members[i], commit->settings, &request->targets[i]);
	qsort(commit->members, request->count, sizeof(*commit->members), compare_ids);
	for (size_t i = 1; i < request->count; i++)
		if (!compare_ids(&commit->members[i - 1], &commit->members[i]))
			return fail(err, EINVAL, "%s: is named twice",
				    commit->members[i].target->id);
	commit->count = request->count;
	for (size_t i = 0; i < commit->count; i++)
		if (member_open(&commit->members[i], request->pause, commit->arena, err) < 0)
			return -1;
	return 0;
}

static int close_members(struct commit *commit, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < commit->count; i++)
		member_close(&commit->members[i]);
	return 0;
}

static int begin_images(struct commit *commit, struct error *err)
{
	if (store_open(&commit->store, commit->settings->data_root, commit->arena, err) < 0)
		return -1;
	for (size_t i = 0; i < commit->count; i++)
		if (member_begin_image(&commit->members[i], commit->request, &commit->store,
				       commit->arena, err) < 0)
			return -1;
	for (size_t i = 0; i < commit->count; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(commit->members[i].image.full_name,
				    commit->members[j].image.full_name))
				return fail(err, EINVAL, "image %s: is the name for two",
					    commit->members[i].image.full_name);
	return 0;
}

static int end_images(struct commit *commit, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < commit->count; i++)
		member_end_image(&commit->members[i]);
	store_close(&commit->store);
	return 0;
}

/* Frozen for as long as it takes, nothing needs to be copied. */
static bool copies(const struct commit *commit)
{
	return commit->request->pause != COMMIT_PAUSE_ALWAYS;
}

static int copy_layers(struct commit *commit, struct error *err)
{
	if (!copies(commit))
		return 0;
	if (each(commit, member_begin_copy, err) < 0 || each(commit, member_copy, err) < 0)
		return -1;
	/* while the others were copied the first ones went on */
	return commit->count > 1 ? each(commit, member_copy, err) : 0;
}

static int drop_copies(struct commit *commit, struct error *err)
{
	(void)err;
	for (size_t i = 0; i < commit->count; i++)
		member_drop_copy(&commit->members[i]);
	return 0;
}

/*
 * Whether the cgroup that all are in may be frozen in the place of theirs: not ctr's own, where
 * another ctr may be starting a container.
 */
static bool parent_is_theirs(const struct commit *commit)
{
	for (size_t i = 0; i < commit->count; i++) {
		const char *cgroup = commit->members[i].handle.state.cgroup;

		if (commit->members[i].cgroup >= 0 && !strncmp(cgroup, "/ctr/", strlen("/ctr/")))
			return false;
	}
	return true;
}

static int start_guard(struct commit *commit, struct error *err)
{
	struct freezer *freezer = &commit->freezer;

	freezer->cgroups = arena_array(commit->arena, int, commit->count);
	for (size_t i = 0; i < commit->count; i++)
		if (commit->members[i].cgroup >= 0)
			freezer->cgroups[freezer->count++] = commit->members[i].cgroup;
	if (parent_is_theirs(commit))
		freezer->parent = cgroup_common_parent(freezer->cgroups, freezer->count);
	return freezer_begin(freezer, err);
}

static int end_guard(struct commit *commit, struct error *err)
{
	(void)err;
	freezer_end(&commit->freezer);
	close_fd(&commit->freezer.parent);
	return 0;
}

static int freeze(struct commit *commit, struct error *err)
{
	return freezer_freeze(&commit->freezer, err);
}

static int thaw(struct commit *commit, struct error *err)
{
	return freezer_thaw(&commit->freezer, err);
}

static int settle_task(void *context, size_t index, unsigned worker, struct error *err)
{
	struct commit *commit = context;

	(void)worker;
	return member_settle(&commit->members[index], err);
}

/* All are frozen by now: it is the same instant for whichever comes first. */
static int settle_copies(struct commit *commit, struct error *err)
{
	return parallel_run((unsigned)commit->count, commit->count, settle_task, commit, err);
}

static int finish_copies(struct commit *commit, struct error *err)
{
	for (size_t i = 0; i < commit->count; i++)
		if (member_finish(&commit->members[i], commit->arena, err) < 0)
			return -1;
	return 0;
}

static int archive_frozen(struct commit *commit, struct error *err)
{
	return copies(commit) ? 0 : each(commit, member_archive, err);
}

static int archive(struct commit *commit, struct error *err)
{
	return copies(commit) ? each(commit, member_archive, err) : 0;
}

static int thaw_again(struct commit *commit, struct error *err)
{
	return thaw(commit, err) < 0 ? -1 : end_guard(commit, err);
}

static int finish_layer(struct commit_member *member, struct error *err)
{
	return image_commit_layer(&member->image, err);
}

static int finish_layers(struct commit *commit, struct error *err)
{
	return each(commit, finish_layer, err);
}

static int write_document(struct commit_member *member, struct error *err)
{
	return image_commit_documents(&member->image, err);
}

static int write_documents(struct commit *commit, struct error *err)
{
	return each(commit, write_document, err);
}

static int name_images(struct commit *commit, struct error *err)
{
	struct image_commit **images =
		arena_array(commit->arena, struct image_commit *, commit->count);

	for (size_t i = 0; i < commit->count; i++)
		images[i] = &commit->members[i].image;
	return image_commit_name(images, commit->count, err);
}

static int end_indexes(struct commit *commit, struct error *err)
{
	return each(commit, member_end_index, err);
}

static int publish_indexes(struct commit *commit, struct error *err)
{
	return each(commit, member_publish_index, err);
}

STEPS(commit);

static const struct commit_step commit_steps[] = {
	{ "container", open_members, close_members },
	{ "image", begin_images, end_images },
	{ "copy", copy_layers, drop_copies },
	{ "guard", start_guard, end_guard },
	{ "freeze", freeze, thaw },
	{ "last pass", settle_copies, NULL },
	{ "archive frozen", archive_frozen, NULL },
	{ "thaw", thaw_again, NULL },
	{ "finish copy", finish_copies, NULL },
	{ "archive", archive, NULL },
	{ "layer", finish_layers, NULL },
	{ "documents", write_documents, NULL },
	{ "index", end_indexes, NULL },
	{ "name", name_images, NULL },
	{ "indexed", publish_indexes, NULL },
};

static void add_statistics(const struct stage *stage, struct commit_result *result)
{
	struct stage_statistics statistics;

	if (!stage)
		return;
	stage_statistics(stage, &statistics);
	if (statistics.passes > result->passes)
		result->passes = statistics.passes;
	result->frozen_files += statistics.last_files;
	result->frozen_bytes += statistics.last_bytes;
}

static void report(const struct commit *commit, struct commit_result *result)
{
	result->images = arena_array(commit->arena, struct commit_image, commit->count);
	for (size_t i = 0; i < commit->count; i++) {
		const struct image_commit *from = &commit->members[i].image;
		struct commit_image *image =
			&result->images[commit->members[i].target - commit->request->targets];

		snprintf(image->name, sizeof(image->name), "%s", from->full_name);
		snprintf(image->digest, sizeof(image->digest), "%s", from->manifest.text);
		image->layer_size = image_commit_adds_layer(from) ? from->layer.size : 0;
		image->size = from->size;
		image->incremental = commit->members[i].index.before != NULL;
	}
	for (size_t i = 0; i < commit->count; i++)
		add_statistics(commit->members[i].stage, result);
	result->frozen = commit->freezer.count > 0;
	result->frozen_microseconds = commit->freezer.microseconds;
}

static int commit_once(const struct settings *settings, const struct commit_request *request,
		       struct arena *arena, struct commit_result *result, struct error *err)
{
	struct commit commit = {
		.settings = settings,
		.request = request,
		.arena = arena,
		.store = STORE_NONE,
		.freezer = { .parent = -1, .guard = -1 },
	};
	struct error ignored;
	int done;

	*result = (struct commit_result){ 0 };
	done = commit_run(commit_steps, ARRAY_SIZE(commit_steps), &commit, err);
	if (done == 0) {
		report(&commit, result);
		commit_undo(commit_steps, ARRAY_SIZE(commit_steps), &commit, &ignored);
	}
	return done;
}

int container_commit(const struct settings *settings, const struct commit_request *request,
		     struct arena *arena, struct commit_result *result, struct error *err)
{
	struct commit_request whole = *request;

	if (commit_once(settings, request, arena, result, err) == 0)
		return 0;
	if (err->errnum != ESTALE || request->full)
		return -1;
	/* files are again what they were before the last commit: no change says that */
	whole.full = true;
	return commit_once(settings, &whole, arena, result, err);
}
