/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/identity.h"
#include "base/string_list.h"
#include "specs/address.h"
#include "specs/json_writer.h"
#include "specs/port.h"

/*
 * The documents of networks, as C structures: what a network is, what a container asks of
 * networks, what it has got. Texts that are absent are NULL, lists empty, addresses none
 * (all zeros). Encoding and decoding are pure; texts are in the arena. Errors: EINVAL.
 */

/* The largest document that is worth to be read, for file_read_at(). */
#define NETWORK_DOCUMENT_MAX_SIZE ((size_t)1 << 20)

/* The network that "bridge" means, its interface, and where its subnet is looked for. */
#define NETWORK_DEFAULT_NAME "ctr"
#define NETWORK_DEFAULT_INTERFACE "ctr0"

/*
 * 1. A network: networks/NAME/network.json (network_document.c)
 */

enum network_driver {
	NETWORK_BRIDGE, /* a bridge of ours, and a veth pair for each member */
	NETWORK_MACVLAN,
	NETWORK_IPVLAN,
};

/* Whether members of other networks are kept from members of this one. */
enum network_isolate {
	NETWORK_ISOLATED, /* what is published and nothing else */
	NETWORK_SHARED,	  /* -o isolate=false: as a router between them would, both being shared */
};

/* Addresses that are given to members by themselves; both ends belong to it. */
struct network_range {
	struct ip_address first, last;
};

struct network_subnet {
	struct ip_prefix subnet;     /* its network: zeros behind the prefix */
	struct ip_address gateway;   /* the host's, on a bridge; none: no default route */
	struct network_range *range; /* NULL: all of the subnet */
};

struct network {
	char *name;	 /* network_name_check() */
	char *id;	 /* 64 digits, as engines show them */
	int driver;	 /* enum network_driver */
	char *interface; /* the bridge, or the parent of macvlan and ipvlan */
	struct {
		struct network_subnet *items;
		size_t count;
	} subnets;
	bool internal; /* no way out: no default route, no masquerade */
	int isolate;   /* enum network_isolate */
	uint32_t mtu;  /* bytes; 0: the kernel's, or the parent's */
	uint32_t vlan; /* 802.1Q id of the bridge's ports, or of the parent; 0: none */
	char *mode;    /* of macvlan (bridge, private, vepa, passthru), ipvlan (l2, l3, l3s) */
	struct string_map labels;
	char *created; /* RFC 3339 */
};

int network_decode(struct arena *arena, const char *name, const char *text, size_t size,
		   struct network *network, struct error *err);
char *network_encode(struct arena *arena, const struct network *network, size_t *size);

/* Whether it has a subnet of this family, AF_INET or AF_INET6. */
bool network_has_family(const struct network *network, uint8_t family);

/* "bridge", "macvlan", "ipvlan" */
const char *network_driver_name(int driver);
/* The reverse; -1 for another word. */
int network_driver(const char *name);

/*
 * [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 64: it is the name of a folder and of tables of nf_tables.
 * The modes of `--network` are no names. EINVAL.
 */
int network_name_check(const char *name, struct error *err);
/* [a-zA-Z0-9_.-]+, at most 15, not "." or "..". EINVAL. */
int network_interface_check(const char *name, struct error *err);

/*
 * 2. What a container asks for: the ATTACH message (network_request.c)
 */

/* A network that is made when there is none of that name yet, and that stays. */
struct network_on_demand {
	char *interface;	 /* NULL: the next free of ctr0, ctr1, ... */
	struct ip_prefix subnet; /* none: the next that is free */
	struct ip_prefix subnet6;
	uint32_t mtu;
};

struct network_request_endpoint {
	char *network;		      /* its name */
	struct ip_address ipv4, ipv6; /* none: the next free */
	struct mac_address mac;	      /* none: made of the address */
	char *interface;	      /* in the container; NULL: eth0, eth1, ... */
	struct string_list aliases;   /* more names in this network */
	uint64_t rate_in, rate_out;   /* bits a second, seen from the container; 0: no limit */
	struct network_on_demand *on_demand; /* NULL: the network must be there */
};

struct network_request {
	char *id;	/* the container's */
	char *name;	/* what users call it; NULL: the id */
	char *hostname; /* inside; NULL: none of its own */
	struct {
		struct network_request_endpoint *items; /* the first has the default route */
		size_t count;
	} endpoints;
	struct {
		struct published_port *items;
		size_t count;
	} ports;
	char *hosts_file;	      /* the container's own, kept up to date; NULL: none */
	struct string_list add_hosts; /* NAME:ADDRESS, as run has them */
	/* of resolv.conf, for what is written by the service; see net/resolv_conf.h */
	char *resolv_file;
	struct string_list dns, dns_search, dns_options;
	struct identity maker; /* who asks: while it lives, an attach may be under way */
};

int network_request_decode(struct arena *arena, const char *name, const char *text, size_t size,
			   struct network_request *request, struct error *err);
char *network_request_encode(struct arena *arena, const struct network_request *request,
			     size_t *size);

/*
 * 3. What it has got: attachments/ID.json, the PREPARED message (network_attachment.c)
 */

/* An address in one of the network's subnets. */
struct network_address {
	struct ip_prefix address;  /* with the length of the subnet */
	struct ip_address gateway; /* none: no way out over this one */
};

struct network_endpoint {
	char *network;	      /* its name */
	char *interface;      /* in the container */
	char *host_interface; /* the host's end of the pair; NULL: none (macvlan, ipvlan) */
	uint32_t host_index;  /* of host_interface; 0: not made yet */
	struct mac_address mac;
	struct {
		struct network_address *items; /* IPv4 first */
		size_t count;
	} addresses;
	struct string_list aliases;
	uint64_t rate_in, rate_out; /* bits a second, seen from the container; 0: no limit */
};

/* A namespace, by the inode of its file in nsfs. */
struct network_namespace {
	uint64_t device, inode; /* 0: none */
};

struct network_attachment {
	char *id, *name, *hostname; /* as in the request */
	struct {
		struct network_endpoint *items;
		size_t count;
	} endpoints;
	struct {
		struct published_port *items; /* each with its host port */
		size_t count;
	} ports;
	char *hosts_file;
	struct string_list add_hosts;
	struct identity maker;	 /* while it lives and process is none: under way */
	struct identity process; /* the container's first; none: not known yet */
	struct network_namespace namespace;
};

int network_attachment_decode(struct arena *arena, const char *name, const char *text, size_t size,
			      struct network_attachment *attachment, struct error *err);
char *network_attachment_encode(struct arena *arena, const struct network_attachment *attachment,
				size_t *size);
/* The same as one value of a larger text. */
void network_attachment_write(struct json_writer *writer,
			      const struct network_attachment *attachment);

/* The container's end in a network, or NULL. */
const struct network_endpoint *network_attachment_in(const struct network_attachment *attachment,
						     const char *network);
/* The first address of a family, or NULL. */
const struct network_address *network_endpoint_address(const struct network_endpoint *endpoint,
						       uint8_t family);
