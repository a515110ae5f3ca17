/* SPDX-License-Identifier: Apache-2.0 */
#include "base/user_namespace.h"

#include <sys/stat.h>

bool in_user_namespace(void)
{
	const ino_t initial = 0xEFFFFFFDU; /* PROC_USER_INIT_INO */
	struct stat status;

	return stat("/proc/self/ns/user", &status) == 0 && status.st_ino != initial;
}
