/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/keyring.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* keyctl_setperm(3) */
#define USER_SEARCH 0x00080000U
#define OTHER_SEARCH 0x00000008U

/*
 * Reads the permissions out of "keyring;UID;GID;PERMISSIONS;NAME" (keyctl_describe(3)). Returns
 * false when that is not what it is.
 */
static bool parse_permissions(const char *text, uint32_t *permissions)
{
	for (int i = 0; i < 3; i++) {
		text = strchr(text, ';');
		if (!text++)
			return false;
	}
	*permissions = 0;
	for (; *text && *text != ';'; text++) {
		const char *digits = "0123456789abcdef", *digit = strchr(digits, *text);

		if (!digit)
			return false;
		*permissions = *permissions << 4 | (uint32_t)(digit - digits);
	}
	return *text == ';';
}

int keyring_join(const char *name, bool user_namespace, struct error *err)
{
	uint32_t permissions;
	char text[512];
	long ring, length;

	ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
	if (ring < 0) {
		if (errno == ENOSYS)
			return 0;
		return fail_errno(err, "join session keyring %s (--no-new-keyring does without)",
				  name);
	}
	length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, ring, text, sizeof(text) - 1);
	if (length < 0 || (size_t)length > sizeof(text) - 1)
		return fail_errno(err, "describe session keyring %s", name);
	text[length] = '\0';
	if (!parse_permissions(text, &permissions))
		return fail(err, EIO, "session keyring %s: unexpected description", name);
	permissions |= user_namespace ? OTHER_SEARCH : USER_SEARCH;
	/* One that somebody else made before is joined as it is. */
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, ring, permissions) < 0 && errno != EACCES)
		return fail_errno(err, "permissions of session keyring %s", name);
	return 0;
}
