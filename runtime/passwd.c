/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/passwd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"

#define NO_ID ((unsigned int)-1) /* means "leave it as it is" to the kernel */

/* The first piece of a line as long as the buffer is handed out nowhere; the rest is skipped. */
char *passwd_read_line(struct passwd_reader *reader)
{
	for (;;) {
		char *begin = reader->buffer + reader->begin;
		char *newline = memchr(begin, '\n', reader->end - reader->begin);
		size_t room;
		ssize_t got;

		if (newline) {
			*newline = '\0';
			reader->begin = (size_t)(newline - reader->buffer) + 1;
			if (!reader->skipping)
				return begin;
			reader->skipping = false;
			continue;
		}
		memmove(reader->buffer, begin, reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
		if (reader->end == PASSWD_MAX_LINE) {
			reader->skipping = true;
			reader->end = 0;
		}
		room = PASSWD_MAX_LINE - reader->end;
		got = reader->total < PASSWD_MAX_SIZE
			      ? read(reader->fd, reader->buffer + reader->end, room)
			      : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0) {
			reader->end += (size_t)got;
			reader->total += (size_t)got;
			continue;
		}
		/* The last line may lack its newline. */
		if (reader->skipping || reader->end == 0)
			return NULL;
		reader->buffer[reader->end] = '\0';
		reader->begin = reader->end = 0;
		return reader->buffer;
	}
}

bool passwd_split(char *line, char **fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fields[i] = line;
		if (i + 1 == count)
			break;
		line = strchr(line, ':');
		if (!line)
			return false;
		*line++ = '\0';
	}
	return true;
}

bool passwd_parse_id(const char *text, unsigned int *id)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value >= NO_ID)
			return false;
	}
	*id = (unsigned int)value;
	return true;
}

/*
 * Returns the file, -1 when there is none or it is nothing that may be read: without O_NONBLOCK
 * the open of a FIFO would wait for a writer.
 */
static int open_file(int root, const char *path)
{
	struct error ignored;
	struct stat st;
	cleanup_fd int fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &ignored);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return take_fd(&fd);
}

enum { NAME, PASSWORD, UID, GID, GECOS, HOME, PASSWD_FIELDS = 7 };
enum { MEMBERS = 3, GROUP_FIELDS };

/* Finds the user of that name, or of that id when name is NULL. */
static bool find_user(struct passwd_reader *reader, const char *name, unsigned int id,
		      struct passwd_user *user, char *fields[PASSWD_FIELDS])
{
	char *line;

	while ((line = passwd_read_line(reader))) {
		unsigned int uid, gid;

		if (!passwd_split(line, fields, PASSWD_FIELDS) || !*fields[NAME] ||
		    !passwd_parse_id(fields[UID], &uid) || !passwd_parse_id(fields[GID], &gid))
			continue;
		if (name ? strcmp(fields[NAME], name) != 0 : uid != id)
			continue;
		user->uid = uid;
		user->gid = gid;
		return true;
	}
	return false;
}

static bool is_member(const char *members, const char *name)
{
	const size_t length = strlen(name);

	for (;;) {
		size_t end = strcspn(members, ",");

		if (end == length && !strncmp(members, name, length))
			return true;
		if (!members[end])
			return false;
		members += end + 1;
	}
}

/* Collects the groups that list name as a member, at most NGROUPS_MAX. */
static void find_groups(struct arena *arena, int root, const char *name, struct passwd_user *user)
{
	cleanup_fd int fd = open_file(root, "etc/group");
	struct passwd_reader reader = { .fd = fd };
	char *line, *fields[GROUP_FIELDS];
	size_t room = 0;

	while (fd >= 0 && user->group_count < NGROUPS_MAX && (line = passwd_read_line(&reader))) {
		unsigned int gid;

		if (!passwd_split(line, fields, GROUP_FIELDS) ||
		    !passwd_parse_id(fields[UID], &gid) || !is_member(fields[MEMBERS], name))
			continue;
		if (user->group_count == room) {
			gid_t *more = arena_array(arena, gid_t, room = room ? 2 * room : 16);

			if (user->group_count)
				memcpy(more, user->groups, user->group_count * sizeof(*more));
			user->groups = more;
		}
		user->groups[user->group_count++] = gid;
	}
}

static int resolve_group(int root, const char *name, gid_t *gid, struct error *err)
{
	cleanup_fd int fd = -1;
	struct passwd_reader reader;
	char *line, *fields[GROUP_FIELDS];

	if (passwd_parse_id(name, gid))
		return 0;
	fd = open_file(root, "etc/group");
	reader = (struct passwd_reader){ .fd = fd };
	while (fd >= 0 && (line = passwd_read_line(&reader)))
		if (passwd_split(line, fields, GROUP_FIELDS) && !strcmp(fields[NAME], name) &&
		    passwd_parse_id(fields[UID], gid))
			return 0;
	return fail(err, ENOENT,
		    "unable to find group '%s': no such name in the container's /etc/group", name);
}

int passwd_resolve(struct arena *arena, int root, const char *text, struct passwd_user *user,
		   struct error *err)
{
	return passwd_resolve_in(arena, root, root, text, user, err);
}

int passwd_resolve_in(struct arena *arena, int passwd_root, int group_root, const char *text,
		      struct passwd_user *user, struct error *err)
{
	const char *colon = strchr(text, ':'), *group = colon ? colon + 1 : "";
	const char *name = colon ? arena_strndup(arena, text, (size_t)(colon - text)) : text;
	cleanup_fd int fd = open_file(passwd_root, "etc/passwd");
	struct passwd_reader reader = { .fd = fd };
	struct passwd_user found = { 0 };
	char *fields[PASSWD_FIELDS];
	bool number = passwd_parse_id(name, &found.uid), known;

	if (!*name)
		return fail(err, EINVAL, "user '%s': USER[:GROUP] expected", text);
	known = fd >= 0 && find_user(&reader, number ? NULL : name, found.uid, &found, fields);
	if (!known && !number)
		return fail(
			err, ENOENT,
			"unable to find user '%s': neither an id from 0 to 4294967294 nor a name "
			"in the container's /etc/passwd",
			name);
	if (*group) {
		if (resolve_group(group_root, group, &found.gid, err) < 0)
			return -1;
	} else if (known) {
		find_groups(arena, group_root, fields[NAME], &found);
	}
	*user = found;
	return 0;
}

size_t passwd_home(int root, uid_t uid, char *buffer, size_t size)
{
	cleanup_fd int fd = open_file(root, "etc/passwd");
	struct passwd_reader reader = { .fd = fd };
	struct passwd_user user;
	char *fields[PASSWD_FIELDS];
	const char *home = "/";
	size_t length;

	if (fd >= 0 && find_user(&reader, NULL, uid, &user, fields)) {
		size_t end = strcspn(fields[HOME], ":");

		fields[HOME][end] = '\0';
		if (fields[HOME][0] == '/' && end < size)
			home = fields[HOME];
	}
	length = strlen(home);
	memcpy(buffer, home, length + 1);
	return length;
}

char *passwd_name(struct arena *arena, int root, uid_t uid)
{
	cleanup_fd int fd = open_file(root, "etc/passwd");
	struct passwd_reader reader = { .fd = fd };
	struct passwd_user user;
	char *fields[PASSWD_FIELDS];

	if (fd < 0 || !find_user(&reader, NULL, uid, &user, fields))
		return NULL;
	return arena_strdup(arena, fields[NAME]);
}
