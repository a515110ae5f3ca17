/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * /etc/passwd and /etc/group of a container: written by whoever made the image, so they are
 * opened inside its root, without blocking on a FIFO, only as regular files, and read through a
 * stack buffer, at most PASSWD_MAX_SIZE of them, lines longer than PASSWD_MAX_LINE skipped.
 * Never NSS: its modules would be loaded out of the container (CVE-2019-14271).
 */
#define PASSWD_MAX_SIZE ((size_t)16 << 20)
#define PASSWD_MAX_LINE 4096

struct passwd_user {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary ones: part of the arena */
	size_t group_count;
};

/*
 * Who "USER[:GROUP]" is (exec --user, an image's config): each side a number or a name. root is
 * the container's root directory. Without GROUP: the user's own group and those that list it as
 * a member; a number that passwd does not know has gid 0. With GROUP: that one alone.
 * Numbers are decimal, 0 to 4294967294; "", ":2", "-1" and what is neither a number nor in the
 * file are refused. "1:" is "1".
 */
int passwd_resolve(struct arena *arena, int root, const char *text, struct passwd_user *user,
		   struct error *err);

/* The same where the two files may be in different layers: each root is where one of them is. */
int passwd_resolve_in(struct arena *arena, int passwd_root, int group_root, const char *text,
		      struct passwd_user *user, struct error *err);

/*
 * Child side: the home directory of uid, from etc/passwd below root; allocates nothing. "/" when
 * there is no such file, user or usable (absolute) path. Returns its length.
 */
size_t passwd_home(int root, uid_t uid, char *buffer, size_t size);

/* The name of uid in etc/passwd below root, in the arena; NULL: it has none. */
char *passwd_name(struct arena *arena, int root, uid_t uid);

/*
 * The lines of a file, for the two above and the fuzzer: returns the next line without its
 * newline, or NULL at the end (or error, or limit).
 */
struct passwd_reader {
	int fd;
	size_t total;	   /* bytes read so far */
	size_t begin, end; /* of what is not handed out yet, in buffer */
	bool skipping;	   /* inside a line that is too long */
	char buffer[PASSWD_MAX_LINE + 1];
};

char *passwd_read_line(struct passwd_reader *reader);

/* Cuts line at ':' into exactly count fields; false if there are fewer. The last keeps the rest. */
bool passwd_split(char *line, char **fields, size_t count);

/* Parses a decimal id, all of text; false for signs, blanks, other bases and over 4294967294. */
bool passwd_parse_id(const char *text, unsigned int *id);
