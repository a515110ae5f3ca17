/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/* The text of a container's /etc/hosts (hosts(5)) when it is made. hosts_edit.h changes it later. */

struct hosts_wish {
	/* The host's own file, with the host's network; NULL: the lines of a loopback interface. */
	const char *base;
	/* words as added_host_parse() (specs/host_name.h) reads them */
	const struct string_list *added;
	/* The host's address as the container sees it; NULL: there is no way to it. */
	const char *gateway;
	/* Lines without their newlines (hosts_line()): its own, then those of other members. */
	const struct string_list *own, *members;
};

/* The whole file. Pure. Fails with EINVAL for a word in added, "'WORD': WHY". */
int hosts_text(struct arena *arena, const struct hosts_wish *wish, char **text, struct error *err);

/* "ADDRESS<tab>NAME NAME", without a newline. */
char *hosts_line(struct arena *arena, const char *address, const struct string_list *names);

/* Writes text into a file that exists, in place, instead of what it has; path is absolute. */
int hosts_file_write(const char *path, const char *text, struct error *err);
