/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/subuid: whatever it says, the map is one that the kernel can take. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "runtime/id_map.h"
#include "runtime/user_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct sub_id_ranges ranges;
	struct spec_id_mappings map, again;
	struct id_map checked;
	struct error err;

	sub_ids_parse(&arena, arena_strndup(&arena, (const char *)data, size), "me", 1000, &ranges);
	user_map_plan(&arena, 1000, &ranges, &map);
	if (id_map_plan(&arena, &map, &map, &checked, &err) < 0 ||
	    user_map_parse(&arena, checked.uid_text, &again, &err) < 0 || again.count != map.count)
		abort();
	/* what was mapped is known, and is itself inside */
	if (user_map_translate(&arena, &map, "linux.uidMappings", &again, &err) < 0)
		abort();
	for (size_t i = 0; i < again.count; i++)
		if (again.items[i].host_id != again.items[i].container_id)
			abort();
	return 0;
}
