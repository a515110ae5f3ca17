/* SPDX-License-Identifier: Apache-2.0 */
#include "net/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "net/attach.h"
#include "net/attach_names.h"
#include "net/conntrack.h"
#include "net/detach.h"
#include "net/device_move.h"
#include "net/service_message.h"
#include "net/sweep.h"

struct service {
	int sock;
	struct arena arena;
	struct network_host host;
	const char *data_root;
	struct attach attach;
	int devices_netns; /* where the host's devices are while they could go back */
	struct device_moves moves;
	struct detach_rest rest;
	struct sweep sweep;
	bool sweeping;
	bool ended; /* nothing more will be asked */
};

static int open_host(struct service *service, struct error *err)
{
	if (service->host.store.dir >= 0)
		return 0;
	return network_host_open(service->data_root, &service->host, err);
}

static int serve_attach(struct service *service, const struct service_message *message,
			struct error *err)
{
	struct attach *attach = &service->attach;

	if (open_host(service, err) < 0 || network_sweep_boot(&service->host, err) < 0 ||
	    network_request_decode(&service->arena, "request", message->data, message->size,
				   &attach->request, err) < 0 ||
	    attach_reserve(attach, err) < 0)
		return -1;
	service->sweeping = network_sweep_begin(&service->host, &service->arena, &service->sweep,
						&(struct error){ 0 }) == 0;
	return SERVICE_PREPARED;
}

static int serve_enter(struct service *service, const struct service_message *message,
		       struct error *err)
{
	pid_t pid;

	if (message->size != sizeof(pid) || message->fd < 0)
		return fail(err, EPROTO, "a network namespace is missing");
	memcpy(&pid, message->data, sizeof(pid));
	if (attach_enter(&service->attach, message->fd, pid, err) < 0)
		return -1;
	return SERVICE_ATTACHED;
}

static int serve_keep(struct service *service, const struct service_message *message,
		      struct error *err)
{
	(void)message;
	close_fd(&service->devices_netns);
	if (service->attach.entered && attach_keep(&service->attach, err) < 0)
		return -1;
	service->ended = true;
	return SERVICE_KEPT;
}

static int serve_detach(struct service *service, const struct service_message *message,
			struct error *err)
{
	if (open_host(service, err) < 0 ||
	    network_detach(&service->host, &service->arena, message->data, &service->rest, err) < 0)
		return -1;
	return SERVICE_DETACHED;
}

static int serve_devices(struct service *service, const struct service_message *message,
			 struct error *err)
{
	struct net_devices_plan plan;
	struct spec spec = { 0 };

	if (message->fd < 0)
		return fail(err, EPROTO, "a network namespace is missing");
	if (spec_decode(&service->arena, "devices", message->data, message->size, &spec, err) < 0 ||
	    net_devices_plan(&service->arena, spec.linux, &plan, err) < 0)
		return -1;
	service->devices_netns = fcntl(message->fd, F_DUPFD_CLOEXEC, 0);
	if (service->devices_netns < 0)
		return fail_errno(err, "keep the network namespace");
	if (device_moves_apply(&service->arena, &plan, service->devices_netns, &service->moves,
			       err) < 0)
		return -1;
	return SERVICE_MOVED;
}

static int (*const handlers[])(struct service *, const struct service_message *, struct error *) = {
	[SERVICE_ATTACH] = serve_attach,   [SERVICE_NETNS] = serve_enter,
	[SERVICE_KEEP] = serve_keep,	   [SERVICE_DETACH] = serve_detach,
	[SERVICE_DEVICES] = serve_devices,
};

/* Does what is asked and says what came of it. Fails only when nobody hears it. */
static int answer(struct service *service, const struct service_message *message, struct error *err)
{
	struct error failure = { 0 };
	int kind = -1;

	if ((size_t)message->kind < ARRAY_SIZE(handlers) && handlers[message->kind])
		kind = handlers[message->kind](service, message, &failure);
	else
		fail(&failure, EPROTO, "message %d is unknown", (int)message->kind);
	if (kind < 0)
		return service_send(service->sock, SERVICE_FAILED, &failure, sizeof(failure), -1,
				    err);
	return service_send(service->sock, (enum service_kind)kind, NULL, 0, -1, err);
}

/* The time until ctr has something to say is for what others have left. */
static void use_time(struct service *service)
{
	struct pollfd poll_fd = { .fd = service->sock, .events = POLLIN };

	while (service->sweeping && poll(&poll_fd, 1, 0) == 0)
		service->sweeping = network_sweep_one(&service->host, &service->sweep);
}

/* Of the host's ports, datagrams that have come before led to nobody, and would for ever. */
static void finish_attach(struct service *service)
{
	const struct attach *attach = &service->attach;
	const struct network_attachment *attachment = &attach->attachment;
	struct error err;

	if (attach->unpublished)
		attachment_publish_names(&service->host, attachment);
	if (attach->kept &&
	    conntrack_forget(&service->host.filter, &service->arena, attachment->ports.items,
			     attachment->ports.count, &err) < 0)
		log_warning("network of %s: %s", attachment->id, err.text);
}

/* With what was not kept; then the rest of what there was no time for. */
static void end(struct service *service)
{
	struct error ignored;

	if (service->devices_netns >= 0)
		device_moves_remove(&service->arena, &service->moves, service->devices_netns,
				    &ignored);
	close_fd(&service->devices_netns);
	attach_give_back(&service->attach);
	/* that is all that ctr waits for */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	finish_attach(service);
	while (service->sweeping)
		service->sweeping = network_sweep_one(&service->host, &service->sweep);
	network_detach_finish(&service->host, &service->arena, &service->rest);
	network_host_close(&service->host);
	arena_free(&service->arena);
}

static int serve(struct service *service, struct error *err)
{
	while (!service->ended) {
		struct service_message message;
		int result;

		use_time(service);
		result = service_receive(service->sock, &service->arena, &message, err);
		if (result > 0 && answer(service, &message, err) < 0)
			result = -1;
		close_fd(&message.fd);
		if (result <= 0)
			return result;
	}
	return 0;
}

int network_service_main(const char *data_root, struct error *err)
{
	struct service service = {
		.sock = STDIN_FILENO,
		.host = NETWORK_HOST_CLOSED,
		.data_root = data_root,
		.attach = { ATTACH_NONE },
		.devices_netns = -1,
	};
	/* what ends ctr, as a ^C does, is told by the socket */
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	int result;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	service.attach.host = &service.host;
	service.attach.arena = &service.arena;
	result = serve(&service, err);
	end(&service);
	return result;
}
