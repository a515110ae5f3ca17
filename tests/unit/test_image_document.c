/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "specs/image_document.h"
#include "tests/unit/unit.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

static const char manifest_text[] =
	"{\"schemaVersion\":2,\"mediaType\":\"" IMAGE_MEDIA_TYPE_MANIFEST "\","
	"\"config\":{\"mediaType\":\"" IMAGE_MEDIA_TYPE_CONFIG "\",\"digest\":\"" DIGEST
	"\",\"size\":7},"
	"\"layers\":[{\"mediaType\":\"" IMAGE_MEDIA_TYPE_LAYER_ZSTD "\",\"digest\":\"" DIGEST
	"\",\"size\":0,\"annotations\":{\"a.b\":\"c\"}}],"
	"\"annotations\":{\"org.opencontainers.image.created\":\"2026-01-01T00:00:00Z\"}}";

static const char config_text[] =
	"{\"created\":\"2026-01-01T00:00:00Z\",\"author\":\"me\",\"architecture\":\"arm64\","
	"\"variant\":\"v8\",\"os\":\"linux\",\"os.version\":\"1\",\"os.features\":[\"f\"],"
	"\"config\":{\"User\":\"1000:1000\",\"ExposedPorts\":{\"80/tcp\":{}},\"Env\":[\"A=b\"],"
	"\"Entrypoint\":[\"/bin/sh\",\"-c\"],\"Cmd\":[\"true\"],"
	"\"Healthcheck\":{\"Test\":[\"CMD\",\"true\"],\"Interval\":1000000000,\"Retries\":3},"
	"\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/srv\",\"OnBuild\":[\"x\"],"
	"\"Labels\":{\"k\":\"v\"},\"StopSignal\":\"SIGQUIT\",\"StopTimeout\":0,"
	"\"Shell\":[\"/bin/bash\"]},"
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" DIGEST "\"]},"
	"\"history\":[{\"created\":\"2026-01-01T00:00:00Z\",\"created_by\":\"ADD\","
	"\"author\":\"me\",\"comment\":\"c\",\"empty_layer\":true},{}]}";

TEST(image_manifest_is_encoded_as_it_was_read)
{
	cleanup_arena struct arena arena = { 0 };
	struct image_manifest manifest;
	struct error err = { 0 };

	CHECK_INT(image_manifest_decode(&arena, "m", manifest_text, strlen(manifest_text),
					&manifest, &err),
		  0);
	CHECK_STRING(manifest.config.digest, DIGEST);
	CHECK_STRING(string_map_get(&manifest.layers.items[0].annotations, "a.b"), "c");
	CHECK_STRING(image_manifest_encode(&arena, &manifest, NULL), manifest_text);
}

TEST(image_config_is_encoded_as_it_was_read)
{
	cleanup_arena struct arena arena = { 0 };
	struct image_config config;
	struct error err = { 0 };

	if (image_config_decode(&arena, "c", config_text, strlen(config_text), &config, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK_STRING(config.config->exposed_ports.items[0], "80/tcp");
	CHECK_STRING(config.config->volumes.items[0], "/data");
	CHECK(config.history.items[0].empty_layer);
	CHECK_STRING(image_config_encode(&arena, &config, NULL), config_text);
}

TEST(image_config_of_docker_with_nulls_is_read)
{
	static const char text[] =
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"container\":\"abc\",\"config\":"
		"{\"Hostname\":\"\",\"AttachStdin\":false,\"Env\":null,\"Cmd\":null,\"Image\":\"\","
		"\"Volumes\":null,\"Entrypoint\":null,\"OnBuild\":null,\"Labels\":null},"
		"\"docker_version\":\"20.10\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":null}}";
	cleanup_arena struct arena arena = { 0 };
	struct image_config config;
	struct error err = { 0 };

	if (image_config_decode(&arena, "c", text, strlen(text), &config, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK_INT(config.config->env.count, 0);
	CHECK_INT(config.rootfs.diff_ids.count, 0);
}

TEST(image_index_with_nothing_in_it_keeps_its_list)
{
	cleanup_arena struct arena arena = { 0 };
	struct image_index index = { .schema_version = 2 };
	struct image_layout layout;
	struct error err = { 0 };
	size_t size;
	char *text = image_index_encode(&arena, &index, &size);

	CHECK_STRING(text, "{\n  \"schemaVersion\": 2,\n  \"manifests\": []\n}\n");
	CHECK_INT(image_index_decode(&arena, "i", text, size, &index, &err), 0);
	CHECK_INT(index.manifests.count, 0);
	layout.image_layout_version = arena_strdup(&arena, IMAGE_LAYOUT_VERSION);
	text = image_layout_encode(&arena, &layout, &size);
	CHECK_STRING(text, "{\"imageLayoutVersion\":\"1.0.0\"}");
	CHECK_INT(image_layout_decode(&arena, "oci-layout", text, size, &layout, &err), 0);
}

TEST(image_index_descriptors_have_platforms_and_annotations)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"" DIGEST
		"\",\"size\":9223372036854775807,\"urls\":[\"https://a\"],\"platform\":"
		"{\"architecture\":\"amd64\",\"os\":\"linux\"},\"annotations\":"
		"{\"org.opencontainers.image.ref.name\":\"app:1\"}}],\"subject\":{\"mediaType\":"
		"\"s\","
		"\"digest\":\"" DIGEST "\",\"size\":1}}";
	cleanup_arena struct arena arena = { 0 };
	struct image_index index, again;
	struct error err = { 0 };
	size_t size;
	char *encoded;

	CHECK_INT(image_index_decode(&arena, "i", text, strlen(text), &index, &err), 0);
	CHECK(index.manifests.items[0].size == INT64_MAX);
	CHECK_STRING(index.manifests.items[0].platform->architecture, "amd64");
	CHECK_STRING(string_map_get(&index.manifests.items[0].annotations,
				    "org.opencontainers.image.ref.name"),
		     "app:1");
	encoded = image_index_encode(&arena, &index, &size);
	CHECK_INT(image_index_decode(&arena, "i", encoded, size, &again, &err), 0);
	CHECK_STRING(image_index_encode(&arena, &again, NULL), encoded);
}

TEST(image_digests_that_could_be_other_paths_are_refused)
{
	static const char *const bad[] = {
		"",
		"sha256",
		"sha256:",
		":" HEX,
		"sha256:../../../../etc/passwd",
		"sha256:0123",
		DIGEST "0",
		"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"SHA256:" HEX,
		"sha512:../x",
		"sha512:a/b",
		"../sha512:ab",
		"sha512+:ab",
		"+sha512:ab",
		"sha512:a b",
		"sha512:a:b",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (image_is_digest(bad[i]))
			unit_fail(__FILE__, __LINE__, "accepted: %s", bad[i]);
	}
	CHECK(image_is_digest(DIGEST));
	CHECK(image_is_digest("sha512:abc"));
	CHECK(image_is_digest("multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"));
}

TEST(image_documents_that_are_wrong_are_refused_with_the_member)
{
#define D(digest) "{'mediaType': 'm', 'digest': '" digest "', 'size': 1}"
	static const struct {
		char kind;
		const char *text;
	} cases[] = {
		{ 'l', "{}" },
		{ 'l', "{'imageLayoutVersion': '2.0.0'}" },
		{ 'i', "{'manifests': []}" },
		{ 'i', "{'schemaVersion': 1}" },
		{ 'i', "{'schemaVersion': 2, 'manifests': {}}" },
		{ 'i', "{'schemaVersion': 2, 'manifests': [{'mediaType': 'm', 'digest': '" DIGEST
		       "'}]}" },
		{ 'i', "{'schemaVersion': 2, 'manifests': [{'mediaType': 'm', 'digest': '" DIGEST
		       "', 'size': -1}]}" },
		{ 'i', "{'schemaVersion': 2, 'manifests': [" D(DIGEST) ", " D("sha256:../x") "]}" },
		{ 'i', "{'schemaVersion': 2, 'subject': " D("x") "}" },
		{ 'm', "{'schemaVersion': 2}" },
		{ 'm', "{'schemaVersion': 2, 'config': " D("x") "}" },
		{ 'm', "{'schemaVersion': 2, 'config': " D(DIGEST) ", 'layers': [" D("x") "]}" },
		{ 'm', "{'schemaVersion': 2, 'config': " D(DIGEST) ", 'subject': " D("x") "}" },
		{ 'c', "{}" },
		{ 'c', "{'rootfs': {'type': 'files'}}" },
		{ 'c', "{'rootfs': {'type': 'layers', 'diff_ids': ['" DIGEST "', '/etc']}}" },
		{ 'c', "{'rootfs': {'type': 'layers'}, 'config': {'Env': {}}}" },
		{ 'c', "{'rootfs': {'type': 'layers'}, 'config': {'Volumes': ['/a']}}" },
		{ 'c', "{'rootfs': {'type': 'layers'}, 'history': [{'empty_layer': 1}]}" },
	};
	char *golden = NULL;
	size_t golden_size = 0;
	FILE *stream = open_memstream(&golden, &golden_size);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };
		char *text = arena_strdup(&arena, cases[i].text);
		size_t size = strlen(text);
		struct image_layout layout;
		struct image_index index;
		struct image_manifest manifest;
		struct image_config config;

		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		if (cases[i].kind == 'l')
			image_layout_decode(&arena, "oci-layout", text, size, &layout, &err);
		else if (cases[i].kind == 'i')
			image_index_decode(&arena, "index.json", text, size, &index, &err);
		else if (cases[i].kind == 'm')
			image_manifest_decode(&arena, "manifest", text, size, &manifest, &err);
		else
			image_config_decode(&arena, "config", text, size, &config, &err);
		fprintf(stream, "%s\n  %s\n", cases[i].text, err.text);
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-image-errors.txt");
	free(golden);
}
