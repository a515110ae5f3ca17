/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/timestamp.h"
#include "specs/schema.h"

/* Annotations can be long, lower directories many. */
#define STATE_MAX_SIZE ((size_t)16 << 20)

SCHEMA(identity, INT(identity, pid, "pid"), UINT(identity, inode, "inode"),
       UINT(identity, start, "start"));

/* clang-format off */
SCHEMA(resctrl_groups,
       STRING(resctrl_groups, group, "group"),
       STRING(resctrl_groups, monitor, "monitor"),
       BOOL(resctrl_groups, remove_group, "removeGroup"));

SCHEMA(state_part,
       STRING(state_part, target, "target", .flags = REQUIRED),
       STRING(state_part, host, "host", .flags = REQUIRED),
       STRING(state_part, upper, "upper", .flags = REQUIRED));

SCHEMA(state,
       STRING(state, oci_version, "ociVersion", .flags = REQUIRED),
       STRING(state, id, "id", .flags = REQUIRED),
       STRING(state, bundle, "bundle", .flags = REQUIRED),
       STRING(state, rootfs, "rootfs"),
       STRING(state, created, "created"),
       STRING(state, since, "since"),
       STRING(state, owner, "owner"),
       STRING(state, command, "command"),
       STRING(state, image, "image"),
       STRING(state, image_digest, "imageDigest"),
       STRING(state, cgroup, "cgroup"),
       STRING(state, systemd_unit, "systemdUnit"),
       STRING(state, systemd_cgroup, "systemdCgroup"),
       BOOL(state, systemd_user, "systemdUser"),
       STRING(state, data, "data"),
       STRING(state, upper, "upper"),
       STRING(state, user, "user"),
       STRING(state, restart, "restart"),
       STRING(state, stop_signal, "stopSignal"),
       STRINGS(state, lowers, "lowers"),
       OBJECTS(state, parts, "parts", state_part),
       UINT(state, own_layers, "ownLayers"),
       UINT(state, project, "project"),
       MAP(state, annotations, "annotations"),
       EMBEDDED(state, resctrl, "resctrl", resctrl_groups),
       EMBEDDED(state, init, "init", identity),
       EMBEDDED(state, monitor, "monitor", identity),
       BOOL(state, idmapped, "idmapped"),
       BOOL(state, keep, "keep"),
       BOOL(state, host_view, "hostView"),
       BOOL(state, needs_spec, "needsSpec"),
       BOOL(state, started, "started"),
       BOOL(state, own_pids, "ownPids"));

SCHEMA(exit_record,
       INT(exit_record, exit_code, "exitCode", .flags = REQUIRED),
       STRING(exit_record, finished, "finished"));
/* clang-format on */

char *state_encode(struct arena *arena, const struct state *state, size_t *size)
{
	return schema_encode(&state_schema, arena, state, JSON_COMPACT, size);
}

int state_decode(struct arena *arena, const char *name, const char *text, size_t size,
		 struct state *state, struct error *err)
{
	*state = (struct state){ 0 };
	if (schema_decode(&state_schema, arena, name, text, size, state, err) < 0)
		return -1;
	if (state->own_layers > state->lowers.count)
		return fail(err, EINVAL, "%s: ownLayers: more than there are lowers", name);
	return 0;
}

struct string_list state_image_lowers(const struct state *state)
{
	return (struct string_list){
		.items = state->lowers.items + state->own_layers,
		.count = state->lowers.count - state->own_layers,
	};
}

int state_save(struct arena *arena, int dir, const char *name, const struct state *state,
	       bool durable, struct error *err)
{
	size_t size;
	const char *text = state_encode(arena, state, &size);

	return file_replace_at(dir, name, text, size, 0600, durable, err);
}

int state_prepare(struct arena *arena, int dir, const char *name, const struct state *state,
		  char *temporary, size_t room, struct error *err)
{
	size_t size;
	const char *text = state_encode(arena, state, &size);
	cleanup_fd int fd = file_begin_at(dir, name, 0600, temporary, room, err);

	if (fd < 0)
		return -1;
	if (write_all(fd, text, size, err) == 0)
		return 0;
	unlinkat(dir, temporary, 0);
	return fail_in(err, "%s", temporary);
}

/*
 * What was not durable yet when the power went is empty or zeros under its name (ext4(5), "delayed
 * allocation"): that is as if it had not been written.
 */
static int read_document(struct arena *arena, int dir, const char *name, char **text, size_t *size,
			 struct error *err)
{
	if (file_read_at(dir, name, STATE_MAX_SIZE, arena, text, size, err) < 0)
		return -1;
	return **text ? 0 : fail(err, ENOENT, "%s: is empty since a power cut", name);
}

int state_load(struct arena *arena, int dir, const char *name, struct state *state,
	       struct error *err)
{
	char *text;
	size_t size;

	if (read_document(arena, dir, name, &text, &size, err) < 0)
		return -1;
	return state_decode(arena, name, text, size, state, err);
}

void state_forget_process(struct state *state)
{
	state->init = state->monitor = (struct identity){ 0 };
	state->resctrl = (struct resctrl_groups){ 0 };
	state->cgroup = state->systemd_unit = state->systemd_cgroup = NULL;
	state->systemd_user = false;
}

int exit_load(struct arena *arena, int dir, struct exit_record *record, struct error *err)
{
	char *text;
	size_t size;

	if (read_document(arena, dir, EXIT_FILE, &text, &size, err) < 0)
		return -1;
	*record = (struct exit_record){ 0 };
	return schema_decode(&exit_record_schema, arena, EXIT_FILE, text, size, record, err);
}

int exit_save(struct arena *arena, int dir, int exit_code, struct error *err)
{
	char now[TIMESTAMP_SIZE];
	const struct exit_record record = {
		.exit_code = exit_code,
		.finished = timestamp_now(now),
	};
	size_t size;
	const char *text = schema_encode(&exit_record_schema, arena, &record, JSON_COMPACT, &size);

	return file_replace_at(dir, EXIT_FILE, text, size, 0600, true, err);
}

int state_sync(int dir, struct error *err)
{
	static const char *const names[] = { CONFIG_FILE, RECORD_FILE, ".", ".." };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_fd int fd = openat(dir, names[i], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fsync(fd) < 0)
			return fail_errno(err, "sync %s", names[i]);
	}
	return 0;
}

char *state_owner(struct arena *arena, uid_t user)
{
	return user == 0 ? arena_strdup(arena, "root") : arena_printf(arena, "%u", user);
}
