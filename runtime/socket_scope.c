/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/socket_scope.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

int socket_scope_enter(struct error *err)
{
	const struct sys_landlock_ruleset ruleset = { .scoped = SYS_LANDLOCK_ABSTRACT_SOCKETS };
	cleanup_fd int domain = sys_landlock_create_ruleset(&ruleset);

	/* any failure says that this kernel, or its configuration, has no such scope */
	if (domain < 0)
		return 0;
	if (sys_landlock_restrict_self(domain) < 0)
		return fail_errno(err, "keep away from the host's abstract sockets");
	return 0;
}
