/* SPDX-License-Identifier: Apache-2.0 */
#include "net/hosts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "specs/host_name.h"

/* What podman and docker call the host in there. */
static const char *const gateway_names[] = { "host.containers.internal", "host.docker.internal" };

/* Those of Debian and Docker: programs ask for "localhost" and "ip6-allnodes". */
static const char loopback_lines[] = "127.0.0.1\tlocalhost\n"
				     "::1\tlocalhost ip6-localhost ip6-loopback\n"
				     "fe00::\tip6-localnet\n"
				     "ff00::\tip6-mcastprefix\n"
				     "ff02::1\tip6-allnodes\n"
				     "ff02::2\tip6-allrouters\n";

char *hosts_line(struct arena *arena, const char *address, const struct string_list *names)
{
	return arena_printf(arena, "%s\t%s", address, string_list_text(arena, names, " "));
}

/* The names of a word, as hosts(5) has them: blanks between. */
static char *added_names(struct arena *arena, const struct added_host *host)
{
	char *names = arena_strndup(arena, host->names, host->length), *c = names;

	while ((c = strchr(c, ';')))
		*c = ' ';
	return names;
}

static int add_line(struct arena *arena, const struct hosts_wish *wish, const char *word,
		    char **line, struct error *err)
{
	char text[ADDRESS_TEXT_SIZE];
	struct added_host host;

	if (added_host_parse(word, &host, err) < 0)
		return -1;
	if (!host.address.family && !wish->gateway)
		return fail(err, EINVAL,
			    "'%s': no network of the container leads to the host; name an address",
			    word);
	*line = arena_printf(arena, "%s\t%s",
			     host.address.family ? ip_address_print(&host.address, text)
						 : wish->gateway,
			     added_names(arena, &host));
	return 0;
}

/* Whether one of the lines has this name: what the user says of it counts. */
static bool is_named(const struct string_list *lines, const char *name)
{
	const size_t length = strlen(name);

	for (size_t i = 0; i < lines->count; i++) {
		const char *found = lines->items[i];

		while ((found = strstr(found, name))) {
			if (strchr("\t ", found[-1]) && strchr(" ", found[length]))
				return true;
			found += length;
		}
	}
	return false;
}

static char *gateway_line(struct arena *arena, const char *gateway, const struct string_list *added)
{
	struct string_list names = { .items = arena_array(arena, char *, 3) };

	for (size_t i = 0; i < sizeof(gateway_names) / sizeof(gateway_names[0]); i++)
		if (!is_named(added, gateway_names[i]))
			names.items[names.count++] = (char *)gateway_names[i];
	return names.count ? arena_printf(arena, "%s\n", hosts_line(arena, gateway, &names)) : "";
}

static const char *lines_text(struct arena *arena, const struct string_list *lines)
{
	if (!lines || !lines->count)
		return "";
	return arena_printf(arena, "%s\n", string_list_text(arena, lines, "\n"));
}

int hosts_text(struct arena *arena, const struct hosts_wish *wish, char **text, struct error *err)
{
	static const struct string_list none;
	const struct string_list *words = wish->added ? wish->added : &none;
	struct string_list added = { .items = arena_array(arena, char *, words->count + 1) };
	const char *base = wish->base ? wish->base : "";
	const size_t length = strlen(base);

	for (; added.count < words->count; added.count++)
		if (add_line(arena, wish, words->items[added.count], &added.items[added.count],
			     err) < 0)
			return -1;
	/* the user's before ours and the host's: a resolver takes the first line with a name */
	*text = arena_printf(arena, "%s%s%s%s%s%s%s", wish->base ? "" : loopback_lines,
			     lines_text(arena, &added), base,
			     length && base[length - 1] != '\n' ? "\n" : "",
			     wish->gateway ? gateway_line(arena, wish->gateway, &added) : "",
			     lines_text(arena, wish->own), lines_text(arena, wish->members));
	return 0;
}

int hosts_file_write(const char *path, const char *text, struct error *err)
{
	cleanup_fd int fd = openat(AT_FDCWD, path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open %s", path);
	if (write_all(fd, text, strlen(text), err) < 0)
		return fail_in(err, "write %s", path);
	return 0;
}
