/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/capability.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define BIT(n) (UINT64_C(1) << (n))

unsigned int capability_last(void)
{
	unsigned int last = CAP_LAST_CAP;

	/* the kernel's may be older or newer than the header */
	while (last && prctl(PR_CAPBSET_READ, last, 0, 0, 0) < 0)
		last--;
	while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	return last ? last : CAP_LAST_CAP;
}

/*
 * The specification has upper case names only; libcap also takes lower case and numbers, and stops
 * at the first character that is in no name.
 */
static bool lookup(const char *name, cap_value_t *value)
{
	if (strncmp(name, "CAP_", 4) != 0)
		return false;
	for (const char *c = name; *c; c++)
		if (!isupper((unsigned char)*c) && *c != '_')
			return false;
	return cap_from_name(name, value) == 0 && *value >= 0 && *value < 64;
}

const char *capability_name(unsigned int capability)
{
	static char name[32];
	char *known = cap_to_name((cap_value_t)capability);
	size_t length = 0;

	for (; known && known[length] && length < sizeof(name) - 1; length++)
		name[length] = (char)toupper((unsigned char)known[length]);
	name[length] = '\0';
	cap_free(known);
	return name;
}

/* runtime-spec, config.md: what cannot be granted MUST be logged as a warning. */
static uint64_t plan_set(const struct string_list *names, const char *field, unsigned int last,
			 struct capability_sets *sets)
{
	uint64_t set = 0;

	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->items[i];
		cap_value_t value;

		if (!lookup(name, &value)) {
			log_warning("process.capabilities.%s[%zu]: unknown capability '%s'", field,
				    i, name);
			continue;
		}
		if ((unsigned int)value > last) {
			log_warning("process.capabilities.%s[%zu]: this kernel has no %s", field, i,
				    name);
			continue;
		}
		set |= BIT(value);
		sets->names[value] = name;
	}
	return set;
}

/* The lowest capability of set, which is not empty. */
static const char *first_name(const struct capability_sets *sets, uint64_t set)
{
	const char *name = sets->names[__builtin_ctzll(set)];

	return name ? name : "a capability";
}

void capability_plan(const struct spec_capabilities *spec, unsigned int last,
		     struct capability_sets *sets)
{
	uint64_t excess;

	*sets = (struct capability_sets){ .last = last };
	if (!spec)
		return;
	sets->bounding = plan_set(&spec->bounding, "bounding", last, sets);
	sets->effective = plan_set(&spec->effective, "effective", last, sets);
	sets->inheritable = plan_set(&spec->inheritable, "inheritable", last, sets);
	sets->permitted = plan_set(&spec->permitted, "permitted", last, sets);
	sets->ambient = plan_set(&spec->ambient, "ambient", last, sets);
	excess = sets->effective & ~sets->permitted;
	if (excess)
		log_warning("process.capabilities.effective: %s is not permitted, and left out",
			    first_name(sets, excess));
	sets->effective &= ~excess;
	/* The wording is runc's. */
	excess = sets->ambient & ~(sets->permitted & sets->inheritable);
	for (unsigned int i = 0; i < 64; i++)
		if (excess & BIT(i))
			log_warning("process.capabilities.ambient: can't raise ambient capability "
				    "%s: not both permitted and inheritable",
				    first_name(sets, BIT(i)));
	sets->ambient &= ~excess;
}

int capability_drop_bounding(const struct capability_sets *sets, struct error *err)
{
	for (unsigned int i = 0; i <= sets->last; i++) {
		if (sets->bounding & BIT(i))
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0 || errno == EINVAL)
			continue;
		/* Without CAP_SETPCAP it is still right if ctr's own bounding set lacks it. */
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) != 0)
			return fail(err, EPERM,
				    "process.capabilities.bounding: dropping capability %u needs "
				    "CAP_SETPCAP",
				    i);
	}
	return 0;
}

static void split(struct __user_cap_data_struct data[2], uint64_t effective, uint64_t permitted,
		  uint64_t inheritable)
{
	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(effective >> (32 * i));
		data[i].permitted = (uint32_t)(permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
}

/* capset(2) says only EPERM: find out which one ctr itself does not have. */
static int fail_capset(const struct capability_sets *sets, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	int errnum = errno;
	uint64_t missing;

	if (errnum == EPERM && syscall(SYS_capget, &header, data) == 0) {
		missing = sets->permitted &
			  ~(data[0].permitted | (uint64_t)data[1].permitted << 32);
		if (missing)
			return fail(err, EPERM,
				    "process.capabilities.permitted: ctr itself lacks %s",
				    first_name(sets, missing));
		for (unsigned int i = 0; i <= sets->last; i++)
			if (sets->inheritable & BIT(i) && prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 0)
				return fail(err, EPERM,
					    "process.capabilities.inheritable: %s is not bounding",
					    first_name(sets, BIT(i)));
	}
	errno = errnum;
	return fail_errno(err, "process.capabilities: capset");
}

int capability_apply(const struct capability_sets *sets, uint64_t also, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	split(data, sets->effective | also, sets->permitted | also, sets->inheritable);
	if (syscall(SYS_capset, &header, data) < 0)
		return fail_capset(sets, err);
	/*
	 * Raised by an earlier program of the caller, or by the first of two calls. capset(2) has
	 * taken away what is not both permitted and inheritable.
	 */
	if ((sets->permitted | also) & sets->inheritable &&
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return fail_errno(err, "process.capabilities.ambient: clear");
	for (unsigned int i = 0; i <= sets->last; i++)
		if (sets->ambient & BIT(i) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return fail_errno(err, "process.capabilities.ambient: %s",
					  first_name(sets, BIT(i)));
	return 0;
}
