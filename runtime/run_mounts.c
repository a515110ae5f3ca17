/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/run_mounts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/program.h"
#include "base/value.h"
#include "runtime/run_change_parts.h"

#define VOLUMES_FOLDER "volumes"
/* Each is compared with all other mounts. */
#define MAX_IMAGE_VOLUMES 256

/* The host's name service, for containers that share its network. */
static const char *const network_files[] = { "/etc/hosts", "/etc/resolv.conf" };

/* One mount as the words of an option say it. */
struct wish {
	const char *option, *text; /* for messages */
	char *type, *source, *target;
	struct string_list options;
};

static int refuse(const struct wish *wish, struct error *err, const char *why)
{
	return fail(err, EINVAL, "option '%s': '%s': %s", wish->option, wish->text, why);
}

static void add_option(struct arena *arena, struct wish *wish, const char *word)
{
	run_append(arena, &wish->options, arena_strdup(arena, word));
}

/* A word of the mount options that both notations know. Returns whether it is one. */
static bool add_common(struct arena *arena, struct wish *wish, const char *word)
{
	static const char *const same[] = { "rw",     "bind",  "rbind",	   "exec",    "noexec",
					    "dev",    "nodev", "suid",	   "nosuid",  "private",
					    "shared", "slave", "rprivate", "rshared", "rslave" };

	/* nothing below it may be written either */
	if (!strcmp(word, "ro") || !strcmp(word, "readonly")) {
		add_option(arena, wish, "rro");
		return true;
	}
	/* labels of SELinux, and the copying that volumes have anyway, are no options of a mount */
	if (!strcmp(word, "z") || !strcmp(word, "Z") || !strcmp(word, "copy"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		if (strcmp(word, same[i]) != 0)
			continue;
		add_option(arena, wish, word);
		return true;
	}
	return false;
}

static bool has_propagation(const struct string_list *options)
{
	static const char *const words[] = { "private",	 "shared",  "slave",
					     "rprivate", "rshared", "rslave" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (string_list_has(options, words[i]))
			return true;
	return false;
}

/* Two mounts at the same place are a mistake; one in the place of the template's is none. */
static int add_mount(struct arena *arena, const struct wish *wish, size_t own, struct spec *spec,
		     struct error *err)
{
	char *target = path_clean(arena, wish->target);
	const struct spec_mount mount = {
		.destination = target,
		.type = wish->type,
		.source = wish->source,
		.options = wish->options,
	};
	struct spec_mount *items;

	for (size_t i = 0; i < spec->mounts.count; i++) {
		if (strcmp(path_clean(arena, spec->mounts.items[i].destination), target) != 0)
			continue;
		if (i >= own)
			return refuse(wish, err, "two mounts at this place");
		spec->mounts.items[i] = mount;
		return 0;
	}
	items = arena_array(arena, struct spec_mount, spec->mounts.count + 1);
	if (spec->mounts.count)
		memcpy(items, spec->mounts.items, spec->mounts.count * sizeof(*items));
	items[spec->mounts.count++] = mount;
	spec->mounts.items = items;
	return 0;
}

/* A bind, of a folder of the container's own if there is no source. */
static int complete_bind(struct arena *arena, struct run_mounts *mounts, struct wish *wish,
			 struct error *err)
{
	char here[PATH_MAX];

	wish->type = arena_strdup(arena, "bind");
	if (!string_list_has(&wish->options, "bind"))
		add_option(arena, wish, "rbind");
	if (!has_propagation(&wish->options))
		add_option(arena, wish, "rprivate");
	if (!string_list_has(&wish->options, "suid"))
		add_option(arena, wish, "nosuid");
	if (!string_list_has(&wish->options, "dev"))
		add_option(arena, wish, "nodev");
	if (!wish->source) {
		char *folder;

		if (!mounts->folders.count)
			run_append(arena, &mounts->folders, arena_strdup(arena, VOLUMES_FOLDER));
		folder = arena_printf(arena, VOLUMES_FOLDER "/%zu", mounts->folders.count);
		run_append(arena, &mounts->folders, folder);
		wish->source = path_join(arena, mounts->data, folder);
		/* what the image has there is what the volume begins with */
		add_option(arena, wish, "copyup");
		return 0;
	}
	if (wish->source[0] != '/' && wish->source[0] != '.')
		return refuse(wish, err,
			      "volumes have no names here: give the path of a file or folder, "
			      "which begins with / or ./");
	if (!getcwd(here, sizeof(here)))
		return fail_errno(err, "the working directory");
	wish->source = path_clean(arena, path_join(arena, here, wish->source));
	return 0;
}

static void complete_tmpfs(struct arena *arena, struct wish *wish)
{
	wish->type = wish->source = arena_strdup(arena, "tmpfs");
	if (!string_list_has(&wish->options, "suid"))
		add_option(arena, wish, "nosuid");
	if (!string_list_has(&wish->options, "dev"))
		add_option(arena, wish, "nodev");
}

static int check_target(const struct wish *wish, struct error *err)
{
	if (!wish->target || wish->target[0] != '/')
		return refuse(wish, err, "the place in the container is to be an absolute path");
	if (!strcmp(wish->target, "/") || path_has_dot_dot(wish->target))
		return refuse(wish, err, "not a place to mount something at");
	return 0;
}

/* [SOURCE:]TARGET[:OPTIONS] */
static int read_volume(struct arena *arena, struct run_mounts *mounts, const char *text,
		       struct wish *wish, struct error *err)
{
	char *rest = arena_strdup(arena, text), *words, *word;

	*wish = (struct wish){ .option = "--volume", .text = text };
	wish->target = strsep(&rest, ":");
	if (rest) {
		wish->source = wish->target;
		wish->target = strsep(&rest, ":");
		if (!*wish->source)
			return refuse(wish, err, "[SOURCE:]TARGET[:OPTIONS] expected");
	}
	words = strsep(&rest, ":");
	if (rest)
		return refuse(wish, err, "[SOURCE:]TARGET[:OPTIONS] expected");
	while (words && (word = strsep(&words, ",")))
		if (*word && !add_common(arena, wish, word))
			return fail(err, EINVAL, "option '--volume': '%s': unknown option '%s'",
				    text, word);
	return check_target(wish, err) < 0 ? -1 : complete_bind(arena, mounts, wish, err);
}

/* The notation of mount(8): words that are no common ones are the filesystem's. */
static int read_tmpfs(struct arena *arena, const char *text, struct wish *wish, struct error *err)
{
	char *rest = arena_strdup(arena, text), *word;

	*wish = (struct wish){ .option = "--tmpfs", .text = text };
	wish->target = strsep(&rest, ":");
	while (rest && (word = strsep(&rest, ",")))
		if (*word)
			add_option(arena, wish, word);
	complete_tmpfs(arena, wish);
	return check_target(wish, err);
}

/* The words of --mount that have a value. */
typedef int set_word(struct arena *arena, struct wish *wish, char *value, struct error *err);

static int set_type(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	(void)arena;
	if (strcmp(value, "bind") != 0 && strcmp(value, "volume") != 0 &&
	    strcmp(value, "tmpfs") != 0)
		return refuse(wish, err, "type: bind, volume or tmpfs expected");
	wish->type = value;
	return 0;
}

static int set_source(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	(void)arena;
	(void)err;
	wish->source = value;
	return 0;
}

static int set_target(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	(void)arena;
	(void)err;
	wish->target = value;
	return 0;
}

static int set_propagation(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	add_option(arena, wish, value);
	return has_propagation(&wish->options)
		       ? 0
		       : refuse(wish, err, "bind-propagation: unknown word");
}

static int set_size(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	(void)err;
	add_option(arena, wish, arena_printf(arena, "size=%s", value));
	return 0;
}

static int set_mode(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	(void)err;
	add_option(arena, wish, arena_printf(arena, "mode=%s", value));
	return 0;
}

/* Those that are true or false; readonly=false is how it is anyway. */
static int set_readonly(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	bool flag;

	if (value_parse_bool(value, &flag) < 0)
		return refuse(wish, err, "readonly: true or false expected");
	if (flag)
		add_common(arena, wish, "ro");
	return 0;
}

static int set_nonrecursive(struct arena *arena, struct wish *wish, char *value, struct error *err)
{
	bool flag;

	if (value_parse_bool(value, &flag) < 0)
		return refuse(wish, err, "bind-nonrecursive: true or false expected");
	if (flag)
		add_option(arena, wish, "bind");
	return 0;
}

static const struct {
	const char *name;
	set_word *set;
} mount_words[] = {
	{ "type", set_type },
	{ "source", set_source },
	{ "src", set_source },
	{ "target", set_target },
	{ "destination", set_target },
	{ "dst", set_target },
	{ "bind-propagation", set_propagation },
	{ "bind-nonrecursive", set_nonrecursive },
	{ "readonly", set_readonly },
	{ "ro", set_readonly },
	{ "tmpfs-size", set_size },
	{ "tmpfs-mode", set_mode },
};

static int read_word(struct arena *arena, struct wish *wish, char *word, struct error *err)
{
	char *value = strchr(word, '=');

	if (!value && add_common(arena, wish, word))
		return 0;
	if (value)
		*value++ = '\0';
	else
		value = arena_strdup(arena, "true");
	for (size_t i = 0; i < ARRAY_SIZE(mount_words); i++)
		if (!strcmp(word, mount_words[i].name))
			return mount_words[i].set(arena, wish, value, err);
	return fail(err, EINVAL, "option '--mount': '%s': unknown word '%s'", wish->text, word);
}

/* type=TYPE,source=PATH,target=PATH... */
static int read_mount(struct arena *arena, struct run_mounts *mounts, const char *text,
		      struct wish *wish, struct error *err)
{
	char *rest = arena_strdup(arena, text), *word;

	*wish = (struct wish){ .option = "--mount", .text = text };
	while ((word = strsep(&rest, ",")))
		if (*word && read_word(arena, wish, word, err) < 0)
			return -1;
	if (check_target(wish, err) < 0)
		return -1;
	if (wish->type && !strcmp(wish->type, "tmpfs")) {
		if (wish->source)
			return refuse(wish, err, "a tmpfs has no source");
		complete_tmpfs(arena, wish);
		return 0;
	}
	if (wish->type && !strcmp(wish->type, "bind") && !wish->source)
		return refuse(wish, err, "type=bind needs a source");
	return complete_bind(arena, mounts, wish, err);
}

/* The folders of an image's VOLUMEs, but for those that an option has already. */
static int add_image_volumes(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
			     struct error *err)
{
	const struct string_list *volumes = mounts->image_volumes;

	if (volumes && volumes->count > MAX_IMAGE_VOLUMES)
		return fail(err, E2BIG, "the image has more than %d volumes", MAX_IMAGE_VOLUMES);
	for (size_t i = 0; volumes && i < volumes->count; i++) {
		struct wish wish = { .option = "the image's volume",
				     .text = volumes->items[i],
				     .target = volumes->items[i] };
		bool taken = false;

		if (check_target(&wish, err) < 0)
			return -1;
		for (size_t j = 0; j < spec->mounts.count && !taken; j++)
			taken = !strcmp(path_clean(arena, spec->mounts.items[j].destination),
					path_clean(arena, wish.target));
		if (!taken && (complete_bind(arena, mounts, &wish, err) < 0 ||
			       add_mount(arena, &wish, 0, spec, err) < 0))
			return -1;
	}
	return 0;
}

static int add_tmpfs(struct arena *arena, const char *target, const char *size, struct spec *spec,
		     struct error *err)
{
	struct wish wish = { .option = "--read-only", .text = target };

	for (size_t i = 0; i < spec->mounts.count; i++)
		if (!strcmp(spec->mounts.items[i].destination, target) && !size)
			return 0;
	wish.target = arena_strdup(arena, target);
	complete_tmpfs(arena, &wish);
	add_option(arena, &wish, size ? "noexec" : "tmpcopyup");
	add_option(arena, &wish, "mode=1777");
	if (size)
		add_option(arena, &wish, arena_printf(arena, "size=%s", size));
	return add_mount(arena, &wish, spec->mounts.count, spec, err);
}

/* Programs expect to be able to write here whatever the root is, as podman has it. */
static int add_writable_places(struct arena *arena, struct spec *spec, struct error *err)
{
	static const char *const places[] = { "/tmp", "/var/tmp", "/run" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (add_tmpfs(arena, places[i], NULL, spec, err) < 0)
			return -1;
	return 0;
}

static int add_network_files(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
			     struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(network_files); i++) {
		struct wish wish = { .option = "--network", .text = "host" };

		if (access(network_files[i], R_OK) < 0)
			continue;
		wish.source = wish.target = arena_strdup(arena, network_files[i]);
		if (complete_bind(arena, mounts, &wish, err) < 0)
			return -1;
		add_option(arena, &wish, "ro");
		if (add_mount(arena, &wish, spec->mounts.count, spec, err) < 0)
			return -1;
	}
	return 0;
}

/* Behind all others: what was mounted at /run does not hide it. */
static int add_init(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
		    struct error *err)
{
	struct wish wish = { .option = "--init", .text = RUN_INIT_PATH };
	char program[PATH_MAX];

	if (program_companion("ctr-init", program, sizeof(program), err) < 0)
		return -1;
	wish.source = arena_strdup(arena, program);
	wish.target = arena_strdup(arena, RUN_INIT_PATH);
	add_option(arena, &wish, "ro");
	return complete_bind(arena, mounts, &wish, err) < 0
		       ? -1
		       : add_mount(arena, &wish, spec->mounts.count, spec, err);
}

int run_mounts_apply(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
		     struct error *err)
{
	const struct run_changes *changes = mounts->changes;
	size_t own = spec->mounts.count;
	struct wish wish;

	mounts->folders = (struct string_list){ 0 };
	if (changes->network && !strcmp(changes->network, "host") &&
	    add_network_files(arena, mounts, spec, err) < 0)
		return -1;
	own = spec->mounts.count;
	if (changes->shm_size &&
	    add_tmpfs(arena, "/dev/shm", arena_printf(arena, "%ju", (uintmax_t)changes->shm_size),
		      spec, err) < 0)
		return -1;
	for (size_t i = 0; i < changes->tmpfs.count; i++)
		if (read_tmpfs(arena, changes->tmpfs.items[i], &wish, err) < 0 ||
		    add_mount(arena, &wish, own, spec, err) < 0)
			return -1;
	for (size_t i = 0; i < changes->mounts.count; i++)
		if (read_mount(arena, mounts, changes->mounts.items[i], &wish, err) < 0 ||
		    add_mount(arena, &wish, own, spec, err) < 0)
			return -1;
	for (size_t i = 0; i < changes->volumes.count; i++)
		if (read_volume(arena, mounts, changes->volumes.items[i], &wish, err) < 0 ||
		    add_mount(arena, &wish, own, spec, err) < 0)
			return -1;
	if (add_image_volumes(arena, mounts, spec, err) < 0)
		return -1;
	if (changes->read_only && changes->read_write_tmpfs &&
	    add_writable_places(arena, spec, err) < 0)
		return -1;
	return changes->init ? add_init(arena, mounts, spec, err) : 0;
}
