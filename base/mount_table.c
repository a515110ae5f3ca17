/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mount_table.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "base/mountinfo.h"
#include "base/sys.h"

/* At one time, of what listmount(2) lists. */
#define SOME_IDS 512

struct ids {
	uint64_t *items;
	size_t count;
};

static int list_ids(struct arena *arena, struct ids *ids)
{
	struct sys_mount_request request = { .size = sizeof(request), .id = SYS_LSMT_ROOT };
	size_t room = SOME_IDS;

	ids->items = arena_array(arena, uint64_t, room);
	ids->count = 0;
	for (;;) {
		ssize_t more = sys_listmount(&request, ids->items + ids->count, room - ids->count);
		uint64_t *larger;

		if (more < 0)
			return -1;
		ids->count += (size_t)more;
		if (ids->count < room)
			return 0;
		/* behind the last one */
		request.param = ids->items[ids->count - 1];
		larger = arena_array(arena, uint64_t, 2 * room);
		memcpy(larger, ids->items, ids->count * sizeof(*larger));
		ids->items = larger;
		room *= 2;
	}
}

/* Two paths and two names of types fit; for what is longer there is more, later. */
static struct sys_statmount *stat_one(struct arena *arena, uint64_t id)
{
	const uint64_t mask = SYS_STATMOUNT_SB_BASIC | SYS_STATMOUNT_MNT_BASIC |
			      SYS_STATMOUNT_MNT_ROOT | SYS_STATMOUNT_MNT_POINT |
			      SYS_STATMOUNT_FS_TYPE;
	const struct sys_mount_request request = {
		.size = sizeof(request),
		.id = id,
		.param = mask,
	};
	_Alignas(struct sys_statmount) char first[1024];
	struct sys_statmount *status = (void *)first, *kept;

	for (size_t room = sizeof(first); sys_statmount(&request, status, room) < 0;) {
		if (errno != EOVERFLOW)
			return NULL;
		room *= 4;
		status = arena_alloc(arena, room);
	}
	if ((status->mask & mask) != mask)
		return NULL; /* not to be reached from our root */
	kept = arena_alloc(arena, status->size);
	memcpy(kept, status, status->size);
	return kept;
}

static int read_by_calls(struct arena *arena, struct mount_table *table)
{
	struct ids ids;

	if (list_ids(arena, &ids) < 0)
		return -1;
	table->items = arena_array(arena, struct table_mount, ids.count + 1);
	for (size_t i = 0; i < ids.count; i++) {
		const struct sys_statmount *status = stat_one(arena, ids.items[i]);

		if (!status)
			continue; /* gone since */
		table->items[table->count++] = (struct table_mount){
			.id = status->id,
			.parent = status->parent,
			.root = status->text + status->root,
			.point = status->text + status->point,
			.type = status->text + status->type,
			.attributes = status->attributes,
			.read_only = status->superblock_flags & MS_RDONLY,
		};
	}
	return 0;
}

/* Whether one of the words between commas is this one. */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	while (words) {
		if (!strncmp(words, word, length) && (!words[length] || words[length] == ','))
			return true;
		words = strchr(words, ',');
		words = words ? words + 1 : NULL;
	}
	return false;
}

static uint64_t parse_attributes(const char *flags)
{
	static const struct {
		const char *word;
		uint64_t attribute;
	} words[] = {
		{ "ro", MOUNT_ATTR_RDONLY },
		{ "nosuid", MOUNT_ATTR_NOSUID },
		{ "nodev", MOUNT_ATTR_NODEV },
		{ "noexec", MOUNT_ATTR_NOEXEC },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "nodiratime", MOUNT_ATTR_NODIRATIME },
		{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW },
	};
	uint64_t attributes = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(flags, words[i].word))
			attributes |= words[i].attribute;
	/* relatime is the kernel's 0: neither of the others */
	if (!has_word(flags, "noatime") && !has_word(flags, "relatime"))
		attributes |= MOUNT_ATTR_STRICTATIME;
	return attributes;
}

void mount_table_parse(struct arena *arena, char *text, struct mount_table *table)
{
	struct mount_line line;
	size_t most = 1;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		most++;
	*table = (struct mount_table){ .items = arena_array(arena, struct table_mount, most) };
	while (mountinfo_next(&text, &line)) {
		if (!*line.point)
			continue;
		table->items[table->count++] = (struct table_mount){
			.id = (uint64_t)line.id,
			.parent = (uint64_t)line.parent,
			.root = line.root,
			.point = line.point,
			.type = line.type,
			.attributes = parse_attributes(line.flags),
			.read_only = has_word(line.options, "ro"),
		};
	}
}

int mount_table_read(struct arena *arena, struct mount_table *table, struct error *err)
{
	char *text;

	*table = (struct mount_table){ 0 };
	if (read_by_calls(arena, table) == 0)
		return 0;
	if (mountinfo_read(arena, "/proc/self/mountinfo", &text, err) < 0)
		return -1;
	mount_table_parse(arena, text, table);
	return 0;
}

void mount_table_find_files(struct mount_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct table_mount *mount = &table->items[i];
		struct statx status;

		/* the root of a whole filesystem is a folder */
		if (strcmp(mount->root, "/") != 0 &&
		    statx(AT_FDCWD, mount->point,
			  AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE,
			  &status) == 0)
			mount->file = !S_ISDIR(status.stx_mode);
	}
}
