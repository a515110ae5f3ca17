/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cgroup/gvariant.h"

/*
 * A property of a unit, "NAME=VALUE". Names have letters only. One that ends in Sec is a time in
 * seconds, of whatever number, and becomes the one that ends in USec, as in runc and crun: that is
 * the name on the bus.
 */
struct unit_property {
	const char *name;
	struct gvariant value;
};

int unit_property_parse(struct arena *arena, const char *text, struct unit_property *property,
			struct error *err);
