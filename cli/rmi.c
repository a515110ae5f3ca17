/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

#include "fs/image_name.h"
#include "fs/store.h"
#include "runtime/container.h"

struct rmi_options {
	bool all, force, ignore;
};

static struct rmi_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct rmi_options, all, "all images"),
	OPTION_FLAG('f', "force", struct rmi_options, force,
		    "also what a container was made from, and all names of a digest"),
	OPTION_FLAG('i', "ignore", struct rmi_options, ignore, "no error if one does not exist"),
};

const struct command rmi_command = {
	.name = "rmi",
	.group = GROUP_IMAGES,
	.summary = HELP("Take names from images; 'prune' frees the space"),
	.arguments = "[IMAGE...]",
	.min = 0,
	.max = -1,
	.description =
		HELP("An image is gone with its last name. That of an image which a container was "
		     "made from is\n"
		     "only taken with --force: the container keeps its layers for as long as it "
		     "is there.\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

struct removal {
	struct invocation *invocation;
	struct store store;
	struct image *images; /* all there are */
	size_t count;
	const char *digest; /* of the image in question */
};

static const char *name_of(const struct image *image)
{
	return image->name[0] ? image->name : image->entry->digest;
}

/* A container that was made from the image, or NULL. */
static int find_user(struct removal *removal, const char **id, struct error *err)
{
	struct invocation *invocation = removal->invocation;
	struct container_info *items;
	size_t count;

	*id = NULL;
	if (container_list(&invocation->settings, invocation->arena, &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && !*id; i++)
		if (items[i].image_digest && !strcmp(items[i].image_digest, removal->digest))
			*id = items[i].id;
	return 0;
}

/* Refuses to take count names when they are the image's last ones and a container needs it. */
static int check_use(struct removal *removal, size_t count, struct error *err)
{
	size_t present = 0;
	const char *id;

	for (size_t i = 0; i < removal->count; i++)
		present += !strcmp(removal->images[i].entry->digest, removal->digest);
	if (options.force || count < present)
		return 0;
	if (find_user(removal, &id, err) < 0)
		return -1;
	if (!id)
		return 0;
	return fail(err, EBUSY,
		    "container %s was made from it: remove that first, or take the name with "
		    "--force, which leaves the container its layers",
		    id);
}

/* The names that go: the one that was said, or all of what a digest says. */
static int choose(struct removal *removal, const char *said, struct store_name *names,
		  size_t *count, struct error *err)
{
	struct image image;
	char *full;

	if (store_find_entry(&removal->store, said, removal->invocation->arena, &image, err) < 0)
		return -1;
	removal->digest = image.entry->digest;
	*count = 0;
	if (!strcmp(said, image.name) ||
	    (image_name_parse(said, removal->invocation->arena, &full, err) == 0 &&
	     image_name_fit(image.name, full))) {
		names[(*count)++].name = image.name;
		return 0;
	}
	for (size_t i = 0; i < removal->count; i++)
		if (!strcmp(removal->images[i].entry->digest, removal->digest))
			names[(*count)++].name = name_of(&removal->images[i]);
	if (*count > 1 && !options.force)
		return fail(err, ENOTUNIQ,
			    "has several names, %s and %s among them: say which, or --force for "
			    "all",
			    names[0].name, names[1].name);
	return 0;
}

static int remove_image(struct removal *removal, const char *said, struct error *err)
{
	struct store_name *names;
	size_t count;

	if (store_list(&removal->store, removal->invocation->arena, &removal->images,
		       &removal->count, err) < 0)
		return -1;
	names = arena_array(removal->invocation->arena, struct store_name, removal->count + 1);
	if (choose(removal, said, names, &count, err) < 0)
		return options.ignore && err->errnum == ENOENT ? 0 : -1;
	if (check_use(removal, count, err) < 0 ||
	    store_tag_all(&removal->store, names, count, err) < 0)
		return fail_in(err, "image %s", said);
	for (size_t i = 0; i < count; i++)
		printf("Untagged: %s\n", names[i].name);
	return 0;
}

static int rmi_one(struct invocation *invocation, const char *name, struct error *err)
{
	struct removal removal = { .invocation = invocation, .store = STORE_NONE };
	int result = -1;

	if (store_open(&removal.store, invocation->settings.data_root, invocation->arena, err) == 0)
		result = remove_image(&removal, name, err);
	store_close(&removal.store);
	return result;
}

/* As if each had been named. */
static int name_all(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct image *images;
	size_t count;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_list(&store, invocation->arena, &images, &count, err) < 0)
		return -1;
	invocation->arguments = arena_array(invocation->arena, char *, count + 1);
	for (size_t i = 0; i < count; i++)
		invocation->arguments[i] = (char *)name_of(&images[i]);
	invocation->count = (int)count;
	return 0;
}

int cmd_rmi(struct invocation *invocation, struct error *err)
{
	if (options.all && invocation->count)
		return fail(err, EINVAL, "--all and names of images exclude each other");
	if (!options.all && !invocation->count)
		return fail(err, EINVAL, "IMAGE is missing (see '%s rmi --help')", program_name());
	if (options.all && name_all(invocation, err) < 0)
		return -1;
	return invocation_each(invocation, rmi_one, err);
}
