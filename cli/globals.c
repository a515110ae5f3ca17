/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every verb takes. */
#include "base/log.h"
#include "cli/command.h"

static const char *const log_formats[] = { [LOG_TEXT] = "text", [LOG_JSON] = "json", NULL };
static const char *const log_levels[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_DEBUG] = "debug",
	NULL,
};
static const char *const rootless_words[] = { "auto", "true", "false", NULL };
static const char *const cgroup_managers[] = {
	[CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
	[CGROUP_MANAGER_DISABLED] = "disabled",
	[CGROUP_MANAGER_SYSTEMD] = "systemd",
	NULL,
};

const struct option global_options[] = {
	OPTION_STRING(0, "root", "DIR", struct globals, root, "where the run-time state is"),
	OPTION_STRING(0, "data-root", "DIR", struct globals, data_root,
		      "where layers, images and writable layers are"),
	OPTION_STRING(0, "log", "FILE", struct globals, log,
		      "append errors to FILE too; or file:FILE, journald:NAME, syslog:NAME"),
	OPTION_WORD(0, "log-format", "FORMAT", struct globals, log_format, log_formats,
		    "text or json, for --log"),
	OPTION_WORD(0, "log-level", "LEVEL", struct globals, log_level, log_levels,
		    "error, warning or debug: what goes to --log"),
	OPTION_STRING(0, "criu", "FILE", struct globals, criu,
		      "the criu program of checkpoint and restore (default: from the PATH)"),
	OPTION_FLAG(0, "debug", struct globals, debug, "tell what is being done"),
	OPTION_WORD(0, "cgroup-manager", "NAME", struct globals, cgroup_manager, cgroup_managers,
		    "cgroupfs, systemd, or disabled: no cgroups at all"),
	OPTION_FLAG(0, "systemd-cgroup", struct globals, systemd_cgroup,
		    "systemd makes the container's cgroup: --cgroup-manager=systemd"),
	OPTION_WORD(0, "rootless", "auto|true|false", struct globals, rootless, rootless_words,
		    "accepted, without effect"),
	OPTION_FLAG('h', "help", struct globals, help, "show help and exit"),
	OPTION_FLAG('v', "version", struct globals, version, "show the version and exit"),
};
const size_t global_option_count = ARRAY_SIZE(global_options);
