/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/program.h"
#include "fs/image_save.h"
#include "fs/transfer_folder.h"
#include "runtime/interrupt.h"
#include "runtime/spawn.h"

extern char **environ;

/* How much of what skopeo says is kept. */
#define MAX_LOG ((size_t)1 << 20)

static int find_skopeo(struct arena *arena, const char **program, struct error *err)
{
	*program = program_on_host(arena, "skopeo");
	if (*program)
		return 0;
	return fail(err, ENOENT,
		    "skopeo is not installed, which does the transport: install the package skopeo "
		    "('ctr load' takes archives without it)");
}

/* From here on what asks ctr to end ends skopeo, and then ctr by its own way. */
static int hold_signals(sigset_t *before, struct error *err)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, before) < 0)
		return fail_errno(err, "block signals");
	return interrupt_watch(err);
}

static int run_skopeo(const struct string_list *argv, struct arena *arena, struct error *err)
{
	cleanup_fd int log = memfd_create("skopeo", MFD_CLOEXEC);
	const struct spawn spawn = {
		.path = argv->items[0],
		.argv = argv->items,
		.env = environ,
		.input = -1,
		.output = -1,
		.error = log,
		.directory = -1,
		.timeout = -1,
	};
	struct error other;
	sigset_t before;
	char *text;
	int result;

	if (log < 0)
		return fail_errno(err, "make a file in memory");
	if (hold_signals(&before, err) < 0)
		return -1;
	result = spawn_run(&spawn, err);
	interrupt_ignore();
	/* the signal that was the reason is pending still: what is temporary goes before it acts */
	if (result == 0 || err->errnum != ECANCELED)
		sigprocmask(SIG_SETMASK, &before, NULL);
	if (lseek(log, 0, SEEK_SET) < 0 ||
	    file_read_fd(log, "skopeo's messages", MAX_LOG, arena, &text, NULL, &other) < 0)
		text = arena_strdup(arena, "");
	if (result < 0)
		return err->errnum == ECHILD && *text
			       ? fail(err, EIO, "%s", registry_message(text, arena))
			       : fail_in(err, "skopeo");
	if (*text)
		log_warning("%s", registry_message(text, arena));
	return 0;
}

/* An image that the store has already, as a pull often finds it, only gets the name. */
static int name_present(struct image_load *load, const struct transfer_folder *folder,
			const char *name, struct error *err)
{
	struct image_blobs blobs = { .arena = load->arena };
	cleanup_fd int lock = store_lock_blobs(load->store, false, err);
	struct image_index index;
	struct image image;
	struct error other;
	char *text;
	size_t size;

	if (lock < 0 ||
	    file_read_at(folder->fd, "index.json", IMAGE_DOCUMENT_MAX_SIZE, load->arena, &text,
			 &size, err) < 0 ||
	    image_index_decode(load->arena, "index.json", text, size, &index, err) < 0)
		return -1;
	if (index.manifests.count != 1 ||
	    store_find(load->store, index.manifests.items[0].digest, load->arena, &image, &other) <
		    0 ||
	    image_blobs_add(&blobs, load->store, image.entry, &other) < 0 ||
	    image_check_portable(&image, &other) < 0)
		return 0;
	image_load_add(load, name, image.entry);
	return store_tag_all(load->store, load->names, load->count, err) < 0 ? -1 : 1;
}

int registry_pull(struct image_load *load, const struct registry_place *place, const char *name,
		  const struct registry_options *options, struct error *err)
{
	cleanup_transfer_folder struct transfer_folder folder = TRANSFER_FOLDER_NONE;
	struct string_list argv;
	const char *program, *to;
	int present;

	if (find_skopeo(load->arena, &program, err) < 0 ||
	    transfer_folder_open(&folder, load->store, NULL, load->arena, err) < 0)
		return -1;
	to = arena_printf(load->arena, "oci:%s", folder.path);
	if (registry_pull_plan(program, place->location, to, options, load->arena, &argv, err) <
		    0 ||
	    run_skopeo(&argv, load->arena, err) < 0)
		return -1;
	present = name_present(load, &folder, name, err);
	if (present)
		return present < 0 ? -1 : 0;
	load->name = name;
	return image_load_adopt(load, folder.fd, err);
}

/*
 * Docker's daemons and archives have plain layers or gzip, and skopeo does not convert others for
 * them.
 */
static bool wants_docker_archive(const char *location)
{
	return !strncmp(location, "docker-daemon:", strlen("docker-daemon:")) ||
	       !strncmp(location, "docker-archive:", strlen("docker-archive:"));
}

static int write_docker_archive(const struct transfer_folder *folder, const struct image *image,
				struct arena *arena, struct error *err)
{
	struct image_save save = { .store = folder->store, .arena = arena, .lock = -1 };
	cleanup_fd int fd =
		openat(folder->fd, "archive", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *name = image->entry->digest;
	int result = -1;

	if (fd < 0)
		return fail_errno(err, "make an archive");
	if (image_save_begin(&save, &name, 1, err) == 0)
		result = image_save_archive(&save, IMAGE_DOCKER_ARCHIVE, fd, err);
	image_save_end(&save);
	return result;
}

/* Holds the blobs' lock until they are linked. *from is the source for skopeo. */
static int open_source(struct transfer_folder *folder, const struct store *store,
		       const struct image *image, const char *location, const char **from,
		       struct arena *arena, struct error *err)
{
	struct image_blobs blobs = { .arena = arena };
	cleanup_fd int lock = store_lock_blobs(store, false, err);

	if (lock < 0 || image_check_portable(image, err) < 0 ||
	    image_blobs_add(&blobs, store, image->entry, err) < 0 ||
	    transfer_folder_open(folder, store, &blobs, arena, err) < 0)
		return -1;
	if (wants_docker_archive(location)) {
		*from = arena_printf(arena, "docker-archive:%s/archive", folder->path);
		return write_docker_archive(folder, image, arena, err);
	}
	*from = arena_printf(arena, "oci:%s", folder->path);
	return transfer_folder_describe(folder, image->entry, arena, err);
}

int registry_push(const struct store *store, const struct image *image, const char *location,
		  const struct registry_options *options, struct arena *arena, struct error *err)
{
	cleanup_transfer_folder struct transfer_folder folder = TRANSFER_FOLDER_NONE;
	struct string_list argv;
	const char *program, *from;

	if (find_skopeo(arena, &program, err) < 0 ||
	    open_source(&folder, store, image, location, &from, arena, err) < 0 ||
	    registry_push_plan(program, from, location, options, arena, &argv, err) < 0)
		return -1;
	return run_skopeo(&argv, arena, err);
}
