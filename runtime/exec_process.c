/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/exec_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "runtime/passwd.h"

/* -e NAME takes the value from ctr's own environment, as docker exec has it. */
static struct string_list complete_env(struct arena *arena, const struct string_list *env)
{
	struct string_list result = { .items = arena_array(arena, char *, env->count + 1) };

	for (size_t i = 0; i < env->count; i++) {
		const char *value = strchr(env->items[i], '=') ? NULL : getenv(env->items[i]);

		if (strchr(env->items[i], '='))
			result.items[result.count++] = env->items[i];
		else if (value)
			result.items[result.count++] =
				arena_printf(arena, "%s=%s", env->items[i], value);
	}
	return result;
}

/* A user of another name is at home elsewhere: HOME is looked up again, unless it was given. */
static struct string_list without_home(struct arena *arena, const struct string_list *env)
{
	struct string_list result = { .items = arena_array(arena, char *, env->count + 1) };

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], "HOME=", 5) != 0)
			result.items[result.count++] = env->items[i];
	return result;
}

static int set_user(struct arena *arena, const char *name, int proc, pid_t pid,
		    struct spec_process *process, struct error *err)
{
	struct passwd_user user;
	cleanup_fd int root = -1;
	char path[32];

	snprintf(path, sizeof(path), "%d/root", (int)pid);
	root = openat(proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "open the container's root");
	if (name[0] == ':' && name[1]) /* another group alone */
		name = arena_printf(arena, "%u%s", process->user.uid, name);
	if (passwd_resolve(arena, root, name, &user, err) < 0)
		return fail_in(err, "--user");
	process->user.uid = user.uid;
	process->user.gid = user.gid;
	process->user.additional_gids.items = user.groups;
	process->user.additional_gids.count = user.group_count;
	process->env = without_home(arena, &process->env);
	return 0;
}

/*
 * Not to the inheritable and ambient sets, which programs would pass on (CVE-2022-29162), unless
 * the container's process has inheritable capabilities anyway, as in runc.
 */
static void add_capabilities(struct arena *arena, const struct string_list *caps,
			     struct spec_process *process)
{
	struct spec_capabilities *sets = arena_new(arena, struct spec_capabilities);

	if (process->capabilities)
		*sets = *process->capabilities;
	sets->bounding = string_list_join(arena, &sets->bounding, caps);
	sets->effective = string_list_join(arena, &sets->effective, caps);
	sets->permitted = string_list_join(arena, &sets->permitted, caps);
	if (sets->inheritable.count) {
		sets->inheritable = string_list_join(arena, &sets->inheritable, caps);
		sets->ambient = string_list_join(arena, &sets->ambient, caps);
	}
	process->capabilities = sets;
}

static int add_groups(struct arena *arena, const struct string_list *gids,
		      struct spec_process *process, struct error *err)
{
	size_t count = process->user.additional_gids.count;
	uint32_t *items = arena_array(arena, uint32_t, count + gids->count);

	if (count)
		memcpy(items, process->user.additional_gids.items, count * sizeof(*items));
	for (size_t i = 0; i < gids->count; i++)
		if (!passwd_parse_id(gids->items[i], &items[count + i]))
			return fail(err, EINVAL, "--additional-gids: '%s' is no number of a group",
				    gids->items[i]);
	process->user.additional_gids.items = items;
	process->user.additional_gids.count = count + gids->count;
	return 0;
}

static int read_process(struct arena *arena, const char *path, struct spec_process *process,
			struct error *err)
{
	/* a pipe too: engines' tests give it as /dev/fd/N */
	cleanup_fd int file = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	char *text;
	size_t size;

	if (file < 0)
		return fail_errno(err, "--process: %s", path);
	if (file_read_stream(file, path, SPEC_MAX_SIZE, arena, &text, &size, err) < 0)
		return -1;
	return spec_process_decode(arena, path, text, size, process, err);
}

int exec_process_spec(struct arena *arena, const struct exec_options *options, int proc,
		      const struct handle *handle, const struct spec *spec,
		      struct spec_process *process, struct error *err)
{
	struct string_list env;

	if (options->process_path) {
		if (read_process(arena, options->process_path, process, err) < 0)
			return -1;
	} else {
		*process = *spec->process;
		process->args = options->args;
		process->terminal = false;
		process->console_size = NULL;
	}
	if (options->terminal)
		process->terminal = true;
	if (options->user &&
	    set_user(arena, options->user, proc, (pid_t)handle->state.init.pid, process, err) < 0)
		return -1;
	if (options->cwd)
		process->cwd = (char *)options->cwd;
	if (!process->cwd || process->cwd[0] != '/')
		return fail(err, EINVAL, "%s: the working directory must be absolute",
			    process->cwd ? process->cwd : "process.cwd");
	env = complete_env(arena, &options->env);
	process->env = string_list_join(arena, &process->env, &env);
	if (options->caps.count)
		add_capabilities(arena, &options->caps, process);
	if (options->gids.count && add_groups(arena, &options->gids, process, err) < 0)
		return -1;
	if (options->no_new_privileges)
		process->no_new_privileges = true;
	if (options->apparmor_profile)
		process->apparmor_profile = (char *)options->apparmor_profile;
	if (options->selinux_label)
		process->selinux_label = (char *)options->selinux_label;
	if (!process->args.count)
		return fail(err, EINVAL, "process.args: is missing");
	return 0;
}
