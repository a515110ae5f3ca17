/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends one frame out of an interface, as who has CAP_NET_RAW may: of whatever sender.
 *	spoof [-m SENDER-MAC] [-d DESTINATION-MAC] [-v VLAN] INTERFACE KIND WORD...
 *		ip SOURCE DESTINATION		a datagram to port 9
 *		ip6 SOURCE DESTINATION		the same
 *		arp SENDER-MAC SENDER-IP IP	"IP, I am": an answer to all
 *		advert SOURCE TARGET		neighbour advertisement for TARGET, to all
 *		solicit SOURCE TARGET		neighbour solicitation for TARGET, to all
 *		router SOURCE			router advertisement, to all
 *		redirect SOURCE TARGET		redirect to TARGET, to all
 *		report SOURCE			multicast listener report
 *		other TYPE			another protocol, by its EtherType in hexadecimal
 * Without -m the sender is the interface's own address, without -d the frame is for all.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t frame[256];
static size_t used;

static void put(const void *data, size_t size)
{
	memcpy(frame + used, data, size);
	used += size;
}

static void put16(unsigned value)
{
	uint16_t big = htons((uint16_t)value);

	put(&big, sizeof(big));
}

static void mac_of(const char *text, uint8_t mac[6])
{
	unsigned char *to = mac;
	char *end;

	for (int i = 0; i < 6; i++, text = end + 1)
		*to++ = (uint8_t)strtoul(text, &end, 16);
}

static uint32_t sum(const uint8_t *data, size_t size, uint32_t start)
{
	for (size_t i = 0; i < size; i++)
		start += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	return start;
}

static uint16_t folded(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return htons((uint16_t)~value);
}

static void put_ip(char *const *words)
{
	struct udphdr udp = { .source = htons(9), .dest = htons(9), .len = htons(sizeof(udp)) };
	struct iphdr ip = { .version = 4,
			    .ihl = 5,
			    .tot_len = htons(sizeof(ip) + sizeof(udp)),
			    .ttl = 64,
			    .protocol = IPPROTO_UDP };

	inet_pton(AF_INET, words[0], &ip.saddr);
	inet_pton(AF_INET, words[1], &ip.daddr);
	ip.check = folded(sum((const uint8_t *)&ip, sizeof(ip), 0));
	put16(ETHERTYPE_IP);
	put(&ip, sizeof(ip));
	put(&udp, sizeof(udp)); /* without a checksum */
}

/* What is behind the header of IPv6; the checksum is at an offset in it. */
static void put_ip6(const char *source, const char *destination, uint8_t protocol, uint8_t *body,
		    size_t size, size_t checksum)
{
	struct ip6_hdr ip = { .ip6_plen = htons((uint16_t)size),
			      .ip6_nxt = protocol,
			      .ip6_hlim = 255 };
	uint16_t value;

	ip.ip6_vfc = 6 << 4;
	inet_pton(AF_INET6, source, &ip.ip6_src);
	inet_pton(AF_INET6, destination, &ip.ip6_dst);
	value = folded(
		sum(body, size, sum((const uint8_t *)&ip.ip6_src, 32, protocol + (uint32_t)size)));
	memcpy(body + checksum, &value, sizeof(value));
	put16(ETHERTYPE_IPV6);
	put(&ip, sizeof(ip));
	put(body, size);
}

static void put_datagram6(char *const *words)
{
	uint8_t udp[8] = { 0, 9, 0, 9, 0, 8 };

	put_ip6(words[0], words[1], IPPROTO_UDP, udp, sizeof(udp), 6);
}

static void put_arp(char *const *words)
{
	uint8_t sender[6], target[4], ip[4];

	mac_of(words[0], sender);
	inet_pton(AF_INET, words[1], ip);
	inet_pton(AF_INET, words[2], target);
	put16(ETHERTYPE_ARP);
	put("\0\1\10\0\6\4\0\2", 8);
	put(sender, 6);
	put(ip, 4);
	put("\377\377\377\377\377\377", 6);
	put(target, 4);
}

/* ICMPv6: type, flags behind the checksum, targets, and the option of an own link-layer address. */
static void put_neighbour(uint8_t type, uint8_t flags, char *const *words, int targets,
			  uint8_t option, const uint8_t mac[6])
{
	uint8_t body[8 + 32 + 8] = { [0] = type, [4] = flags };
	size_t size = 8;

	for (int i = 0; i < targets; i++, size += 16)
		inet_pton(AF_INET6, words[1], body + size);
	body[size] = option;
	body[size + 1] = 1;
	memcpy(body + size + 2, mac, 6);
	put_ip6(words[0], "ff02::1", IPPROTO_ICMPV6, body, size + 8, 2);
}

static void put_router(char *const *words)
{
	/* hop limit, flags, lifetime of half an hour, times */
	uint8_t body[16] = { ND_ROUTER_ADVERT, 0, 0, 0, 64, 0, 0x07, 0x08 };

	put_ip6(words[0], "ff02::1", IPPROTO_ICMPV6, body, sizeof(body), 2);
}

static void put_report(char *const *words)
{
	uint8_t body[28] = { 143, [7] = 1, [8] = 4, [12] = 0xff, [13] = 2, [27] = 0x42 };

	put_ip6(words[0], "ff02::16", IPPROTO_ICMPV6, body, sizeof(body), 2);
}

static void put_kind(const char *kind, char *const *words, const uint8_t mac[6])
{
	if (!strcmp(kind, "ip"))
		put_ip(words);
	else if (!strcmp(kind, "ip6"))
		put_datagram6(words);
	else if (!strcmp(kind, "arp"))
		put_arp(words);
	else if (!strcmp(kind, "advert"))
		put_neighbour(ND_NEIGHBOR_ADVERT, 0x20, words, 1, ND_OPT_TARGET_LINKADDR, mac);
	else if (!strcmp(kind, "solicit"))
		put_neighbour(ND_NEIGHBOR_SOLICIT, 0, words, 1, ND_OPT_SOURCE_LINKADDR, mac);
	else if (!strcmp(kind, "router"))
		put_router(words);
	else if (!strcmp(kind, "redirect"))
		put_neighbour(ND_REDIRECT, 0, words, 2, ND_OPT_TARGET_LINKADDR, mac);
	else if (!strcmp(kind, "report"))
		put_report(words);
	else
		put16((unsigned)strtoul(words[0], NULL, 16));
}

int main(int argc, char **argv)
{
	uint8_t source[6], destination[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	const char *mac = NULL;
	struct ifreq request = { 0 };
	unsigned vlan = 0;
	int option, sock;

	while ((option = getopt(argc, argv, "+m:d:v:")) != -1) {
		if (option == 'm')
			mac = optarg;
		else if (option == 'd')
			mac_of(optarg, destination);
		else if (option == 'v')
			vlan = (unsigned)atoi(optarg);
		else
			return 2;
	}
	if (argc - optind < 3)
		errx(2, "too few words");
	strncpy(request.ifr_name, argv[optind], sizeof(request.ifr_name) - 1);
	to.sll_ifindex = (int)if_nametoindex(argv[optind]);
	sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sock < 0 || !to.sll_ifindex || ioctl(sock, SIOCGIFHWADDR, &request) < 0)
		err(1, "%s", argv[optind]);
	memcpy(source, request.ifr_hwaddr.sa_data, sizeof(source));
	if (mac)
		mac_of(mac, source);
	put(destination, 6);
	put(source, 6);
	if (vlan) {
		put16(ETHERTYPE_VLAN);
		put16(vlan);
	}
	put_kind(argv[optind + 1], argv + optind + 2, source);
	if (used < ETH_ZLEN)
		used = ETH_ZLEN;
	if (sendto(sock, frame, used, 0, (const struct sockaddr *)&to, sizeof(to)) < 0)
		err(1, "send");
	return 0;
}
