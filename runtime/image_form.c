/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/image_form.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/program.h"
#include "fs/store.h"
#include "runtime/passwd.h"
#include "runtime/spawn.h"

extern char **environ;

/* What an image's programs expect of its root user: those of podman, which needs fewer than Docker.
 */
static const char *const capabilities[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",	 "CAP_FSETID",
	"CAP_KILL",    "CAP_NET_BIND_SERVICE", "CAP_SETFCAP",	 "CAP_SETGID",
	"CAP_SETPCAP", "CAP_SETUID",	       "CAP_SYS_CHROOT",
};

/* Makes the last message of the companion, "ctr-image: VERB: TEXT", the error. */
static int repeat_error(int messages, const char *image, struct error *err)
{
	char text[sizeof(err->text)], *last, *message;
	off_t size = lseek(messages, 0, SEEK_END);
	off_t start = size < (off_t)sizeof(text) ? 0 : size - (off_t)sizeof(text) + 1;
	ssize_t got = pread(messages, text, sizeof(text) - 1, start);

	while (got > 0 && text[got - 1] == '\n')
		got--;
	if (got <= 0)
		return fail_in(err, "unpack image %s", image);
	text[got] = '\0';
	last = strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
	message = strstr(last, ": unpack: ");
	return fail(err, EBADMSG, "%s", message ? message + strlen(": unpack: ") : last);
}

/* Unpacking needs the libraries for archives and digests, which are not linked into ctr. */
static int unpack(const struct settings *settings, const char *image, struct error *err)
{
	cleanup_fd int messages = memfd_create("messages", MFD_CLOEXEC);
	char program[PATH_MAX];
	char *argv[] = {
		program,
		(char[]){ "--data-root" },
		(char *)settings->data_root,
		(char[]){ "unpack" },
		(char *)image,
		NULL,
	};
	const struct spawn spawn = {
		.path = program,
		.argv = argv,
		.env = environ,
		.input = -1,
		.output = -1,
		.error = messages,
		.directory = -1,
		.timeout = -1,
	};

	if (messages < 0)
		return fail_errno(err, "make a file in memory");
	if (program_companion("ctr-image", program, sizeof(program), err) < 0)
		return -1;
	if (spawn_run(&spawn, err) < 0)
		return repeat_error(messages, image, err);
	return 0;
}

static int find_lowers(const struct settings *settings, const struct store *store, const char *name,
		       struct arena *arena, struct prepared *prepared, struct image *image,
		       struct error *err)
{
	for (bool unpacked = false;; unpacked = true) {
		struct string_list *lowers = &prepared->state.lowers;
		size_t missing;

		prepared->layers_lock = store_lock_layers(store, false, err);
		if (prepared->layers_lock < 0 || store_find(store, name, arena, image, err) < 0 ||
		    store_lowers(store, image, arena, lowers, &missing, err) < 0)
			return -1;
		if (!missing)
			return lowers->count ? 0
					     : fail(err, EINVAL, "image %s: has no layers", name);
		if (unpacked)
			return fail(err, EIO, "image %s: %zu layers are missing still", name,
				    missing);
		close_fd(&prepared->layers_lock);
		if (unpack(settings, name, err) < 0)
			return -1;
	}
}

static int open_image(const struct settings *settings, const char *name, struct arena *arena,
		      struct prepared *prepared, struct image *image, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;

	if (store_open(&store, settings->data_root, arena, err) < 0 ||
	    find_lowers(settings, &store, name, arena, prepared, image, err) < 0)
		return -1;
	prepared->state.image = image->name;
	prepared->state.image_digest = image->entry->digest;
	return 0;
}

int image_form_lowers(const struct settings *settings, const char *image, struct arena *arena,
		      struct prepared *prepared, struct string_list *lowers, struct error *err)
{
	struct image found;

	if (prepared->layers_lock < 0 &&
	    open_image(settings, image, arena, prepared, &found, err) < 0)
		return -1;
	*lowers = prepared->state.lowers;
	return 0;
}

/* The user's names are those of the topmost layer that has a password file. */
static int resolve_user(struct arena *arena, const struct string_list *lowers, const char *name,
			struct spec_user *user, struct error *err)
{
	struct passwd_user found;
	cleanup_fd int root = -1;

	for (size_t i = 0; i < lowers->count; i++) {
		close_fd(&root);
		root = open(lowers->items[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			return fail_errno(err, "layer %s", lowers->items[i]);
		if (faccessat(root, "etc/passwd", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			break;
	}
	if (passwd_resolve(arena, root, name, &found, err) < 0)
		return fail_in(err, "config.User");
	user->uid = found.uid;
	user->gid = found.gid;
	user->additional_gids.items = found.groups;
	user->additional_gids.count = found.group_count;
	return 0;
}

static void set_capabilities(struct arena *arena, struct spec_capabilities *sets)
{
	struct string_list list = {
		.items = arena_array(arena, char *, ARRAY_SIZE(capabilities) + 1),
		.count = ARRAY_SIZE(capabilities),
	};

	for (size_t i = 0; i < list.count; i++)
		list.items[i] = arena_strdup(arena, capabilities[i]);
	sets->bounding = sets->effective = sets->permitted = list;
}

int image_form_spec(const struct settings *settings, const char *image,
		    const struct string_list *args, struct arena *arena, struct prepared *prepared,
		    struct error *err)
{
	static const struct image_execution nothing;
	struct spec *spec = &prepared->spec;
	const struct image_execution *config;
	struct image found;

	if (open_image(settings, image, arena, prepared, &found, err) < 0)
		return -1;
	config = found.config.config ? found.config.config : &nothing;
	spec_template(arena, false, 0, 0, spec);
	spec->root->readonly = false;
	spec->process->terminal = false;
	set_capabilities(arena, spec->process->capabilities);
	spec->process->args =
		string_list_join(arena, &config->entrypoint, args->count ? args : &config->cmd);
	if (!spec->process->args.count) {
		spec->process->args.items[0] = arena_strdup(arena, "/bin/sh");
		spec->process->args.count = 1;
	}
	if (config->env.count)
		spec->process->env = config->env;
	if (config->working_dir && config->working_dir[0])
		spec->process->cwd = config->working_dir;
	if (config->user && config->user[0] &&
	    resolve_user(arena, &prepared->state.lowers, config->user, &spec->process->user, err) <
		    0)
		return fail_in(err, "image %s", image);
	prepared->state.bundle = arena_strdup(arena, "/");
	return 0;
}
