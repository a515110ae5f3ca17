/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"

/* config-linux.md, "Default Devices" (/dev/console and /dev/ptmx are made another way). */
static const struct {
	const char *path;
	unsigned int major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },	 { "/dev/zero", 1, 5 },	   { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static bool has_user_namespace(const struct spec *spec)
{
	if (spec->linux)
		for (size_t i = 0; i < spec->linux->namespaces.count; i++)
			if (spec->linux->namespaces.items[i].type == NAMESPACE_USER)
				return true;
	return false;
}

/* Somebody else's /dev is not ours to fill. */
static bool dev_is_bound(struct arena *arena, const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		bool bind = mount->type && !strcmp(mount->type, "bind");

		for (size_t j = 0; j < mount->options.count; j++)
			bind |= !strcmp(mount->options.items[j], "bind") ||
				!strcmp(mount->options.items[j], "rbind");
		if (bind && mount->destination &&
		    !strcmp(path_clean(arena, mount->destination), "/dev"))
			return true;
	}
	return false;
}

/* Splits the path: the child has no memory to do it in. */
static int set_path(struct arena *arena, const char *path, struct device_plan *device,
		    struct error *err)
{
	char *clean = path_clean(arena, path);
	char *slash = strrchr(clean, '/');

	if (!slash[1])
		return fail(err, EINVAL, "path: '%s' does not end in a name", path);
	device->path = clean;
	device->name = slash + 1;
	device->directory = slash == clean ? "/"
					   : arena_strndup(arena, clean, (size_t)(slash - clean));
	return 0;
}

static int plan_device(struct arena *arena, const struct spec_device *device, bool bind,
		       struct device_plan *plan, struct error *err)
{
	const char *type = device->type ? device->type : "";
	uint64_t mode = device->file_mode.set ? device->file_mode.value : 0666;

	*plan = (struct device_plan){
		.mode = (mode_t)(mode & 07777),
		.number = makedev((unsigned int)device->major, (unsigned int)device->minor),
		.uid = (uid_t)device->uid.value,
		.gid = (gid_t)device->gid.value,
		.bind = bind,
	};
	if (!strcmp(type, "c") || !strcmp(type, "u")) {
		plan->mode |= S_IFCHR;
	} else if (!strcmp(type, "b")) {
		plan->mode |= S_IFBLK;
	} else if (!strcmp(type, "p")) {
		plan->mode |= S_IFIFO;
		plan->number = 0;
		plan->bind = false;
	} else {
		return fail(err, EINVAL, "type: '%s' is none of c, u, b, p", type);
	}
	if (!device->path || device->path[0] != '/')
		return fail(err, EINVAL, "path: an absolute path is needed");
	return set_path(arena, device->path, plan, err);
}

static bool is_given(const struct device_list *plan, const char *path)
{
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->items[i].path, path))
			return true;
	return false;
}

int devices_plan(struct arena *arena, const struct spec *spec, struct device_list *plan,
		 struct error *err)
{
	bool bind = has_user_namespace(spec);
	size_t given = spec->linux ? spec->linux->devices.count : 0;

	*plan = (struct device_list){ 0 };
	if (dev_is_bound(arena, spec))
		return 0;
	plan->links = true;
	plan->items = arena_array(arena, struct device_plan, given + ARRAY_SIZE(default_devices));
	for (size_t i = 0; i < given; i++) {
		struct device_plan *device = &plan->items[plan->count];

		if (plan_device(arena, &spec->linux->devices.items[i], bind, device, err) < 0)
			return fail_in(err, "linux.devices[%zu]", i);
		/* that of the container's own devpts is linked there in any case */
		plan->count += strcmp(device->path, "/dev/ptmx") != 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(default_devices); i++) {
		struct device_plan *device = &plan->items[plan->count];

		if (is_given(plan, default_devices[i].path))
			continue;
		device->mode = S_IFCHR | 0666;
		device->number = makedev(default_devices[i].major, default_devices[i].minor);
		device->bind = bind;
		if (set_path(arena, default_devices[i].path, device, err) < 0)
			return -1;
		plan->count++;
	}
	return 0;
}

void devices_print(FILE *stream, const struct device_list *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct device_plan *device = &plan->items[i];

		if (device->bind)
			fprintf(stream, "device %s: bind of the host's %u:%u\n", device->path,
				major(device->number), minor(device->number));
		else
			fprintf(stream, "device %s: %c %u:%u %04o owner %u:%u\n", device->path,
				S_ISBLK(device->mode)	 ? 'b'
				: S_ISFIFO(device->mode) ? 'p'
							 : 'c',
				major(device->number), minor(device->number), device->mode & 07777,
				device->uid, device->gid);
	}
	fprintf(stream, "device links: %s\n", plan->links ? "yes" : "no, /dev is a bind");
}

/* Whether an open node is this one. */
static bool is_node(const struct stat *status, mode_t mode, dev_t number)
{
	return (status->st_mode & S_IFMT) == (mode & S_IFMT) && status->st_rdev == number;
}

int device_open(const struct device_plan *device, struct error *err)
{
	/* what is looked at is the clone itself, so that nothing can come between */
	cleanup_fd int mount = open_tree(AT_FDCWD, device->path,
					 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	struct stat status;

	if (mount < 0 || fstat(mount, &status) < 0)
		return fail_errno(err, "device %s of the host", device->path);
	if (!is_node(&status, device->mode, device->number))
		return fail(err, ENODEV, "device %s of the host is not %u:%u", device->path,
			    major(device->number), minor(device->number));
	return take_fd(&mount);
}
