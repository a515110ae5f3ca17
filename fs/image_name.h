/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/*
 * Names of images as docker writes them: [HOST[:PORT]/]COMPONENT[/COMPONENT...][:TAG], components
 * of [a-z0-9] with single ".", one or two "_" or any number of "-" between, the tag
 * [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}; source: github.com/distribution/reference, its grammar.
 * No host is added to a short name: it is stored as it was said, and found again by
 * image_name_fit().
 */

/*
 * Sets *name to text with ":latest" added if it has no tag. "NAME@sha256:..." is refused: a
 * digest is no name.
 */
int image_name_parse(const char *text, struct arena *arena, char **name, struct error *err);

/*
 * How well a name of the store fits one that was said, both with their tag: 0 not at all, or the
 * lower the better: 1 the same; 2 it is localhost/SAID; 3 it is docker.io/[library/]SAID, or SAID
 * is docker.io/[library/]IT; 4 it ends in /SAID. What was said with a registry fits no other one.
 */
int image_name_fit(const char *stored, const char *said);

/* The name without its tag and digest: "localhost:5000/app". */
char *image_name_repository(const char *name, struct arena *arena);

/* NAME[:TAG] as a registry knows it: docker.io/ and library/ are added where Docker does. */
char *image_name_normalize(const char *name, struct arena *arena);
