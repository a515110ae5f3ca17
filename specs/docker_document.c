/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/docker_document.h"

#include <errno.h>
#include <string.h>

#include "specs/schema.h"

SCHEMA(docker_image, STRING(docker_image, config, "Config", .flags = REQUIRED),
       STRINGS(docker_image, repo_tags, "RepoTags", .flags = ALWAYS),
       STRINGS(docker_image, layers, "Layers", .flags = ALWAYS));

/* The document is a list; tables begin with an object, so it is made a member of one. */
#define BEGIN "{\"images\":"
#define END "}"

SCHEMA(docker_manifest, OBJECTS(docker_manifest, images, "images", docker_image, .flags = ALWAYS));

int docker_manifest_decode(struct arena *arena, const char *name, const char *text, size_t size,
			   struct docker_manifest *manifest, struct error *err)
{
	char *object = arena_printf(arena, BEGIN "%.*s" END, (int)size, text);
	size_t length = strlen(BEGIN) + size + strlen(END);

	*manifest = (struct docker_manifest){ 0 };
	if (size > INT32_MAX || strlen(object) != length)
		return fail(err, EINVAL, "%s: no JSON text", name);
	if (schema_decode(&docker_manifest_schema, arena, name, object, length, manifest, err) < 0)
		return -1;
	return manifest->images.count ? 0 : fail(err, EINVAL, "%s: has no image", name);
}

char *docker_manifest_encode(struct arena *arena, const struct docker_manifest *manifest,
			     size_t *size)
{
	char *text = schema_encode(&docker_manifest_schema, arena, manifest, JSON_COMPACT, size);
	size_t length = strlen(text) - strlen(BEGIN) - strlen(END);

	text += strlen(BEGIN);
	text[length] = '\0';
	if (size)
		*size = length;
	return text;
}
