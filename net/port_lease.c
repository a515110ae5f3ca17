/* SPDX-License-Identifier: Apache-2.0 */
#include "net/port_lease.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "net/owned_link.h"
#include "net/port_probe.h"

/* How often another port is chosen when somebody is faster. */
#define ATTEMPTS 64

/* The names of one port, relative to the folder of all. */
struct port_name {
	char plain[24];			   /* "tcp-8080" */
	char folder[24];		   /* "tcp-8080@" */
	char path[24 + ADDRESS_TEXT_SIZE]; /* its link: plain, or in the folder */
};

static void make_name(const struct published_port *port, uint32_t number, struct port_name *name)
{
	char address[ADDRESS_TEXT_SIZE];

	snprintf(name->plain, sizeof(name->plain), "%s-%u", port_protocol_name(port->protocol),
		 number & 0xffff);
	snprintf(name->folder, sizeof(name->folder), "%.20s@", name->plain);
	if (port->host_address.family)
		snprintf(name->path, sizeof(name->path), "%s/%s", name->folder,
			 ip_address_print(&port->host_address, address));
	else
		snprintf(name->path, sizeof(name->path), "%s", name->plain);
}

static int open_ports(const struct network_store *store, struct error *err)
{
	cleanup_fd int ports = openat(store->dir, "ports", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (ports < 0)
		return fail_errno(err, "open the folder of ports in use");
	return owned_link_lock(ports, err) < 0 ? -1 : take_fd(&ports);
}

static int fail_in_use(const struct published_port *port, uint32_t number, const char *owner,
		       struct error *err)
{
	char address[ADDRESS_TEXT_SIZE] = "";
	bool bracketed = port->host_address.family == AF_INET6;

	ip_address_print(&port->host_address, address);
	return fail(err, EADDRINUSE, "port %s%s%s%s%u/%s is in use: %s%.128s has it",
		    bracketed ? "[" : "", address, bracketed ? "]" : "", *address ? ":" : "",
		    number, port_protocol_name(port->protocol), owner ? "container " : "",
		    owner ? owner : "a program of the host");
}

/* Whether links of this name in a port's folder are in the way of all addresses of a family. */
static bool is_of_family(const char *name, uint8_t family)
{
	return *name != '.' && (!family || (strchr(name, ':') ? AF_INET6 : AF_INET) == family);
}

/* Who has the port on an address of this family, or on any if that is 0. Returns 1: somebody. */
static int look_in_folder(int ports, const char *folder, uint8_t family, char owner[OWNER_SIZE],
			  struct error *err)
{
	cleanup_fd int dir = openat(ports, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_dir DIR *stream = NULL;
	struct dirent *entry;
	int found = 0;

	if (dir < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", folder);
	stream = open_dir_at(dir, ".", err);
	if (!stream)
		return -1;
	while (!found && (entry = readdir(stream)))
		if (is_of_family(entry->d_name, family))
			found = owned_link_read(dir, entry->d_name, owner, err);
	return found;
}

/* Returns 1 and the owner if the port is in use on an address that this one's are among. */
static int look_for_owner(int ports, const struct published_port *port,
			  const struct port_name *name, char owner[OWNER_SIZE], struct error *err)
{
	const struct ip_address *address = &port->host_address;
	char any[48];
	int found = owned_link_read(ports, name->plain, owner, err);

	if (found)
		return found;
	if (!address->family || ip_address_is_any(address))
		return look_in_folder(ports, name->folder, address->family, owner, err);
	snprintf(any, sizeof(any), "%s/%s", name->folder,
		 address->family == AF_INET ? "0.0.0.0" : "::");
	found = owned_link_read(ports, any, owner, err);
	return found ? found : owned_link_read(ports, name->path, owner, err);
}

/* Gives back one port: its folder as well, unless others are in there. The folder of all is locked. */
static int release_one(int ports, const struct published_port *port, uint32_t number,
		       const char *id, struct error *err)
{
	struct port_name name;

	make_name(port, number, &name);
	if (owned_link_remove(ports, name.path, id, err) < 0)
		return -1;
	if (port->host_address.family)
		unlinkat(ports, name.folder, AT_REMOVEDIR);
	return 0;
}

/* Takes one port, whose number is chosen if it is 0. The folder is locked. EADDRINUSE. */
static int take_one(int ports, const struct published_port *port, uint32_t *number,
		    const struct lease_owner *owner, struct error *err)
{
	char other[OWNER_SIZE];
	struct port_name name;
	int found = port_probe(&port->host_address, port->protocol, number, err);

	if (found < 0)
		return -1;
	make_name(port, *number, &name);
	if (found) /* the host's, or ours: a container's program that forwards ports itself */
		found = look_for_owner(ports, port, &name, other, err) > 0 ? 1 : 2;
	else
		found = look_for_owner(ports, port, &name, other, err);
	if (found)
		return found < 0 ? -1 : fail_in_use(port, *number, found == 1 ? other : NULL, err);
	if (port->host_address.family && mkdirat(ports, name.folder, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make %s", name.folder);
	found = owned_link_make(ports, name.path, owner, other, err);
	return found > 0 ? fail_in_use(port, *number, other, err) : found;
}

/* Takes the ports from one on, all or none. */
static int take_from(int ports, struct published_port *port, uint32_t first,
		     const struct lease_owner *owner, struct error *err)
{
	for (uint32_t i = 0; i < port->count; i++) {
		uint32_t number = i || first ? first + i : 0;

		if (number > 65535 || take_one(ports, port, &number, owner, err) < 0) {
			struct error ignored;

			while (i-- > 0)
				release_one(ports, port, first + i, owner->id, &ignored);
			return number > 65535 ? fail(err, EADDRINUSE, "no %u free ports in a row",
						     port->count)
					      : -1;
		}
		if (i == 0)
			first = number;
	}
	port->host_port = first;
	port->choices = 0;
	return 0;
}

int port_lease_take(const struct network_store *store, struct published_port *port,
		    const struct lease_owner *owner, struct error *err)
{
	cleanup_fd int ports = open_ports(store, err);
	uint32_t attempts = port->choices > 1 ? port->choices : port->host_port ? 1 : ATTEMPTS;
	const uint32_t first = port->host_port;
	int result = -1;

	if (ports < 0)
		return -1;
	for (uint32_t i = 0; i < attempts; i++) {
		result = take_from(ports, port, first ? first + i : 0, owner, err);
		if (result == 0 || err->errnum != EADDRINUSE)
			return result;
	}
	if (attempts > 1 && first)
		return fail(err, EADDRINUSE, "none of the ports %u-%u/%s is free", first,
			    first + attempts - 1, port_protocol_name(port->protocol));
	return result;
}

int port_lease_release(const struct network_store *store, const struct published_port *port,
		       const char *id, struct error *err)
{
	cleanup_fd int ports = open_ports(store, err);
	int result = 0;

	if (ports < 0)
		return -1;
	for (uint32_t i = 0; port->host_port && i < port->count; i++)
		if (release_one(ports, port, port->host_port + i, id, err) < 0)
			result = -1;
	return result;
}

int port_lease_release_all(const struct network_store *store, const char *id, struct error *err)
{
	cleanup_fd int ports = open_ports(store, err);
	cleanup_dir DIR *stream = NULL;
	struct dirent *entry;

	if (ports < 0)
		return -1;
	if (owned_link_remove_all(ports, id, err) < 0)
		return -1;
	stream = open_dir_at(ports, ".", err);
	while (stream && (entry = readdir(stream))) {
		cleanup_fd int folder = -1;

		if (!strchr(entry->d_name, '@'))
			continue;
		folder = openat(ports, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder >= 0 && owned_link_remove_all(folder, id, err) < 0)
			return -1;
		unlinkat(ports, entry->d_name, AT_REMOVEDIR);
	}
	return stream ? 0 : -1;
}
