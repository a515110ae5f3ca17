/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "cli/host_commit.h"
#include "cli/size.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "specs/json_writer.h"

static void print_text(struct arena *arena, const struct commit_result *result, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct commit_image *image = &result->images[i];

		printf("%s %s\n", image->name, image->digest);
		printf("layer %s%s, image %s", size_text(arena, image->layer_size),
		       image->incremental ? " of changes since the last commit" : "",
		       size_text(arena, image->size));
		if (i + 1 < count)
			putchar('\n');
	}
	if (result->frozen)
		printf(", frozen for %.1f ms\n", (double)result->frozen_microseconds / 1000);
	else
		puts(result->passes ? ", not frozen" : ", nothing was running");
}

static void write_image(struct json_writer *writer, const struct commit_image *image)
{
	json_write_key(writer, "name");
	json_write_string(writer, image->name);
	json_write_key(writer, "digest");
	json_write_string(writer, image->digest);
	json_write_key(writer, "layerSize");
	json_write_uint(writer, image->layer_size);
	json_write_key(writer, "size");
	json_write_uint(writer, image->size);
	json_write_key(writer, "incremental");
	json_write_bool(writer, image->incremental);
}

/* One image is the object itself; several are its member "images". */
static void print_json(struct arena *arena, const struct commit_result *result, size_t count)
{
	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);

	json_begin_object(writer);
	if (count == 1) {
		write_image(writer, result->images);
	} else {
		json_write_key(writer, "images");
		json_begin_array(writer);
		for (size_t i = 0; i < count; i++) {
			json_begin_object(writer);
			write_image(writer, &result->images[i]);
			json_end_object(writer);
		}
		json_end_array(writer);
	}
	json_write_key(writer, "frozen");
	json_write_bool(writer, result->frozen);
	json_write_key(writer, "frozenMicroseconds");
	json_write_int(writer, result->frozen_microseconds);
	json_write_key(writer, "passes");
	json_write_uint(writer, result->passes);
	json_write_key(writer, "frozenFiles");
	json_write_uint(writer, result->frozen_files);
	json_write_key(writer, "frozenBytes");
	json_write_uint(writer, result->frozen_bytes);
	json_end_object(writer);
	fputs(json_writer_text(writer, NULL), stdout);
}

/* ID=NAME[:TAG] of a group; an ID has no '='. */
static int split_target(struct arena *arena, char *argument, struct commit_target *target,
			struct error *err)
{
	const char *equals = strchr(argument, '=');

	if (!equals)
		return fail(err, EINVAL, "%s: of several containers each is given as ID=NAME[:TAG]",
			    argument);
	target->id = arena_strndup(arena, argument, (size_t)(equals - argument));
	target->name = equals + 1;
	return 0;
}

/* "ID NAME[:TAG]", or any number of "ID=NAME[:TAG]". */
static int find_targets(struct invocation *invocation, struct commit_request *request,
			struct error *err)
{
	size_t count = (size_t)invocation->count;
	struct commit_target *targets = arena_array(invocation->arena, struct commit_target, count);

	request->targets = targets;
	request->count = count;
	if (count == 2 && !strchr(invocation->arguments[0], '=')) {
		targets[0].id = invocation->arguments[0];
		targets[0].name = invocation->arguments[1];
		request->count = 1;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (split_target(invocation->arena, invocation->arguments[i], &targets[i], err) < 0)
			return -1;
	return 0;
}

static int commit_to_host(struct invocation *invocation, struct error *err)
{
	const struct container_host_commit request = {
		.id = invocation->arguments[0],
		.paths = {
			.items = invocation->arguments + 1,
			.count = (size_t)invocation->count - 1,
		},
		.force = commit_options.force,
		.dry_run = commit_options.dry_run,
	};

	return host_commit_and_print(invocation, &request, commit_options.format, err);
}

static enum commit_pause find_pause(int word)
{
	if (word == PAUSE_TRUE)
		return COMMIT_PAUSE_AUTO;
	return word == PAUSE_FALSE ? COMMIT_PAUSE_NEVER : (enum commit_pause)word;
}

/* Opened before there is something to write: a place that cannot be written to shows early. */
static int open_id_file(struct error *err)
{
	const char *path = commit_options.id_file;
	int fd;

	if (!path)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
	if (fd < 0)
		fail_errno(err, "%s", path);
	return fd;
}

/* A line for each image if there are several. */
static int write_ids(int fd, const struct commit_result *result, size_t count, struct error *err)
{
	for (size_t i = 0; fd >= 0 && i < count; i++) {
		const char *digest = result->images[i].digest;

		if (write_all(fd, digest, strlen(digest), err) < 0 ||
		    (count > 1 && write_all(fd, "\n", 1, err) < 0))
			return fail_in(err, "%s", commit_options.id_file);
	}
	return 0;
}

static int commit_images(struct invocation *invocation, struct error *err)
{
	struct commit_request *request = &commit_options.request;
	struct commit_result result = { 0 };
	cleanup_fd int id_file = -1;

	if (find_targets(invocation, request, err) < 0)
		return -1;
	id_file = open_id_file(err);
	if ((commit_options.id_file && id_file < 0) ||
	    container_commit(&invocation->settings, request, invocation->arena, &result, err) < 0 ||
	    write_ids(id_file, &result, request->count, err) < 0)
		return -1;
	for (size_t i = 0; commit_options.quiet && i < request->count; i++)
		puts(result.images[i].digest);
	if (commit_options.quiet)
		return 0;
	if (commit_options.format == FORMAT_JSON)
		print_json(invocation->arena, &result, request->count);
	else
		print_text(invocation->arena, &result, request->count);
	return 0;
}

int cmd_commit(struct invocation *invocation, struct error *err)
{
	commit_options.request.pause = find_pause(commit_options.pause);
	if (commit_options.to_host)
		return commit_to_host(invocation, err);
	if (commit_options.force || commit_options.dry_run)
		return fail(err, EINVAL, "--force and --dry-run are of --to-host only");
	return commit_images(invocation, err);
}
