/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan of the kernel's files (limits.h) said again in properties of systemd. Everything that
 * limits a container goes through that plan, also what linux.resources.unified says.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "cgroup/systemd_plan.h"

/* systemd's word for no limit. */
#define INFINITE UINT64_MAX
#define SECOND UINT64_C(1000000)
/* systemd keeps a quota as whole percents of a CPU. */
#define PERCENT UINT64_C(10000)
#define DEFAULT_PERIOD UINT64_C(100000)
#define MAX_CPUS 8192

struct translation {
	struct arena *arena;
	struct string_list *list;
};

/* A whole number, or "max". What the kernel would read in other ways is not translated. */
static bool read_number(const char *text, uint64_t *number)
{
	size_t digits = strspn(text, "0123456789");

	if (strcmp(text, "max") == 0) {
		*number = INFINITE;
		return true;
	}
	errno = 0;
	*number = strtoull(text, NULL, 10);
	return digits && !text[digits] && errno == 0;
}

static void add_number(const struct translation *to, const char *name, uint64_t value)
{
	systemd_add_property(to->arena, to->list, name,
			     arena_printf(to->arena, "uint64 %" PRIu64, value));
}

/* Bytes, as the kernel reads them (memparse): "10M". */
static bool read_bytes(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTPE";
	size_t digits = strspn(text, "0123456789");
	const char *unit = digits && text[digits] ? strchr(units, toupper(text[digits])) : NULL;
	int shift;

	if (!unit || text[digits + 1])
		return read_number(text, bytes);
	errno = 0;
	*bytes = strtoull(text, NULL, 10);
	shift = 10 * (int)(unit - units + 1);
	if (errno || *bytes > UINT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

static void add_bytes(const struct translation *to, const char *name, const char *value)
{
	uint64_t number;

	if (read_bytes(value, &number))
		add_number(to, name, number);
}

/* Of these systemd says that they must be at least 1. */
static void add_positive_bytes(const struct translation *to, const char *name, const char *value)
{
	uint64_t number;

	if (read_bytes(value, &number) && number > 0)
		add_number(to, name, number);
}

static void add_positive(const struct translation *to, const char *name, const char *value)
{
	uint64_t number;

	if (read_number(value, &number) && number > 0)
		add_number(to, name, number);
}

static void add_weight(const struct translation *to, const char *name, const char *value)
{
	uint64_t number;

	if (read_number(value, &number) && number >= 1 && number <= 10000)
		add_number(to, name, number);
}

/* A weight of 0 is systemd's way to say cpu.idle, since version 252. */
static void add_idle(const struct translation *to, const char *name, const char *value)
{
	if (strcmp(value, "1") == 0)
		add_number(to, name, 0);
}

/* "QUOTA PERIOD" in microseconds; *a_second is the quota for a second, rounded up. */
static bool read_cpu_max(struct arena *arena, const char *value, uint64_t *a_second,
			 uint64_t *period)
{
	char *rest = arena_strdup(arena, value);
	const char *text = strsep(&rest, " ");
	__uint128_t exact;
	uint64_t quota;

	*period = DEFAULT_PERIOD;
	if (!read_number(text, &quota) || (rest && !read_number(rest, period)) || !*period ||
	    !quota)
		return false;
	*a_second = INFINITE;
	if (quota == INFINITE)
		return true;
	exact = (__uint128_t)quota * SECOND / *period;
	exact = (exact + PERCENT - 1) / PERCENT * PERCENT;
	*a_second = (uint64_t)exact;
	return exact <= INT64_MAX;
}

static void add_cpu_max(const struct translation *to, const char *name, const char *value)
{
	uint64_t a_second, period;

	if (!read_cpu_max(to->arena, value, &a_second, &period))
		return;
	add_number(to, "CPUQuotaPeriodUSec", period);
	add_number(to, name, a_second);
}

static bool says_idle(const struct limits *limits)
{
	bool idle = false;

	for (size_t i = 0; i < limits->count; i++)
		if (strcmp(limits->items[i].file, "cpu.idle") == 0)
			idle = strcmp(limits->items[i].value, "1") == 0;
	return idle;
}

static void drop_weight(struct limits *limits)
{
	size_t kept = 0;

	for (size_t i = 0; i < limits->count; i++)
		if (strcmp(limits->items[i].file, "cpu.weight") != 0)
			limits->items[kept++] = limits->items[i];
	/* engines' tests look for these words */
	if (kept < limits->count)
		log_warning("unable to apply both cpu.weight and cpu.idle to systemd, ignoring "
			    "cpu.weight");
	limits->count = kept;
}

void systemd_adapt_limits(struct arena *arena, struct limits *limits)
{
	uint64_t a_second, period;

	if (says_idle(limits))
		drop_weight(limits);
	for (size_t i = 0; i < limits->count; i++) {
		struct limit *limit = &limits->items[i];

		if (strcmp(limit->file, "cpu.max") == 0 &&
		    read_cpu_max(arena, limit->value, &a_second, &period) && a_second != INFINITE)
			limit->value = arena_printf(
				arena, "%" PRIu64 " %" PRIu64,
				(uint64_t)((__uint128_t)a_second * period / SECOND), period);
	}
}

/* "0-2,7" as the bytes of a mask, the lowest first. */
static void add_set(const struct translation *to, const char *name, const char *value)
{
	uint8_t mask[MAX_CPUS / 8] = { 0 };
	size_t size = 0;
	char *rest = arena_strdup(to->arena, value), *range;
	const char *text = "[byte";

	while ((range = strsep(&rest, ","))) {
		unsigned long first, last;
		char *end;

		first = last = strtoul(range, &end, 10);
		if (*end == '-' && end != range)
			last = strtoul(end + 1, &end, 10);
		if (end == range || (*end && *end != '\n') || first > last || last >= MAX_CPUS)
			return;
		for (unsigned long i = first; i <= last; i++)
			mask[i / 8] |= (uint8_t)(1U << i % 8);
		if (size < last / 8 + 1)
			size = last / 8 + 1;
	}
	for (size_t i = 0; i < size; i++)
		text = arena_printf(to->arena, "%s%s 0x%02x", text, i ? "," : "", mask[i]);
	systemd_add_property(to->arena, to->list, name, arena_printf(to->arena, "%s]", text));
}

/* A device's limit: one entry of a list. systemd takes the path without the node being there. */
static void add_device(const struct translation *to, const char *name, const char *device,
		       uint64_t value)
{
	systemd_add_property(
		to->arena, to->list, name,
		arena_printf(to->arena, "[('/dev/block/%s', uint64 %" PRIu64 ")]", device, value));
}

static bool is_device(const char *text)
{
	size_t major = strspn(text, "0123456789");

	return major && text[major] == ':' && text[major + 1] &&
	       !text[major + 1 + strspn(text + major + 1, "0123456789")];
}

/* "8:0 rbps=100 wiops=max" */
static void add_io_max(const struct translation *to, const char *name, const char *value)
{
	static const struct {
		const char *key, *property;
	} keys[] = {
		{ "rbps=", "IOReadBandwidthMax" },
		{ "wbps=", "IOWriteBandwidthMax" },
		{ "riops=", "IOReadIOPSMax" },
		{ "wiops=", "IOWriteIOPSMax" },
	};
	char *rest = arena_strdup(to->arena, value), *word;
	const char *device = strsep(&rest, " ");
	uint64_t number;

	(void)name;
	while (is_device(device) && (word = strsep(&rest, " ")))
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
			size_t length = strlen(keys[i].key);

			if (strncmp(word, keys[i].key, length) == 0 &&
			    read_number(word + length, &number) && number > 0)
				add_device(to, keys[i].property, device, number);
		}
}

/* "100", "default 100" or "8:0 100" */
static void add_io_weight(const struct translation *to, const char *name, const char *value)
{
	char *rest = arena_strdup(to->arena, value);
	const char *device = strsep(&rest, " ");
	uint64_t number;

	if (!rest || strcmp(device, "default") == 0)
		add_weight(to, name, rest ?: device);
	else if (is_device(device) && read_number(rest, &number) && number >= 1 && number <= 10000)
		add_device(to, "IODeviceWeight", device, number);
}

/* What happens to the others when one process is killed for want of memory. */
static void add_oom_group(const struct translation *to, const char *name, const char *value)
{
	if (strcmp(value, "0") == 0 || strcmp(value, "1") == 0)
		systemd_add_property(to->arena, to->list, name,
				     *value == '1' ? "'kill'" : "'continue'");
}

static const struct {
	const char *file;
	void (*add)(const struct translation *to, const char *name, const char *value);
	const char *property;
} translations[] = {
	{ "memory.max", add_positive_bytes, "MemoryMax" },
	{ "memory.high", add_positive_bytes, "MemoryHigh" },
	{ "memory.low", add_bytes, "MemoryLow" },
	{ "memory.min", add_bytes, "MemoryMin" },
	{ "memory.swap.max", add_bytes, "MemorySwapMax" },
	{ "memory.zswap.max", add_bytes, "MemoryZSwapMax" },
	{ "memory.oom.group", add_oom_group, "OOMPolicy" },
	{ "pids.max", add_positive, "TasksMax" },
	{ "cpu.weight", add_weight, "CPUWeight" },
	{ "cpu.idle", add_idle, "CPUWeight" },
	{ "cpu.max", add_cpu_max, "CPUQuotaPerSecUSec" },
	{ "cpuset.cpus", add_set, "AllowedCPUs" },
	{ "cpuset.mems", add_set, "AllowedMemoryNodes" },
	{ "io.weight", add_io_weight, "IOWeight" },
	{ "io.max", add_io_max, NULL },
};

static void translate(const struct translation *to, const char *file, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(translations); i++)
		if (strcmp(file, translations[i].file) == 0)
			translations[i].add(to, translations[i].property, value);
}

void systemd_limit_properties(struct arena *arena, const struct limits *limits,
			      struct string_list *list)
{
	const struct translation to = {
		.arena = arena,
		.list = list,
	};

	for (size_t i = 0; i < limits->count; i++) {
		const struct limit *limit = &limits->items[i];

		translate(&to, limit->file, limit->value);
		if (limit->other_file)
			translate(&to, limit->other_file, limit->other_value);
	}
}
