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
enum completion_subject { SUBJECT_NONE, SUBJECT_CONTAINER, SUBJECT_IMAGE, SUBJECT_FILE };

enum completion_subject completion_subject(const struct command *command);
