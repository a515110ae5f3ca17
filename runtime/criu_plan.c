/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/criu_plan.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/criu.h"
#include "runtime/namespaces.h"

/* Of criu: 4 is "debug", the level at which errors come with what led to them. */
#define LOG_LEVEL 4

#define CONFIG_ANNOTATION "org.criu.config"

const char *criu_plan_config(const struct spec *spec, const char *fallback)
{
	const char *told = string_map_get(&spec->annotations, CONFIG_ANNOTATION);

	if (!told)
		return fallback;
	return *told ? told : NULL;
}

bool criu_plan_is_stream_key(const char *text)
{
	const char *rest;

	if (!strncmp(text, "pipe:[", strlen("pipe:["))) {
		rest = text + strlen("pipe:[");
		rest += strspn(rest, "0123456789");
	} else if (!strncmp(text, "file[", strlen("file["))) {
		rest = text + strlen("file[");
		rest += strspn(rest, "0123456789abcdef:");
	} else {
		return false;
	}
	return !strcmp(rest, "]");
}

/* The key of a joined namespace; NULL: criu joins it by path. */
static const char *namespace_key(enum namespace_type type)
{
	switch (type) {
	case NAMESPACE_NETWORK:
		return "extRootNetNS";
	case NAMESPACE_PID:
		return "extRootPidNS";
	default:
		return NULL;
	}
}

static int plan_page_server(struct arena *arena, const char *text, struct criu_options *plan,
			    struct error *err)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	struct criu_pair *pair;
	char *end;
	long port;

	if (!text)
		return 0;
	port = colon ? strtol(colon + 1, &end, 10) : 0;
	if (!colon || colon == text || *end || end == colon + 1 || port < 1 || port > UINT16_MAX)
		return fail(err, EINVAL, "--page-server %s: use ADDRESS:PORT", text);
	pair = arena_new(arena, struct criu_pair);
	pair->first = arena_strndup(arena, text, (size_t)(colon - text));
	pair->number = (int)port;
	plan->page_server = (struct criu_pairs){ pair, 1 };
	return 0;
}

int criu_plan_check(const struct checkpoint_options *options, struct error *err)
{
	for (size_t i = 0; i < options->empty_ns.count; i++)
		if (strcmp(options->empty_ns.items[i], "network") != 0)
			return fail(err, EINVAL,
				    "--empty-ns %s: criu can do that for 'network' only",
				    options->empty_ns.items[i]);
	if (!*options->image_path)
		return fail(err, EINVAL, "--image-path: is empty");
	if (options->parent_path && options->parent_path[0] == '/')
		return fail(err, EINVAL,
			    "--parent-path %s: must be relative, as seen from the images",
			    options->parent_path);
	return 0;
}

static int plan_cgroups(enum checkpoint_cgroups mode)
{
	static const int modes[] = {
		[CGROUPS_SOFT] = CRIU_CGROUPS_SOFT,
		[CGROUPS_FULL] = CRIU_CGROUPS_FULL,
		[CGROUPS_STRICT] = CRIU_CGROUPS_STRICT,
		[CGROUPS_IGNORE] = CRIU_CGROUPS_IGNORE,
	};

	return modes[mode];
}

static int plan_network_lock(enum checkpoint_network_lock method)
{
	static const int methods[] = {
		[NETWORK_LOCK_DEFAULT] = -1,
		[NETWORK_LOCK_IPTABLES] = CRIU_LOCK_IPTABLES,
		[NETWORK_LOCK_NFTABLES] = CRIU_LOCK_NFTABLES,
		[NETWORK_LOCK_SKIP] = CRIU_LOCK_SKIP,
	};

	return methods[method];
}

/* What checkpoint and restore say alike. */
static int plan_common(struct arena *arena, const struct criu_subject *subject,
		       const struct checkpoint_options *options, struct criu_options *plan,
		       struct error *err)
{
	*plan = (struct criu_options){
		.images_dir_fd = CRIU_IMAGES_FD,
		.work_dir_fd = CRIU_WORK_FD,
		.log_level = LOG_LEVEL,
		.pid = -1,
		.empty_ns = -1,
		.root = subject->root,
		.config_file = subject->config_file,
		.manage_cgroups =
			plan_cgroups(subject->cgroup ? options->manage_cgroups : CGROUPS_IGNORE),
		.network_lock = plan_network_lock(options->network_lock),
		.ext_unix_sk = options->ext_unix_sk,
		.tcp_established = options->tcp_established,
		.tcp_close = options->tcp_close,
		.shell_job = options->shell_job,
		.file_locks = options->file_locks,
		.auto_dedup = options->auto_dedup,
		.lazy_pages = options->lazy_pages,
		.notify = true,
		.orphan_pts_master = true,
	};
	if (options->empty_ns.count || subject->empty_network)
		plan->empty_ns = CLONE_NEWNET;
	return plan_page_server(arena, options->page_server, plan, err);
}

static void add_external(struct criu_options *plan, char *text)
{
	plan->external.items[plan->external.count++] = text;
}

int criu_plan_dump(struct arena *arena, const struct criu_subject *subject,
		   const struct checkpoint_options *options, struct criu_options *plan,
		   struct error *err)
{
	size_t most = subject->mounts.count + subject->masked.count + subject->namespaces.count +
		      subject->stdio.count;

	if (plan_common(arena, subject, options, plan, err) < 0)
		return -1;
	plan->pid = subject->pid;
	plan->log_file = "dump.log";
	plan->freeze_cgroup = subject->cgroup_path;
	plan->leave_running = options->leave_running;
	plan->tcp_skip_in_flight = options->tcp_skip_in_flight;
	plan->link_remap = options->link_remap;
	plan->parent_img = options->parent_path;
	plan->track_mem = options->parent_path || options->pre_dump;
	plan->external.items = arena_array(arena, char *, most + 1);
	for (size_t i = 0; i < subject->mounts.count; i++) {
		const char *point = subject->mounts.items[i].point;

		add_external(plan, arena_printf(arena, "mnt[%s]:%s", point, point));
	}
	for (size_t i = 0; i < subject->masked.count; i++)
		add_external(plan,
			     arena_printf(arena, "mnt[%s]:/dev/null", subject->masked.items[i]));
	for (size_t i = 0; i < subject->namespaces.count; i++) {
		const struct criu_namespace *item = &subject->namespaces.items[i];

		if (namespace_key(item->type))
			add_external(plan, arena_printf(arena, "%s[%" PRIu64 "]:%s",
							namespace_file(item->type), item->inode,
							namespace_key(item->type)));
	}
	for (size_t i = 0; i < subject->stdio.count; i++)
		if (!strncmp(subject->stdio.items[i], "file[", strlen("file[")))
			add_external(plan, subject->stdio.items[i]);
	return 0;
}

static void plan_restore_mounts(struct arena *arena, const struct criu_subject *subject,
				struct criu_options *plan)
{
	plan->external.items = arena_array(arena, char *, subject->mounts.count + 2);
	for (size_t i = 0; i < subject->mounts.count; i++)
		add_external(plan, arena_printf(arena, "mnt[%s]:%s", subject->mounts.items[i].point,
						subject->mounts.items[i].source));
	if (subject->masked.count)
		add_external(plan, arena_strdup(arena, "mnt[/dev/null]:/dev/null"));
}

static int plan_restore_namespaces(struct arena *arena, const struct criu_subject *subject,
				   struct criu_options *plan, int *fd, struct error *err)
{
	const struct criu_namespaces *list = &subject->namespaces;

	plan->join.items = arena_array(arena, struct criu_pair, list->count + 1);
	for (size_t i = 0; i < list->count; i++) {
		const struct criu_namespace *item = &list->items[i];
		const char *key = namespace_key(item->type);

		if (key)
			plan->inherit.items[plan->inherit.count++] =
				(struct criu_pair){ .first = key, .number = (*fd)++ };
		else if (item->type == NAMESPACE_CGROUP || item->type == NAMESPACE_MOUNT)
			return fail(err, ENOTSUP,
				    "linux.namespaces: criu cannot restore into the %s namespace "
				    "%s",
				    namespace_name(item->type), item->path);
		else
			plan->join.items[plan->join.count++] = (struct criu_pair){
				.first = namespace_file(item->type),
				.second = item->path,
			};
	}
	return 0;
}

int criu_plan_restore(struct arena *arena, const struct criu_subject *subject,
		      const struct checkpoint_options *options, struct criu_options *plan,
		      struct error *err)
{
	int fd = CRIU_INHERIT_FD;

	if (plan_common(arena, subject, options, plan, err) < 0)
		return -1;
	plan->log_file = "restore.log";
	plan->evasive_devices = true;
	plan->sibling = true;
	plan->lsm_profile = options->lsm_profile;
	plan->lsm_mount_context = options->lsm_mount_context;
	if (subject->cgroup) {
		struct criu_pair *root = arena_new(arena, struct criu_pair);

		root->second = subject->cgroup;
		plan->cgroup_root = (struct criu_pairs){ root, 1 };
	}
	plan->inherit.items = arena_array(arena, struct criu_pair,
					  subject->namespaces.count + subject->stdio.count + 1);
	plan_restore_mounts(arena, subject, plan);
	if (plan_restore_namespaces(arena, subject, plan, &fd, err) < 0)
		return -1;
	for (size_t i = 0; i < subject->stdio.count && i < 3; i++)
		if (criu_plan_is_stream_key(subject->stdio.items[i]))
			plan->inherit.items[plan->inherit.count++] = (struct criu_pair){
				.first = subject->stdio.items[i],
				.number = fd + (int)i,
			};
	return 0;
}
