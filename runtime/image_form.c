/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/image_form.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/program.h"
#include "base/progress.h"
#include "fs/store.h"
#include "runtime/default_seccomp.h"
#include "runtime/passwd.h"
#include "runtime/run_changes.h"
#include "runtime/spawn.h"

extern char **environ;

/* Each is compared with all others. */
#define MAX_VARIABLES 16384

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
	struct spawn spawn = {
		.path = program,
		.argv = argv,
		.input = -1,
		.output = -1,
		.error = messages,
		.directory = -1,
		.timeout = -1,
	};
	int result;

	if (messages < 0)
		return fail_errno(err, "make a file in memory");
	if (program_companion("ctr-image", program, sizeof(program), err) < 0)
		return -1;
	/* its standard output is our stderr: there it shows how far it is, if that is a terminal */
	setenv(PROGRESS_VARIABLE, "1", 1);
	spawn.env = environ;
	result = spawn_run(&spawn, err);
	unsetenv(PROGRESS_VARIABLE);
	return result < 0 ? repeat_error(messages, image, err) : 0;
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

/*
 * The topmost layer in which path is, or where a layer has hidden it. -1 with *err: one cannot be
 * opened; without: none has it.
 */
static int open_layer_with(const struct string_list *lowers, const char *path, struct error *err)
{
	for (size_t i = 0; i < lowers->count; i++) {
		cleanup_fd int root =
			openat(AT_FDCWD, lowers->items[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		cleanup_fd int there = -1;
		struct error missing;

		if (root < 0)
			return fail_errno(err, "layer %s", lowers->items[i]);
		there = open_in_root(root, path, O_PATH | O_NOFOLLOW, 0, &missing);
		if (there >= 0 || i + 1 == lowers->count)
			return take_fd(&root);
	}
	return fail(err, ENOENT, "no layers");
}

int image_form_user(struct arena *arena, const struct string_list *lowers, const char *name,
		    struct spec_user *user, struct error *err)
{
	struct passwd_user found;
	cleanup_fd int users = open_layer_with(lowers, "etc/passwd", err);
	cleanup_fd int groups = users < 0 ? -1 : open_layer_with(lowers, "etc/group", err);

	if (groups < 0 || passwd_resolve_in(arena, users, groups, name, &found, err) < 0)
		return -1;
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

/* The command: what options, the image and the arguments say, in this order. */
static int set_command(struct arena *arena, const struct image_execution *config,
		       const struct string_list *args, const struct run_changes *changes,
		       struct spec_process *process, struct error *err)
{
	const struct string_list *words = args->count ? args : &config->cmd;
	struct string_list entrypoint = config->entrypoint, none = { 0 };

	if (changes && changes->entrypoint) {
		if (run_changes_entrypoint(arena, changes, &entrypoint, err) < 0)
			return -1;
		/* the image's command was meant for the image's entry point */
		words = args->count || !entrypoint.count ? words : &none;
	}
	process->args = string_list_join(arena, &entrypoint, words);
	if (!process->args.count) {
		process->args.items = arena_array(arena, char *, 2);
		process->args.items[0] = arena_strdup(arena, "/bin/sh");
		process->args.count = 1;
	}
	return 0;
}

/* The template's search path stays where the image says none. */
static int set_environment(struct arena *arena, const struct image_execution *config,
			   struct spec_process *process, struct error *err)
{
	if (config->env.count > MAX_VARIABLES)
		return fail(err, E2BIG, "has more than %d variables", MAX_VARIABLES);
	process->env.count = 1;
	run_changes_set_variables(arena, &process->env, &config->env);
	return 0;
}

int image_form_spec(const struct settings *settings, const char *image,
		    const struct string_list *args, const struct run_changes *changes,
		    struct arena *arena, struct prepared *prepared, struct error *err)
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
	spec->hostname = prepared->state.id;
	spec->process->terminal = false;
	/* programs of an image may rely on su(1), and on as many files as the caller may open */
	spec->process->no_new_privileges = false;
	spec->process->rlimits.count = 0;
	set_capabilities(arena, spec->process->capabilities);
	spec->linux->seccomp = prepared->seccomp = arena_new(arena, struct spec_seccomp);
	default_seccomp(arena, &spec->process->capabilities->bounding, prepared->seccomp);
	if (set_command(arena, config, args, changes, spec->process, err) < 0 ||
	    set_environment(arena, config, spec->process, err) < 0)
		return fail_in(err, "image %s", image);
	if (config->working_dir && config->working_dir[0])
		spec->process->cwd = config->working_dir;
	if (config->user && config->user[0])
		prepared->user = config->user;
	prepared->volumes = config->volumes;
	prepared->exposed = config->exposed_ports;
	prepared->state.stop_signal = config->stop_signal;
	prepared->state.bundle = arena_strdup(arena, "/");
	return 0;
}
