/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/device_rules.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/macro.h"

/* The program that is made of them has jumps 16 bits wide, and a rule is at most 4 instructions. */
#define MAX_RULES 4096

#define ANY DEVICE_ANY
#define ALL_ACCESS DEVICE_ALL_ACCESS

/* Those of runc: what every container may do (config-linux.md, "Default Devices"). */
static const struct device_rule defaults[] = {
	{ true, ANY, ANY, ANY, BPF_DEVCG_ACC_MKNOD },	/* making a node is not using the device */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 3, ALL_ACCESS }, /* null */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 8, ALL_ACCESS }, /* random */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 7, ALL_ACCESS }, /* full */
	{ true, BPF_DEVCG_DEV_CHAR, 5, 0, ALL_ACCESS }, /* tty */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 5, ALL_ACCESS }, /* zero */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 9, ALL_ACCESS }, /* urandom */
	{ true, BPF_DEVCG_DEV_CHAR, 136, ANY, ALL_ACCESS }, /* pts/N */
	{ true, BPF_DEVCG_DEV_CHAR, 5, 2, ALL_ACCESS },	    /* ptmx */
};

static int read_type(const char *text, int *type)
{
	if (!text || strcmp(text, "a") == 0)
		*type = ANY;
	else if (strcmp(text, "b") == 0)
		*type = BPF_DEVCG_DEV_BLOCK;
	else if (strcmp(text, "c") == 0 || strcmp(text, "u") == 0)
		*type = BPF_DEVCG_DEV_CHAR;
	else
		return -1;
	return 0;
}

/* The kernel's device numbers have 12 and 20 bits. */
static int read_number(const struct opt_int *number, int32_t max, int32_t *value)
{
	*value = ANY;
	if (!number->set || number->value == -1)
		return 0;
	if (number->value < 0 || number->value > max)
		return -1;
	*value = (int32_t)number->value;
	return 0;
}

/* An 'a' beside other letters says nothing, in runc and crun as well. */
static int read_access(const char *text, int32_t *access)
{
	bool is_empty = !text || !*text;

	*access = is_empty ? ALL_ACCESS : 0;
	for (; !is_empty && *text; text++) {
		if (*text == 'r')
			*access |= BPF_DEVCG_ACC_READ;
		else if (*text == 'w')
			*access |= BPF_DEVCG_ACC_WRITE;
		else if (*text == 'm')
			*access |= BPF_DEVCG_ACC_MKNOD;
		else if (*text != 'a')
			return -1;
	}
	return *access ? 0 : -1;
}

static int read_rule(const struct spec_device_rule *from, size_t index, struct device_rule *rule,
		     struct error *err)
{
	const char *wrong = NULL;

	rule->allow = from->allow;
	if (read_type(from->type, &rule->type) < 0)
		wrong = "type: one of a, b, c expected";
	else if (read_number(&from->major, 4095, &rule->major) < 0)
		wrong = "major: 0 to 4095 expected, or -1";
	else if (read_number(&from->minor, 1048575, &rule->minor) < 0)
		wrong = "minor: 0 to 1048575 expected, or -1";
	else if (read_access(from->access, &rule->access) < 0)
		wrong = "access: letters of rwm expected";
	if (wrong)
		return fail(err, EINVAL, "linux.resources.devices[%zu].%s", index, wrong);
	return 0;
}

/* Whether all that rule says anything about is said by later as well. */
static bool is_covered(const struct device_rule *rule, const struct device_rule *later)
{
	return (later->type == ANY || later->type == rule->type) &&
	       (later->major == ANY || later->major == rule->major) &&
	       (later->minor == ANY || later->minor == rule->minor) &&
	       (rule->access & ~later->access) == 0;
}

static bool is_for_everything(const struct device_rule *rule)
{
	return rule->type == ANY && rule->major == ANY && rule->minor == ANY &&
	       rule->access == ALL_ACCESS;
}

/*
 * Drops the rules that cannot matter: all up to the last one for everything, which sets the
 * verdict of requests without a match; those that a later rule covers; and at the beginning those
 * that only repeat that verdict. Returns the verdict.
 */
static bool reduce(struct device_rule *rules, size_t *count)
{
	size_t begin = 0, kept = 0;
	bool otherwise = false;

	for (size_t i = *count; i-- > 0 && !begin;)
		if (is_for_everything(&rules[i])) {
			otherwise = rules[i].allow;
			begin = i + 1;
		}
	for (size_t i = begin; i < *count; i++) {
		bool covered = kept == 0 && rules[i].allow == otherwise;

		for (size_t j = i + 1; j < *count && !covered; j++)
			covered = is_covered(&rules[i], &rules[j]);
		if (!covered)
			rules[kept++] = rules[i];
	}
	*count = kept;
	return otherwise;
}

int device_rules_plan(struct arena *arena, const struct spec_device_rule *rules, size_t count,
		      struct device_rules *result, struct error *err)
{
	*result = (struct device_rules){ .otherwise = true };
	if (count == 0)
		return 0;
	if (count > MAX_RULES)
		return fail(err, E2BIG,
			    "linux.resources.devices: %zu rules are too many (at most %d)", count,
			    MAX_RULES);
	result->count = count + ARRAY_SIZE(defaults);
	result->items = arena_array(arena, struct device_rule, result->count);
	for (size_t i = 0; i < count; i++)
		if (read_rule(&rules[i], i, &result->items[i], err) < 0)
			return -1;
	memcpy(result->items + count, defaults, sizeof(defaults));
	result->otherwise = reduce(result->items, &result->count);
	return 0;
}
