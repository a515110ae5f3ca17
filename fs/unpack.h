/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/progress.h"
#include "fs/compress.h"
#include "fs/digest.h"
#include "specs/runtime_spec.h"

/*
 * An OCI layer into a directory that overlayfs takes as a lower layer: ".wh.NAME" becomes a
 * whiteout (character device 0:0), ".wh..wh..opq" the mark of an opaque directory.
 *
 * The archive is hostile: nothing is ever made, changed or linked outside of the directory,
 * whatever names and links it has (openat2(2), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), and
 * attributes of overlayfs are not taken from it. A later entry replaces an earlier one of the
 * same name, as tar(1) does it. Anything else that is wrong is an error which names the entry.
 */

/*
 * Into a tree that is there already, as `cp` does it: directories are joined, names that start with
 * ".wh." are names, the target's own mode stays.
 */
struct unpack_merge {
	bool overwrite; /* also a directory by a file, or the other way round; else ENOTDIR, EISDIR
			 */
	/* All that is made belongs to these instead of the owners that come with it. */
	bool own;
	uid_t uid;
	gid_t gid;
	/* How the owners that are meant are said to the target; NULL or empty: as they are. */
	const struct spec_id_mappings *uids, *gids;
	/*
	 * What comes is not to have power here: no devices, set-user-ID bits nor capabilities. They
	 * are dropped from whatever gets another owner anyhow, as chown(2) does it.
	 */
	bool harmless;
	/*
	 * Links on the way to an entry are followed as within the root jail, in which the target is
	 * at path; -1: no link is.
	 */
	int jail;
	const char *path;
};

struct unpack_options {
	const char *diff_id;  /* expected digest of the archive before compression; NULL: any */
	const char *digest;   /* expected digest of the blob; NULL: any */
	uint64_t max_bytes;   /* of all files' data and of the archive; 0: UNPACK_MAX_BYTES */
	uint64_t max_entries; /* 0: UNPACK_MAX_ENTRIES */
	/*
	 * The archive is at most so many times as large as the blob. 0: UNPACK_MAX_RATIO, which
	 * counts for what is beyond UNPACK_RATIO_FREE only: a file of zeros is no attack.
	 */
	uint64_t max_ratio;
	struct progress *progress; /* told the bytes of the blob; NULL: nobody */
	const atomic_bool *cancel; /* see fs/unpack_stream.h */
	bool user_xattr;	   /* marks are user.overlay.*: for mounts in a user namespace */
	bool keep_owner;	   /* chown to the owners in the archive (root) */
	const struct unpack_merge *merge; /* NULL: into an empty directory, as a layer */
};

#define UNPACK_MAX_BYTES ((uint64_t)256 << 30)
#define UNPACK_MAX_RATIO ((uint64_t)200)
#define UNPACK_RATIO_FREE ((uint64_t)8 << 30)
#define UNPACK_MAX_ENTRIES ((uint64_t)16 << 20)

struct unpack_result {
	struct digest diff_id, digest;
	uint64_t bytes, entries; /* data unpacked, entries read */
	enum compression compression;
};

/*
 * Unpacks the blob that fd reads (from its start to its end; no seeking) into the empty directory
 * dirfd. Nothing is synced. After an error the directory holds parts: it is the caller's to
 * remove. Wrong digests are EBADMSG, limits EFBIG, a bad archive EBADMSG or EINVAL.
 */
int unpack_layer(int fd, int dirfd, const struct unpack_options *options,
		 struct unpack_result *result, struct error *err);
