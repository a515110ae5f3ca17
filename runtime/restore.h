/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/criu_images.h"
#include "runtime/launch.h"

/* What a launch needs beside its own plan when its process comes from images. */
struct restore {
	const struct checkpoint_options *options;
	const char *program;
	struct criu_images images;
};

/* Finds criu, the images and what is wrong with the options, before anything is made. */
int restore_open(struct arena *arena, const struct settings *settings,
		 const struct checkpoint_options *options, struct restore *restore,
		 struct error *err);

/*
 * A step of the launch, in the place of the clone: has criu make the processes in the cgroup and
 * under the root that are there, and sets launch->pid and launch->pidfd. launch_kill() undoes it.
 */
int restore_processes(struct launch *launch, struct error *err);
