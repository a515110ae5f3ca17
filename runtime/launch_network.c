/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "base/log.h"
#include "runtime/connection.h"
#include "runtime/launch_serve.h"

/* What ctr-net is asked for; NULL: nothing. */
static const struct network_request *request_of(const struct launch *launch)
{
	return launch->plan->network ? launch->plan->network->request : NULL;
}

int launch_network_begin(struct launch *launch, struct error *err)
{
	const struct network_request *request = request_of(launch);

	if (launch->service.sock >= 0 || (!request && !launch->plan->net_devices.count))
		return 0;
	if (network_service_start(launch->settings->data_root, &launch->service, err) < 0)
		return -1;
	return request ? network_service_attach(&launch->service, launch->arena, request, err) : 0;
}

void launch_network_forget(struct launch *launch)
{
	close_fd(&launch->service.sock);
	close_fd(&launch->service.pidfd);
}

int launch_network_end(struct launch *launch, struct error *err)
{
	int result = 0;

	if (launch->network_detaching)
		result = network_service_detached(&launch->service, err);
	launch->network_detaching = false;
	/* without "keep" all is given back by this */
	network_service_release(&launch->service);
	return result < 0 ? fail_in(err, "network") : 0;
}

/* Root of the container's user namespace, who may want to write his own files. */
static uid_t mapped_root(const struct spec_id_mappings *mappings)
{
	for (size_t i = 0; mappings && i < mappings->count; i++)
		if (mappings->items[i].container_id == 0 && mappings->items[i].size)
			return mappings->items[i].host_id;
	return 0;
}

int launch_network_files(struct launch *launch, struct error *err)
{
	const struct namespaces_plan *namespaces = &launch->plan->namespaces;

	if (!launch->plan->network || launch->plan->network->other)
		return 0;
	return connection_files_make(launch->arena, launch->plan->network, launch->state_dir,
				     mapped_root(namespaces->uid_mappings),
				     mapped_root(namespaces->gid_mappings), err);
}

int launch_network_reserve(struct launch *launch, struct error *err)
{
	if (!request_of(launch))
		return 0;
	return network_service_prepared(&launch->service, err);
}

int launch_network_detach(struct launch *launch, struct error *err)
{
	struct network_service *service = &launch->service;

	if (!launch->network_kept)
		return 0;
	launch->network_kept = false;
	if (!launch->network_expected) {
		network_service_release(service);
		if (network_service_start(launch->settings->data_root, service, err) < 0)
			return -1;
	}
	launch->network_expected = false;
	if (network_service_detach(service, launch->state->id, err) < 0)
		return -1;
	launch->network_detaching = true;
	return 0;
}

/* The descriptor is the caller's. A child that is gone already has said why. */
static int open_netns(struct launch *launch, struct error *err)
{
	const int joined = launch->namespaces.fds[NAMESPACE_NETWORK];
	char path[32];
	int netns, reason;

	snprintf(path, sizeof(path), "%d/ns/net", (int)launch->pid);
	netns = joined >= 0 ? fcntl(joined, F_DUPFD_CLOEXEC, 3)
			    : openat(launch->proc, path, O_RDONLY | O_CLOEXEC);
	if (netns >= 0)
		return netns;
	reason = errno;
	if ((reason == ENOENT || reason == ESRCH) && launch_serve(launch, SYNC_READY, err) < 0)
		return -1;
	errno = reason;
	return fail_errno(err, "open the container's network namespace");
}

int launch_network_enter(struct launch *launch, struct error *err)
{
	cleanup_fd int netns = -1;

	if (!request_of(launch))
		return 0;
	netns = open_netns(launch, err);
	if (netns < 0)
		return -1;
	if (network_service_enter(&launch->service, netns, launch->pid, err) < 0)
		return -1;
	/* hooks of the moment when the mounts are done find it complete */
	return launch->plan->mount_hooks ? launch_network_attach(launch, err) : 0;
}

int launch_network_attach(struct launch *launch, struct error *err)
{
	if (!request_of(launch) || launch->network_attached)
		return 0;
	launch->network_attached = true;
	return network_service_attached(&launch->service, err);
}

/* ctr-net holds the namespace, and the devices in it, when the child dies of a failure. */
int launch_network_devices(struct launch *launch, struct error *err)
{
	cleanup_fd int netns = -1;

	if (!launch->plan->net_devices.count)
		return 0;
	if (launch_network_attach(launch, err) < 0)
		return -1;
	netns = open_netns(launch, err);
	if (netns < 0)
		return -1;
	return network_service_move_devices(&launch->service, launch->arena,
					    launch->plan->spec->linux, netns, err);
}

static int keep(struct launch *launch, struct error *err)
{
	/* what has no leases has nothing to be given back later */
	launch->network_kept = request_of(launch);
	return network_service_keep(&launch->service, err);
}

int launch_network_keep(struct launch *launch, struct error *err)
{
	if (launch->service.sock < 0 || (!request_of(launch) && !launch->start_socket))
		return 0;
	return keep(launch, err);
}

int launch_network_keep_devices(struct launch *launch, struct error *err)
{
	if (launch->service.sock < 0 || request_of(launch))
		return 0;
	return keep(launch, err);
}

void launch_network_settle(struct launch *launch)
{
	struct error err;

	if (launch->service.sock < 0)
		return;
	if (network_service_kept(&launch->service, &err) < 0)
		log_warning("%s: network: %s", launch->state->id, err.text);
	network_service_release(&launch->service);
}

void launch_network_expect_end(struct launch *launch)
{
	struct error ignored;

	if (!launch->network_kept)
		return;
	network_service_release(&launch->service);
	launch->network_expected =
		network_service_start(launch->settings->data_root, &launch->service, &ignored) == 0;
}
