/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "fs/rootfs.h"
#include "tests/unit/unit.h"

/* The plan of the container's root: a spec in, text out. No mount is made here. */

static struct arena arena;
static struct error err;

static const struct rootfs_options bundle_form = {
	.bundle = "/bundle",
	.cgroup = "/sys/fs/cgroup/ctr/web",
};

static struct spec *decode(const char *text)
{
	struct spec *spec = arena_new(&arena, struct spec);

	if (spec_decode(&arena, "spec.json", text, strlen(text), spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return spec;
}

/* The plan as text, or NULL with err. */
static char *plan_spec(const struct spec *spec, const struct rootfs_options *options)
{
	struct rootfs_plan plan;
	char *buffer = NULL, *copy;
	size_t size;
	FILE *stream;

	if (rootfs_plan(&arena, spec, options, &plan, &err) < 0)
		return NULL;
	stream = open_memstream(&buffer, &size);
	rootfs_plan_print(stream, &plan);
	fclose(stream);
	copy = arena_strdup(&arena, buffer);
	free(buffer);
	return copy;
}

static char *plan(const char *text)
{
	return plan_spec(decode(text), &bundle_form);
}

/* The plan of one mount; the other members of its spec are linux. */
static char *plan_mount(const char *linux, const char *mount)
{
	return plan(arena_printf(&arena,
				 "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},"
				 "\"linux\":{%s},\"mounts\":[%s]}",
				 linux, mount));
}

static const char user_namespace[] =
	"\"namespaces\":[{\"type\":\"user\"},{\"type\":\"mount\"}],"
	"\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}],"
	"\"gidMappings\":[{\"containerID\":0,\"hostID\":200000,\"size\":65536}]";

TEST(the_template_is_planned)
{
	struct spec spec = { 0 };

	spec_template(&arena, false, 0, 0, &spec);
	CHECK_GOLDEN(plan_spec(&spec, &bundle_form), "rootfs_template.plan");
}

TEST(the_rootless_template_is_planned)
{
	struct spec spec = { 0 };

	spec_template(&arena, true, 1000, 1000, &spec);
	CHECK_GOLDEN(plan_spec(&spec, &bundle_form), "rootfs_rootless.plan");
}

TEST(layers_are_planned)
{
	static char *lowers[] = { "/layers/app", "/layers/a:b,c", "/" };
	const struct rootfs_options options = {
		.bundle = "/specs",
		.lowers = { lowers, 3 },
		.upper = "/data/web/upper",
		.work = "/data/web/work",
		.volatile_upper = true,
		.idmap = true,
	};
	const char *text = arena_printf(
		&arena,
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"/\"},\"linux\":{%s,"
		"\"rootfsPropagation\":\"rslave\",\"maskedPaths\":[\"/proc/kcore\"],"
		"\"readonlyPaths\":[\"/proc/sys\"],\"devices\":[{\"path\":\"/dev/fuse\",\"type\":"
		"\"c\",\"major\":10,\"minor\":229},{\"path\":\"/run/pipe\",\"type\":\"p\","
		"\"fileMode\":384}]}}",
		user_namespace);

	CHECK_GOLDEN(plan_spec(decode(text), &options), "rootfs_layers.plan");
}

TEST(mounts_of_every_kind_are_planned)
{
	CHECK_GOLDEN(
		plan_mount(
			user_namespace,
			"{\"destination\":\"data\",\"type\":\"bind\",\"source\":\"data\","
			"\"options\":"
			"[\"rbind\",\"rro\",\"rshared\"]},"
			"{\"destination\":\"/etc/../etc/hosts/\",\"source\":\"/run/"
			"hosts\",\"options\":"
			"[\"bind\",\"ro\",\"x-mark\"]},"
			"{\"destination\":\"/idmapped\",\"source\":\"/srv\",\"options\":[\"bind\"],"
			"\"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1},"
			"{\"containerID\":1,\"hostID\":5000,\"size\":10}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1}]},"
			"{\"destination\":\"/tree\",\"source\":\"/srv\",\"options\":[\"rbind\","
			"\"ridmap\"]},"
			"{\"destination\":\"/disk\",\"type\":\"ext4\",\"source\":\"/dev/sdb1\","
			"\"options\":[\"ro\",\"iversion\",\"data=ordered\",\"sync\"]},"
			"{\"destination\":\"/"
			"tmp\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":"
			"[\"tmpcopyup\",\"size=1m\",\"noatime\"]},"
			"{\"destination\":\"/sys\",\"type\":\"sysfs\"},"
			"{\"destination\":\"/sys/fs/"
			"cgroup\",\"type\":\"cgroup\",\"options\":[\"rw\"]},"
			"{\"destination\":\"/tmp\",\"options\":[\"remount\",\"bind\",\"ro\"]}"),
		"rootfs_mounts.plan");
}

TEST(binds_of_what_earlier_mounts_show_are_made_inside)
{
	static const char *const rows[][2] = {
		/* by the path on the host, of destination and source */
		{ "\"destination\":\"/bundle/r/b\",\"source\":\"/bundle/r/a/x\"",
		  "mount /b: bind inside of the root from /a/x: rprivate bind\n" },
		{ "\"destination\":\"/b\",\"source\":\"r/a\"",
		  "mount /b: bind inside of the root from /a: rprivate bind\n" },
		/* what lies beside and above is the host's */
		{ "\"destination\":\"/b\",\"source\":\"/bundle/r/ab\"",
		  "mount /b: bind from /bundle/r/ab: rprivate bind\n" },
		{ "\"destination\":\"/bundle/rest\",\"source\":\"/bundle/rest/a\"",
		  "mount /bundle/rest: bind from /bundle/rest/a: rprivate bind\n" },
		{ "\"destination\":\"/b\",\"source\":\"/bundle/r\"",
		  "mount /b: bind from /bundle/r: rprivate bind\n" },
		{ "\"destination\":\"/b\",\"source\":\"/bundle/r/../r/a\"",
		  "mount /b: bind from /bundle/r/../r/a: rprivate bind\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_CONTAINS(plan_mount("", arena_printf(&arena,
							   "{\"destination\":\"/a\",\"type\":"
							   "\"tmpfs\"},{%s,\"options\":[\"bind\"]}",
							   rows[i][0])),
			       rows[i][1]);
	/* a recursive one takes along what was mounted below */
	CHECK_CONTAINS(plan_mount("", "{\"destination\":\"/a/x\",\"type\":\"tmpfs\"},"
				      "{\"destination\":\"/b\",\"source\":\"r/a\","
				      "\"options\":[\"rbind\"]}"),
		       "mount /b: bind inside of the root from /a: rprivate rbind\n");
	/* and not before anything is */
	CHECK_CONTAINS(plan_mount("", "{\"destination\":\"/b\",\"source\":\"r/a\","
				      "\"options\":[\"rbind\"]},"
				      "{\"destination\":\"/a\",\"type\":\"tmpfs\"}"),
		       "mount /b: bind from /bundle/r/a: rprivate rbind\n");
}

/* SELinux: filesystems that are made for the container, but not those of the kernel's objects. */
TEST(mount_label_is_an_option_of_new_filesystems)
{
	static const char label[] =
		"\"mountLabel\":\"system_u:object_r:container_file_t:s0:c1,c2\"";
	static const char option[] = "context=system_u:object_r:container_file_t:s0:c1,c2";
	static const char *const labelled[] = { "tmpfs", "devpts", "ramfs", "ext4" };
	static const char *const not_labelled[] = { "proc", "sysfs", "cgroup2", "mqueue" };
	const char *text;

	for (size_t i = 0; i < 4; i++) {
		text = plan_mount(label,
				  arena_printf(&arena, "{\"destination\":\"/x\",\"type\":\"%s\"}",
					       labelled[i]));
		CHECK_CONTAINS(text, option);
		text = plan_mount(label,
				  arena_printf(&arena, "{\"destination\":\"/x\",\"type\":\"%s\"}",
					       not_labelled[i]));
		CHECK(!strstr(text, option));
	}
	CHECK_CONTAINS(text, "; labelled");
	text = plan_mount(label,
			  "{\"destination\":\"/x\",\"source\":\"/y\",\"options\":[\"bind\"]}");
	CHECK(!strstr(text, option));
	text = plan_mount(label, "{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":"
				 "[\"rootcontext=a:b:c\"]}");
	CHECK(!strstr(text, option));
	arena_free(&arena);
}

TEST(mount_label_may_be_another_option_by_annotation)
{
	static const char spec[] =
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"annotations\":"
		"{\"run.oci.mount_context_type\":\"%s\"},\"linux\":{\"mountLabel\":\"%s\"},"
		"\"mounts\":[{\"destination\":\"/x\",\"type\":\"tmpfs\"}]}";
	char text[512];

	snprintf(text, sizeof(text), spec, "rootcontext", "a:b:c");
	CHECK_CONTAINS(plan(text), "rootcontext=a:b:c");
	snprintf(text, sizeof(text), spec, "othercontext", "a:b:c");
	CHECK(!plan(text));
	CHECK_CONTAINS(err.text, "run.oci.mount_context_type");
	snprintf(text, sizeof(text), spec, "context", "a\\\"b");
	CHECK(!plan(text));
	CHECK_CONTAINS(err.text, "linux.mountLabel");
	arena_free(&arena);
}

TEST(without_a_cgroup_namespace_the_own_directory_is_bound_read_only)
{
	const char *text = plan_mount("\"namespaces\":[{\"type\":\"mount\"}]",
				      "{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup2\"}");

	CHECK_CONTAINS(text, "mount /sys/fs/cgroup: bind from /sys/fs/cgroup/ctr/web: ro rro");
	text = plan_mount("\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"cgroup\"}]",
			  "{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\"}");
	CHECK_CONTAINS(text, "mount /sys/fs/cgroup: filesystem cgroup2 from cgroup2:");
}

TEST(dev_that_is_a_bind_is_left_alone)
{
	const char *text = plan_mount("", "{\"destination\":\"/dev/\",\"type\":\"bind\",\"source\":"
					  "\"/dev\",\"options\":[\"rbind\"]}");

	CHECK_CONTAINS(text, "device links: no");
	CHECK(!strstr(text, "device /dev/null"));
}

TEST(values_that_fsconfig_cannot_take_go_by_mount)
{
	char *layers = arena_alloc(&arena, 400);

	memset(layers, 'a', 300);
	CHECK_CONTAINS(plan_mount("", arena_printf(&arena,
						   "{\"destination\":\"/o\",\"type\":\"overlay\","
						   "\"options\":[\"lowerdir=/%s:/b\"]}",
						   layers)),
		       "; by mount(2)");
	CHECK(!plan_mount("", arena_printf(&arena,
					   "{\"destination\":\"/o\",\"type\":\"tmpfs\","
					   "\"options\":[\"size=%s\"]}",
					   layers)));
	CHECK_STRING(err.text, "mounts[0]: options: a value is longer than 255 bytes");
}

/* A row: a mount that is refused, and the words. */
static const struct {
	const char *linux, *mount, *text;
} refused_mounts[] = {
	{ "", "{\"destination\":\"/\",\"type\":\"tmpfs\"}",
	  "mounts[0]: destination: the root is not for mounts; use root.path" },
	{ "", "{\"destination\":\"a/..\",\"type\":\"tmpfs\"}",
	  "mounts[0]: destination: the root is not for mounts; use root.path" },
	{ "", "{\"destination\":\"/a\",\"type\":\"bind\"}", "mounts[0]: source: is missing" },
	{ "", "{\"destination\":\"/a\",\"source\":\"/b\"}",
	  "mounts[0]: type: is missing (and it is no bind mount)" },
	{ "", "{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\",\"idmap\"]}",
	  "mounts[0]: options: idmap needs uidMappings and gidMappings, here or of a user "
	  "namespace" },
	{ "",
	  "{\"destination\":\"/a\",\"source\":\"/b\",\"options\":[\"bind\"],\"uidMappings\":"
	  "[{\"containerID\":0,\"hostID\":0,\"size\":1}]}",
	  "mounts[0]: uidMappings and gidMappings must be given together" },
	{ user_namespace, "{\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"idmap\"]}",
	  "mounts[0]: options: idmap is for what the host has, not for tmpfs" },
	{ "", "{\"destination\":\"/a\",\"type\":\"proc\",\"options\":[\"tmpcopyup\"]}",
	  "mounts[0]: options: tmpcopyup is for tmpfs only" },
};

TEST(mounts_that_make_no_sense_are_refused)
{
	for (size_t i = 0; i < sizeof(refused_mounts) / sizeof(refused_mounts[0]); i++) {
		CHECK(!plan_mount(refused_mounts[i].linux, refused_mounts[i].mount));
		CHECK_STRING(err.text, refused_mounts[i].text);
	}
}

TEST(a_device_of_the_spec_replaces_the_default_one)
{
	const char *text = plan_mount("\"devices\":[{\"path\":\"/dev//null\",\"type\":\"c\","
				      "\"major\":1,\"minor\":3,\"fileMode\":384,\"uid\":5,"
				      "\"gid\":6}]",
				      "");
	const char *first = strstr(text, "device /dev/null");

	CHECK_CONTAINS(text, "device /dev/null: c 1:3 0600 owner 5:6\n");
	CHECK(!strstr(first + 1, "device /dev/null"));
}

TEST(devices_that_make_no_sense_are_refused)
{
	CHECK(!plan_mount("\"devices\":[{\"path\":\"/\",\"type\":\"c\"}]", ""));
	CHECK_STRING(err.text, "linux.devices[0]: path: '/' does not end in a name");
}

TEST(a_spec_without_a_root_is_refused)
{
	CHECK(!plan("{\"ociVersion\":\"1.3.0\"}"));
	CHECK_STRING(err.text, "root.path: is missing");
}
