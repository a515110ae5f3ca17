/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mountinfo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* Many thousand mounts are possible; much more than that is somebody's attack. */
#define MAX_MOUNTINFO ((size_t)64 << 20)

int mountinfo_read(struct arena *arena, const char *path, char **text, struct error *err)
{
	return file_read_at(AT_FDCWD, path, MAX_MOUNTINFO, arena, text, NULL, err);
}

/* A path with blanks as "\040", decoded in place. */
static void decode_octal(char *text)
{
	char *to = text;

	for (; *text; to++) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			*to = *text++;
		}
	}
	*to = '\0';
}

bool mountinfo_next(char **text, struct mount_line *mount)
{
	char *line = strsep(text, "\n"), *rest, *fields[6];

	*mount = (struct mount_line){ 0, 0, "", "", "", "", "", "" };
	if (!line)
		return false;
	rest = strstr(line, " - ");
	if (!rest)
		return true;
	*rest = '\0';
	rest += strlen(" - ");
	for (int i = 0; i < 6; i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return true;
	}
	decode_octal(fields[3]);
	decode_octal(fields[4]);
	mount->id = atoi(fields[0]);
	mount->parent = atoi(fields[1]);
	mount->device = fields[2];
	mount->root = fields[3];
	mount->point = fields[4];
	mount->flags = fields[5];
	mount->type = strsep(&rest, " ");
	strsep(&rest, " ");
	if (rest)
		mount->options = rest;
	return true;
}
