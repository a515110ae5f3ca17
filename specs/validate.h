/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * Inside of spec_validate(): rules between members of config.json, one function for each topic.
 * The files validate*.c have the functions; validate.c calls them all, in the order of its table.
 */

struct validation {
	const char *name; /* of the file, for messages */
	const struct spec *spec;
	struct error *err;
};

/* Fails with "NAME: " and the text, which begins with the path of the member. Returns -1. */
int refuse(const struct validation *validation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The entry of a namespace type in linux.namespaces, NULL if the host's is used. */
const struct spec_namespace *find_namespace(const struct spec *spec, enum namespace_type type);

int validate_version(const struct validation *validation);
int validate_root(const struct validation *validation);
int validate_process(const struct validation *validation);
int validate_rlimits(const struct validation *validation);
int validate_scheduler(const struct validation *validation);
int validate_mounts(const struct validation *validation);
int validate_names(const struct validation *validation);
int validate_hooks(const struct validation *validation);
int validate_overlay(const struct validation *validation);

/* validate_network.c; of that validate_network_names.c: what name resolution has to do with */
int validate_network(const struct validation *validation);
int validate_network_names(const struct validation *validation);

int validate_namespaces(const struct validation *validation);
int validate_mount_namespace(const struct validation *validation);
int validate_id_mappings(const struct validation *validation);
int validate_time_offsets(const struct validation *validation);
int validate_net_devices(const struct validation *validation);
int validate_devices(const struct validation *validation);
int validate_device_rules(const struct validation *validation);
int validate_protected_paths(const struct validation *validation);
int validate_seccomp(const struct validation *validation);
int validate_personality(const struct validation *validation);
int validate_sysctl(const struct validation *validation);
int validate_v1_only(const struct validation *validation);
