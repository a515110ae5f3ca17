/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commit.h"

#include "cli/table.h"
#include "cli/verbs.h"

struct commit_options commit_options = { .request = { .compression = COMPRESSION_ZSTD } };

static const char *const compressions[] = {
	[COMPRESSION_ZSTD] = "zstd",
	[COMPRESSION_GZIP] = "gzip",
	[COMPRESSION_NONE] = "none",
	NULL,
};

static const char *const pauses[] = {
	[COMMIT_PAUSE_AUTO] = "auto",
	[COMMIT_PAUSE_ALWAYS] = "always",
	[COMMIT_PAUSE_NEVER] = "never",
	/* podman's words; enum commit_pause does not have them */
	[PAUSE_TRUE] = "true",
	[PAUSE_FALSE] = "false",
	NULL,
};

static const struct option rows[] = {
	OPTION_WORD(0, "pause", "WHEN", struct commit_options, pause, pauses,
		    "freeze: auto (default: for what changes meanwhile), always (while reading) or "
		    "never"),
	OPTION_WORD(0, "compression", "NAME", struct commit_options, request.compression,
		    compressions, "of the new layer: zstd (default), gzip or none"),
	OPTION_FLAG(0, "full", struct commit_options, request.full,
		    "a whole layer, even if the changes since the last commit would do"),
	OPTION_STRING('m', "message", "TEXT", struct commit_options, request.message,
		      "put TEXT into the image's history"),
	OPTION_STRING('a', "author", "TEXT", struct commit_options, request.author, "who made it"),
	OPTION_STRINGS(
		'c', "change", "INSTRUCTION", struct commit_options, request.changes,
		"change the config as a Dockerfile does: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, "
		"ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR; may be repeated"),
	OPTION_STRING(0, "iidfile", "FILE", struct commit_options, id_file,
		      "write the digest to FILE"),
	OPTION_FLAG('q', "quiet", struct commit_options, quiet, "print the digest only"),
	OPTION_WORD('f', "format", "FORMAT", struct commit_options, format, format_words,
		    "table or json"),
	OPTION_FLAG(0, "to-host", struct commit_options, to_host,
		    "write the changes into the host's directories instead (undo takes it back)"),
	OPTION_FLAG(0, "force", struct commit_options, force,
		    "with --to-host: what has changed on the host since the start too"),
	OPTION_FLAG('n', "dry-run", struct commit_options, dry_run,
		    "with --to-host: only show what would be done"),
};

const struct command commit_command = {
	.name = "commit",
	.group = GROUP_SAVE,
	.summary = HELP("Make an image of a container's present root"),
	.arguments = "ID NAME[:TAG] | ID=NAME[:TAG]... | --to-host ID [PATH...]",
	.min = 1,
	.max = -1,
	.description = HELP(
		"Archives the writable layer of a container as the topmost layer of an image in "
		"the store.\n"
		"One that runs is copied first and frozen only for what has changed meanwhile: "
		"milliseconds.\n"
		"Prints the digest, the size and how long it was frozen. Killed at any moment, the "
		"store\n"
		"holds the old state or the new one. Several containers are frozen together, so "
		"that their\n"
		"images are of one instant, and the store gets all of these or none.\n"
		"\n"
		"With --to-host the changes of a stopped or frozen container, all or those at and "
		"below the\n"
		"PATHs, go to the host's own files that it is a view of ('try', or a directory as "
		"root.path).\n"
		"What the host has changed since the container's start is left out and told; the "
		"exit status\n"
		"is 1 then. All of it is done, or after a crash nothing.\n"),
	.examples = HELP(
		"ctr commit web app:2\nctr commit --compression gzip -m 'as shipped' web app:2\n"
		"ctr commit -c 'CMD [\"serve\"]' -c 'EXPOSE 80' web app:2\n"
		"ctr commit web=app/web:5 db=app/db:5\nctr commit --to-host t1 /etc\n"),
	COMMAND_OPTIONS(rows, commit_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};
