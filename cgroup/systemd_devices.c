/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "cgroup/device_rules.h"
#include "cgroup/systemd_plan.h"

static bool is_expressible(const struct device_rules *rules)
{
	if (rules->otherwise)
		return false;
	for (size_t i = 0; i < rules->count; i++) {
		const struct device_rule *rule = &rules->items[i];

		if (!rule->allow || (rule->major == DEVICE_ANY && rule->minor != DEVICE_ANY))
			return false;
	}
	return true;
}

/* The longest entry: ", ('/dev/block/4095:1048575', 'rwm')" */
#define ENTRY_MAX 48

/* One entry of DeviceAllow: a glob, a major number, or a path that need not exist. */
static char *put_entry(char *to, const struct device_rule *rule, int type)
{
	const char *kind = type == BPF_DEVCG_DEV_CHAR ? "char" : "block";
	char device[32];

	if (rule->major == DEVICE_ANY)
		snprintf(device, sizeof(device), "%s-*", kind);
	else if (rule->minor == DEVICE_ANY)
		snprintf(device, sizeof(device), "%s-%" PRId32, kind, rule->major);
	else
		snprintf(device, sizeof(device), "/dev/%s/%" PRId32 ":%" PRId32, kind, rule->major,
			 rule->minor);
	return to + snprintf(to, ENTRY_MAX, "('%s', '%s%s%s'), ", device,
			     rule->access & BPF_DEVCG_ACC_READ ? "r" : "",
			     rule->access & BPF_DEVCG_ACC_WRITE ? "w" : "",
			     rule->access & BPF_DEVCG_ACC_MKNOD ? "m" : "");
}

int systemd_device_properties(struct arena *arena, const struct spec_resources *resources,
			      struct string_list *list, struct error *err)
{
	static const int types[] = { BPF_DEVCG_DEV_CHAR, BPF_DEVCG_DEV_BLOCK };
	struct device_rules rules;
	char *text, *to;

	if (device_rules_plan(arena, resources->devices.items, resources->devices.count, &rules,
			      err) < 0)
		return -1;
	/* an empty list takes away what was there, others add to it */
	systemd_add_property(arena, list, "DevicePolicy",
			     is_expressible(&rules) ? "'strict'" : "'auto'");
	systemd_add_property(arena, list, "DeviceAllow", "@a(ss) []");
	if (!is_expressible(&rules))
		return 0;
	to = text = arena_alloc(arena, (2 * rules.count + 1) * ENTRY_MAX);
	*to++ = '[';
	for (size_t i = 0; i < rules.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(types); j++)
			if (rules.items[i].type == DEVICE_ANY || rules.items[i].type == types[j])
				to = put_entry(to, &rules.items[i], types[j]);
	memcpy(to - strlen(", "), "]", 2);
	systemd_add_property(arena, list, "DeviceAllow", text);
	return 0;
}
