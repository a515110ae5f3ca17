#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Somebody in a container who means harm, or words that would, and bad moments for both.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	[[ ! -e /run/netns/$NS-c ]] || ip netns del "$NS-c"
	teardown_network
}

# hold NAME: a process of this machine stays in the network of container $ID-NAME, whatever becomes of
# that; in SERVERS. inside COMMAND...: in there.
hold() {
	local pid
	pid=$(pid_of "$ID-$1")
	nsenter --net="/proc/$pid/ns/net" tail -f /dev/null 3>&- &
	HOLDER=$!
	SERVERS+=("$HOLDER")
	eventually test "/proc/$HOLDER/ns/net" -ef "/proc/$pid/ns/net"
}

inside() {
	nsenter --net="/proc/$HOLDER/ns/net" -- "$@"
}

# dropped CHAIN: how many packets of links that are no members' it has dropped.
dropped() {
	rules | jq --arg chain "$1" '[.nftables[].rule // empty | select(.chain == $chain) |
		select([.expr[].match // empty | .left.meta.key] == ["iifgroup"]) | .expr[].counter // empty | .packets] | add'
}

@test "who stays in the network of a container that has ended is not heard any more" {
	up web --network bridge -- tcp 80
	up gone --network bridge
	hold gone
	equal "$(inside "$HELPERS/talk" ask tcp "$(address_of web)" 80)" "web saw $(address_of gone)"
	# what is there between the end of its rules and that of its link
	on a nft flush set bridge ctr-ctr0 ports
	on a nft flush set bridge ctr-ctr0 from_ip
	on a nft flush set bridge ctr-ctr0 from_arp
	run inside "$HELPERS/talk" ask -t 250 tcp "$(address_of web)" 80
	matches "$output" '^(timeout|unreachable)'
	(($(dropped spoofed) > 0))
	ctr network reload --all
	equal "$(inside "$HELPERS/talk" ask tcp "$(address_of web)" 80)" "web saw $(address_of gone)"
	local web
	web=$(address_of web)
	ctr rm -f "$ID-gone"
	run inside "$HELPERS/talk" ask -t 250 tcp "$web" 80
	matches "$output" '^(timeout|unreachable)'
}

@test "what a container sends past its bridge, where somebody has taken that away, the host does not hear" {
	up bad --network bridge
	local port
	port=$(on a ip -j link show type veth master ctr0 | jq -r '.[0].ifname')
	on a ip link set "$port" nomaster
	equal "$(dropped guard)" 0
	in_container bad "$HELPERS/spoof" eth0 ip6 fd77:2::99 "$A6"
	in_container bad "$HELPERS/spoof" eth0 ip 10.77.2.99 "$A"
	(($(dropped guard) == 2))
}

# What a container has said to such a port of somebody else has lost its NAT otherwise, and is not heard.
@test "a datagram port that is published leaves what others say to that port elsewhere" {
	[[ -e /proc/net/nf_conntrack ]] || skip "no /proc/net/nf_conntrack here"
	serve_on b far udp 9000
	up asker --network bridge
	sees @asker udp "$B" 9000 : "far saw $A"
	unheard b udp "$A" 9000
	on a grep -q "dst=$A .*dport=9000" /proc/net/nf_conntrack
	on a grep -q "src=$(address_of asker) dst=$B .*dport=9000" /proc/net/nf_conntrack
	up web --network bridge -p 9000:9000/udp -- udp 9000
	eventually eval '! on a grep "src=$B dst=$A .*dport=9000" /proc/net/nf_conntrack'
	on a grep -q "src=$(address_of asker) dst=$B .*dport=9000" /proc/net/nf_conntrack
}

# man_rules: the lines of the manual that begin with "nft", as nft reads them.
man_rules() {
	sed -n "s/^  nft '\\?\\(add [^']*\\)'\\?\$/\\1/p" "$CTR_SRCDIR/doc/ctr.1"
}

# The manual's words about a host that is no router for others but for its containers.
@test "with the manual's rules the host forwards for containers alone" {
	serve_on b far tcp 80
	up web --network bridge -p 8080:80 -- tcp 80
	ip netns add "$NS-c"
	on a ip link add side type veth peer name eth0 netns "$NS-c"
	on a ip address add 10.77.3.1/24 dev side
	on a ip link set side up
	on c ip address add 10.77.3.2/24 dev eth0
	on c ip link set eth0 up
	on c ip route add default via 10.77.3.1
	on router ip route add 10.77.3.0/24 via "$A"
	sees c tcp "$B" 80 : "far saw 10.77.3.2"
	man_rules | on a nft -f -
	unheard c tcp "$B" 80
	sees @web tcp "$B" 80 : "far saw $A"
	sees b tcp "$A" 8080 : "web saw $B"
	sees c tcp 10.77.3.1 8080 : "web saw 10.77.3.2"
}

# The tables of each bridge see the frames of all.
@test "members of several networks are each heard in their own" {
	ctr network create --subnet 10.91.0.0/24 one
	serve_on b far tcp 80
	up first --network bridge -- tcp 80
	up second --network one -- tcp 80
	sees @first tcp "$B" 80 : "far saw $A"
	sees @second tcp "$B" 80 : "far saw $A"
}
