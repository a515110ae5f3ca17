/* SPDX-License-Identifier: Apache-2.0 */
/* What criu answers, and its log, of which the names in a container's images are part. */
#include <stdint.h>

#include "base/arena.h"
#include "runtime/criu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct criu_response response;
	struct error err;

	criu_response_decode(&arena, data, size, &response, &err);
	criu_log_reasons(&arena, arena_strndup(&arena, (const char *)data, size));
	return 0;
}
