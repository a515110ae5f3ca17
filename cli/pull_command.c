/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pull.h"

#include "cli/verbs.h"

struct transfer_options pull_options = { .tls_verify = true };
struct transfer_options push_options = { .tls_verify = true };

#define CREDENTIAL_ROWS                                                                            \
	OPTION_STRING(0, "authfile", "FILE", struct transfer_options, registry.authfile,           \
		      "where logins are (default: where podman and skopeo keep them)"),            \
		OPTION_STRING(0, "cert-dir", "DIR", struct transfer_options, registry.cert_dir,    \
			      "certificates for the registry"),                                    \
		OPTION_STRING(0, "creds", "USER[:PASSWORD]", struct transfer_options,              \
			      registry.creds, "log in as that"),                                   \
		OPTION_FLAG('q', "quiet", struct transfer_options, registry.quiet,                 \
			    "show no progress"),                                                   \
		OPTION_FLAG(0, "tls-verify", struct transfer_options, tls_verify,                  \
			    "ask for HTTPS and its certificates (default: true)")

static const struct option pull_rows[] = {
	CREDENTIAL_ROWS,
	OPTION_STRING(0, "arch", "ARCH", struct transfer_options, registry.architecture,
		      "of an image for several platforms the one for ARCH"),
	OPTION_STRING(0, "os", "OS", struct transfer_options, registry.os, "the one for OS"),
	OPTION_STRING(0, "platform", "OS/ARCH[/VARIANT]", struct transfer_options,
		      registry.platform, "all of that in one"),
	OPTION_STRING(0, "variant", "VARIANT", struct transfer_options, registry.variant,
		      "the one for VARIANT"),
};

const struct command pull_command = {
	.name = "pull",
	.group = GROUP_IMAGES,
	.summary = HELP("Get an image from a registry, by skopeo"),
	.arguments = "SOURCE [NAME[:TAG]]",
	.min = 1,
	.max = 2,
	.description =
		HELP("SOURCE is NAME[:TAG] or NAME@sha256:DIGEST of a registry, or what skopeo "
		     "calls\n"
		     "TRANSPORT:DETAILS: docker://, docker-daemon:, containers-storage:, oci:, "
		     "oci-archive:,\n"
		     "docker-archive:, dir:. Prints the image's digest. What is in the store "
		     "already does not\n"
		     "come again.\n"),
	.examples = HELP("ctr pull alpine\nctr pull --tls-verify=false localhost:5000/app:1 app:1\n"
			 "ctr pull containers-storage:localhost/app:1\n"),
	COMMAND_OPTIONS(pull_rows, pull_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

static const struct option push_rows[] = {
	CREDENTIAL_ROWS,
	OPTION_STRING(0, "compression-format", "NAME", struct transfer_options,
		      registry.compression, "of layers that are compressed on the way: gzip, zstd"),
	OPTION_STRING(0, "digestfile", "FILE", struct transfer_options, registry.digest_file,
		      "write the digest that the image has there to FILE"),
	OPTION_STRING('f', "format", "FORMAT", struct transfer_options, registry.format,
		      "of the manifest: oci, v2s2 or v2s1"),
	OPTION_FLAG(0, "remove-signatures", struct transfer_options, registry.remove_signatures,
		    "leave signatures out"),
};

const struct command push_command = {
	.name = "push",
	.group = GROUP_IMAGES,
	.summary = HELP("Put an image into a registry, by skopeo"),
	.arguments = "IMAGE [DESTINATION]",
	.min = 1,
	.max = 2,
	.description =
		HELP("DESTINATION is NAME[:TAG] of a registry, or what skopeo calls "
		     "TRANSPORT:DETAILS, as for\n"
		     "pull. Without it the image's own name says it, which must have a registry "
		     "then.\n"),
	.examples = HELP("ctr push registry.example.com/team/app:1\n"
			 "ctr push app:1 docker-daemon:app:1\n"),
	COMMAND_OPTIONS(push_rows, push_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};
