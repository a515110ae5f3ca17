/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/run_mounts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/path.h"
#include "base/program.h"
#include "runtime/mount_wish.h"
#include "runtime/run_change_parts.h"

#define VOLUMES_FOLDER "volumes"
/* Each is compared with all other mounts. */
#define MAX_IMAGE_VOLUMES 256

/* The host's name service, for containers that share its network. */
static const char *const network_files[] = { "/etc/hosts", "/etc/resolv.conf" };

/* Two mounts at the same place are a mistake; one in the place of the template's is none. */
static int add_mount(struct arena *arena, const struct mount_wish *wish, size_t own,
		     struct spec *spec, struct error *err)
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
			return mount_wish_refuse(wish, err, "two mounts at this place");
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
static int complete_bind(struct arena *arena, struct run_mounts *mounts, struct mount_wish *wish,
			 struct error *err)
{
	char here[PATH_MAX];

	wish->type = arena_strdup(arena, "bind");
	if (!string_list_has(&wish->options, "bind"))
		mount_wish_add(arena, wish, "rbind");
	if (!mount_wish_has_propagation(wish))
		mount_wish_add(arena, wish, "rprivate");
	if (!string_list_has(&wish->options, "suid"))
		mount_wish_add(arena, wish, "nosuid");
	if (!string_list_has(&wish->options, "dev"))
		mount_wish_add(arena, wish, "nodev");
	if (!wish->source) {
		char *folder;

		if (!mounts->folders.count)
			run_append(arena, &mounts->folders, arena_strdup(arena, VOLUMES_FOLDER));
		folder = arena_printf(arena, VOLUMES_FOLDER "/%zu", mounts->folders.count);
		run_append(arena, &mounts->folders, folder);
		wish->source = path_join(arena, mounts->data, folder);
		/* what the image has there is what the volume begins with */
		mount_wish_add(arena, wish, "copyup");
		return 0;
	}
	if (wish->source[0] != '/' && wish->source[0] != '.')
		return mount_wish_refuse(
			wish, err,
			"volumes have no names here: give the path of a file or folder, "
			"which begins with / or ./");
	if (!getcwd(here, sizeof(here)))
		return fail_errno(err, "the working directory");
	wish->source = path_clean(arena, path_join(arena, here, wish->source));
	return 0;
}

static void complete_tmpfs(struct arena *arena, struct mount_wish *wish)
{
	wish->type = wish->source = arena_strdup(arena, "tmpfs");
	if (!string_list_has(&wish->options, "suid"))
		mount_wish_add(arena, wish, "nosuid");
	if (!string_list_has(&wish->options, "dev"))
		mount_wish_add(arena, wish, "nodev");
}

/* The folders of an image's VOLUMEs, but for those that an option has already. */
static int add_image_volumes(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
			     struct error *err)
{
	const struct string_list *volumes = mounts->image_volumes;

	if (volumes && volumes->count > MAX_IMAGE_VOLUMES)
		return fail(err, E2BIG, "the image has more than %d volumes", MAX_IMAGE_VOLUMES);
	for (size_t i = 0; volumes && i < volumes->count; i++) {
		struct mount_wish wish = { .option = "the image's volume",
					   .text = volumes->items[i],
					   .target = volumes->items[i] };
		bool taken = false;

		if (mount_wish_check(&wish, err) < 0)
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
	struct mount_wish wish = { .option = "--read-only", .text = target };

	for (size_t i = 0; i < spec->mounts.count; i++)
		if (!strcmp(spec->mounts.items[i].destination, target) && !size)
			return 0;
	wish.target = arena_strdup(arena, target);
	complete_tmpfs(arena, &wish);
	mount_wish_add(arena, &wish, size ? "noexec" : "tmpcopyup");
	mount_wish_add(arena, &wish, "mode=1777");
	if (size)
		mount_wish_add(arena, &wish, arena_printf(arena, "size=%s", size));
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
	const struct spec_network *network = spec->network;
	/* what is said of names is said of files of its own */
	const bool own[ARRAY_SIZE(network_files)] = {
		network->hosts.count || network->no_hosts,
		network->dns.count || network->dns_search.count || network->dns_options.count,
	};

	for (size_t i = 0; i < ARRAY_SIZE(network_files); i++) {
		struct mount_wish wish = { .option = "--network", .text = "host" };

		if (own[i] || access(network_files[i], R_OK) < 0)
			continue;
		wish.source = wish.target = arena_strdup(arena, network_files[i]);
		if (complete_bind(arena, mounts, &wish, err) < 0)
			return -1;
		mount_wish_add(arena, &wish, "ro");
		if (add_mount(arena, &wish, spec->mounts.count, spec, err) < 0)
			return -1;
	}
	return 0;
}

/* Behind all others: what was mounted at /run does not hide it. */
static int add_init(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
		    struct error *err)
{
	struct mount_wish wish = { .option = "--init", .text = RUN_INIT_PATH };
	char program[PATH_MAX];

	if (program_companion("ctr-init", program, sizeof(program), err) < 0)
		return -1;
	wish.source = arena_strdup(arena, program);
	wish.target = arena_strdup(arena, RUN_INIT_PATH);
	mount_wish_add(arena, &wish, "ro");
	return complete_bind(arena, mounts, &wish, err) < 0
		       ? -1
		       : add_mount(arena, &wish, spec->mounts.count, spec, err);
}

/* What one option has asked for, in the notation that read knows. */
struct wishes {
	const struct string_list *texts;
	int (*read)(struct arena *arena, const char *text, struct mount_wish *wish,
		    struct error *err);
};

static int add_wishes(struct arena *arena, struct run_mounts *mounts, const struct wishes *wishes,
		      size_t own, struct spec *spec, struct error *err)
{
	for (size_t i = 0; i < wishes->texts->count; i++) {
		struct mount_wish wish;

		if (wishes->read(arena, wishes->texts->items[i], &wish, err) < 0)
			return -1;
		if (!strcmp(wish.type, "tmpfs"))
			complete_tmpfs(arena, &wish);
		else if (complete_bind(arena, mounts, &wish, err) < 0)
			return -1;
		if (add_mount(arena, &wish, own, spec, err) < 0)
			return -1;
	}
	return 0;
}

int run_mounts_apply(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
		     struct error *err)
{
	const struct run_changes *changes = mounts->changes;
	const struct wishes all[] = {
		{ &changes->tmpfs, mount_wish_read_tmpfs },
		{ &changes->mounts, mount_wish_read_words },
		{ &changes->volumes, mount_wish_read_volume },
	};
	const char *ignored;
	size_t own;

	mounts->folders = (struct string_list){ 0 };
	if (changes->network.networks.count &&
	    spec_network_mode(spec, &ignored) == NETWORK_MODE_HOST &&
	    add_network_files(arena, mounts, spec, err) < 0)
		return -1;
	own = spec->mounts.count;
	if (changes->shm_size &&
	    add_tmpfs(arena, "/dev/shm", arena_printf(arena, "%ju", (uintmax_t)changes->shm_size),
		      spec, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (add_wishes(arena, mounts, &all[i], own, spec, err) < 0)
			return -1;
	if (add_image_volumes(arena, mounts, spec, err) < 0)
		return -1;
	if (changes->read_only && changes->read_write_tmpfs &&
	    add_writable_places(arena, spec, err) < 0)
		return -1;
	return changes->init ? add_init(arena, mounts, spec, err) : 0;
}
