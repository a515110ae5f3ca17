/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/inspect_image.h"
#include "cli/snapshots.h"
#include "runtime/container_network.h"

enum inspect_type { INSPECT_ALL, INSPECT_CONTAINER, INSPECT_IMAGE };

struct inspect_options {
	int type; /* enum inspect_type */
};

static struct inspect_options options;

static const char *const types[] = {
	[INSPECT_ALL] = "all",
	[INSPECT_CONTAINER] = "container",
	[INSPECT_IMAGE] = "image",
	NULL,
};

static const struct option rows[] = {
	OPTION_WORD('t', "type", "TYPE", struct inspect_options, type, types,
		    "container, image, or all (default): a container, if there is none an image"),
};

const struct command inspect_command = {
	.name = "inspect",
	.group = GROUP_RUN,
	.summary = HELP("Print all that is known of containers or images, as JSON"),
	.arguments = "ID|IMAGE...",
	.min = 1,
	.max = -1,
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

static void write_member(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text);
}

static void write_info(struct json_writer *writer, const struct container_info *info)
{
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
}

/* Which networks it is in, and with what; null: in none of ctr's. */
static int write_network(struct invocation *invocation, struct json_writer *writer,
			 const struct container_info *info, struct error *err)
{
	struct network_attachment attachment;
	const int has =
		container_network(&invocation->settings, info, invocation->arena, &attachment, err);

	json_write_key(writer, "network");
	if (has > 0)
		network_attachment_write(writer, &attachment);
	else
		json_write_null(writer);
	return has < 0 ? -1 : 0;
}

static int inspect_container(struct invocation *invocation, struct json_writer *writer,
			     const char *id, struct error *err)
{
	struct snapshot_info *snapshots;
	struct container_info info;
	size_t count;

	if (container_info(&invocation->settings, id, invocation->arena, &info, err) < 0 ||
	    container_snapshots(&invocation->settings, id, invocation->arena, &snapshots, &count,
				err) < 0)
		return -1;
	json_begin_object(writer);
	write_info(writer, &info);
	if (write_network(invocation, writer, &info, err) < 0)
		return -1;
	json_write_key(writer, "snapshots");
	snapshots_write(writer, snapshots, count);
	json_end_object(writer);
	return 0;
}

static int inspect_image(struct invocation *invocation, struct json_writer *writer,
			 const char *name, struct error *err)
{
	const char *data_root = invocation->settings.data_root;
	struct arena *arena = invocation->arena;
	cleanup_store struct store store = STORE_NONE;
	struct image image, *all;
	size_t count;

	/* looks without making a store where there is none */
	if (access(arena_printf(arena, "%s/store/index.json", data_root), F_OK) < 0)
		return fail(err, ENOENT, "image %s: not in the store", name);
	if (store_open(&store, data_root, arena, err) < 0 ||
	    store_find(&store, name, arena, &image, err) < 0 ||
	    store_list(&store, arena, &all, &count, err) < 0)
		return -1;
	inspect_write_image(writer, &image, all, count, arena);
	return 0;
}

static int inspect_any(struct invocation *invocation, struct json_writer *writer, const char *word,
		       struct error *err)
{
	struct error other;

	if (options.type == INSPECT_IMAGE)
		return inspect_image(invocation, writer, word, err);
	if (inspect_container(invocation, writer, word, err) == 0)
		return 0;
	if (options.type == INSPECT_CONTAINER)
		return -1;
	/* an image's name may be none that a container could have */
	if (err->errnum != ENOENT && path_is_plain_name(word))
		return -1;
	if (inspect_image(invocation, writer, word, &other) == 0)
		return 0;
	if (other.errnum != ENOENT && other.errnum != EINVAL)
		*err = other;
	else
		fail(err, ENOENT, "%s: no such container, and no such image", word);
	return -1;
}

int cmd_inspect(struct invocation *invocation, struct error *err)
{
	struct json_writer *writer = json_writer_new(invocation->arena, JSON_INDENTED);

	json_begin_array(writer);
	for (int i = 0; i < invocation->count; i++)
		if (inspect_any(invocation, writer, invocation->arguments[i], err) < 0)
			return -1;
	json_end_array(writer);
	fputs(json_writer_text(writer, NULL), stdout);
	return 0;
}
