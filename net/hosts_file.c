/* SPDX-License-Identifier: Apache-2.0 */
#include "net/hosts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "specs/address.h"

#define GATEWAY_WORD "host-gateway"

/* What podman and docker call the host in there. */
static const char *const gateway_names[] = { "host.containers.internal", "host.docker.internal" };

/* Those of Debian and Docker: programs ask for "localhost" and "ip6-allnodes". */
static const char loopback_lines[] = "127.0.0.1\tlocalhost\n"
				     "::1\tlocalhost ip6-localhost ip6-loopback\n"
				     "fe00::\tip6-localnet\n"
				     "ff00::\tip6-mcastprefix\n"
				     "ff02::1\tip6-allnodes\n"
				     "ff02::2\tip6-allrouters\n";

bool hosts_name_is_fit(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || *name == '#' || *name == 0x7f)
			return false;
	return true;
}

char *hosts_line(struct arena *arena, const char *address, const struct string_list *names)
{
	return arena_printf(arena, "%s\t%s", address, string_list_text(arena, names, " "));
}

/* What a word of --add-host says. */
struct added {
	struct string_list names;
	const char *address;
};

static int refuse(struct error *err, const char *word, const char *why)
{
	return fail(err, EINVAL, "--add-host %s: %s; it is NAME[;NAME...]:ADDRESS", word, why);
}

static int split_names(struct arena *arena, char *text, struct string_list *names)
{
	char *name;
	size_t room = 2;

	for (const char *c = text; *c; c++)
		room += *c == ';';
	names->items = arena_array(arena, char *, room);
	while ((name = strsep(&text, ";"))) {
		if (!hosts_name_is_fit(name))
			return -1;
		names->items[names->count++] = name;
	}
	return 0;
}

/* docker takes '=' for ':' as well, and brackets around an address. */
static int parse_added(struct arena *arena, const char *word, struct added *added,
		       struct error *err)
{
	char *text = arena_strdup(arena, word), *address = strpbrk(text, ":=");
	struct ip_address ip;
	struct error reason;
	size_t length;

	*added = (struct added){ 0 };
	if (!address)
		return refuse(err, word, "there is no address");
	*address++ = '\0';
	length = strlen(address);
	if (length > 2 && address[0] == '[' && address[length - 1] == ']') {
		address[length - 1] = '\0';
		address++;
	}
	added->address = address;
	if (split_names(arena, text, &added->names) < 0)
		return refuse(err, word,
			      "a name is empty or has a space, '#' or control character");
	if (strcmp(address, GATEWAY_WORD) != 0 && ip_address_parse(address, &ip, &reason) < 0)
		return refuse(err, word, "the address is neither IPv4, IPv6 nor " GATEWAY_WORD);
	return 0;
}

int hosts_check_added(const struct string_list *added, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct added ignored;

	for (size_t i = 0; i < added->count; i++)
		if (parse_added(&arena, added->items[i], &ignored, err) < 0)
			return -1;
	return 0;
}

static int add_line(struct arena *arena, const struct hosts_wish *wish, const char *word,
		    char **line, struct error *err)
{
	struct added added;

	if (parse_added(arena, word, &added, err) < 0)
		return -1;
	if (strcmp(added.address, GATEWAY_WORD) == 0) {
		if (!wish->gateway)
			return fail(err, EINVAL,
				    "--add-host %s: no network of the container leads to the host; "
				    "name an address",
				    word);
		added.address = wish->gateway;
	}
	*line = hosts_line(arena, added.address, &added.names);
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
