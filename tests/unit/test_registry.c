/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/registry_plan.h"
#include "specs/docker_document.h"
#include "tests/unit/unit.h"

static struct error err;

TEST(a_place_is_a_transport_or_the_name_of_an_image_of_a_registry)
{
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		const char *text, *location, *name, *archive;
	} cases[] = {
		{ "alpine", "docker://docker.io/library/alpine:latest",
		  "docker.io/library/alpine:latest", NULL },
		{ "team/app:1", "docker://docker.io/team/app:1", "docker.io/team/app:1", NULL },
		{ "localhost:5000/app", "docker://localhost:5000/app:latest",
		  "localhost:5000/app:latest", NULL },
		{ "docker://quay.io/x/y:2", "docker://quay.io/x/y:2", "quay.io/x/y:2", NULL },
		{ "app:1@" DIGEST, "docker://docker.io/library/app@" DIGEST,
		  "docker.io/library/app@" DIGEST, NULL },
		{ "docker-daemon:app:1", "docker-daemon:app:1", "docker.io/library/app:1", NULL },
		{ "docker-daemon:" DIGEST, "docker-daemon:" DIGEST, NULL, NULL },
		{ "containers-storage:localhost/app", "containers-storage:localhost/app",
		  "localhost/app:latest", NULL },
		{ "containers-storage:[vfs@/a+/b]quay.io/x:1",
		  "containers-storage:[vfs@/a+/b]quay.io/x:1", "quay.io/x:1", NULL },
		{ "oci:/dir", "oci:/dir", NULL, "/dir" },
		{ "oci:dir:app:1", "oci:dir:app:1", "app:1", NULL },
		{ "oci-archive:x.tar", "oci-archive:x.tar", NULL, "x.tar" },
		{ "docker-archive:x.tar:@0", "docker-archive:x.tar:@0", NULL, NULL },
		{ "dir:/x", "dir:/x", NULL, NULL },
	};
	static const char *const bad[] = { "",	   "Alpine",	    "ftp://x/y",
					   "oci:", "app@sha256:12", "docker://" };
	cleanup_arena struct arena arena = { 0 };
	struct registry_place place;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (registry_place_parse(cases[i].text, &arena, &place, &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s: %s", cases[i].text, err.text);
		CHECK_STRING(place.location, cases[i].location);
		CHECK_STRING(place.name ? place.name : "-", cases[i].name ? cases[i].name : "-");
		CHECK_STRING(place.archive ? place.archive : "-",
			     cases[i].archive ? cases[i].archive : "-");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (registry_place_parse(bad[i], &arena, &place, &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was accepted", bad[i]);
}

TEST(options_become_those_of_skopeo)
{
	cleanup_arena struct arena arena = { 0 };
	const struct registry_options pull = {
		.creds = "me:secret",
		.no_tls_verify = true,
		.platform = "linux/arm/v7",
	};
	const struct registry_options push = {
		.authfile = "auth.json",
		.cert_dir = "certs",
		.quiet = true,
		.format = "v2s2",
		.compression = "zstd",
		.digest_file = "digest",
		.remove_signatures = true,
	};
	struct registry_options wrong = { .platform = "linux", .os = NULL };
	struct string_list argv;

	CHECK(registry_pull_plan("skopeo", "docker://a", "oci:b", &pull, &arena, &argv, &err) == 0);
	CHECK_STRING(string_list_text(&arena, &argv, " "),
		     "skopeo --override-os linux --override-arch arm --override-variant v7 copy "
		     "--src-creds me:secret --src-tls-verify=false "
		     "--dest-oci-accept-uncompressed-layers docker://a oci:b");
	CHECK(argv.items[argv.count] == NULL);
	CHECK(registry_push_plan("skopeo", "oci:a", "dir:b", &push, &arena, &argv, &err) == 0);
	CHECK_STRING(string_list_text(&arena, &argv, " "),
		     "skopeo copy --quiet --dest-authfile auth.json --dest-cert-dir certs "
		     "--format v2s2 --dest-compress-format zstd --digestfile digest "
		     "--remove-signatures oci:a dir:b");
	CHECK(registry_pull_plan("skopeo", "a", "b", &wrong, &arena, &argv, &err) < 0);
	CHECK_CONTAINS(err.text, "OS/ARCH[/VARIANT]");
	wrong.platform = "linux/amd64";
	wrong.os = "linux";
	CHECK(registry_pull_plan("skopeo", "a", "b", &wrong, &arena, &argv, &err) < 0);
}

TEST(what_skopeo_says_of_a_failure_is_one_line)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_STRING(
		registry_message("time=\"x\" level=warning msg=\"first\"\n"
				 "time=\"x\" level=fatal msg=\"Get \\\"https://x\\\": no\\nway\"\n",
				 &arena),
		"Get \"https://x\": no way");
	CHECK_STRING(registry_message("panic:\nline\n", &arena), "panic: line");
	CHECK_STRING(registry_message("", &arena), "");
	CHECK_STRING(registry_message("level=fatal msg=\"cut", &arena), "cut");
}

TEST(a_docker_manifest_is_read_and_written)
{
	static const char text[] =
		"[{\"Config\":\"a.json\",\"RepoTags\":[\"x:1\"],\"Layers\":[\"l.tar\"]},"
		"{\"Config\":\"b.json\",\"RepoTags\":null,\"Layers\":[],\"Parent\":\"y\"}]";
	static const char *const bad[] = { "",
					   "{}",
					   "[]",
					   "[{}]",
					   "[{\"Config\":1}]",
					   "[{\"Config\":\"x\",\"Layers\":[1]}]",
					   "[],\"images\":[]",
					   "null" };
	cleanup_arena struct arena arena = { 0 };
	struct docker_manifest manifest;
	size_t size;

	CHECK(docker_manifest_decode(&arena, "manifest.json", text, strlen(text), &manifest,
				     &err) == 0);
	CHECK_INT((long long)manifest.images.count, 2);
	CHECK_STRING(manifest.images.items[0].layers.items[0], "l.tar");
	CHECK_INT((long long)manifest.images.items[1].repo_tags.count, 0);
	CHECK_STRING(docker_manifest_encode(&arena, &manifest, &size),
		     "[{\"Config\":\"a.json\",\"RepoTags\":[\"x:1\"],\"Layers\":[\"l.tar\"]},"
		     "{\"Config\":\"b.json\",\"RepoTags\":[],\"Layers\":[]}]");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (docker_manifest_decode(&arena, "manifest.json", bad[i], strlen(bad[i]),
					   &manifest, &err) == 0)
			unit_fail(__FILE__, __LINE__, "'%s' was accepted", bad[i]);
}
