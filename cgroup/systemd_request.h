/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * What ctr (systemd_unit.c) asks of its companion ctr-systemd, a JSON document on its standard
 * input, and the answer, one packet from its standard output. Both are of one build.
 */

enum systemd_verb {
	SYSTEMD_START, /* starts the unit; a scope has the companion as its first process */
	SYSTEMD_SET,   /* sets properties of a unit that is there */
	SYSTEMD_STOP,  /* stops and forgets it; one that is not there is fine */
};

struct systemd_request {
	int verb; /* enum systemd_verb */
	char *unit;
	bool user;			     /* of the user's manager */
	struct string_list required, wanted; /* properties, as in struct systemd_plan */
};

struct systemd_answer {
	struct error error;    /* errnum 0: done */
	char cgroup[PATH_MAX]; /* SYSTEMD_START: the unit's, below the cgroup2 mount */
};

char *systemd_request_encode(struct arena *arena, const struct systemd_request *request,
			     size_t *size);
int systemd_request_decode(struct arena *arena, const char *text, size_t size,
			   struct systemd_request *request, struct error *err);
