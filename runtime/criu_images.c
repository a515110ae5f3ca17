/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/criu_images.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"
#include "specs/json_writer.h"

#define MAX_DESCRIPTORS ((size_t)1 << 16)

static int open_folder(const char *option, const char *path, bool make, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int root = -1, made = -1;
	char here[PATH_MAX];
	int fd;

	/* with the links of the host, which are the caller's, unlike those of a root */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (!make || errno != ENOENT)
		return fail_errno(err, "--%s %s", option, path);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || !getcwd(here, sizeof(here)))
		return fail_errno(err, "--%s %s", option, path);
	made = mkdir_in_root(root, path_join(&arena, here, path), 0700, err);
	if (made < 0)
		return fail_in(err, "--%s", option);
	fd = openat(made, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "--%s %s", option, path) : fd;
}

static int remove_old(int work, const char *log_name, struct error *err)
{
	const char *const names[] = { log_name, "stats-dump", "stats-restore" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (unlinkat(work, names[i], 0) < 0 && errno != ENOENT)
			return fail_errno(err, "remove an old %s", names[i]);
	return 0;
}

int criu_images_open(const struct checkpoint_options *options, bool save, const char *log_name,
		     struct criu_images *images, struct error *err)
{
	images->images_path = options->image_path;
	images->work_path = options->work_path ?: options->image_path;
	images->images = open_folder("image-path", options->image_path, save, err);
	if (images->images < 0)
		return -1;
	images->work = options->work_path ? open_folder("work-path", options->work_path, true, err)
					  : fcntl(images->images, F_DUPFD_CLOEXEC, 0);
	if (images->work < 0)
		return options->work_path ? -1 : fail_errno(err, "copy a descriptor");
	return remove_old(images->work, log_name, err);
}

void criu_images_close(struct criu_images *images)
{
	close_fd(&images->images);
	close_fd(&images->work);
}

int criu_streams_save(struct arena *arena, int images, const struct string_list *streams,
		      struct error *err)
{
	struct json_writer *writer = json_writer_new(arena, JSON_COMPACT);
	const char *text;
	size_t size;

	json_begin_array(writer);
	for (size_t i = 0; i < streams->count; i++)
		json_write_string(writer, streams->items[i]);
	json_end_array(writer);
	text = json_writer_text(writer, &size);
	return file_replace_at(images, CRIU_DESCRIPTORS_FILE, text, size, 0600, false, err);
}

int criu_streams_load(struct arena *arena, int images, struct string_list *streams,
		      struct error *err)
{
	struct json *root;
	char *text;
	size_t size;

	*streams = (struct string_list){ .items = arena_array(arena, char *, 4) };
	if (file_read_at(images, CRIU_DESCRIPTORS_FILE, MAX_DESCRIPTORS, arena, &text, &size, err) <
	    0)
		return err->errnum == ENOENT
			       ? fail(err, ENOENT, "it has no %s: no checkpoint is in there",
				      CRIU_DESCRIPTORS_FILE)
			       : -1;
	if (json_parse(arena, CRIU_DESCRIPTORS_FILE, text, size, &root, err) < 0)
		return -1;
	if (root->kind != JSON_ARRAY)
		return fail(err, EINVAL, "%s: not an array", CRIU_DESCRIPTORS_FILE);
	for (const struct json *item = root->first; item && streams->count < 3; item = item->next) {
		const char *key = item->kind == JSON_STRING ? item->text : "";

		streams->items[streams->count++] =
			arena_strdup(arena, criu_plan_is_stream_key(key) ? key : "");
	}
	return 0;
}

bool criu_images_have_network(int images)
{
	struct error ignored;
	cleanup_dir DIR *folder = open_dir_at(images, ".", &ignored);

	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (!strncmp(entry->d_name, "netdev-", strlen("netdev-")))
			return true;
	return false;
}
