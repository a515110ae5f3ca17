/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/runtime_spec.h"

/* Where --init puts the companion ctr-init in the container. */
#define RUN_INIT_PATH "/run/ctr-init"
/* Its option: UID:GID that the command is to see itself as. */
#define RUN_INIT_AS "--as="

/* What they say of its network, which run_network.c makes "network" of. */
struct network_changes {
	struct string_list networks; /* MODE, NETWORK[,NETWORK...], NETWORK:WORD=VALUE,... */
	struct string_list ports;    /* as specs/port.h reads them */
	struct string_list aliases, dns, dns_search, dns_options;
	struct string_list hosts; /* NAME:ADDRESS */
	const char *ipv4, *ipv6, *mac;
	bool publish_all, no_hosts;
};

/*
 * What the options of `run` change in the spec of a container, be it from a file or from an
 * image's config. The words are as the user wrote them, in podman's and docker's notation; all
 * of them are checked here, before anything is made. Errors (EINVAL) name the option.
 */
struct run_changes {
	struct string_list env;	      /* NAME=VALUE; NAME: as the caller has it */
	struct string_list env_files; /* of such lines */
	struct string_list volumes;   /* [SOURCE:]TARGET[:OPTIONS] */
	struct string_list mounts;    /* type=bind,source=...,target=... */
	struct string_list tmpfs;     /* TARGET[:OPTIONS] */
	struct string_list devices;   /* PATH[:TARGET][:PERMISSIONS] */
	struct string_list cap_add, cap_drop;
	struct string_list ulimits;  /* NAME=SOFT[:HARD] */
	struct string_list sysctls;  /* NAME=VALUE */
	struct string_list labels;   /* NAME[=VALUE]: annotations */
	struct string_list security; /* no-new-privileges, seccomp=unconfined ... */
	const char *user;	     /* USER[:GROUP], names of the container's own files */
	const char *directory, *hostname;
	const char *entrypoint;	 /* a program, a JSON array of it and arguments, or "": none */
	const char *stop_signal; /* instead of the image's */
	const char *restart;	 /* runtime/restart_policy.h */
	uint64_t shm_size;	 /* bytes of /dev/shm; 0: as it is */
	struct spec_resources resources;
	struct network_changes network;
	bool terminal, init, read_only, read_write_tmpfs;
};

/* Whether there is nothing to change; read_write_tmpfs says nothing by itself. */
bool run_changes_are_none(const struct run_changes *changes);

/*
 * Applies all of them but the mounts (run_mounts.h), what depends on the user, who is looked up
 * when the layers are known, and the restart policy. exposed: the ports that the image exposes, as
 * "80/tcp". Reads environment files and looks at devices.
 */
int run_changes_apply(struct arena *arena, const struct run_changes *changes,
		      const struct string_list *exposed, struct spec *spec, struct error *err);

/*
 * --cap-add and --cap-drop. What is added counts more than "drop all", what is dropped by name
 * more than "add all". For a user who is not root what is added becomes ambient.
 */
int run_changes_capabilities(struct arena *arena, const struct run_changes *changes,
			     struct spec_process *process, struct error *err);

/* The command as it was asked for: without the init that --init puts in front. Shares the words. */
struct string_list run_changes_command(const struct string_list *args);

/* The words of an --entrypoint. */
int run_changes_entrypoint(struct arena *arena, const struct run_changes *changes,
			   struct string_list *words, struct error *err);

/* Sets the variables words ("NAME=VALUE") in list, each in the place of one of the same name. */
void run_changes_set_variables(struct arena *arena, struct string_list *list,
			       const struct string_list *words);
