/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/container.h"
#include "runtime/criu_plan.h"

/* The folders of a checkpoint: its images, and where criu works and logs. */
struct criu_images {
	int images, work;
	const char *images_path, *work_path;
};

#define CRIU_IMAGES_NONE ((struct criu_images){ .images = -1, .work = -1 })

/*
 * Opens both; to save they are made when they are missing, mode 0700. What criu would write
 * through a link in a work folder that came from elsewhere is removed first: its log, log_name,
 * and its statistics.
 */
int criu_images_open(const struct checkpoint_options *options, bool save, const char *log_name,
		     struct criu_images *images, struct error *err);
void criu_images_close(struct criu_images *images);

#define cleanup_criu_images __attribute__((cleanup(criu_images_close)))

/* Writes and reads the keys of the standard streams, an array of strings. */
int criu_streams_save(struct arena *arena, int images, const struct string_list *streams,
		      struct error *err);
/* Those of images that somebody else may have made: what is no key is "". */
int criu_streams_load(struct arena *arena, int images, struct string_list *streams,
		      struct error *err);

/* Whether the interfaces of the network namespace were saved. */
bool criu_images_have_network(int images);
