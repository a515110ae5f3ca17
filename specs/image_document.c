/* SPDX-License-Identifier: Apache-2.0 */
/* Tables in the order of the image specification's texts: descriptor, index, manifest, config. */
#include "specs/image_document.h"

#include <errno.h>
#include <string.h>

#include "specs/schema.h"

#define POSITIVE RANGE(0, INT64_MAX)

SCHEMA(image_layout,
       STRING(image_layout, image_layout_version, "imageLayoutVersion", .flags = REQUIRED));

SCHEMA(image_platform, STRING(image_platform, architecture, "architecture", .flags = REQUIRED),
       STRING(image_platform, os, "os", .flags = REQUIRED),
       STRING(image_platform, os_version, "os.version"),
       STRINGS(image_platform, os_features, "os.features"),
       STRING(image_platform, variant, "variant"));

SCHEMA(image_descriptor, STRING(image_descriptor, media_type, "mediaType", .flags = REQUIRED),
       STRING(image_descriptor, digest, "digest", .flags = REQUIRED),
       INT(image_descriptor, size, "size", POSITIVE, .flags = REQUIRED),
       STRINGS(image_descriptor, urls, "urls"), MAP(image_descriptor, annotations, "annotations"),
       STRING(image_descriptor, data, "data"),
       STRING(image_descriptor, artifact_type, "artifactType"),
       OBJECT(image_descriptor, platform, "platform", image_platform));

SCHEMA(image_index,
       UINT(image_index, schema_version, "schemaVersion",
	    RANGE(IMAGE_SCHEMA_VERSION, IMAGE_SCHEMA_VERSION), .flags = REQUIRED),
       STRING(image_index, media_type, "mediaType"),
       STRING(image_index, artifact_type, "artifactType"),
       OBJECTS(image_index, manifests, "manifests", image_descriptor, .flags = ALWAYS),
       OBJECT(image_index, subject, "subject", image_descriptor),
       MAP(image_index, annotations, "annotations"));

SCHEMA(image_manifest,
       UINT(image_manifest, schema_version, "schemaVersion",
	    RANGE(IMAGE_SCHEMA_VERSION, IMAGE_SCHEMA_VERSION), .flags = REQUIRED),
       STRING(image_manifest, media_type, "mediaType"),
       STRING(image_manifest, artifact_type, "artifactType"),
       EMBEDDED(image_manifest, config, "config", image_descriptor, .flags = REQUIRED),
       OBJECTS(image_manifest, layers, "layers", image_descriptor, .flags = ALWAYS),
       OBJECT(image_manifest, subject, "subject", image_descriptor),
       MAP(image_manifest, annotations, "annotations"));

SCHEMA(image_healthcheck, STRINGS(image_healthcheck, test, "Test"),
       INT(image_healthcheck, interval, "Interval"), INT(image_healthcheck, timeout, "Timeout"),
       INT(image_healthcheck, start_period, "StartPeriod"),
       INT(image_healthcheck, start_interval, "StartInterval"),
       INT(image_healthcheck, retries, "Retries"));

SCHEMA(image_execution, STRING(image_execution, user, "User"),
       KEYS(image_execution, exposed_ports, "ExposedPorts"), STRINGS(image_execution, env, "Env"),
       STRINGS(image_execution, entrypoint, "Entrypoint"), STRINGS(image_execution, cmd, "Cmd"),
       OBJECT(image_execution, healthcheck, "Healthcheck", image_healthcheck),
       BOOL(image_execution, args_escaped, "ArgsEscaped"),
       KEYS(image_execution, volumes, "Volumes"),
       STRING(image_execution, working_dir, "WorkingDir"),
       STRINGS(image_execution, on_build, "OnBuild"), MAP(image_execution, labels, "Labels"),
       STRING(image_execution, stop_signal, "StopSignal"),
       OPT_INT(image_execution, stop_timeout, "StopTimeout"),
       STRINGS(image_execution, shell, "Shell"));

SCHEMA(image_history, STRING(image_history, created, "created"),
       STRING(image_history, created_by, "created_by"), STRING(image_history, author, "author"),
       STRING(image_history, comment, "comment"), BOOL(image_history, empty_layer, "empty_layer"));

static const struct schema_word rootfs_types[] = { { "layers", 0 }, { NULL, 0 } };

SCHEMA(image_rootfs, WORD(image_rootfs, type, "type", rootfs_types, .flags = REQUIRED),
       STRINGS(image_rootfs, diff_ids, "diff_ids", .flags = ALWAYS));

SCHEMA(image_config, STRING(image_config, created, "created"),
       STRING(image_config, author, "author"), STRING(image_config, architecture, "architecture"),
       STRING(image_config, variant, "variant"), STRING(image_config, os, "os"),
       STRING(image_config, os_version, "os.version"),
       STRINGS(image_config, os_features, "os.features"),
       OBJECT(image_config, config, "config", image_execution),
       EMBEDDED(image_config, rootfs, "rootfs", image_rootfs, .flags = REQUIRED),
       OBJECTS(image_config, history, "history", image_history));

/* descriptor.md: algorithm ::= component ([+._-] component)*, encoded ::= [a-zA-Z0-9=_-]+ */
bool image_is_digest(const char *text)
{
	static const char words[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ=_-";
	const char *rest = text;

	for (;;) {
		size_t length = strspn(rest, words);

		if (length == 0)
			return false;
		rest += length;
		if (*rest == ':')
			break;
		if (!*rest || !strchr("+._-", *rest))
			return false;
		rest++;
	}
	rest++;
	if (strncmp(text, "sha256:", 7) == 0)
		return strlen(rest) == 64 && strspn(rest, "0123456789abcdef") == 64;
	return *rest && !rest[strspn(rest, letters)];
}

static int check_descriptor(const char *name, const char *member,
			    const struct image_descriptor *descriptor, struct error *err)
{
	if (!descriptor || image_is_digest(descriptor->digest))
		return 0;
	return fail(err, EINVAL, "%s: %s.digest: digest expected, found '%.80s'", name, member,
		    descriptor->digest);
}

static int check_descriptors(const char *name, const char *member,
			     const struct image_descriptors *descriptors, struct error *err)
{
	for (size_t i = 0; i < descriptors->count; i++) {
		const char *digest = descriptors->items[i].digest;

		if (!image_is_digest(digest))
			return fail(err, EINVAL,
				    "%s: %s[%zu].digest: digest expected, found '%.80s'", name,
				    member, i, digest);
	}
	return 0;
}

int image_layout_decode(struct arena *arena, const char *name, const char *text, size_t size,
			struct image_layout *layout, struct error *err)
{
	*layout = (struct image_layout){ 0 };
	if (schema_decode(&image_layout_schema, arena, name, text, size, layout, err) < 0)
		return -1;
	if (strncmp(layout->image_layout_version, "1.", 2) != 0)
		return fail(err, EINVAL, "%s: imageLayoutVersion: '%s': a version 1.x expected",
			    name, layout->image_layout_version);
	return 0;
}

int image_index_decode(struct arena *arena, const char *name, const char *text, size_t size,
		       struct image_index *index, struct error *err)
{
	*index = (struct image_index){ 0 };
	if (schema_decode(&image_index_schema, arena, name, text, size, index, err) < 0)
		return -1;
	if (check_descriptor(name, "subject", index->subject, err) < 0)
		return -1;
	return check_descriptors(name, "manifests", &index->manifests, err);
}

int image_manifest_decode(struct arena *arena, const char *name, const char *text, size_t size,
			  struct image_manifest *manifest, struct error *err)
{
	*manifest = (struct image_manifest){ 0 };
	if (schema_decode(&image_manifest_schema, arena, name, text, size, manifest, err) < 0)
		return -1;
	if (check_descriptor(name, "config", &manifest->config, err) < 0 ||
	    check_descriptor(name, "subject", manifest->subject, err) < 0)
		return -1;
	return check_descriptors(name, "layers", &manifest->layers, err);
}

int image_config_decode(struct arena *arena, const char *name, const char *text, size_t size,
			struct image_config *config, struct error *err)
{
	*config = (struct image_config){ 0 };
	if (schema_decode(&image_config_schema, arena, name, text, size, config, err) < 0)
		return -1;
	for (size_t i = 0; i < config->rootfs.diff_ids.count; i++) {
		const char *digest = config->rootfs.diff_ids.items[i];

		if (!image_is_digest(digest))
			return fail(err, EINVAL,
				    "%s: rootfs.diff_ids[%zu]: digest expected, found '%.80s'",
				    name, i, digest);
	}
	return 0;
}

char *image_layout_encode(struct arena *arena, const struct image_layout *layout, size_t *size)
{
	return schema_encode(&image_layout_schema, arena, layout, JSON_COMPACT, size);
}

char *image_index_encode(struct arena *arena, const struct image_index *index, size_t *size)
{
	return schema_encode(&image_index_schema, arena, index, JSON_INDENTED, size);
}

char *image_manifest_encode(struct arena *arena, const struct image_manifest *manifest,
			    size_t *size)
{
	return schema_encode(&image_manifest_schema, arena, manifest, JSON_COMPACT, size);
}

char *image_config_encode(struct arena *arena, const struct image_config *config, size_t *size)
{
	return schema_encode(&image_config_schema, arena, config, JSON_COMPACT, size);
}

void image_execution_write(struct json_writer *writer, const struct image_execution *execution)
{
	schema_write(&image_execution_schema, writer, execution);
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

bool image_is_index(const char *media_type)
{
	static const char *const types[] = { IMAGE_MEDIA_TYPE_INDEX, DOCKER_MEDIA_TYPE_LIST, NULL };

	return is_one_of(media_type, types);
}

bool image_is_manifest(const char *media_type)
{
	static const char *const types[] = { IMAGE_MEDIA_TYPE_MANIFEST, DOCKER_MEDIA_TYPE_MANIFEST,
					     NULL };

	return is_one_of(media_type, types);
}

bool image_is_config(const char *media_type)
{
	static const char *const types[] = { IMAGE_MEDIA_TYPE_CONFIG, DOCKER_MEDIA_TYPE_CONFIG,
					     NULL };

	return is_one_of(media_type, types);
}

bool image_is_layer(const char *media_type)
{
	static const char *const types[] = {
		IMAGE_MEDIA_TYPE_LAYER,
		IMAGE_MEDIA_TYPE_LAYER_GZIP,
		IMAGE_MEDIA_TYPE_LAYER_ZSTD,
		"application/vnd.oci.image.layer.nondistributable.v1.tar",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.docker.image.rootfs.diff.tar.zstd",
		"application/vnd.docker.image.rootfs.foreign.diff.tar",
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
		NULL,
	};

	return is_one_of(media_type, types);
}
