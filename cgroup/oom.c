/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "cgroup/stats_parse.h"

/* Returns 1 and leaves *kills when there is no such file (any more). */
static int read_counter(const struct oom_counter *counter, uint64_t *kills, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct uint_map pairs;
	char text[512];
	ssize_t size;

	if (counter->events < 0)
		return 1;
	size = pread(counter->events, text, sizeof(text) - 1, 0);
	if (size < 0 && errno == ENODEV)
		return 1;
	if (size < 0)
		return fail_errno(err, "read memory.events");
	text[size] = '\0';
	pairs = stats_parse_pairs(&arena, text);
	*kills = stats_pair(&pairs, "oom_kill");
	return 0;
}

/* Both counts as of one moment. Returns 1 when there is no own one any more. */
static int read_both(const struct oom_watch *watch, uint64_t *own, uint64_t *above,
		     struct error *err)
{
	*own = watch->own.kills;
	*above = watch->above.kills;
	for (;;) {
		const uint64_t before = *above;
		const int result = read_counter(&watch->own, own, err);

		if (result < 0 || read_counter(&watch->above, above, err) < 0)
			return -1;
		if (*above == before)
			return result;
	}
}

int oom_watch_open(struct oom_watch *watch, int dirfd, struct error *err)
{
	watch->own.events = openat(dirfd, "memory.events", O_RDONLY | O_CLOEXEC);
	if (watch->own.events < 0)
		return 0;
	watch->above.events = openat(dirfd, "../memory.events", O_RDONLY | O_CLOEXEC);
	return read_both(watch, &watch->own.kills, &watch->above.kills, err) < 0 ? -1 : 0;
}

int oom_watch_read(struct oom_watch *watch, struct error *err)
{
	uint64_t own, above;
	bool is_new;
	int result;

	if (watch->own.events < 0)
		return 0;
	result = read_both(watch, &own, &above, err);
	if (result < 0)
		return -1;
	is_new = own > watch->own.kills || (result > 0 && above > watch->above.kills);
	watch->own.kills = own;
	watch->above.kills = above;
	if (result > 0) /* poll would return at once from now on */
		oom_watch_close(watch);
	return is_new;
}

void oom_watch_close(struct oom_watch *watch)
{
	close_fd(&watch->own.events);
	close_fd(&watch->above.events);
}
