/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/registry_plan.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "fs/image_name.h"
#include "specs/image_document.h"

/* What stands behind the transport. */
enum details {
	DETAILS_NAME,	 /* the name of an image */
	DETAILS_ARCHIVE, /* PATH[:NAME] */
	DETAILS_PATH,	 /* a path alone */
};

static const struct transport {
	const char *prefix;
	enum details details;
} transports[] = {
	{ "docker://", DETAILS_NAME },
	{ "docker-daemon:", DETAILS_NAME },
	{ "containers-storage:", DETAILS_NAME },
	{ "oci:", DETAILS_ARCHIVE },
	{ "oci-archive:", DETAILS_ARCHIVE },
	{ "docker-archive:", DETAILS_ARCHIVE },
	{ "dir:", DETAILS_PATH },
};

static const struct transport *find_transport(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		if (!strncmp(text, transports[i].prefix, strlen(transports[i].prefix)))
			return &transports[i];
	return NULL;
}

/* The name of an image of a registry in full; with a digest there is no tag. */
static int full_name(const char *text, struct arena *arena, char **name, struct error *err)
{
	const char *digest = strchr(text, '@');
	char *repository = image_name_repository(text, arena);

	if (digest && !image_is_digest(digest + 1))
		return fail(err, EINVAL, "image name '%.255s': a digest is expected behind @",
			    text);
	if (image_name_parse(digest ? repository : text, arena, name, err) < 0)
		return -1;
	*name = image_name_normalize(
		digest ? arena_printf(arena, "%s%s", repository, digest) : *name, arena);
	return 0;
}

/* containers-storage:[driver@root+run]NAME, and daemons' IDs, which are no name. */
static const char *name_in(const char *details, struct arena *arena)
{
	struct error ignored;
	char *name;

	if (details[0] == '[' && strchr(details, ']'))
		details = strchr(details, ']') + 1;
	if (details[0] == '@' || !strncmp(details, "sha256:", 7) ||
	    full_name(details, arena, &name, &ignored) < 0)
		return NULL;
	return name;
}

int registry_place_parse(const char *text, struct arena *arena, struct registry_place *place,
			 struct error *err)
{
	const struct transport *transport = find_transport(text);
	const char *details, *colon;
	struct error ignored;
	char *name;

	*place = (struct registry_place){ .location = text };
	if (!transport || !strcmp(transport->prefix, "docker://")) {
		details = transport ? text + strlen(transport->prefix) : text;
		if (full_name(details, arena, &name, err) < 0)
			return -1;
		place->name = name;
		place->location = arena_printf(arena, "docker://%s", name);
		return 0;
	}
	details = text + strlen(transport->prefix);
	if (!*details)
		return fail(err, EINVAL, "%s: says no place", text);
	if (transport->details == DETAILS_NAME) {
		place->name = name_in(details, arena);
	} else if (transport->details == DETAILS_ARCHIVE) {
		colon = strchr(details, ':');
		if (!colon)
			place->archive = details;
		else if (image_name_parse(colon + 1, arena, &name, &ignored) == 0)
			place->name = name;
	}
	return 0;
}

/* The command line ----------------------------------------------------------------------------- */

#define MAX_ARGUMENTS 32

static void add(struct string_list *argv, const char *text)
{
	argv->items[argv->count++] = (char *)text;
}

static void add_value(struct string_list *argv, const char *option, const char *value)
{
	if (!value)
		return;
	add(argv, option);
	add(argv, value);
}

/* "linux/arm64/v8" */
static int split_platform(const struct registry_options *options, struct arena *arena,
			  const char *parts[3], struct error *err)
{
	char *rest = arena_strdup(arena, options->platform);

	parts[0] = options->os;
	parts[1] = options->architecture;
	parts[2] = options->variant;
	if (!rest)
		return 0;
	if (parts[0] || parts[1] || parts[2])
		return fail(err, EINVAL,
			    "--platform and --os, --arch, --variant exclude each other");
	for (size_t i = 0; i < 3; i++)
		parts[i] = strsep(&rest, "/");
	if (rest || !*parts[0] || !parts[1] || !*parts[1])
		return fail(err, EINVAL, "--platform '%s': OS/ARCH[/VARIANT] expected",
			    options->platform);
	return 0;
}

static struct string_list begin(const char *program, struct arena *arena)
{
	struct string_list argv = { .items = arena_array(arena, char *, MAX_ARGUMENTS + 1) };

	add(&argv, program);
	return argv;
}

/* side: "src" or "dest" */
static void add_common(struct string_list *argv, const char *side,
		       const struct registry_options *options, struct arena *arena)
{
	add(argv, "copy");
	if (options->quiet)
		add(argv, "--quiet");
	add_value(argv, arena_printf(arena, "--%s-creds", side), options->creds);
	add_value(argv, arena_printf(arena, "--%s-authfile", side), options->authfile);
	add_value(argv, arena_printf(arena, "--%s-cert-dir", side), options->cert_dir);
	if (options->no_tls_verify)
		add(argv, arena_printf(arena, "--%s-tls-verify=false", side));
}

int registry_pull_plan(const char *program, const char *from, const char *to,
		       const struct registry_options *options, struct arena *arena,
		       struct string_list *argv, struct error *err)
{
	const char *parts[3];

	if (split_platform(options, arena, parts, err) < 0)
		return -1;
	*argv = begin(program, arena);
	add_value(argv, "--override-os", parts[0]);
	add_value(argv, "--override-arch", parts[1]);
	add_value(argv, "--override-variant", parts[2]);
	add_common(argv, "src", options, arena);
	/* plain layers stay plain, as in load */
	add(argv, "--dest-oci-accept-uncompressed-layers");
	add(argv, from);
	add(argv, to);
	return 0;
}

int registry_push_plan(const char *program, const char *from, const char *to,
		       const struct registry_options *options, struct arena *arena,
		       struct string_list *argv, struct error *err)
{
	(void)err;
	*argv = begin(program, arena);
	add_common(argv, "dest", options, arena);
	add_value(argv, "--format", options->format);
	add_value(argv, "--dest-compress-format", options->compression);
	add_value(argv, "--digestfile", options->digest_file);
	if (options->remove_signatures)
		add(argv, "--remove-signatures");
	add(argv, from);
	add(argv, to);
	return 0;
}

/* A text in quotes as Go writes it, from behind the first one. */
static char *unquote(const char *quoted, struct arena *arena)
{
	char *text = arena_strdup(arena, quoted), *to = text;

	for (const char *from = text; *from && *from != '"'; from++) {
		if (*from != '\\' || !from[1]) {
			*to++ = *from;
			continue;
		}
		from++;
		*to++ = *from == 'n' || *from == 't' ? ' ' : *from;
	}
	*to = '\0';
	return text;
}

char *registry_message(const char *log, struct arena *arena)
{
	static const char fatal[] = "level=fatal msg=\"";
	const char *found = strstr(log, fatal);
	char *text;
	size_t length;

	if (found)
		return unquote(found + strlen(fatal), arena);
	text = arena_strdup(arena, log);
	length = strlen(text);
	while (length && text[length - 1] == '\n')
		text[--length] = '\0';
	for (char *at = text; *at; at++)
		if (*at == '\n')
			*at = ' ';
	return text;
}
