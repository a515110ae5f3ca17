/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/string_list.h"

/*
 * The options of a mount of config.json (runtime-spec 1.3, config.md "Linux mount options"),
 * sorted into what the kernel's mount calls take. One table says which word is what.
 */

struct mount_options {
	uint64_t attr_set, attr_clear;			   /* MOUNT_ATTR_* of this mount */
	uint64_t recursive_attr_set, recursive_attr_clear; /* of the whole tree: rro, rnosuid ... */
	uint64_t propagation;				   /* MS_SHARED ..., 0: not given */
	bool recursive_propagation;
	bool bind, recursive_bind, remount, copy_up;
	bool idmap, recursive_idmap;
	const char *idmap_mappings; /* of "idmap=" and "ridmap="; NULL: none are said */
	bool copy_symlink;	    /* a source that is a symbolic link is made anew, not mounted */
	bool source_nofollow, destination_nofollow; /* a link there is meant itself */
	bool copy_on_write;	  /* what is written stays in the container's writable layers */
	bool optional;		  /* what cannot be had so is read-only, or left out */
	bool copy_up_once;	  /* copyup: an empty source of a bind gets what is beneath it */
	bool version_counter;	  /* iversion: mount(2) alone can set it */
	struct string_list flags; /* superblock flags as fsconfig(2) names them: "sync", "ro" ... */
	struct string_list
		data; /* everything else, for the filesystem: "size=64k", "newinstance" */
};

/*
 * Sorts the words. Where words contradict each other the last one counts, as in mount(8). Words
 * that the table does not have are the filesystem's own. Pure; the lists point into words.
 */
void mount_options_parse(struct arena *arena, const struct string_list *words,
			 struct mount_options *options);

/*
 * All words of the table that bundles may have, in its order, ending with NULL: mountOptions of
 * `ctr features`.
 */
const char *const *mount_option_names(void);

/* Prints the options as words, a blank before each. */
void mount_options_print(FILE *stream, const struct mount_options *options);
