/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as text: what `ctr explain` shows and the golden files of the tests hold. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>

#include "base/macro.h"
#include "runtime/plan.h"

static void print_namespaces(FILE *out, const struct namespaces_plan *plan)
{
	for (int type = 0; type < NAMESPACE_COUNT; type++) {
		if (plan->own[type])
			fprintf(out, "namespace %s: new\n", namespace_name(type));
		else if (plan->path[type])
			fprintf(out, "namespace %s: joins %s\n", namespace_name(type),
				plan->path[type]);
		else
			fprintf(out, "namespace %s: the caller's\n", namespace_name(type));
	}
}

static void print_id_maps(FILE *out, const char *name, const struct spec_id_mappings *maps)
{
	for (size_t i = 0; maps && i < maps->count; i++)
		fprintf(out, "%s: %u to %u are %u to %u on the host\n", name,
			maps->items[i].container_id,
			maps->items[i].container_id + maps->items[i].size - 1,
			maps->items[i].host_id, maps->items[i].host_id + maps->items[i].size - 1);
}

static void print_capabilities(FILE *out, const char *name, uint64_t set)
{
	fprintf(out, "capabilities %s:", name);
	for (int i = 0; i < 64; i++) {
		char *word = set & 1ULL << i ? cap_to_name(i) : NULL;

		if (word)
			fprintf(out, " %s", word);
		cap_free(word);
	}
	fprintf(out, "%s\n", set ? "" : " none");
}

static void print_process(FILE *out, const struct process_plan *plan)
{
	fprintf(out, "process:");
	for (char **word = plan->argv; *word; word++)
		fprintf(out, " %s", *word);
	fprintf(out, "\nworking directory: %s\n", plan->cwd);
	fprintf(out, "user: %u:%u", plan->credentials.uid, plan->credentials.gid);
	for (size_t i = 0; i < plan->credentials.group_count; i++)
		fprintf(out, "%s%u", i ? "," : " groups ", plan->credentials.groups[i]);
	fprintf(out, " umask %04o\n", (unsigned int)plan->credentials.umask);
	for (char **word = plan->env; *word; word++)
		fprintf(out, "environment: %s\n", *word);
	print_capabilities(out, "bounding", plan->capabilities.bounding);
	print_capabilities(out, "effective", plan->capabilities.effective);
	print_capabilities(out, "inheritable", plan->capabilities.inheritable);
	print_capabilities(out, "permitted", plan->capabilities.permitted);
	print_capabilities(out, "ambient", plan->capabilities.ambient);
	fprintf(out, "no new privileges: %s\n", plan->no_new_privileges ? "yes" : "no");
	for (size_t i = 0; i < plan->resource_limits.count; i++) {
		const struct resource_limit *limit = &plan->resource_limits.items[i];

		fprintf(out, "limit %s: soft %llu, hard %llu\n", limit->name,
			(unsigned long long)limit->limit.rlim_cur,
			(unsigned long long)limit->limit.rlim_max);
	}
}

/* What only few specs ask for: no line where nothing is. The words are the spec's own. */
static void print_extras(FILE *out, const struct plan *plan)
{
	const struct process_plan *process = &plan->process;
	const struct spec_process *spec = plan->spec->process;
	const struct spec_linux *linux_spec = plan->namespaces.time_offsets_of;

	if (process->scheduling.has_oom_score_adj)
		fprintf(out, "oom score adjustment: %d\n", process->scheduling.oom_score_adj);
	if (spec->scheduler)
		fprintf(out, "scheduler: %s nice %d priority %d\n", spec->scheduler->policy,
			spec->scheduler->nice, spec->scheduler->priority);
	if (spec->io_priority)
		fprintf(out, "io priority: %s %d\n", spec->io_priority->class,
			spec->io_priority->priority);
	if (plan->spec->linux && plan->spec->linux->personality)
		fprintf(out, "personality: %s\n", plan->spec->linux->personality->domain);
	if (process->memory_policy.set)
		fprintf(out, "memory policy: %s nodes %s\n", process->memory_policy.name,
			plan->spec->linux->memory_policy->nodes ?: "none");
	if (process->apparmor_profile)
		fprintf(out, "apparmor profile: %s\n", process->apparmor_profile);
	if (process->selinux_label)
		fprintf(out, "selinux label: %s\n", process->selinux_label);
	if (process->preserve_fds)
		fprintf(out, "descriptors 3 to %u: handed to the process\n",
			process->preserve_fds + 2);
	for (size_t i = 0; linux_spec && i < linux_spec->time_offsets.count; i++)
		fprintf(out, "time offset %s: %lld s %u ns\n",
			linux_spec->time_offsets.items[i].clock,
			(long long)linux_spec->time_offsets.items[i].secs,
			linux_spec->time_offsets.items[i].nanosecs);
	if (plan->network)
		connection_print(out, plan->network);
	for (size_t i = 0; i < plan->net_devices.count; i++)
		fprintf(out, "network device %s: becomes the container's %s\n",
			plan->net_devices.items[i].host_name, plan->net_devices.items[i].name);
	if (plan->no_pivot)
		fprintf(out, "root: moved over the old one, not pivoted\n");
}

static void print_hooks(FILE *out, const struct spec_hooks *hooks)
{
	const struct {
		const char *kind;
		const struct spec_hook_list *list;
	} kinds[] = {
		{ "prestart", &hooks->prestart },
		{ "createRuntime", &hooks->create_runtime },
		{ "createContainer", &hooks->create_container },
		{ "startContainer", &hooks->start_container },
		{ "poststart", &hooks->poststart },
		{ "poststop", &hooks->poststop },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		for (size_t n = 0; n < kinds[i].list->count; n++)
			fprintf(out, "hook %s #%zu: %s\n", kinds[i].kind, n,
				kinds[i].list->items[n].path);
}

static void print_plan(FILE *out, struct arena *arena, const struct plan *plan)
{
	const struct spec *spec = plan->spec;

	fprintf(out, "bundle: %s\n", plan->bundle);
	print_namespaces(out, &plan->namespaces);
	print_id_maps(out, "uids", plan->namespaces.uid_mappings);
	print_id_maps(out, "gids", plan->namespaces.gid_mappings);
	if (spec->hostname)
		fprintf(out, "hostname: %s\n", spec->hostname);
	if (spec->domainname)
		fprintf(out, "domainname: %s\n", spec->domainname);
	if (plan->has_cgroup)
		fputs(cgroup_plan_print(arena, &plan->cgroup), out);
	else
		fprintf(out, "cgroup: none\n");
	resctrl_print(out, &plan->resctrl);
	rootfs_plan_print(out, &plan->rootfs);
	for (size_t i = 0; i < plan->sysctl.count; i++)
		fprintf(out, "sysctl %s = %s\n", plan->sysctl.items[i].name,
			plan->sysctl.items[i].value);
	print_process(out, &plan->process);
	print_extras(out, plan);
	fprintf(out, "terminal: %s\n", plan->terminal.wanted ? "yes" : "no");
	if (plan->seccomp.program.filter)
		fprintf(out, "seccomp: %u instructions%s\n", plan->seccomp.program.len,
			plan->seccomp.listener ? ", with a listener" : "");
	else
		fprintf(out, "seccomp: none\n");
	print_hooks(out, &plan->hooks);
}

char *plan_print(struct arena *arena, const struct plan *plan)
{
	char *text = NULL, *copy;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return arena_strdup(arena, "");
	print_plan(out, arena, plan);
	fclose(out);
	copy = arena_strndup(arena, text, size);
	free(text);
	return copy;
}
