/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/image_commit.h"
#include "fs/stage.h"
#include "runtime/commit.h"
#include "runtime/commit_index.h"
#include "runtime/container.h"
#include "runtime/handle.h"

/* For runtime/commit.c: one container of those that are committed together. */
struct commit_member {
	const struct settings *settings;
	const struct commit_target *target;
	struct handle handle;
	struct spec spec;
	struct container_layers layers;
	struct string_list command;	 /* of its process */
	struct string_list image_lowers; /* without the container's own */
	struct image_commit image;
	bool running;
	int cgroup; /* of one that runs, and is to be frozen; else -1 */
	struct commit_index index;
	struct stage *stage; /* the copy that is archived; NULL: the layer itself is */
};

/* Before anything else: what member_close() and member_end_image() accept. */
void member_init(struct commit_member *member, const struct settings *settings,
		 const struct commit_target *target);

/* Locks the container and opens what belongs to it. */
int member_open(struct commit_member *member, enum commit_pause pause, struct arena *arena,
		struct error *err);
void member_close(struct commit_member *member);

/* image_commit_begin() with what the container, the request and its spec say. */
int member_begin_image(struct commit_member *member, const struct commit_request *request,
		       const struct store *store, struct arena *arena, struct error *err);
void member_end_image(struct commit_member *member);

/*
 * The copy of one that runs, in the container's folder; the others are read where they are.
 * member_copy() may be called again, for what has changed since. member_finish() makes the copy
 * what is archived.
 */
int member_begin_copy(struct commit_member *member, struct error *err);
int member_copy(struct commit_member *member, struct error *err);
int member_settle(struct commit_member *member, struct error *err);
int member_finish(struct commit_member *member, struct arena *arena, struct error *err);
/* Archives the layer or its copy: all of it, or what has changed since the last commit. */
int member_archive(struct commit_member *member, struct error *err);
/* What the next commit will want to know: before the image is named, and after. */
int member_end_index(struct commit_member *member, struct error *err);
int member_publish_index(struct commit_member *member, struct error *err);

void member_drop_copy(struct commit_member *member);
