/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <systemd/sd-bus.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/systemd_request.h"

/*
 * systemd's D-Bus interface, org.freedesktop.systemd1(5), as far as units of containers need it.
 * Only ctr-systemd has this.
 */

/*
 * Connects with the system's or the user's manager: directly by its private socket where we may,
 * for which no bus needs to run, else over the bus. *bus is for sd_bus_flush_close_unref().
 */
int systemd_bus_open(bool user, sd_bus **bus, struct error *err);

/*
 * Starts the transient unit, with this process in it when it is a scope, and returns when that is
 * done. A failed unit of the name that was left is forgotten first. A slice may be there already.
 */
int systemd_bus_start(struct arena *arena, sd_bus *bus, const struct systemd_request *request,
		      struct error *err);

/* Where the cgroup of the started unit is; *cgroup is in the arena. */
int systemd_bus_cgroup(struct arena *arena, sd_bus *bus, const char *unit, const char **cgroup,
		       struct error *err);

/* Sets the request's properties. */
int systemd_bus_set(struct arena *arena, sd_bus *bus, const struct systemd_request *request,
		    struct error *err);

/* Stops the unit and forgets it. Not there is fine. */
int systemd_bus_stop(sd_bus *bus, const char *unit, struct error *err);
