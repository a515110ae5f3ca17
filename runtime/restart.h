/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/handle.h"

/*
 * Starting containers of the spec form again by themselves. Who does it is what the monitor of the
 * one that has ended becomes: between two runs it waits, and is woken by whatever happens to the
 * container's folder.
 */

/* `stop` says so before it stops: the container does not start again by itself. */
int restart_forbid(const struct settings *settings, const char *id, struct error *err);

/*
 * Under the container's lock. forget: somebody starts it, so what was counted is forgotten;
 * otherwise it starts by itself, unless it was stopped meanwhile (ECANCELED).
 */
int restart_begin(const struct handle *handle, struct arena *arena, bool forget, struct error *err);

/* Once its process has ended and all is tidied up: starts it again if it is to be, after a pause.
 */
int restart_container(const struct settings *settings, const char *id, struct error *err);
