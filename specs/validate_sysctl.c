/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel parameter may only be set where the container has its own copy of it; all others would
 * change the host.
 */
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "specs/validate.h"

/* Documentation/admin-guide/sysctl of the kernel. A name with a dot at its end: all below it. */
static const struct {
	const char *name;
	enum namespace_type type;
} separate[] = {
	{ "net.", NAMESPACE_NETWORK },
	{ "fs.mqueue.", NAMESPACE_IPC },
	{ "kernel.auto_msgmni", NAMESPACE_IPC },
	{ "kernel.msg_next_id", NAMESPACE_IPC },
	{ "kernel.msgmax", NAMESPACE_IPC },
	{ "kernel.msgmnb", NAMESPACE_IPC },
	{ "kernel.msgmni", NAMESPACE_IPC },
	{ "kernel.sem", NAMESPACE_IPC },
	{ "kernel.sem_next_id", NAMESPACE_IPC },
	{ "kernel.shm_next_id", NAMESPACE_IPC },
	{ "kernel.shm_rmid_forced", NAMESPACE_IPC },
	{ "kernel.shmall", NAMESPACE_IPC },
	{ "kernel.shmmax", NAMESPACE_IPC },
	{ "kernel.shmmni", NAMESPACE_IPC },
	{ "kernel.domainname", NAMESPACE_UTS },
	{ "user.", NAMESPACE_USER },
};

/*
 * Writes name with dots between its parts. As in sysctl.d(5) the first separator says which it
 * is: in "net/ipv4/conf/eth0.1/mtu" the dot is part of a name, and stands as a slash thereafter.
 */
static bool write_dotted(const char *name, char *dotted, size_t size)
{
	const char separator = name[strcspn(name, "./")];
	size_t length = strlen(name);
	char last = '.';

	if (length >= size)
		return false;
	for (size_t i = 0; i <= length; i++) {
		char c = name[i];

		if (separator == '/')
			c = c == '/' ? '.' : c == '.' ? '/' : c;
		/* no part may be empty: "net..x", ".net", "net." */
		if ((c == '.' || c == '\0') && last == '.')
			return false;
		/* a part "." or "..": these slashes are dots of a name */
		if (c == '/' && last == '.' &&
		    (name[i + 1] == '\0' || name[i + 1] == separator || name[i + 1] == name[i]))
			return false;
		dotted[i] = last = c;
	}
	return true;
}

static int find_type(const char *dotted)
{
	for (size_t i = 0; i < ARRAY_SIZE(separate); i++) {
		const char *name = separate[i].name;
		size_t length = strlen(name);

		if (name[length - 1] == '.' ? strncmp(dotted, name, length) == 0
					    : strcmp(dotted, name) == 0)
			return (int)separate[i].type;
	}
	return -1;
}

static int validate_parameter(const struct validation *validation, const char *name,
			      const char *value)
{
	char dotted[256];
	int type;

	if (!write_dotted(name, dotted, sizeof(dotted)))
		return refuse(validation, "linux.sysctl[\"%.80s\"]: is no name of a parameter",
			      name);
	if (strchr(value, '\n'))
		return refuse(validation, "linux.sysctl[\"%s\"]: newline in the value", name);
	if (strcmp(dotted, "kernel.hostname") == 0)
		return refuse(validation, "linux.sysctl[\"%s\"]: use the member hostname instead",
			      name);
	type = find_type(dotted);
	if (type < 0)
		return refuse(validation,
			      "linux.sysctl[\"%s\"]: is not separate in the kernel: it "
			      "would change the host",
			      name);
	if (!find_namespace(validation->spec, (enum namespace_type)type))
		return refuse(validation,
			      "linux.sysctl[\"%s\"]: needs a namespace of type '%s' in "
			      "linux.namespaces, else the host's would change",
			      name, namespace_name((enum namespace_type)type));
	return 0;
}

int validate_sysctl(const struct validation *validation)
{
	const struct spec_linux *linux_spec = validation->spec->linux;

	for (size_t i = 0; linux_spec && i < linux_spec->sysctl.count; i++) {
		const struct string_pair *pair = &linux_spec->sysctl.items[i];

		if (validate_parameter(validation, pair->key, pair->value) < 0)
			return -1;
	}
	return 0;
}
