/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "tests/unit/unit.h"

/* Whole plans: a spec in, the text of `ctr explain` out. Nothing on the system is touched. */

static struct arena arena;
static struct error err;

static const struct plan_options bundle_form = {
	.id = "web",
	.bundle = "/bundle",
	.own_cgroup = "/own",
	.cgroup_mount = "/sys/fs/cgroup",
	.last_capability = 40,
};

/* The plan as text, or the error. */
static const char *plan_text(const struct spec *spec, const struct plan_options *options)
{
	struct plan plan;

	if (plan_make(&arena, spec, options, &plan, &err) < 0)
		return err.text;
	return plan_print(&arena, &plan);
}

static struct spec *decode(const char *text)
{
	struct spec *spec = arena_new(&arena, struct spec);

	if (spec_decode(&arena, "spec.json", text, strlen(text), spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return spec;
}

/* A minimal spec; more is added to its process and its linux objects. */
static struct spec *spec_with(const char *process, const char *linux, const char *rest)
{
	return decode(arena_printf(
		&arena,
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"root\"},\"process\":{\"cwd\":\"/\","
		"\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"true\"]%s},\"linux\":{\"namespaces\":"
		"[{\"type\":\"mount\"},{\"type\":\"pid\"}]%s}%s}",
		process, linux, rest));
}

/* tests/unit/golden/NAME.json becomes NAME.plan. */
static void check_golden(const char *name, const struct plan_options *options)
{
	const char *path =
		unit_source_path(arena_printf(&arena, "tests/unit/golden/%s.json", name));
	struct spec spec;

	if (spec_read(&arena, AT_FDCWD, path, &spec, NULL, NULL, &err) < 0 ||
	    spec_validate(name, &spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK_GOLDEN(plan_text(&spec, options), arena_printf(&arena, "%s.plan", name));
	arena_free(&arena);
}

TEST(plan_of_the_template)
{
	struct spec spec;

	spec_template(&arena, false, 0, 0, &spec);
	CHECK_GOLDEN(plan_text(&spec, &bundle_form), "plan_template.plan");
	arena_free(&arena);
}

TEST(plan_of_the_rootless_template)
{
	struct spec spec;

	spec_template(&arena, true, 1000, 1001, &spec);
	CHECK_GOLDEN(plan_text(&spec, &bundle_form), "plan_rootless.plan");
	arena_free(&arena);
}

TEST(plan_of_a_spec_with_everything_set)
{
	struct plan_options options = bundle_form;

	options.preserve_fds = 2;
	options.no_pivot = true;
	check_golden("plan_everything", &options);
}

TEST(plan_of_a_user_namespace_over_layers)
{
	struct plan_options options = bundle_form;

	options.rootfs = (struct rootfs_options){
		.lowers = { .items = (char *[]){ "/layers/2", "/layers/1", NULL }, .count = 2 },
		.upper = "/data/web/upper",
		.work = "/data/web/work",
		.idmap = true,
	};
	check_golden("plan_userns", &options);
}

TEST(plan_without_cgroups)
{
	struct plan_options options = bundle_form;

	options.cgroup_mount = NULL;
	CHECK_CONTAINS(plan_text(spec_with("", "", ""), &options), "cgroup: none\n");
	CHECK_CONTAINS(plan_text(spec_with("", "", ""), &bundle_form), "cgroup /ctr/web\n");
	arena_free(&arena);
}

TEST(plan_needs_a_process)
{
	struct spec *spec = spec_with("", "", "");

	spec->process = NULL;
	CHECK_STRING(plan_text(spec, &bundle_form), "process: is missing");
	arena_free(&arena);
}

TEST(plan_raises_loopback_only_in_a_network_namespace_of_its_own)
{
	struct spec *spec = spec_with("", "", "");
	struct plan plan;

	CHECK(plan_make(&arena, spec, &bundle_form, &plan, &err) == 0);
	CHECK(!plan.raise_loopback);
	spec->linux->namespaces.items[1].type = NAMESPACE_NETWORK;
	CHECK(plan_make(&arena, spec, &bundle_form, &plan, &err) == 0);
	CHECK(plan.raise_loopback);
	spec->linux->namespaces.items[1].path = "/proc/1/ns/net";
	CHECK(plan_make(&arena, spec, &bundle_form, &plan, &err) == 0);
	CHECK(!plan.raise_loopback);
	arena_free(&arena);
}

/* Parent and child stop for one another only if there are hooks for that moment. */
TEST(plan_mount_hooks_are_those_of_three_kinds)
{
	static const struct {
		const char *kind;
		bool mount_hooks;
	} table[] = {
		{ "prestart", true },	     { "createRuntime", true }, { "createContainer", true },
		{ "startContainer", false }, { "poststart", false },	{ "poststop", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct spec *spec =
			spec_with("", "",
				  arena_printf(&arena, ",\"hooks\":{\"%s\":[{\"path\":\"/h\"}]}",
					       table[i].kind));
		struct plan plan, existing;

		CHECK(plan_make(&arena, spec, &bundle_form, &plan, &err) == 0);
		CHECK_INT(plan.mount_hooks, table[i].mount_hooks);
		CHECK_CONTAINS(plan_print(&arena, &plan),
			       arena_printf(&arena, "hook %s #0: /h\n", table[i].kind));
		CHECK(plan_existing(&arena, spec, "web", "/bundle", &existing, &err) == 0);
		CHECK_INT(existing.hooks.poststop.count, plan.hooks.poststop.count);
		CHECK_INT(existing.hooks.poststart.count, plan.hooks.poststart.count);
		CHECK_STRING(
			hook_state_text(&existing.hook_state, STATUS_STOPPED, 0),
			arena_strdup(&arena, hook_state_text(&plan.hook_state, STATUS_STOPPED, 0)));
	}
	arena_free(&arena);
}

TEST(plan_seccomp_listener_is_told)
{
	struct spec *spec = spec_with("",
				      ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
				      "\"listenerPath\":\"/run/s\",\"listenerMetadata\":\"m\","
				      "\"syscalls\":[{\"names\":[\"mkdir\"],"
				      "\"action\":\"SCMP_ACT_NOTIFY\"}]}",
				      "");

	CHECK_CONTAINS(plan_text(spec, &bundle_form), " instructions, with a listener\n");
	arena_free(&arena);
}

/* Each part of the plan refuses what it cannot do, and the error names the member. */
TEST(plan_errors_name_the_member)
{
	static const struct {
		const char *process, *linux, *rest, *error;
	} table[] = {
		{ ",\"env\":[\"NOVALUE\"]", "", "", "process.env[0]: " },
		{ ",\"rlimits\":[{\"type\":\"RLIMIT_X\",\"soft\":1,\"hard\":1}]", "", "",
		  "process.rlimits[0]" },
		{ "", ",\"sysctl\":{\"kernel.hostname.bad\":\"1\"}", "", "linux.sysctl" },
		{ "", ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_X\"}", "", "linux.seccomp" },
		{ "", ",\"personality\":{\"domain\":\"X\"}", "", "linux.personality" },
		{ "", "", ",\"hooks\":{\"poststop\":[{\"path\":\"relative\"}]}", "hooks.poststop" },
		{ "", ",\"rootfsPropagation\":\"x\"", "", "linux.rootfsPropagation" },
		{ "", "", ",\"mounts\":[{\"destination\":\"x/../..\",\"type\":\"bind\"}]",
		  "mounts[0]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct spec spec;
		const char *text = arena_printf(
			&arena,
			"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"root\"},\"process\":{"
			"\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"true\"]%s},"
			"\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]%s}%s}",
			table[i].process, table[i].linux, table[i].rest);
		struct plan plan;
		int result = spec_decode(&arena, "s", text, strlen(text), &spec, &err);

		if (result == 0)
			result = spec_validate("s", &spec, &err);
		if (result == 0)
			result = plan_make(&arena, &spec, &bundle_form, &plan, &err);
		if (result == 0)
			unit_fail(__FILE__, __LINE__, "%s: was taken", table[i].error);
		CHECK_CONTAINS(err.text, table[i].error);
	}
	arena_free(&arena);
}

/* Making a plan opens and leaves nothing. */
TEST(plan_leaves_no_descriptor_open)
{
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;
	struct spec spec;

	spec_template(&arena, false, 0, 0, &spec);
	plan_text(&spec, &bundle_form);
	plan_text(spec_with("", ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", ""),
		  &bundle_form);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_INT(after, before + 1);
	close_fd(&after);
	close_fd(&before);
	arena_free(&arena);
}
