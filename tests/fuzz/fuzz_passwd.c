/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/passwd and /etc/group of a hostile image, and the words of a user for `exec --user`. The
 * first line of the input is the user, the rest is both files.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "runtime/passwd.h"

static char folder[] = "/tmp/ctr-fuzz-XXXXXX";
static int root = -1;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(folder))
		abort();
	root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || mkdirat(root, "etc", 0700) < 0 ||
	    symlinkat("passwd", root, "etc/group") < 0)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t length = newline ? (size_t)(newline - data) : size;
	cleanup_arena struct arena arena = { 0 };
	char *name = arena_strndup(&arena, (const char *)data, length), home[128];
	struct passwd_user user = { 0 };
	struct error err;
	int fd;

	fd = openat(root, "etc/passwd", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || (newline && write(fd, newline + 1, size - length - 1) < 0))
		abort();
	close(fd);
	if (passwd_resolve(&arena, root, name, &user, &err) == 0 &&
	    (user.uid == (uid_t)-1 || user.gid == (gid_t)-1))
		abort();
	/* What is refused is never root by accident (CVE-2026-30892). */
	if (name[0] >= '1' && name[0] <= '9' && strspn(name, "0123456789") == strlen(name) &&
	    strlen(name) < 10 && user.uid != (uid_t)atol(name))
		abort();
	if (passwd_home(root, user.uid, home, sizeof(home)) >= sizeof(home) || home[0] != '/')
		abort();
	return 0;
}
