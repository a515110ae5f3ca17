/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/signal_name.h"
#include "cli/container_rows.h"
#include "cli/limits.h"
#include "fs/store.h"
#include "runtime/container.h"
#include "runtime/restart_policy.h"
#include "runtime/run_changes.h"

struct run_options {
	struct container_options container; /* first: its rows count from here */
	struct run_changes changes;
	struct limit_options limits;
	bool interactive; /* accepted as podman has it: the input is always there */
};

static struct run_options options = { .changes = { .read_write_tmpfs = true } };

static const struct option rows[] = {
	OPTION_FLAG('d', "detach", struct run_options, container.detach,
		    "leave it running; a monitor keeps its output and exit status"),
	OPTION_FLAG(0, "rm", struct run_options, container.remove,
		    "remove it with its writable layer when it has ended"),
	OPTION_STRING('n', "name", "ID", struct run_options, container.id,
		      "name the container (default: made up)"),
	OPTION_STRING('b', "bundle", "DIR", struct run_options, container.bundle,
		      "run the OCI bundle in DIR; the argument is then the ID"),
	OPTION_FLAG(0, "keep", struct run_options, container.keep,
		    "do not delete the container of a bundle when it has ended"),
	CONTAINER_ROWS,
	OPTION_FLAG(0, "no-subreaper", struct run_options, container.no_subreaper,
		    "do not adopt the processes that the container leaves behind"),
	OPTION_STRINGS('e', "env", "NAME[=VALUE]", struct run_options, changes.env,
		       "set a variable of its environment; NAME alone: as it is here"),
	OPTION_STRINGS(0, "env-file", "FILE", struct run_options, changes.env_files,
		       "read such variables from FILE, one a line"),
	OPTION_STRINGS('v', "volume", "[SOURCE:]TARGET[:OPTIONS]", struct run_options,
		       changes.volumes,
		       "show the host's SOURCE at TARGET, or a folder of its own; options: ro ..."),
	OPTION_STRINGS(0, "mount", "WORD=VALUE,...", struct run_options, changes.mounts,
		       "the same as type=bind|volume|tmpfs,source=PATH,target=PATH,readonly ..."),
	OPTION_STRINGS(0, "tmpfs", "TARGET[:OPTIONS]", struct run_options, changes.tmpfs,
		       "mount a tmpfs; options: size=64m,mode=1777 ..."),
	OPTION_STRING('w', "workdir", "DIR", struct run_options, changes.directory, "start in DIR"),
	OPTION_STRING('u', "user", "USER[:GROUP]", struct run_options, changes.user,
		      "be this user: numbers, or names of the container"),
	OPTION_STRING(0, "entrypoint", "PROGRAM", struct run_options, changes.entrypoint,
		      "instead of the image's; a JSON array has arguments too, '' is none"),
	OPTION_STRING(0, "hostname", "NAME", struct run_options, changes.hostname,
		      "its name in its UTS namespace"),
	OPTION_STRINGS(0, "network", "MODE|NETWORK[:WORDS]", struct run_options,
		       changes.network.networks,
		       "none (default), host, bridge, container:ID, ns:PATH, pasta, or networks"),
	OPTION_STRINGS(0, "net", "MODE|NETWORK[:WORDS]", struct run_options,
		       changes.network.networks, "the same"),
	OPTION_STRINGS('p', "publish", "[[ADDRESS:]PORT:]PORT", struct run_options,
		       changes.network.ports,
		       "lead a port of the host into the container; ranges, /tcp, /udp, /sctp"),
	OPTION_FLAG('P', "publish-all", struct run_options, changes.network.publish_all,
		    "the same for all ports that the image exposes, on free ones of the host"),
	OPTION_STRING(0, "ip", "ADDRESS", struct run_options, changes.network.ipv4,
		      "its IPv4 address, instead of the next free one"),
	OPTION_STRING(0, "ip6", "ADDRESS", struct run_options, changes.network.ipv6,
		      "its IPv6 address"),
	OPTION_STRING(0, "mac-address", "ADDRESS", struct run_options, changes.network.mac,
		      "that of its interface"),
	OPTION_STRINGS(0, "network-alias", "NAME", struct run_options, changes.network.aliases,
		       "another name of it in its networks"),
	OPTION_STRINGS(0, "dns", "ADDRESS", struct run_options, changes.network.dns,
		       "its name server, instead of the host's; none: leave resolv.conf alone"),
	OPTION_STRINGS(0, "dns-search", "DOMAIN", struct run_options, changes.network.dns_search,
		       "a domain that names are looked up in; .: none"),
	OPTION_STRINGS(0, "dns-option", "WORD", struct run_options, changes.network.dns_options,
		       "an option of resolv.conf(5)"),
	OPTION_STRINGS(0, "add-host", "NAME:ADDRESS", struct run_options, changes.network.hosts,
		       "a line of its /etc/hosts; host-gateway: the host's address"),
	OPTION_FLAG(0, "no-hosts", struct run_options, changes.network.no_hosts,
		    "leave its /etc/hosts as the root has it"),
	OPTION_FLAG('t', "tty", struct run_options, changes.terminal, "give it a terminal"),
	OPTION_FLAG('i', "interactive", struct run_options, interactive,
		    "keep its standard input, which is so anyway"),
	LIMIT_ROWS(struct run_options, limits),
	OPTION_SIZE(0, "shm-size", "BYTES", struct run_options, changes.shm_size,
		    "size of /dev/shm (default 64m)"),
	OPTION_STRINGS(0, "ulimit", "NAME=SOFT[:HARD]", struct run_options, changes.ulimits,
		       "a resource limit of its processes: nofile=1024"),
	OPTION_STRINGS(0, "sysctl", "NAME=VALUE", struct run_options, changes.sysctls,
		       "a setting of the kernel in its namespaces"),
	OPTION_STRINGS(0, "device", "PATH[:TARGET][:rwm]", struct run_options, changes.devices,
		       "let it use a device of the host"),
	OPTION_STRINGS(0, "cap-add", "CAPABILITY", struct run_options, changes.cap_add,
		       "add a capability (capabilities(7)), or ALL"),
	OPTION_STRINGS(0, "cap-drop", "CAPABILITY", struct run_options, changes.cap_drop,
		       "take one away, or ALL"),
	OPTION_STRINGS(0, "security-opt", "WORD[=VALUE]", struct run_options, changes.security,
		       "no-new-privileges, apparmor=PROFILE, seccomp=unconfined, unmask=ALL"),
	OPTION_FLAG(0, "read-only", struct run_options, changes.read_only,
		    "no writable layer, but a tmpfs at /tmp, /var/tmp and /run"),
	OPTION_FLAG(0, "read-only-tmpfs", struct run_options, changes.read_write_tmpfs,
		    "with --read-only: those (default true)"),
	OPTION_STRINGS('l', "label", "NAME[=VALUE]", struct run_options, changes.labels,
		       "an annotation, for inspect and hooks"),
	OPTION_STRINGS(0, "annotation", "NAME=VALUE", struct run_options, changes.labels,
		       "the same"),
	OPTION_STRING(0, "stop-signal", "SIGNAL", struct run_options, changes.stop_signal,
		      "what 'stop' sends instead of the image's, or TERM"),
	OPTION_FLAG(0, "init", struct run_options, changes.init,
		    "run a small init first, which reaps what is orphaned"),
	OPTION_STRING(0, "restart", "POLICY", struct run_options, changes.restart,
		      "start it again when it ends: no, on-failure[:N], always, unless-stopped"),
};

static bool is_spec_file(const char *word)
{
	size_t length = strlen(word);
	struct stat status;

	if (strchr(word, '/') || (length > 5 && !strcmp(word + length - 5, ".json")))
		return true;
	return stat(word, &status) == 0 && S_ISREG(status.st_mode);
}

static bool read_spec(struct invocation *invocation, struct spec *spec)
{
	const char *word = invocation->arguments[0];
	struct error ignored;

	if (options.container.bundle || !is_spec_file(word))
		word = path_join(invocation->arena, options.container.bundle ?: ".", "config.json");
	return spec_read(invocation->arena, AT_FDCWD, word, spec, NULL, NULL, &ignored) == 0;
}

/* Whose network namespace is joined: only the user namespace that made it has power over that. */
static const char *find_joined(struct invocation *invocation)
{
	static const char word[] = "container:";
	const struct string_list *networks = &options.changes.network.networks;
	struct spec spec = { 0 };
	const char *rest;

	if (networks->count)
		return strncmp(networks->items[0], word, strlen(word)) == 0
			       ? networks->items[0] + strlen(word)
			       : NULL;
	return read_spec(invocation, &spec) &&
			       spec_network_mode(&spec, &rest) == NETWORK_MODE_CONTAINER
		       ? rest
		       : NULL;
}

const struct command run_command = {
	.name = "run",
	.group = GROUP_RUN,
	.summary = HELP("Run a JSON spec, an image or an OCI bundle"),
	.arguments = "SPEC|IMAGE|ID [ARGUMENTS...]",
	.min = 1,
	.max = -1,
	.description =
		HELP("SPEC is a JSON file: a word that ends in .json, has a slash, or names a "
		     "file. Its root is\n"
		     "the lower layer of a copy-on-write view, so a run never changes it. IMAGE "
		     "is the name of\n"
		     "an image in the store. ID is that of a container made from a bundle: the "
		     "folder of\n"
		     "--bundle, or this one. ARGUMENTS replace the command of SPEC or IMAGE.\n"
		     "\n"
		     "A container of a SPEC or IMAGE stays, stopped, with its writable layer "
		     "until 'rm', unless\n"
		     "--rm is given. The exit status is the command's, 128+N if signal N ended "
		     "it, 125 if ctr\n"
		     "failed, 126 if the command cannot be executed, 127 if it is not found; 1 "
		     "for bundles.\n"),
	.examples = HELP("ctr run specs/examples/hello.json\n"
			 "ctr run -d --name web web.json\n"
			 "ctr run --rm app:1 sh -c 'echo hello'\n"
			 "ctr run --bundle /srv/web web\n"),
	COMMAND_OPTIONS(rows, options),
	.order = OPTIONS_FIRST,
	.flags = COMMAND_GUARD | COMMAND_ENTERS | COMMAND_JOINS,
	.failure = FAILURE_RUN,
	.read_spec = read_spec,
	.find_container = find_joined,
};

/* Looks without making a store where there is none. Returns 1 if it has the image, 0 if not. */
static int has_image(struct invocation *invocation, const char *name, struct error *err)
{
	const char *data_root = invocation->settings.data_root;
	cleanup_store struct store store = STORE_NONE;
	struct image image;

	if (access(arena_printf(invocation->arena, "%s/store/index.json", data_root), F_OK) < 0)
		return 0;
	if (store_open(&store, data_root, invocation->arena, err) < 0)
		return -1;
	if (store_find_entry(&store, name, invocation->arena, &image, err) >= 0)
		return 1;
	/* Not there, or no name of an image at all: then it may still be an ID. */
	return err->errnum == ENOENT || err->errnum == EINVAL ? 0 : -1;
}

/* Which of its three meanings the first argument has. */
static int choose_form(struct invocation *invocation, struct error *err)
{
	char *word = invocation->arguments[0];
	int image = 0;
	bool bundle = options.container.bundle || options.container.config;

	/* the name of an image may have a slash too: a file that is not there is none */
	if (!bundle && (!is_spec_file(word) || access(word, F_OK) < 0) &&
	    (image = has_image(invocation, word, err)) < 0)
		return -1;
	if (!bundle && !image && is_spec_file(word)) {
		options.container.form = FORM_SPEC;
		options.container.spec_path = word;
		return 0;
	}
	if (image) {
		options.container.form = FORM_SPEC;
		options.container.image = word;
		return 0;
	}
	if (!bundle && access("config.json", F_OK) < 0)
		return fail(err, ENOENT,
			    "%s: no such spec file, no such image ('%s images' lists them), and no "
			    "config.json here to make it the ID of a bundle",
			    word, program_name());
	invocation->failure = FAILURE_OCI;
	options.container.form = FORM_OCI;
	options.container.bundle = options.container.bundle ?: ".";
	if (options.container.id)
		return fail(err, EINVAL, "--name: the argument of a bundle is its name: '%s'",
			    word);
	options.container.id = word;
	if (invocation->count > 1)
		return fail(err, EINVAL, "%s: a bundle takes no arguments: they are in config.json",
			    invocation->arguments[1]);
	return 0;
}

/* Only a monitor can start it again, and only what is still there. */
static int check_restart(const char *text, struct error *err)
{
	struct restart_policy policy;

	if (restart_policy_parse(text, &policy, err) < 0)
		return -1;
	if (policy.when == RESTART_NO)
		return 0;
	if (!options.container.detach)
		return fail(err, EINVAL, "only with --detach");
	if (options.container.remove)
		return fail(err, EINVAL, "not with --rm");
	return 0;
}

/* A plain run has no changes, and nothing is looked at for them. */
static int read_changes(struct invocation *invocation, struct error *err)
{
	struct run_changes *changes = &options.changes;
	int ignored;

	if (limit_options_apply(&options.limits, invocation->arena, &changes->resources, err) < 0)
		return -1;
	if (run_changes_are_none(changes))
		return 0;
	if (options.container.form != FORM_SPEC)
		return fail(err, EINVAL,
			    "a bundle is run as its config.json says: options that change it are "
			    "for a SPEC or an IMAGE");
	if (changes->stop_signal && signal_parse(changes->stop_signal, &ignored, err) < 0)
		return fail_in(err, "option '--stop-signal'");
	if (changes->restart && check_restart(changes->restart, err) < 0)
		return fail_in(err, "option '--restart'");
	options.container.changes = changes;
	return 0;
}

int cmd_run(struct invocation *invocation, struct error *err)
{
	int exit_status = FAILURE_RUN;
	const char *id;

	if (choose_form(invocation, err) < 0 || read_changes(invocation, err) < 0)
		return -1;
	if (options.container.form == FORM_SPEC) {
		options.container.args.items = invocation->arguments + 1;
		options.container.args.count = (size_t)invocation->count - 1;
	}
	if (container_run(&invocation->settings, &options.container, invocation->arena, &id,
			  &exit_status, err) < 0) {
		if (options.container.form == FORM_SPEC)
			invocation->failure = exit_status;
		return -1;
	}
	if (options.container.detach && options.container.form == FORM_SPEC)
		puts(id);
	return exit_status;
}
