/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A config.json that is decoded must decode again when encoded, to the same; whatever it is,
 * validation and the search for unknown members must survive it.
 */
#include <stdlib.h>
#include <string.h>

#include "specs/runtime_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	const char *input = (const char *)data;
	struct spec_process process;
	struct string_list unknown;
	size_t length, length_again;
	struct spec spec, again;
	char *text, *text_again;
	bool valid, valid_again;
	struct error err;

	spec_process_decode(&arena, "process", input, size, &process, &err);
	if (spec_decode(&arena, "input", input, size, &spec, &err) < 0)
		return 0;
	valid = spec_validate("input", &spec, &err) == 0;
	if (spec_unknown_members(&arena, "input", input, size, &unknown, &err) < 0)
		abort();
	text = spec_encode(&arena, &spec, &length);
	if (spec_decode(&arena, "again", text, length, &again, &err) < 0)
		abort();
	valid_again = spec_validate("again", &again, &err) == 0;
	text_again = spec_encode(&arena, &again, &length_again);
	if (valid != valid_again || length != length_again || memcmp(text, text_again, length) != 0)
		abort();
	return 0;
}
