/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "cli/command.h"

/*
 * The scripts of `ctr completion`: verbs, options, the words of options that have a list, files,
 * and for positionals the IDs of containers or names of images, asked of ctr itself.
 */
void completion_bash(FILE *out, const struct program *program);
void completion_zsh(FILE *out, const struct program *program);
void completion_fish(FILE *out, const struct program *program);

/* What a verb's positionals are, from how its help names them. */
enum completion_subject {
	SUBJECT_NONE,
	SUBJECT_CONTAINER,
	SUBJECT_IMAGE,
	SUBJECT_NETWORK,
	SUBJECT_FILE,
};

enum completion_subject completion_subject(const struct command *command);

/*
 * The family of a verb of two words ("network" of "network create"), in a static buffer; NULL for
 * others.
 */
const char *completion_family(const struct command *command);

/* The same if the verb of this number is the first one of its family that is listed, otherwise NULL. */
const char *completion_new_family(const struct program *program, size_t number);

/* The second words of a family's verbs, each with a blank behind it. */
void completion_print_family(FILE *out, const struct program *program, const char *family);

/* A verb as one word of a shell: "network\ create". */
void completion_print_verb(FILE *out, const char *name);
