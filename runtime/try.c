/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/try.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"
#include "runtime/run_changes.h"
#include "runtime/try_mounts.h"
#include "runtime/user_map.h"

#define MAX_ID_MAP ((size_t)64 << 10)

extern char **environ;

/*
 * What root can do to his own files and processes, and so all that installing and building
 * needs. Not among them: what reaches the host's kernel, devices, clocks, networks or, as
 * CAP_DAC_READ_SEARCH does by file handles, files outside of the view.
 */
static const char *const capabilities[] = {
	"CAP_AUDIT_WRITE",
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_IPC_LOCK",
	"CAP_KILL",
	"CAP_MKNOD",
	"CAP_NET_RAW",
	"CAP_SETFCAP",
	"CAP_NET_BIND_SERVICE",
	"CAP_SETGID",
	"CAP_SETPCAP",
	"CAP_SETUID",
	"CAP_SYS_CHROOT",
	"CAP_SYS_NICE",
	"CAP_SYS_PTRACE",
};

static int set_directory(struct arena *arena, struct spec_process *process, struct error *err)
{
	char path[PATH_MAX];

	if (!getcwd(path, sizeof(path)))
		return errno == ENOENT ? fail(err, ENOENT,
					      "the working directory was removed: go to another")
				       : fail_errno(err, "working directory");
	/* "(unreachable)/..." is outside of our root */
	if (path[0] != '/')
		return fail(err, ENOENT, "the working directory is outside of the root");
	process->cwd = arena_strdup(arena, path);
	return 0;
}

static int set_user(const struct settings *settings, struct arena *arena, struct spec_user *user,
		    struct error *err)
{
	gid_t groups[NGROUPS_MAX];
	int count = getgroups(NGROUPS_MAX, groups);
	if (count < 0)
		return fail_errno(err, "getgroups");
	user->uid = geteuid();
	user->gid = getegid();
	user->umask = (struct opt_uint){ true, settings->umask };
	user->additional_gids.items = arena_array(arena, uint32_t, (size_t)count + 1);
	user->additional_gids.count = (size_t)count;
	for (int i = 0; i < count; i++)
		user->additional_gids.items[i] = groups[i];
	return 0;
}

static void set_environment(struct arena *arena, struct spec_process *process)
{
	size_t count = 0;

	while (environ[count])
		count++;
	process->env.items = arena_array(arena, char *, count + 1);
	process->env.count = 0;
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(environ[i], '=');

		if (equals && equals != environ[i])
			process->env.items[process->env.count++] = environ[i];
	}
}

static void set_capabilities(struct arena *arena, struct spec_process *process)
{
	struct string_list list = { .items = arena_array(arena, char *, ARRAY_SIZE(capabilities)) };

	process->capabilities = arena_new(arena, struct spec_capabilities);
	process->capabilities->bounding = (struct string_list){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		list.items[list.count++] = arena_strdup(arena, capabilities[i]);
	process->capabilities->bounding = list;
	/* an ordinary user has none, until a program gives him some */
	if (process->user.uid == 0)
		process->capabilities->effective = process->capabilities->permitted = list;
}

/* Who is root inside of the user namespace that we are in, as the host numbers it. */
static int find_outside(struct arena *arena, const char *path, uint32_t *id, struct error *err)
{
	struct spec_id_mappings map;
	char *text;

	if (file_read_at(AT_FDCWD, path, MAX_ID_MAP, arena, &text, NULL, err) < 0 ||
	    user_map_parse(arena, text, &map, err) < 0)
		return -1;
	for (size_t i = 0; i < map.count; i++) {
		if (map.items[i].container_id != 0)
			continue;
		*id = map.items[i].host_id;
		return 0;
	}
	return fail(err, EINVAL, "%s: has no root", path);
}

/*
 * An ordinary user is root where we are, to set all this up. The command is to see itself as who
 * called: its init takes care of that.
 */
static int become_caller(struct arena *arena, struct spec_process *process, struct error *err)
{
	struct string_list user = { .items = arena_array(arena, char *, 2), .count = 1 };
	uint32_t uid, gid;

	if (find_outside(arena, "/proc/self/uid_map", &uid, err) < 0 ||
	    find_outside(arena, "/proc/self/gid_map", &gid, err) < 0)
		return -1;
	user.items[0] = arena_printf(arena, RUN_INIT_AS "%u:%u", uid, gid);
	process->args = string_list_join(arena, &user, &process->args);
	/* they stay as they are: in there most of them have no number */
	process->user.additional_gids.count = 0;
	return 0;
}

static int set_process(const struct settings *settings, const struct try_options *options,
		       struct arena *arena, struct spec *spec, struct error *err)
{
	struct spec_process *process = spec->process;

	process->terminal = options->terminal;
	process->args = options->args;
	process->no_new_privileges = false; /* sudo and the like work as on the host */
	process->rlimits.count = 0;
	set_environment(arena, process);
	if (set_directory(arena, process, err) < 0 ||
	    set_user(settings, arena, &process->user, err) < 0)
		return -1;
	set_capabilities(arena, process);
	return settings->rootless ? become_caller(arena, process, err) : 0;
}

static void drop_network_namespace(struct spec_linux *spec)
{
	size_t kept = 0;

	for (size_t i = 0; i < spec->namespaces.count; i++)
		if (spec->namespaces.items[i].type != NAMESPACE_NETWORK)
			spec->namespaces.items[kept++] = spec->namespaces.items[i];
	spec->namespaces.count = kept;
}

/* Any node may be made, as on the host, but only the usual ones and these can be opened. */
static void allow_making_nodes(struct arena *arena, struct spec_linux *spec)
{
	static const char *const types[] = { "c", "b" };
	struct spec_resources *resources = spec->resources;
	struct spec_device_rule *rules;

	if (!resources)
		return;
	rules = arena_array(arena, struct spec_device_rule,
			    resources->devices.count + ARRAY_SIZE(types));
	memcpy(rules, resources->devices.items, resources->devices.count * sizeof(*rules));
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		rules[resources->devices.count++] = (struct spec_device_rule){
			.allow = true,
			.type = arena_strdup(arena, types[i]),
			.access = arena_strdup(arena, "m"),
		};
	resources->devices.items = rules;
}

static void set_root(struct arena *arena, struct spec *spec)
{
	char **lowers = arena_array(arena, char *, 2);

	spec->root->path = arena_strdup(arena, "/");
	spec->root->readonly = false;
	spec->overlay = arena_new(arena, struct spec_overlay);
	lowers[0] = arena_strdup(arena, "/");
	spec->overlay->lower = (struct string_list){ .items = lowers, .count = 1 };
	/*
	 * fsync(2) has nothing to do then, which is most of the time of installing packages. What
	 * is committed to the host is synced there.
	 */
	spec->overlay->volatile_upper = true;
}

int try_plan(const struct settings *settings, const struct try_options *options,
	     struct arena *arena, struct try_plan *plan, struct error *err)
{
	struct spec *spec = &plan->spec;

	spec_template(arena, false, 0, 0, spec);
	spec->hostname = NULL; /* a namespace for it begins with the host's */
	set_root(arena, spec);
	if (!options->own_network)
		drop_network_namespace(spec->linux);
	allow_making_nodes(arena, spec->linux);
	if (set_process(settings, options, arena, spec, err) < 0)
		return -1;
	return try_mounts(settings, &options->writable, arena, plan, err);
}
