/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel parameter may only be set where the container has its own copy of it; all others would
 * change the host.
 */
#include <string.h>

#include "specs/sysctl_name.h"
#include "specs/validate.h"

static int validate_parameter(const struct validation *validation, const char *name,
			      const char *value)
{
	char path[SYSCTL_NAME_MAX];
	enum namespace_type type;

	if (!sysctl_name_path(name, path))
		return refuse(validation,
			      "linux.sysctl[\"%.80s\"]: is no name of a parameter, or contains an "
			      "invalid path",
			      name);
	if (strpbrk(value, "\n\r"))
		return refuse(validation, "linux.sysctl[\"%s\"]: newline in the value", name);
	if (strcmp(path, "kernel/hostname") == 0)
		return refuse(validation, "linux.sysctl[\"%s\"]: use the member hostname instead",
			      name);
	if (strcmp(path, "kernel/domainname") == 0 && validation->spec->domainname &&
	    strcmp(validation->spec->domainname, value) != 0)
		return refuse(validation, "linux.sysctl[\"%s\"]: contradicts the member domainname",
			      name);
	if (!sysctl_name_namespace(path, &type))
		return refuse(validation,
			      "linux.sysctl[\"%s\"]: is not separate in the kernel: it "
			      "would change the host",
			      name);
	if (!find_namespace(validation->spec, type))
		return refuse(validation,
			      "linux.sysctl[\"%s\"]: needs a namespace of type '%s' in "
			      "linux.namespaces, else the host's would change",
			      name, namespace_name(type));
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
