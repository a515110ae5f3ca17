/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/macro.h"
#include "specs/network_document.h"

#define NAME_MAX_LENGTH 64

int network_name_check(const char *name, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	static const char modes[][12] = { "none",      "host", "bridge",      "default", "private",
					  "container", "ns",   "slirp4netns", "pasta" };
	size_t length = strspn(name, letters);

	if (!length || name[length] || length > NAME_MAX_LENGTH || strchr("_.-", name[0]))
		return fail(err, EINVAL,
			    "'%.80s' is no name of a network (up to %d letters, digits, '_', '.' "
			    "and '-', the first a letter or a digit)",
			    name, NAME_MAX_LENGTH);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(name, modes[i]) == 0)
			return fail(err, EINVAL,
				    "'%s' is no name of a network: --network has another meaning "
				    "for it",
				    name);
	return 0;
}

/* dev_valid_name() of the kernel, and what `ip` would take for something else. */
int network_interface_check(const char *name, struct error *err)
{
	size_t length = strlen(name), plain = 0;

	while ((unsigned char)name[plain] > ' ' && name[plain] < 127 && !strchr("/:%", name[plain]))
		plain++;
	if (length && length < IFNAMSIZ && plain == length && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0)
		return 0;
	return fail(err, EINVAL,
		    "'%.40s' is no name of an interface (1 to %d printable bytes, no blank, '/', "
		    "':' or '%%')",
		    name, IFNAMSIZ - 1);
}
