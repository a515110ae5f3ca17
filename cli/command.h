/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/macro.h"
#include "cli/option.h"
#include "runtime/settings.h"
#include "specs/runtime_spec.h"

/*
 * A verb is one file: its options, its struct command (all that help, completion and the check of
 * the man page need), and its function. The verbs of a program stand in one table (main.c,
 * more_main.c, image_main.c); program_main() does all that they have in common.
 *
 * Verbs that need large libraries, and those that no start needs, live in companion programs.
 * ctr knows only their names and executes the companion. What prints help and completion is one of
 * these, ctr-more: it links every struct command, and ctr's verbs are compiled for it once more,
 * with the texts (HELP() of cli/option.h). Where a command's function needs large libraries the
 * struct is in a file of its own (commit_command.c).
 */

/* Options that every verb takes, in front of the verb or behind it. */
struct globals {
	const char *root, *data_root; /* as given; NULL: not */
	const char *log, *criu;
	int log_format; /* enum log_format */
	int log_level;	/* enum log_level */
	int cgroup_manager, rootless;
	bool debug, systemd_cgroup, version, help;
};

enum cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_DISABLED, CGROUP_MANAGER_SYSTEMD };

struct invocation;

/* Does what the verb says. Returns the exit status (from 0 on), or -1 with *err. */
typedef int command_function(struct invocation *invocation, struct error *err);

enum command_group {
	GROUP_RUN,
	GROUP_SAVE,
	GROUP_IMAGES,
	GROUP_NETWORKS,
	GROUP_OCI,
	GROUP_ABOUT,
	GROUP_COUNT,
	GROUP_HIDDEN = GROUP_COUNT, /* only ctr itself calls it */
};

enum command_flag {
	COMMAND_GUARD = 1,	/* runs the container's code: see runtime/guard.h */
	COMMAND_NEEDS_ROOT = 2, /* an ordinary user cannot do it */
	COMMAND_ENTERS = 4,	/* runs in namespaces of an ordinary user: runtime/rootless.h */
	/* the same, in those of the container that it names first; with COMMAND_ENTERS: if it runs
	 */
	COMMAND_JOINS = 8,
	COMMAND_MAY_RUN = 16, /* invocation_prepare_to_run() may be called */
};

/* The exit status of a failure of ours, as the callers of a verb expect it. */
enum command_failure {
	FAILURE_OCI = 1,
	FAILURE_RUN = 125,
	FAILURE_EXEC = 255,
};

struct command {
	const char *name;  /* one word, or two of which the first is a family's: "network create" */
	const char *alias; /* NULL: none; of as many words */
	enum command_group group;
	const char *summary;	 /* one phrase without a period */
	const char *arguments;	 /* the positionals as --help shows them: "ID [SIGNAL]"; or "" */
	int min, max;		 /* how many positionals; max -1: any number */
	const char *description; /* paragraphs of lines, each with its newline; NULL: none */
	const char *examples;	 /* lines, each with its newline; NULL: none */
	const struct option *options;
	size_t option_count;
	void *values; /* what the options fill, holding their defaults */
	enum option_order order;
	int flags; /* COMMAND_* */
	enum command_failure failure;
	/* With COMMAND_ENTERS: reads the spec of what will be made; NULL or false: there is none.
	 */
	bool (*read_spec)(struct invocation *invocation, struct spec *spec);
	/* With COMMAND_JOINS: the container, if it is not the first argument; NULL: there is none.
	 */
	const char *(*find_container)(struct invocation *invocation);
};

/* For struct command: rows and the static structure with the defaults. */
#define COMMAND_OPTIONS(rows, defaults)                                                            \
	.options = (rows), .option_count = ARRAY_SIZE(rows), .values = &(defaults)

struct verb {
	const struct command *command;
	command_function *run; /* NULL: in another program, this one has the texts only */
};

/* A verb of a companion. */
struct verb_elsewhere {
	char name[16], companion[16];
};

struct program {
	const struct verb *verbs;
	size_t count;
	const struct verb_elsewhere *elsewhere;
	size_t elsewhere_count;
};

/* A command line, as its function gets it. */
struct invocation {
	const struct program *program;
	const struct command *command;
	const char *family;	  /* whose help is asked for, "network"; NULL: nobody's */
	char **argv;		  /* as it was given, for an ordinary user; NULL: root calls */
	char **line;		  /* as it was given */
	struct settings settings; /* what the global options say to runtime/ */
	struct arena *arena;	  /* freed when the function has returned */
	char **arguments;	  /* the positionals, ended by NULL */
	int count;		  /* of them, within command->min and max */
	int failure;		  /* exit status when the function fails; it may change that */
};

/*
 * The whole main(): options, help, the companion, the guard, the verb, and the one place that
 * prints errors. Returns the exit status.
 */
int program_main(const struct program *program, char **argv);

/*
 * For a verb that finds out only by its arguments that it runs the container's code: what
 * COMMAND_GUARD and COMMAND_ENTERS do for others. The program may begin anew here.
 */
int invocation_prepare_to_run(struct invocation *invocation, struct error *err);

/*
 * Finds a verb of this program, by name or alias, in the word or two that *args begin with, and moves
 * *args behind them. NULL: the error has the nearest match.
 */
const struct verb *program_find(const struct program *program, char ***args, struct error *err);

/* Whether the verb is of two words and family the first of them; whether the program has such. */
bool command_is_of(const struct command *command, const char *family);
bool program_has_family(const struct program *program, const char *family);

/* Becomes a companion, which gets the same arguments and name, so that it parses and says the same. */
int program_become(const char *companion, char **argv, struct error *err);

/* The rows of struct globals, for help and completion. */
extern const struct option global_options[];
extern const size_t global_option_count;

/* The name that the program was called by, for messages: "ctr". */
const char *program_name(void);

/* What help tells of: a verb, or the verbs of a family, or with neither all that there are. */
struct help_page {
	const struct program *program;
	const struct command *command;
	const char *family;
};

/*
 * Prints it, on stdout; for somebody who called without any verb on stderr. In help.c; that of
 * help_elsewhere.c, which ctr has, becomes ctr-more with argv.
 */
int help_print(const struct help_page *page, FILE *out, char **argv, struct error *err);

/* In version.c: three lines. */
void version_print(FILE *out);
