/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/*
 * Names of images as docker writes them: [HOST[:PORT]/]COMPONENT[/COMPONENT...][:TAG], components
 * of [a-z0-9] with single ".", one or two "_" or any number of "-" between, the tag
 * [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}; source: github.com/distribution/reference, its grammar.
 * No host is added to a short name: it is stored as it was said.
 */

/*
 * Sets *name to text with ":latest" added if it has no tag. "NAME@sha256:..." is refused: a
 * digest is no name.
 */
int image_name_parse(const char *text, struct arena *arena, char **name, struct error *err);
