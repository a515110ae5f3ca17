/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_load.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "fs/docker_archive.h"
#include "fs/oci_archive.h"

void image_load_add(struct image_load *load, const char *name,
		    const struct image_descriptor *descriptor)
{
	struct image_descriptor *copy = arena_new(load->arena, struct image_descriptor);
	struct store_name *names = arena_array(load->arena, struct store_name, load->count + 1);

	*copy = *descriptor;
	if (load->count)
		memcpy(names, load->names, load->count * sizeof(*names));
	names[load->count].name = name ? name : copy->digest;
	names[load->count].descriptor = copy;
	load->names = names;
	/* the same image twice without a name is one */
	for (size_t i = 0; i < load->count && !name; i++)
		if (!strcmp(names[i].name, copy->digest))
			return;
	load->count++;
}

/* The name that the caller gives to the only image. */
static int rename_only(struct image_load *load, struct error *err)
{
	if (!load->name)
		return 0;
	if (load->count != 1)
		return fail(err, EINVAL, "there are %zu images, a name is for one alone",
			    load->count);
	load->names[0].name = load->name;
	return 0;
}

/* Which kind it is; docker's newer archives are both, and only the layout has the digests. */
static int find_images(struct image_load *load, struct intake *intake, struct error *err)
{
	static const struct {
		const char *path;
		int (*images)(struct image_load *, struct intake *, struct error *);
	} kinds[] = {
		{ "index.json", oci_archive_images },
		{ "manifest.json", docker_archive_images },
	};
	struct intake_file *file;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int found = intake_find(intake, kinds[i].path, &file, err);

		if (found)
			return found < 0 ? -1 : kinds[i].images(load, intake, err);
	}
	if (intake_find(intake, "repositories", &file, err) == 1)
		return fail(err, ENOTSUP,
			    "an archive of a Docker before 1.10, which no manifest.json describes");
	return fail(err, EINVAL,
		    "no image: there is neither an index.json nor a manifest.json in it (import "
		    "takes the archive of a root)");
}

static int load_from(struct image_load *load, struct intake *intake, struct error *err)
{
	if (find_images(load, intake, err) < 0 || rename_only(load, err) < 0 ||
	    intake_publish(intake, err) < 0)
		return -1;
	return store_tag_all(load->store, load->names, load->count, err);
}

static int load_folder(struct image_load *load, int fd, bool adopt, struct error *err)
{
	struct intake intake = {
		.store = load->store,
		.arena = load->arena,
		.progress = load->progress,
	};
	cleanup_fd int lock = store_lock_blobs(load->store, false, err);
	int result;

	if (lock < 0)
		return -1;
	intake_from_folder(&intake, fd, adopt);
	result = load_from(load, &intake, err);
	intake_end(&intake);
	return result;
}

static int load_archive(struct image_load *load, int fd, struct error *err)
{
	struct intake intake = {
		.store = load->store,
		.arena = load->arena,
		.progress = load->progress,
	};
	cleanup_fd int lock = store_lock_blobs(load->store, false, err);
	int result;

	if (lock < 0)
		return -1;
	result = intake_tar(&intake, fd, err);
	if (result == 0)
		result = load_from(load, &intake, err);
	intake_end(&intake);
	return result;
}

int image_load(struct image_load *load, int fd, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return fail_errno(err, "look at it");
	if (S_ISDIR(status.st_mode))
		return load_folder(load, fd, false, err);
	return load_archive(load, fd, err);
}

int image_load_adopt(struct image_load *load, int folder, struct error *err)
{
	return load_folder(load, folder, true, err);
}
