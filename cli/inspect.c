/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/snapshots.h"

const struct command inspect_command = {
	.name = "inspect",
	.group = GROUP_RUN,
	.summary = "Print all that is known of containers, as JSON",
	.arguments = "ID...",
	.min = 1,
	.max = -1,
	.failure = FAILURE_RUN,
};

static void write_member(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text);
}

static void write_info(struct json_writer *writer, const struct container_info *info,
		       const struct snapshot_info *snapshots, size_t count)
{
	json_begin_object(writer);
	write_member(writer, "id", info->id);
	write_member(writer, "status", status_name(info->status));
	json_write_key(writer, "pid");
	json_write_int(writer, info->pid);
	json_write_key(writer, "exitStatus");
	if (info->exit_code.set)
		json_write_int(writer, info->exit_code.value);
	else
		json_write_null(writer);
	write_member(writer, "command", info->command);
	write_member(writer, "image", info->image);
	write_member(writer, "bundle", info->bundle);
	write_member(writer, "rootfs", info->rootfs);
	write_member(writer, "cgroup", info->cgroup);
	write_member(writer, "data", info->data);
	write_member(writer, "owner", info->owner);
	write_member(writer, "created", info->created);
	write_member(writer, "finished", info->finished);
	json_write_key(writer, "annotations");
	json_begin_object(writer);
	for (size_t i = 0; i < info->annotations.count; i++)
		write_member(writer, info->annotations.items[i].key,
			     info->annotations.items[i].value);
	json_end_object(writer);
	json_write_key(writer, "snapshots");
	snapshots_write(writer, snapshots, count);
	json_end_object(writer);
}

int cmd_inspect(struct invocation *invocation, struct error *err)
{
	struct json_writer *writer = json_writer_new(invocation->arena, JSON_INDENTED);
	struct snapshot_info *snapshots;
	struct container_info info;
	size_t count;

	json_begin_array(writer);
	for (int i = 0; i < invocation->count; i++) {
		const char *id = invocation->arguments[i];

		if (container_info(&invocation->settings, id, invocation->arena, &info, err) < 0 ||
		    container_snapshots(&invocation->settings, id, invocation->arena, &snapshots,
					&count, err) < 0)
			return -1;
		write_info(writer, &info, snapshots, count);
	}
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
	return 0;
}
