/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/optional.h"

/*
 * The documents of an OCI image layout (image-spec 1.1), as C structures with the documents'
 * names in snake case: oci-layout, index.json, manifests and configs. Strings and objects that
 * are absent are NULL, lists that are absent are empty. Unknown members are not kept.
 *
 * Decoding checks what leads to files: digests are ALGORITHM:ENCODED by the grammar of
 * descriptor.md, and those of sha256 have 64 digits of lower case, so that a digest that has been
 * decoded is safe to make a path of.
 */

#define IMAGE_MEDIA_TYPE_INDEX "application/vnd.oci.image.index.v1+json"
#define IMAGE_MEDIA_TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define IMAGE_MEDIA_TYPE_CONFIG "application/vnd.oci.image.config.v1+json"
#define IMAGE_MEDIA_TYPE_LAYER "application/vnd.oci.image.layer.v1.tar"
#define IMAGE_MEDIA_TYPE_LAYER_GZIP "application/vnd.oci.image.layer.v1.tar+gzip"
#define IMAGE_MEDIA_TYPE_LAYER_ZSTD "application/vnd.oci.image.layer.v1.tar+zstd"

/* What Docker's registries have in their place (image manifest version 2, schema 2): the same
 * members. */
#define DOCKER_MEDIA_TYPE_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MEDIA_TYPE_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_MEDIA_TYPE_CONFIG "application/vnd.docker.container.image.v1+json"

#define IMAGE_LAYOUT_VERSION "1.0.0"
#define IMAGE_SCHEMA_VERSION 2

/* The largest document that is worth to be read, for file_read_at(). */
#define IMAGE_DOCUMENT_MAX_SIZE ((size_t)16 << 20)

struct image_layout {
	char *image_layout_version;
};

struct image_platform {
	char *architecture, *os, *os_version, *variant;
	struct string_list os_features;
};

struct image_descriptor {
	char *media_type, *digest;
	int64_t size; /* bytes, never negative */
	struct string_list urls;
	struct string_map annotations;
	char *data; /* base64 */
	char *artifact_type;
	struct image_platform *platform;
};

struct image_descriptors {
	struct image_descriptor *items;
	size_t count;
};

/* index.json, and indexes of images for several platforms */
struct image_index {
	uint32_t schema_version;
	char *media_type, *artifact_type;
	struct image_descriptors manifests;
	struct image_descriptor *subject;
	struct string_map annotations;
};

struct image_manifest {
	uint32_t schema_version;
	char *media_type, *artifact_type;
	struct image_descriptor config;
	struct image_descriptors layers; /* the base first */
	struct image_descriptor *subject;
	struct string_map annotations;
};

/* Docker's extension; durations in nanoseconds */
struct image_healthcheck {
	struct string_list test;
	int64_t interval, timeout, start_period, start_interval;
	int64_t retries;
};

/* What a container of the image does if nothing else is said. */
struct image_execution {
	char *user, *working_dir, *stop_signal;
	struct string_list env, entrypoint, cmd;
	struct string_list exposed_ports; /* "80/tcp" */
	struct string_list volumes;
	struct string_map labels;
	/* Docker's extensions, kept when an image is made from another */
	struct image_healthcheck *healthcheck;
	struct string_list on_build, shell;
	struct opt_int stop_timeout; /* seconds */
	bool args_escaped;
};

struct image_history {
	char *created, *created_by, *author, *comment;
	bool empty_layer;
};

struct image_rootfs {
	char *type;		     /* "layers"; to be set before encoding */
	struct string_list diff_ids; /* digests of the tar archives, the base first */
};

struct image_config {
	char *created, *author; /* created: RFC 3339 */
	char *architecture, *variant, *os, *os_version;
	struct string_list os_features;
	struct image_execution *config;
	struct image_rootfs rootfs;
	struct {
		struct image_history *items;
		size_t count;
	} history;
};

/* name is the file's, for messages. Everything lives in the arena. Pure. Errors: EINVAL. */
int image_layout_decode(struct arena *arena, const char *name, const char *text, size_t size,
			struct image_layout *layout, struct error *err);
int image_index_decode(struct arena *arena, const char *name, const char *text, size_t size,
		       struct image_index *index, struct error *err);
int image_manifest_decode(struct arena *arena, const char *name, const char *text, size_t size,
			  struct image_manifest *manifest, struct error *err);
int image_config_decode(struct arena *arena, const char *name, const char *text, size_t size,
			struct image_config *config, struct error *err);

/*
 * The texts, ended by a NUL that *size (may be NULL) does not count. What is absent is left out.
 * Manifests and configs are one line, since their bytes are what a digest names.
 */
char *image_layout_encode(struct arena *arena, const struct image_layout *layout, size_t *size);
char *image_index_encode(struct arena *arena, const struct image_index *index, size_t *size);
char *image_manifest_encode(struct arena *arena, const struct image_manifest *manifest,
			    size_t *size);
char *image_config_encode(struct arena *arena, const struct image_config *config, size_t *size);

/* What a config says of the process, as one value of a larger text. */
struct json_writer;
void image_execution_write(struct json_writer *writer, const struct image_execution *execution);

/* Whether text is a digest as described above. */
bool image_is_digest(const char *text);

/* The kinds of documents by their media types, those of OCI and of Docker. */
bool image_is_index(const char *media_type);
bool image_is_manifest(const char *media_type);
bool image_is_config(const char *media_type);
/* A layer that can be unpacked: a tar archive, plain or compressed, also of the kinds that are not
 * to be distributed ("foreign"). */
bool image_is_layer(const char *media_type);
