/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/container.h"
#include "runtime/criu_message.h"
#include "specs/runtime_spec.h"

/*
 * From a container and the options of a verb to what criu is to do. Pure: who calls it has looked
 * everything up.
 *
 * criu saves and makes again what belongs to the container alone. What comes from outside is named
 * by a key when it is saved, and under that key the restore says what it is now. Keys are those of
 * runc and crun, so that images of one runtime serve another: of a mount its place, of what is
 * masked "/dev/null", of a joined namespace "extRootNetNS".
 */

/* The images' own file of ours (and runc's): the keys of the standard streams. */
#define CRIU_DESCRIPTORS_FILE "descriptors.json"

/* A mount that comes from the host: where it is in the container, and of what. */
struct criu_mount {
	const char *point;
	const char *source; /* for a restore */
};

struct criu_mounts {
	struct criu_mount *items;
	size_t count;
};

/* A namespace that the container joined by its path. */
struct criu_namespace {
	enum namespace_type type;
	const char *path;
	uint64_t inode; /* for a checkpoint */
	int fd;		/* for a restore; -1: it is joined by path */
};

struct criu_namespaces {
	struct criu_namespace items[NAMESPACE_COUNT];
	size_t count;
};

struct criu_subject {
	int pid;		 /* for a checkpoint */
	const char *root;	 /* of the container, on the host */
	const char *cgroup;	 /* below its mount, NULL: none */
	const char *cgroup_path; /* with the mount */
	const char *config_file; /* NULL: none */
	struct criu_mounts mounts;
	struct string_list masked; /* files under /dev/null */
	struct criu_namespaces namespaces;
	struct string_list stdio; /* keys of the streams 0 to 2, "" for what is the container's */
	bool empty_network;	  /* interfaces are somebody else's to make */
};

/* ctr's own file of settings for criu, and runc's, if org.criu.config names none. */
const char *criu_plan_config(const struct spec *spec, const char *fallback);

/* Refuses what does not go together, before anything is made. */
int criu_plan_check(const struct checkpoint_options *options, struct error *err);

int criu_plan_dump(struct arena *arena, const struct criu_subject *subject,
		   const struct checkpoint_options *options, struct criu_options *plan,
		   struct error *err);

/*
 * The descriptors of subject->namespaces and then 0 to 2 are criu's from CRIU_INHERIT_FD
 * (runtime/criu.h) on, in this order.
 */
int criu_plan_restore(struct arena *arena, const struct criu_subject *subject,
		      const struct checkpoint_options *options, struct criu_options *plan,
		      struct error *err);

/* Whether text is the key of a stream that criu may be told of: "pipe:[1]", "file[1:2]". */
bool criu_plan_is_stream_key(const char *text);
