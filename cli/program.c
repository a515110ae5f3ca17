/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/program.h"
#include "base/user_namespace.h"
#include "cli/log_target.h"
#include "fs/host_commit.h"
#include "runtime/guard.h"
#include "runtime/rootless.h"

const char *program_name(void)
{
	return program_invocation_short_name;
}

/*
 * A descriptor 0, 1 or 2 that the caller closed would be the next one that we open, and then the
 * container's. One system call tells whether all are there.
 */
static int open_standard_fds(struct error *err)
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(fds, ARRAY_SIZE(fds), 0) <= 0)
		return 0;
	for (int i = 0; i < 3; i++) {
		/* NOLINTNEXTLINE(android-cloexec-open): it is there to be inherited */
		if ((fds[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) != i)
			return fail_errno(err, "open /dev/null");
	}
	return 0;
}

/* Called again when there were options behind the verb; the log may be another one then. */
static int setup_log(const struct globals *globals, struct error *err)
{
	static const char *opened;
	static struct log log = { .fd = -1 };

	log.level = globals->debug ? LOG_LEVEL_DEBUG : (enum log_level)globals->log_level;
	if (log.format == LOG_TEXT || log.format == LOG_JSON)
		log.format = (enum log_format)globals->log_format;
	if (globals->log && globals->log != opened) {
		log.format = (enum log_format)globals->log_format;
		if (log_target_open(globals->log, &log, err) < 0)
			return fail_in(err, "--log");
		opened = globals->log;
	}
	log_setup(&log);
	return 0;
}

/*
 * Whose folders are meant: uid 0 of a user namespace is an ordinary user too (podman and buildah
 * have one around all that they run), unless it is like a machine's root in all else.
 */
static bool is_ordinary_user(bool rootless)
{
	const char *name = getenv("USER");

	if (geteuid() != 0 || rootless)
		return true;
	return getenv("XDG_RUNTIME_DIR") && (!name || strcmp(name, "root") != 0) &&
	       in_user_namespace();
}

static const char *default_root(struct arena *arena, const struct settings *settings)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");

	if (!is_ordinary_user(settings->rootless))
		return "/run/ctr";
	if (runtime_dir && runtime_dir[0] == '/')
		return arena_printf(arena, "%s/ctr", runtime_dir);
	return arena_printf(arena, "/run/user/%u/ctr", settings->user);
}

static const char *default_data_root(struct arena *arena, const struct settings *settings)
{
	const char *data_home = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (!is_ordinary_user(settings->rootless) || (!data_home && !home))
		return "/var/lib/ctr";
	if (data_home && data_home[0] == '/')
		return arena_printf(arena, "%s/ctr", data_home);
	return arena_printf(arena, "%s/.local/share/ctr", home);
}

/* What outlives this command (the state, the monitor) has another working directory. */
static int make_absolute(struct arena *arena, const char *option, const char **path,
			 struct error *err)
{
	char here[PATH_MAX];

	if ((*path)[0] == '/')
		return 0;
	if (!(*path)[0])
		return fail(err, EINVAL, "%s: the path is empty", option);
	if (!getcwd(here, sizeof(here)))
		return fail_errno(err, "%s %s: find the working directory", option, *path);
	*path = path_clean(arena, path_join(arena, here, *path));
	return 0;
}

static int make_settings(const struct globals *globals, struct arena *arena,
			 struct settings *settings, struct error *err)
{
	settings->sticky_root = !globals->root && settings->user != 0;
	settings->root = globals->root ?: default_root(arena, settings);
	settings->data_root = globals->data_root ?: default_data_root(arena, settings);
	settings->no_cgroup = globals->cgroup_manager == CGROUP_MANAGER_DISABLED;
	settings->criu = globals->criu;
	settings->systemd_cgroup = globals->systemd_cgroup ||
				   globals->cgroup_manager == CGROUP_MANAGER_SYSTEMD;
	if (make_absolute(arena, "--root", &settings->root, err) < 0)
		return -1;
	return make_absolute(arena, "--data-root", &settings->data_root, err);
}

static int check_count(const struct command *command, int count, char **arguments,
		       struct error *err)
{
	if (count < command->min) {
		const char *missing = command->arguments;

		for (int i = 0; i < count; i++)
			missing += strcspn(missing, " ") + 1;
		return fail(err, EINVAL, "%.*s is missing (see '%s %s --help')",
			    (int)strcspn(missing, " ."), missing, program_name(), command->name);
	}
	if (command->max >= 0 && count > command->max)
		return fail(err, EINVAL, "one argument too many: '%s' (see '%s %s --help')",
			    arguments[command->max], program_name(), command->name);
	return 0;
}

/* What was printed must have arrived: a full disk is a failure of the command. */
static int flush(struct error *err)
{
	if (fflush(stdout) || ferror(stdout))
		return fail_errno(err, "write to standard output");
	return 0;
}

/* Of an ordinary user: see runtime/rootless.h. */
static int become_root_inside(struct invocation *invocation, int flags, struct error *err)
{
	struct settings *settings = &invocation->settings;
	const struct command *command = invocation->command;
	int result = 0;
	struct spec spec = { 0 };
	bool known;
	char user[16];

	if (flags & COMMAND_NEEDS_ROOT)
		return fail(err, EPERM, "only root can do this: run it with sudo");
	known = command->read_spec && command->read_spec(invocation, &spec);
	if (flags & COMMAND_JOINS) {
		const char *id = command->find_container ? command->find_container(invocation)
							 : invocation->arguments[0];

		result = id ? rootless_join(settings, id, invocation->arena, err) : 0;
	}
	if (result == 0 && (flags & COMMAND_ENTERS) && geteuid() != 0)
		result = rootless_enter(invocation->arena, known ? &spec : NULL, err);
	if (result < 0)
		return fail_in(err, "user %u", settings->user);
	settings->rootless = geteuid() == 0;
	if (!settings->rootless || !(flags & COMMAND_GUARD))
		return 0;
	/* again from the beginning, since what a process is protected by is that of its program */
	snprintf(user, sizeof(user), "%u", settings->user);
	setenv(ROOTLESS_VARIABLE, user, 1);
	return guard_execute(invocation->argv, err);
}

int invocation_prepare_to_run(struct invocation *invocation, struct error *err)
{
	if (!invocation->argv)
		return guard_self(invocation->line, err);
	return become_root_inside(invocation, COMMAND_ENTERS | COMMAND_GUARD, err);
}

/*
 * What an earlier command was killed at is finished or taken back by the next one of any kind. It
 * is no failure of this one if that cannot be done now (something is not mounted yet).
 */
static void recover_host(const struct invocation *invocation)
{
	const struct settings *settings = &invocation->settings;
	struct error err;

	/* an ordinary user's files are only ours to change in the namespaces of that user */
	if (settings->user && !settings->rootless)
		return;
	if (host_recover(settings->data_root, &err) < 0)
		log_warning("%s", err.text);
}

static int print_help(const struct invocation *invocation, const struct command *command, FILE *out,
		      struct error *err)
{
	const struct help_page page = { invocation->program, command, invocation->family };

	if (help_print(&page, out, invocation->line, err) < 0)
		return -1;
	return flush(err);
}

static int run_verb(const struct verb *verb, struct invocation *invocation, struct globals *globals,
		    char **args, struct error *err)
{
	const struct command *command = verb->command;
	const struct option_table tables[] = {
		{ command->options, command->option_count, command->values },
		{ global_options, global_option_count, globals },
	};
	int status;

	invocation->count = options_parse(tables, ARRAY_SIZE(tables), command->order,
					  invocation->arena, &args, err);
	invocation->arguments = args;
	if (invocation->count < 0)
		return -1;
	if (globals->help)
		return print_help(invocation, command, stdout, err);
	if (globals->version) {
		version_print(stdout);
		return flush(err);
	}
	if (setup_log(globals, err) < 0 || check_count(command, invocation->count, args, err) < 0)
		return -1;
	if (!verb->run)
		return fail(err, EINVAL, "this program has no more of it than its --help");
	if (make_settings(globals, invocation->arena, &invocation->settings, err) < 0)
		return -1;
	if (invocation->argv && become_root_inside(invocation, command->flags, err) < 0)
		return -1;
	/*
	 * What we make has exactly its mode: a layer's root, the store that others read. Not before
	 * we have executed ourselves for the last time: `try` wants to know the caller's.
	 */
	invocation->settings.umask = umask(022);
	recover_host(invocation);
	status = verb->run(invocation, err);
	return status < 0 || flush(err) < 0 ? -1 : status;
}

static char **copy_argv(struct arena *arena, char **argv)
{
	size_t count = 0;
	char **copy;

	while (argv[count])
		count++;
	copy = arena_array(arena, char *, count + 1);
	memcpy(copy, argv, count * sizeof(*copy));
	return copy;
}

int program_become(const char *companion, char **argv, struct error *err)
{
	char path[PATH_MAX];

	if (program_companion(companion, path, sizeof(path), err) < 0)
		return -1;
	execv(path, argv);
	return fail_errno(err, "execute %s", path);
}

static const char *find_elsewhere(const struct program *program, const char *name)
{
	for (size_t i = 0; i < program->elsewhere_count; i++)
		if (!strcmp(program->elsewhere[i].name, name))
			return program->elsewhere[i].companion;
	return NULL;
}

/* "network" and "network --help": the first word of verbs of two words. */
static bool is_help_of_family(const struct program *program, char **args)
{
	return program_has_family(program, args[0]) &&
	       (!args[1] || !strcmp(args[1], "--help") || !strcmp(args[1], "-h"));
}

/* Finds the verb and makes this the program and the image of it that shall run it. */
static int start_verb(struct invocation *invocation, struct globals *globals, char **argv,
		      char **args, struct error *err)
{
	const char *companion = find_elsewhere(invocation->program, args[0]);
	const struct verb *verb;
	int status = -1;

	/* The companion and the guard execute with all of argv, so before anything changes it. */
	if (companion && program_become(companion, argv, err) < 0)
		return fail_in(err, "%s", args[0]);
	if (is_help_of_family(invocation->program, args)) {
		invocation->family = args[0];
		return print_help(invocation, NULL, args[1] ? stdout : stderr, err) < 0
			       ? -1
			       : (args[1] ? 0 : FAILURE_RUN);
	}
	verb = program_find(invocation->program, &args, err);
	if (!verb)
		return -1;
	invocation->command = verb->command;
	invocation->failure = verb->command->failure;
	invocation->line = copy_argv(invocation->arena, argv);
	if (!(verb->command->flags & COMMAND_GUARD) || invocation->argv ||
	    guard_self(argv, err) >= 0)
		status = run_verb(verb, invocation, globals, args, err);
	return status < 0 ? fail_in(err, "%s", verb->command->name) : status;
}

static int run_program(struct invocation *invocation, struct globals *globals, char **argv,
		       struct error *err)
{
	const struct option_table table = { global_options, global_option_count, globals };
	char **args = argv[0] ? argv + 1 : argv;

	if (open_standard_fds(err) < 0 ||
	    options_parse(&table, 1, OPTIONS_FIRST, invocation->arena, &args, err) < 0 ||
	    setup_log(globals, err) < 0)
		return -1;
	if (globals->version) {
		version_print(stdout);
		return flush(err);
	}
	invocation->line = argv;
	if (globals->help)
		return print_help(invocation, NULL, stdout, err);
	if (!args[0])
		return print_help(invocation, NULL, stderr, err) < 0 ? -1 : FAILURE_RUN;
	return start_verb(invocation, globals, argv, args, err);
}

/* Who calls, and whether this is the program executed again in that user's own namespaces. */
static void find_user(struct invocation *invocation, char **argv)
{
	struct settings *settings = &invocation->settings;
	const char *user = getenv(ROOTLESS_VARIABLE);

	settings->user = geteuid();
	if (settings->user)
		invocation->argv = copy_argv(invocation->arena, argv);
	if (!user)
		return;
	settings->rootless = settings->user == 0;
	if (settings->rootless)
		settings->user = (uid_t)strtoul(user, NULL, 10);
	unsetenv(ROOTLESS_VARIABLE);
}

int program_main(const struct program *program, char **argv)
{
	cleanup_arena struct arena arena = { 0 };
	struct globals globals = { 0 };
	struct invocation invocation = {
		.program = program,
		.arena = &arena,
		.failure = FAILURE_RUN,
	};
	struct error err, other;
	int status;

	find_user(&invocation, argv);
	status = run_program(&invocation, &globals, argv, &err);
	if (status >= 0)
		return status;
	/* Options may have been parsed, --log among them, before one was found wrong. */
	setup_log(&globals, &other);
	log_error("%s", err.text);
	return invocation.failure;
}
