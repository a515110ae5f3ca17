/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Values in GVariant's text format (docs.gtk.org/glib/gvariant-text-format.html), as far as
 * properties of systemd's units need it: booleans, numbers, strings, byte strings, arrays and
 * tuples, with their types in front (uint64 5, @as []) where they are not clear. No dictionaries,
 * variants and maybes.
 */

struct gvariant {
	const char *type; /* its D-Bus signature: "b", "t", "as", "a(ss)" */
	union {
		bool boolean;
		int64_t integer;    /* n i h x */
		uint64_t unsigned_; /* y q u t */
		double real;
		const char *string; /* s o g; the digits of a number while it has no type */
	};
	struct gvariant *items; /* of an array or a tuple */
	size_t count;
};

/*
 * Parses text, all of it. A number without a type is an int32, or a double when it has a point;
 * in an array it is what another member says. Everything lives in the arena. Pure.
 */
int gvariant_parse(struct arena *arena, const char *text, struct gvariant *value,
		   struct error *err);
