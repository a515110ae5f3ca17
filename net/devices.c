/* SPDX-License-Identifier: Apache-2.0 */
#include "net/devices.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

/* The kernel's rule (dev_valid_name() of net/core/dev.c). */
static bool is_device_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return false;
	return true;
}

/* In the container one "%d" may stand for a number that the kernel chooses. */
static bool is_template(const char *name)
{
	return strchr(name, '%');
}

static bool is_new_name(const char *name)
{
	const char *percent = strchr(name, '%');

	return is_device_name(name) &&
	       (!percent || (percent[1] == 'd' && !strchr(percent + 1, '%')));
}

static int plan_device(const struct spec_net_device *spec, const struct net_devices_plan *plan,
		       struct net_device *device, struct error *err)
{
	const char *name = spec->name && *spec->name ? spec->name : spec->host_name;

	if (!is_device_name(spec->host_name) || is_template(spec->host_name))
		return fail(err, EINVAL,
			    "linux.netDevices: '%.100s' is no name of a network device (1 to %d "
			    "bytes without '/', ':' and blanks)",
			    spec->host_name, IFNAMSIZ - 1);
	if (!is_new_name(name))
		return fail(err, EINVAL,
			    "linux.netDevices[\"%s\"].name: '%.100s' is no name of a network "
			    "device (1 to %d bytes without '/', ':' and blanks; '%%d' for a number "
			    "that is free)",
			    spec->host_name, name, IFNAMSIZ - 1);
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->items[i].name, name) && !is_template(name))
			return fail(err, EEXIST,
				    "linux.netDevices[\"%s\"].name: '%s' is that of "
				    "linux.netDevices[\"%s\"] too",
				    spec->host_name, name, plan->items[i].host_name);
	*device = (struct net_device){ .host_name = spec->host_name, .name = name };
	return 0;
}

int net_devices_plan(struct arena *arena, const struct spec_linux *linux_spec,
		     struct net_devices_plan *plan, struct error *err)
{
	*plan = (struct net_devices_plan){ 0 };
	if (!linux_spec || !linux_spec->net_devices.count)
		return 0;
	plan->items = arena_array(arena, struct net_device, linux_spec->net_devices.count);
	for (size_t i = 0; i < linux_spec->net_devices.count; i++) {
		if (plan_device(&linux_spec->net_devices.items[i], plan, &plan->items[plan->count],
				err) < 0)
			return -1;
		plan->count++;
	}
	return 0;
}
