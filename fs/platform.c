/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/platform.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/macro.h"

static const struct {
	const char *machine, *architecture;
} names[] = {
	{ "x86_64", "amd64" },	      { "aarch64", "arm64" }, { "armv7l", "arm" },
	{ "armv8l", "arm" },	      { "i686", "386" },      { "i586", "386" },
	{ "ppc64le", "ppc64le" },     { "s390x", "s390x" },   { "riscv64", "riscv64" },
	{ "loongarch64", "loong64" },
};

const char *platform_architecture(void)
{
	static struct utsname machine;

	uname(&machine);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(machine.machine, names[i].machine))
			return names[i].architecture;
	return machine.machine;
}

bool platform_is_ours(const struct image_platform *platform)
{
	if (!platform)
		return true;
	if (platform->os && strcmp(platform->os, "linux") != 0)
		return false;
	return !platform->architecture || !strcmp(platform->architecture, platform_architecture());
}
