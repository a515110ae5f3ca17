/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/state_document.h"

#include "specs/schema.h"

static const struct schema_word status_words[] = {
	{ "creating", STATUS_CREATING }, { "created", STATUS_CREATED },
	{ "running", STATUS_RUNNING },	 { "paused", STATUS_PAUSED },
	{ "stopped", STATUS_STOPPED },	 { NULL, 0 },
};

const char *status_name(enum container_status status)
{
	return status_words[status].word;
}

/* clang-format off */
/* In runc's order; what only we have comes behind it. */
SCHEMA(container_info,
       STRING(container_info, oci_version, "ociVersion"),
       STRING(container_info, id, "id"),
       INT(container_info, pid, "pid", .flags = ALWAYS),
       ENUM(container_info, status, "status", status_words, .flags = ALWAYS),
       STRING(container_info, bundle, "bundle"),
       STRING(container_info, rootfs, "rootfs"),
       STRING(container_info, created, "created"),
       MAP(container_info, annotations, "annotations", .flags = ALWAYS),
       STRING(container_info, owner, "owner"),
       STRING(container_info, command, "command"),
       STRING(container_info, image, "image"),
       STRING(container_info, cgroup, "cgroup"),
       STRING(container_info, systemd_scope, "systemd-scope"),
       STRING(container_info, data, "data"),
       OPT_INT(container_info, exit_code, "exitCode"),
       STRING(container_info, finished, "finished"));

SCHEMA(container_process_state,
       STRING(container_process_state, oci_version, "ociVersion"),
       STRINGS(container_process_state, fds, "fds", .flags = ALWAYS),
       INT(container_process_state, pid, "pid", .flags = ALWAYS),
       STRING(container_process_state, metadata, "metadata"),
       EMBEDDED(container_process_state, state, "state", container_info, .flags = ALWAYS));
/* clang-format on */

char *state_document(struct arena *arena, const struct container_info *info, enum json_style style,
		     size_t *size)
{
	return schema_encode(&container_info_schema, arena, info, style, size);
}

char *state_documents(struct arena *arena, const struct container_info *items, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_COMPACT);

	json_begin_array(writer);
	for (size_t i = 0; i < count; i++)
		schema_write(&container_info_schema, writer, &items[i]);
	json_end_array(writer);
	return json_writer_text(writer, NULL);
}

char *process_state_document(struct arena *arena, const struct container_process_state *state,
			     size_t *size)
{
	return schema_encode(&container_process_state_schema, arena, state, JSON_COMPACT, size);
}
