/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "base/macro.h"
#include "specs/network_document.h"

#define NAME_MAX_LENGTH 64

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

int network_name_check(const char *name, struct error *err)
{
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

/*
 * Of what the kernel takes (dev_valid_name()) the letters that stand for themselves in nft's
 * grammar.
 */
int network_interface_check(const char *name, struct error *err)
{
	size_t length = strspn(name, letters);

	if (length && length < IFNAMSIZ && !name[length] && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0)
		return 0;
	return fail(
		err, EINVAL,
		"'%.40s' is no name of an interface (1 to %d letters, digits, '_', '.' and '-')",
		name, IFNAMSIZ - 1);
}
