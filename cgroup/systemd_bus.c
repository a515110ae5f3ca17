/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/systemd_bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/unit_property.h"

#define SERVICE "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"
#define WAY_OUT "use --cgroup-manager=cgroupfs"

#define UNIT_EXISTS SERVICE ".UnitExists"
#define NO_SUCH_UNIT SERVICE ".NoSuchUnit"
#define UNKNOWN_PROPERTY SD_BUS_ERROR_PROPERTY_READ_ONLY

/* How long systemd may take to start or stop a unit. */
#define JOB_SECONDS 30

static void unref_message(sd_bus_message **message)
{
	sd_bus_message_unref(*message);
}

static void free_error(sd_bus_error *error)
{
	sd_bus_error_free(error);
}

#define cleanup_message __attribute__((cleanup(unref_message))) sd_bus_message
#define cleanup_error __attribute__((cleanup(free_error))) sd_bus_error

/* sd-bus returns negative errnos. */
static int fail_bus(struct error *err, int result, const char *what)
{
	return fail(err, -result, "%s: %s", what, strerror(-result));
}

static int fail_call(struct error *err, int result, const sd_bus_error *error, const char *what)
{
	if (!error->message)
		return fail_bus(err, result, what);
	return fail(err, -result, "%s: %s", what, error->message);
}

static int connect_private(const char *path, sd_bus **bus)
{
	char address[512];
	sd_bus *made = NULL;
	int result;

	if (access(path, W_OK) < 0)
		return -errno;
	snprintf(address, sizeof(address), "unix:path=%s", path);
	result = sd_bus_new(&made);
	if (result >= 0)
		result = sd_bus_set_address(made, address);
	if (result >= 0)
		result = sd_bus_start(made);
	if (result < 0)
		sd_bus_close_unref(made);
	else
		*bus = made;
	return result;
}

static int open_user(sd_bus **bus, struct error *err)
{
	const char *folder = secure_getenv("XDG_RUNTIME_DIR");
	char path[256];
	int result = -ENOENT;

	if (folder) {
		snprintf(path, sizeof(path), "%s/systemd/private", folder);
		result = connect_private(path, bus);
	}
	if (result < 0)
		result = sd_bus_open_user(bus);
	if (result < 0)
		return fail(err, -result,
			    "connect with the user's systemd (%s): %s: log in with a session, or "
			    "'loginctl enable-linger', or " WAY_OUT,
			    folder ?: "XDG_RUNTIME_DIR is not set", strerror(-result));
	return 0;
}

int systemd_bus_open(bool user, sd_bus **bus, struct error *err)
{
	int result;

	if (user)
		return open_user(bus, err);
	if (access("/run/systemd/system", F_OK) < 0)
		return fail(
			err, ENOTSUP,
			"systemd does not run here (there is no /run/systemd/system): " WAY_OUT);
	result = connect_private("/run/systemd/private", bus);
	if (result < 0)
		result = sd_bus_open_system(bus);
	if (result < 0)
		return fail(err, -result, "connect with systemd: %s: " WAY_OUT, strerror(-result));
	return 0;
}

static int append_value(sd_bus_message *message, const struct gvariant *value)
{
	const char *type = value->type;
	char inner[256];
	int result;

	if (*type == 'a' || *type == '(') {
		size_t length = strlen(type) - (*type == 'a' ? 1 : 2);

		snprintf(inner, sizeof(inner), "%.*s", (int)length, type + 1);
		result = sd_bus_message_open_container(message, *type == 'a' ? 'a' : 'r', inner);
		for (size_t i = 0; i < value->count && result >= 0; i++)
			result = append_value(message, &value->items[i]);
		return result < 0 ? result : sd_bus_message_close_container(message);
	}
	switch (*type) {
	case 's':
	case 'o':
	case 'g':
		return sd_bus_message_append_basic(message, *type, value->string);
	case 'b':
		return sd_bus_message_append(message, "b", (int)value->boolean);
	case 'd':
		return sd_bus_message_append(message, "d", value->real);
	case 'y':
	case 'q':
		return sd_bus_message_append(message, type, (int)value->unsigned_);
	case 'n':
		return sd_bus_message_append(message, "n", (int)value->integer);
	case 'u':
		return sd_bus_message_append(message, "u", (uint32_t)value->unsigned_);
	case 'i':
		return sd_bus_message_append(message, "i", (int32_t)value->integer);
	case 't':
		return sd_bus_message_append(message, "t", value->unsigned_);
	case 'x':
		return sd_bus_message_append(message, "x", value->integer);
	default:
		return -EINVAL;
	}
}

static int append_property(struct arena *arena, sd_bus_message *message, const char *text,
			   struct error *err)
{
	struct unit_property property;
	int result;

	if (unit_property_parse(arena, text, &property, err) < 0)
		return -1;
	result = sd_bus_message_open_container(message, 'r', "sv");
	if (result >= 0)
		result = sd_bus_message_append(message, "s", property.name);
	if (result >= 0)
		result = sd_bus_message_open_container(message, 'v', property.value.type);
	if (result >= 0)
		result = append_value(message, &property.value);
	if (result >= 0)
		result = sd_bus_message_close_container(message);
	if (result >= 0)
		result = sd_bus_message_close_container(message);
	return result < 0 ? fail_bus(err, result, property.name) : 0;
}

static int append_properties(struct arena *arena, sd_bus_message *message,
			     const struct systemd_request *request, bool own_process,
			     struct error *err)
{
	int result = sd_bus_message_open_container(message, 'a', "(sv)");

	for (size_t i = 0; i < request->required.count && result >= 0; i++)
		if (append_property(arena, message, request->required.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < request->wanted.count && result >= 0; i++)
		if (append_property(arena, message, request->wanted.items[i], err) < 0)
			return -1;
	if (result >= 0 && own_process)
		result =
			sd_bus_message_append(message, "(sv)", "PIDs", "au", 1, (uint32_t)getpid());
	if (result >= 0)
		result = sd_bus_message_close_container(message);
	return result < 0 ? fail_bus(err, result, "put properties together") : 0;
}

static sd_bus_message *new_call(sd_bus *bus, const char *method)
{
	sd_bus_message *message = NULL;

	sd_bus_message_new_method_call(bus, &message, SERVICE, OBJECT, MANAGER, method);
	return message;
}

/*
 * Takes the property that this systemd does not know off those that need not be known. Its words
 * are "Cannot set property NAME, or unknown property."
 */
static bool drop_unknown(struct systemd_request *request, const sd_bus_error *error)
{
	static const char words[] = "Cannot set property ";
	const char *name = error->message ? strstr(error->message, words) : NULL;
	size_t length, kept = 0, count = request->wanted.count;

	if (!name || !sd_bus_error_has_name(error, UNKNOWN_PROPERTY))
		return false;
	name += strlen(words);
	length = strcspn(name, ",");
	for (size_t i = 0; i < count; i++) {
		char *text = request->wanted.items[i];

		if (strncmp(text, name, length) != 0 || text[length] != '=')
			request->wanted.items[kept++] = text;
	}
	request->wanted.count = kept;
	return kept < count;
}

struct job {
	const char *path;
	bool ended;
	char result[32];
};

static int on_job_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct job *job = data;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0 ||
	    strcmp(path, job->path) != 0)
		return 0;
	job->ended = true;
	snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int64_t now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Signals are only looked at here, so that none is missed between the call and this. */
static int wait_job(sd_bus *bus, struct job *job, struct error *err)
{
	int64_t end = now_seconds() + JOB_SECONDS;

	while (!job->ended) {
		int result = sd_bus_process(bus, NULL);

		if (result == 0)
			result = sd_bus_wait(bus, UINT64_C(1000000));
		if (result < 0 && result != -EINTR)
			return fail_bus(err, result, "wait for systemd");
		if (now_seconds() > end)
			return fail(err, ETIMEDOUT, "systemd did not do it in %d seconds",
				    JOB_SECONDS);
	}
	if (strcmp(job->result, "done") != 0)
		return fail(err, ECANCELED, "systemd says that its job ended with '%s'",
			    job->result);
	return 0;
}

/* Follows the job that the reply has the path of. */
static int follow_job(sd_bus *bus, sd_bus_message *reply, struct job *job, struct error *err)
{
	int result = sd_bus_message_read(reply, "o", &job->path);

	return result < 0 ? fail_bus(err, result, "read systemd's reply") : wait_job(bus, job, err);
}

static int match_jobs(sd_bus *bus, struct job *job, struct error *err)
{
	/* without a sender: on a private connection messages have none */
	int result = sd_bus_match_signal(bus, NULL, NULL, OBJECT, MANAGER, "JobRemoved",
					 on_job_removed, job);

	return result < 0 ? fail_bus(err, result, "listen to systemd's signals") : 0;
}

static void reset_failed(sd_bus *bus, const char *unit)
{
	sd_bus_call_method(bus, SERVICE, OBJECT, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
}

static bool is_slice(const char *unit)
{
	size_t length = strlen(unit), size = strlen(".slice");

	return length > size && strcmp(unit + length - size, ".slice") == 0;
}

/* One try. *error is systemd's. */
static int call_start(struct arena *arena, sd_bus *bus, const struct systemd_request *request,
		      sd_bus_error *error, sd_bus_message **reply, struct error *err)
{
	cleanup_message *message = new_call(bus, "StartTransientUnit");
	int result;

	if (!message || sd_bus_message_append(message, "ss", request->unit, "fail") < 0 ||
	    append_properties(arena, message, request, !is_slice(request->unit), err) < 0)
		return message ? -1 : fail(err, ENOMEM, "make a message");
	result = sd_bus_message_append(message, "a(sa(sv))", 0);
	if (result >= 0)
		result = sd_bus_call(bus, message, 0, error, reply);
	return result < 0 ? fail_call(err, result, error, "start it") : 0;
}

int systemd_bus_start(struct arena *arena, sd_bus *bus, const struct systemd_request *request,
		      struct error *err)
{
	struct systemd_request changed = *request;
	bool was_reset = false;
	struct job job = { 0 };

	if (match_jobs(bus, &job, err) < 0)
		return -1;
	for (;;) {
		cleanup_error error = SD_BUS_ERROR_NULL;
		cleanup_message *reply = NULL;

		if (call_start(arena, bus, &changed, &error, &reply, err) == 0)
			return follow_job(bus, reply, &job, err);
		if (drop_unknown(&changed, &error))
			continue;
		if (!sd_bus_error_has_name(&error, UNIT_EXISTS))
			return -1;
		if (is_slice(request->unit))
			return 0;
		if (was_reset)
			/* the words that engines look for, as in cgroup.c */
			return fail(err, EEXIST,
				    "is there already: container's cgroup is not empty: another "
				    "container's?");
		reset_failed(bus, request->unit);
		was_reset = true;
	}
}

int systemd_bus_cgroup(struct arena *arena, sd_bus *bus, const char *unit, const char **cgroup,
		       struct error *err)
{
	cleanup_error error = SD_BUS_ERROR_NULL;
	char *path = NULL, *value = NULL;
	int result;

	/* we are in it: so it is told as seen in our cgroup namespace */
	if (!is_slice(unit))
		return cgroup_own(arena, cgroup, err);
	result = sd_bus_path_encode(OBJECT "/unit", unit, &path);
	if (result >= 0)
		result = sd_bus_get_property_string(bus, SERVICE, path, SERVICE ".Slice",
						    "ControlGroup", &error, &value);
	free(path);
	if (result < 0)
		return fail_call(err, result, &error, "ask for its cgroup");
	*cgroup = arena_strdup(arena, value);
	free(value);
	return 0;
}

int systemd_bus_set(struct arena *arena, sd_bus *bus, const struct systemd_request *request,
		    struct error *err)
{
	struct systemd_request changed = *request;

	for (;;) {
		cleanup_error error = SD_BUS_ERROR_NULL;
		cleanup_message *message = new_call(bus, "SetUnitProperties");
		int result;

		if (!message || sd_bus_message_append(message, "sb", request->unit, 1) < 0)
			return fail(err, ENOMEM, "make a message");
		if (append_properties(arena, message, &changed, false, err) < 0)
			return -1;
		result = sd_bus_call(bus, message, 0, &error, NULL);
		if (result >= 0)
			return 0;
		if (!drop_unknown(&changed, &error))
			return fail_call(err, result, &error, "set its properties");
	}
}

int systemd_bus_stop(sd_bus *bus, const char *unit, struct error *err)
{
	cleanup_error error = SD_BUS_ERROR_NULL;
	cleanup_message *reply = NULL;
	struct job job = { 0 };
	int result;

	if (match_jobs(bus, &job, err) < 0)
		return -1;
	result = sd_bus_call_method(bus, SERVICE, OBJECT, MANAGER, "StopUnit", &error, &reply, "ss",
				    unit, "replace");
	if (result < 0 && !sd_bus_error_has_name(&error, NO_SUCH_UNIT))
		return fail_call(err, result, &error, "stop it");
	if (result >= 0 && follow_job(bus, reply, &job, err) < 0)
		return -1;
	reset_failed(bus, unit);
	return 0;
}
