/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/limits_builder.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#include "base/macro.h"

#define BLOCK_IO(member) "linux.resources.blockIO." member

/* BFQ takes v1's 10..1000 as they are; io.weight (io.cost) has 1..10000. */
static int add_io_weight(struct limits_builder *builder, const char *member, const char *device,
			 uint64_t weight, struct error *err)
{
	struct limit *limit;

	if (weight == 0)
		return 0;
	if (weight < 10 || weight > 1000)
		return fail(err, ERANGE, "%s: %" PRIu64 " is not between 10 and 1000", member,
			    weight);
	limit = limits_add(builder, CONTROLLER_IO, member, "io.bfq.weight",
			   arena_printf(builder->arena, "%s%" PRIu64, device, weight));
	limit->other_file = "io.weight";
	limit->other_value =
		arena_printf(builder->arena, "%s%" PRIu64, device, 1 + (weight - 10) * 9999 / 990);
	return 0;
}

static const struct {
	const char *member, *key;
	size_t offset; /* of the list in struct spec_block_io */
} throttles[] = {
	{ BLOCK_IO("throttleReadBpsDevice"), "rbps",
	  offsetof(struct spec_block_io, throttle_read_bps_device) },
	{ BLOCK_IO("throttleWriteBpsDevice"), "wbps",
	  offsetof(struct spec_block_io, throttle_write_bps_device) },
	{ BLOCK_IO("throttleReadIOPSDevice"), "riops",
	  offsetof(struct spec_block_io, throttle_read_iops_device) },
	{ BLOCK_IO("throttleWriteIOPSDevice"), "wiops",
	  offsetof(struct spec_block_io, throttle_write_iops_device) },
};

static const struct spec_throttle_list *throttle_list(const struct spec_block_io *io, size_t index)
{
	return (const struct spec_throttle_list *)((const char *)io + throttles[index].offset);
}

/* Whether a device was met in an earlier list, or earlier in this one. */
static bool throttle_seen(const struct spec_block_io *io, size_t index, size_t position)
{
	const struct spec_throttle_device *device = &throttle_list(io, index)->items[position];

	for (size_t i = 0; i <= index; i++) {
		const struct spec_throttle_list *list = throttle_list(io, i);
		size_t end = i == index ? position : list->count;

		for (size_t j = 0; j < end; j++)
			if (list->items[j].major == device->major &&
			    list->items[j].minor == device->minor)
				return true;
	}
	return false;
}

/* One line of io.max: all that the four lists say of one device; 0 is "no limit", as in v1. */
static char *throttle_line(struct limits_builder *builder, const struct spec_block_io *io,
			   int64_t major, int64_t minor)
{
	char *line = arena_printf(builder->arena, "%" PRId64 ":%" PRId64, major, minor);

	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++) {
		const struct spec_throttle_list *list = throttle_list(io, i);
		const struct spec_throttle_device *last = NULL;

		for (size_t j = 0; j < list->count; j++)
			if (list->items[j].major == major && list->items[j].minor == minor)
				last = &list->items[j];
		if (last)
			line = arena_printf(builder->arena, "%s %s=%s", line, throttles[i].key,
					    last->rate ? limits_number(builder, last->rate)
						       : "max");
	}
	return line;
}

int limits_plan_io(struct limits_builder *builder, const struct spec_block_io *io,
		   struct error *err)
{
	if (limits_not_on_v2(io->leaf_weight.value != 0, BLOCK_IO("leafWeight"), err) < 0 ||
	    add_io_weight(builder, BLOCK_IO("weight"), "", io->weight.value, err) < 0)
		return -1;
	for (size_t i = 0; i < io->weight_device.count; i++) {
		const struct spec_weight_device *device = &io->weight_device.items[i];
		const char *member = arena_printf(builder->arena, BLOCK_IO("weightDevice[%zu]"), i);

		if (limits_not_on_v2(device->leaf_weight.value != 0, member, err) < 0 ||
		    add_io_weight(builder, member,
				  arena_printf(builder->arena, "%" PRId64 ":%" PRId64 " ",
					       device->major, device->minor),
				  device->weight.value, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(throttles); i++) {
		const struct spec_throttle_list *list = throttle_list(io, i);

		for (size_t j = 0; j < list->count; j++)
			if (!throttle_seen(io, i, j))
				limits_add(builder, CONTROLLER_IO,
					   arena_printf(builder->arena, "%s[%zu]",
							throttles[i].member, j),
					   "io.max",
					   throttle_line(builder, io, list->items[j].major,
							 list->items[j].minor));
	}
	return 0;
}
