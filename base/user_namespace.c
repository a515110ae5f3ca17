/* SPDX-License-Identifier: Apache-2.0 */
#include "base/user_namespace.h"

#include <sys/stat.h>

#define INITIAL 0xEFFFFFFDU /* PROC_USER_INIT_INO */

bool in_user_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/user", &status) == 0 && status.st_ino != INITIAL;
}

bool is_initial_user_namespace(int namespace)
{
	struct stat status;

	return fstat(namespace, &status) == 0 && status.st_ino == INITIAL;
}
