/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_name.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAX_NAME 255
#define MAX_TAG 128
#define DOCKER "docker.io/"
#define LIBRARY "library/"
#define LOCALHOST "localhost/"

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* One component of the path: runs of [a-z0-9] with ".", "_", "__" or any number of "-" between. */
static bool component_is_valid(const char *text, size_t length)
{
	size_t at = 0;

	for (;;) {
		size_t run = strspn(text + at, lower), dashes;

		if (run == 0 || at + run > length)
			return false;
		at += run;
		if (at == length)
			return true;
		dashes = strspn(text + at, "-");
		if (dashes)
			at += dashes;
		else if (text[at] == '.')
			at++;
		else if (text[at] == '_')
			at += text[at + 1] == '_' ? 2 : 1;
		else
			return false;
	}
}

/* A registry: localhost, or with a dot or port in it; letters of both cases, [IPv6] too. */
static bool host_is_valid(const char *text, size_t length)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	size_t host = strspn(text, allowed);

	if (*text == '[') {
		host = 1 + strspn(text + 1, "0123456789abcdefABCDEF:");
		host += text[host] == ']';
	}
	if (host == 0 || host > length || *text == '.' || *text == '-')
		return false;
	if (host < length) {
		size_t port = strspn(text + host + 1, "0123456789");

		if (text[host] != ':' || !port || host + 1 + port != length)
			return false;
	}
	return true;
}

static bool looks_like_host(const char *text, size_t length)
{
	return memchr(text, '.', length) || memchr(text, ':', length) ||
	       (length == strlen("localhost") && !memcmp(text, "localhost", length));
}

static bool path_is_valid(const char *text, size_t length)
{
	const char *slash = memchr(text, '/', length);

	if (slash && looks_like_host(text, (size_t)(slash - text))) {
		if (!host_is_valid(text, (size_t)(slash - text)))
			return false;
		length -= (size_t)(slash + 1 - text);
		text = slash + 1;
	}
	for (;;) {
		size_t part = strcspn(text, "/:");

		if (part > length)
			part = length;
		if (!component_is_valid(text, part))
			return false;
		if (part == length)
			return true;
		if (text[part] != '/')
			return false;
		text += part + 1;
		length -= part + 1;
	}
}

static bool tag_is_valid(const char *tag)
{
	size_t length = strlen(tag);
	const char *at = tag;

	if (!length || length > MAX_TAG || *tag == '.' || *tag == '-')
		return false;
	while (*at && (strchr(word, *at) || *at == '.' || *at == '-'))
		at++;
	return !*at;
}

int image_name_parse(const char *text, struct arena *arena, char **name, struct error *err)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strrchr(slash ? slash : text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	if (strchr(text, '@'))
		return fail(err, EINVAL, "image name '%.255s': a digest is not part of a name",
			    text);
	if (!length || length > MAX_NAME || !path_is_valid(text, length))
		return fail(err, EINVAL,
			    "image name '%.255s': [HOST[:PORT]/]NAME[:TAG] expected, NAME of a-z, "
			    "0-9 and single . _ or - between, parts separated by /",
			    text);
	if (colon && !tag_is_valid(colon + 1))
		return fail(err, EINVAL,
			    "image name '%.255s': the tag may have letters, digits, _ . and -, "
			    "at most %d, and not begin with . or -",
			    text, MAX_TAG);
	*name = arena_printf(arena, "%s%s", text, colon ? "" : ":latest");
	return 0;
}

static bool has_host(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash && looks_like_host(name, (size_t)(slash - name));
}

/* What name has behind Docker's registry, or NULL. */
static const char *behind_docker(const char *name)
{
	const char *rest = strncmp(name, DOCKER, strlen(DOCKER)) ? NULL : name + strlen(DOCKER);

	return rest && !strncmp(rest, LIBRARY, strlen(LIBRARY)) ? rest + strlen(LIBRARY) : rest;
}

int image_name_fit(const char *stored, const char *said)
{
	size_t long_one = strlen(stored), short_one = strlen(said);
	const char *rest;

	if (!strcmp(stored, said))
		return 1;
	rest = behind_docker(said);
	if (rest && !strcmp(stored, rest))
		return 3;
	if (has_host(said) || long_one <= short_one || stored[long_one - short_one - 1] != '/' ||
	    strcmp(stored + long_one - short_one, said) != 0)
		return 0;
	if (!strncmp(stored, LOCALHOST, strlen(LOCALHOST)) &&
	    strlen(LOCALHOST) + short_one == long_one)
		return 2;
	rest = behind_docker(stored);
	return rest && !strcmp(rest, said) ? 3 : 4;
}

char *image_name_repository(const char *name, struct arena *arena)
{
	char *copy = arena_strndup(arena, name, strcspn(name, "@"));
	char *slash = strrchr(copy, '/'), *colon = strchr(slash ? slash : copy, ':');

	if (colon)
		*colon = '\0';
	return copy;
}

char *image_name_normalize(const char *name, struct arena *arena)
{
	if (has_host(name))
		return arena_strdup(arena, name);
	return arena_printf(arena, DOCKER "%s%s", strchr(name, '/') ? "" : LIBRARY, name);
}
