/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/save.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cli/output_file.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "fs/image_save.h"

static void end(struct image_save *save)
{
	image_save_end(save);
}

#define cleanup_save __attribute__((cleanup(end)))

/* A folder that is new; an empty one gives way to it, as mkdir makes sure that it is nobody else's.
 */
static int make_folder(const char *path, struct error *err)
{
	int fd;

	if (rmdir(path) < 0 && errno != ENOENT)
		return fail_errno(err, "%s", path);
	if (mkdir(path, 0755) < 0)
		return fail_errno(err, "make %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "%s", path) : fd;
}

static int save_folder(struct image_save *save, const char *path, struct error *err)
{
	cleanup_fd int fd = -1;
	struct error other;

	if (!path)
		return fail(err, EINVAL, "oci-dir needs -o: the folder to make");
	fd = make_folder(path, err);
	if (fd < 0)
		return -1;
	if (image_save_folder(save, fd, err) == 0)
		return 0;
	remove_tree_at(AT_FDCWD, path, &other);
	return fail_in(err, "%s", path);
}

static int save_archive(struct image_save *save, struct error *err)
{
	cleanup_output_file struct output_file output = OUTPUT_FILE_NONE;

	if (output_file_open(&output, save_options.output, err) < 0 ||
	    image_save_archive(save, (enum image_format)save_options.format, output.fd, err) < 0)
		return -1;
	return output_file_finish(&output, err);
}

int cmd_save(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	cleanup_progress_line struct progress_line line;
	cleanup_save struct image_save save = {
		.store = &store,
		.arena = invocation->arena,
		.progress = progress_line_open(&line, save_options.quiet),
		.lock = -1,
	};

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    image_save_begin(&save, invocation->arguments, (size_t)invocation->count, err) < 0)
		return -1;
	return save_options.format == IMAGE_OCI_FOLDER
		       ? save_folder(&save, save_options.output, err)
		       : save_archive(&save, err);
}
