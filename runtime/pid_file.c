/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/pid_file.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"

int pid_file_write(const char *path, pid_t pid, struct error *err)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)pid);

	if (!path)
		return 0;
	if (file_replace_at(AT_FDCWD, path, text, (size_t)length, 0644, false, err) < 0)
		return fail_in(err, "--pid-file");
	return 0;
}
