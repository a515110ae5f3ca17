#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rules: what a container may send, and what becomes of our tables when others change theirs.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# spoof NAME WORD...: a frame out of the container's eth0 (see tests/helpers/spoof.c).
spoof() {
	local name=$1 options=()
	shift
	while [[ $1 == -* ]]; do
		options+=("$1" "$2")
		shift 2
	done
	in_container "$name" "$HELPERS/spoof" "${options[@]}" eth0 "$@"
}

# dropped NAME: how many frames of the container were no frames of its own.
dropped() {
	local peer
	peer=$(in_container "$1" ip -j link show eth0 | jq '.[0].link_index')
	peer=$(on a ip -j link show | jq -r --argjson index "$peer" '.[] | select(.ifindex == $index).ifname')
	on a nft -j list set bridge ctr-ctr0 ports |
		jq --arg name "$peer" '.nftables[] | .set.elem // empty | .[].elem | select(.val == $name).counter.packets'
}

# heard_by NAME: frames that have come to the container.
heard_by() {
	in_container "$1" ip -j -s link show eth0 | jq '.[0].stats64.rx.packets'
}

# refused_frame NAME WORD...: it is dropped, and counted. passed_frame: it is not, and the other one hears it.
refused_frame() {
	local before
	before=$(dropped "$1")
	spoof "$@"
	equal "$* dropped: $(($(dropped "$1") - before))" "$* dropped: 1"
}

passed_frame() {
	local before heard
	before=$(dropped "$1") heard=$(heard_by other)
	spoof "$@"
	equal "$* dropped: $(($(dropped "$1") - before))" "$* dropped: 0"
	(($(heard_by other) > heard)) || fail "$*: nobody has heard it"
}

mac_of() {
	in_container "$1" ip -j link show eth0 | jq -r '.[0].address'
}

link_local_of() {
	in_container "$1" ip -j -6 address show dev eth0 |
		jq -r '.[0].addr_info[] | select(.scope == "link").local'
}

# Two containers, with both families.
two() {
	ctr network create --interface-name ctr0 --subnet 10.93.0.0/24 --subnet fd93::/64 net
	up one --network net:ip=10.93.0.2,ip6=fd93::2
	up other --network net:ip=10.93.0.3,ip6=fd93::3
	MAC=$(mac_of one)
}

@test "a container sends IPv4 and ARP of its own address alone" {
	two
	passed_frame one ip 10.93.0.2 10.93.0.3
	passed_frame one arp "$MAC" 10.93.0.2 10.93.0.2
	passed_frame one arp "$MAC" 0.0.0.0 10.93.0.2
	refused_frame one ip 10.93.0.3 10.93.0.255
	refused_frame one ip 10.77.1.2 10.93.0.3
	refused_frame one ip 127.0.0.1 10.93.0.3
	refused_frame one ip 0.0.0.0 10.93.0.3
	refused_frame one arp "$MAC" 10.93.0.1 10.93.0.1
	refused_frame one arp "$MAC" 10.93.0.3 10.93.0.3
	refused_frame one arp 02:00:00:00:00:99 10.93.0.2 10.93.0.2
}

@test "a container sends IPv6 of its own addresses alone" {
	local own
	two
	own=$(link_local_of one)
	passed_frame one ip6 fd93::2 fd93::3
	passed_frame one ip6 "$own" fd93::3
	refused_frame one ip6 fd93::3 fd93::3
	refused_frame one ip6 fe80::1 fd93::3
	refused_frame one ip6 :: fd93::3
}

@test "a container is no router, and advertises its own addresses alone" {
	local own
	two
	own=$(link_local_of one)
	passed_frame one advert fd93::2 fd93::2
	passed_frame one advert "$own" fd93::2
	passed_frame one solicit fd93::2 fd93::3
	passed_frame one solicit :: "$own"
	passed_frame one report ::
	refused_frame one advert fd93::2 fd93::1
	refused_frame one advert fd93::2 fd93::3
	refused_frame one advert fd93::2 fd93:0:0:1::2
	refused_frame one solicit :: fd93::3
	refused_frame one solicit fd93::3 fd93::2
	refused_frame one router "$own"
	refused_frame one redirect "$own" fd93::3
	equal "$(in_container other ip -6 route show default proto ra)" ""
}

@test "a container sends from its own MAC address, and nothing but IP and ARP" {
	local foreign=02:00:00:00:00:99
	two
	refused_frame one -m $foreign ip 10.93.0.2 10.93.0.3
	refused_frame one -m $foreign ip6 fd93::2 fd93::3
	refused_frame one -m $foreign arp $foreign 10.93.0.2 10.93.0.2
	refused_frame one -m $foreign report ::
	refused_frame one -v 5 ip 10.93.0.2 10.93.0.3
	refused_frame one other 88cc
	refused_frame one other 8863
	# a bridge's own protocol, and an address that is for bridges
	refused_frame one -d 01:80:c2:00:00:00 other 0027
	refused_frame one -d 01:80:c2:00:00:03 ip 10.93.0.2 10.93.0.1
}

# Frames for LLDP meet no hook of the bridge: it must not learn from them, nor the host believe them.
@test "a frame past the rules does not take a neighbour's frames, nor reach the host" {
	local theirs
	two
	theirs=$(mac_of other)
	spoof one -m "$theirs" -d 01:80:c2:00:00:0e ip 10.93.0.2 10.93.0.1
	spoof other ip 10.93.0.3 10.93.0.2
	spoof one -m "$theirs" -d 01:80:c2:00:00:0e ip 10.93.0.2 10.93.0.1
	equal "$(on a bridge -j fdb show br ctr0 | jq --arg mac "$theirs" '[.[] | select(.mac == $mac)] | length')" 1
	on a nft 'add table inet heard; add chain inet heard in { type filter hook input priority 0; };
		add rule inet heard in udp dport 9 counter comment "heard"'
	spoof one -d 01:80:c2:00:00:0e ip 10.77.2.2 10.93.0.1
	spoof one ip 10.93.0.2 10.93.0.1
	equal "$(on a nft -j list table inet heard | jq '[.nftables[].rule.expr // empty | .[].counter.packets // empty] | add')" 1
}

# The bridge lets through what comes back to 127.0.0.1: nothing else may be for it.
@test "a container does not reach what listens on the host's 127.0.0.0/8" {
	serve_on a inside tcp 80
	two
	up web --network net -p 127.0.0.1:8080:80 -- tcp 80
	sees a tcp 127.0.0.1 8080 : "web saw 10.93.0.1"
	unheard b tcp "$A" 8080
	in_container one sh -c 'ip route del local 127.0.0.0/8 table local
		ip route add 127.0.0.2 via 10.93.0.1
		echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet'
	unheard @one tcp 127.0.0.2 80
	unheard @one tcp 127.0.0.2 8080
	on a nft flush chain inet ctr-ctr0 guard
	sees @one tcp 127.0.0.2 80 : "inside saw 10.93.0.2"
}

@test "only tables of ours are written, and those of others stay as they are" {
	local before
	on a nft 'add table ip mine; add chain ip mine c { type filter hook forward priority 5; };
		add rule ip mine c ip saddr 10.1.2.3 counter drop; add table bridge mine'
	before=$(on a nft -s list table ip mine)
	two
	equal "$(tables)" "bridge ctr-ctr0
bridge mine
inet ctr-ctr0
ip mine"
	equal "$(on a nft -s list table ip mine)" "$before"
	ctr rm -f "$ID-one" "$ID-other"
	ctr network rm net
	equal "$(tables)" "bridge mine"$'\n'"ip mine"
	equal "$(on a nft -s list table ip mine)" "$before"
}

@test "rules that others have flushed come back: by reload, and by the next container" {
	local before
	two
	up web --network net -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
	before=$(on a nft -s list ruleset)
	on a nft flush ruleset
	unheard b tcp "$A" 8080
	ctr network reload --all
	equal "$(on a nft -s list ruleset)" "$before"
	sees b tcp "$A" 8080 : "web saw $B"

	on a nft delete table bridge ctr-ctr0
	up late --network net -p 8081:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
	sees b tcp "$A" 8081 : "late saw $B"
	refused_frame one ip 10.93.0.3 10.93.0.255
}

@test "a conversation goes on while rules are written anew and others come and go" {
	two
	up web --network net -p 8080:80 -- tcp 80
	flow one b tcp "$A" 8080
	ctr network reload --all
	up late --network net -p 8081:80 -- tcp 80
	ctr rm -f "$ID-late"
	equal "$(flow_ends one)" flowed
}

@test "nft reads back the rules that it lists" {
	two
	up web --network net -p 8080:80 -p 127.0.0.1:53:53/udp -p '[fd77:1::2]:9000-9010:9000-9010/sctp' -- tcp 80
	on a nft -s list ruleset >listed
	on router nft -f - <listed
	equal "$(on router nft -s list ruleset)" "$(<listed)"
}

# learns_mtu ADDRESS MTU: a datagram that is too large for the way has container "one" know so.
learns_mtu() {
	ask @one -t 500 -d -b 1400 udp "$1" 53 || true
	[[ $(in_container one ip route get "$1") == *" mtu $2"* ]]
}

# The way to b shrinks behind the host: the router's error is for the host's address, as what it is
# about is, and must find its way to the container that has sent it.
@test "a router's word about a smaller MTU reaches the container" {
	two
	serve_on b far udp 53
	on router ip link set to-b mtu 1300
	eventually learns_mtu "$B" 1300
	eventually learns_mtu "$B6" 1300
}

@test "bridge-nf-call-iptables, on or off: published ports are reached from everywhere" {
	local value address
	two
	up web --network net:ip=10.93.0.9 -p 8080:80 -- tcp 80
	for value in 1 0; do
		on a sh -c "for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do [ ! -e \$f ] || echo $value >\$f; done"
		sees b tcp "$A" 8080 : "web saw $B"
		sees a tcp 127.0.0.1 8080 : "web saw 10.93.0.1"
		sees @one tcp 10.93.0.9 80 : "web saw 10.93.0.2"
		for address in "$A" 10.93.0.1; do
			sees @one tcp "$address" 8080 : "web saw 10.93.0.1"
			sees @web tcp "$address" 8080 : "web saw 10.93.0.1"
		done
		refused_frame one ip 10.93.0.3 10.93.0.255
	done
}

# A wildcard port is asked by ::1 in vain, but the answer comes at once: clients go on to 127.0.0.1.
@test "::1 is refused at once, and cannot be published on" {
	two
	up web --network net -p 8080:80 -- tcp 80
	equal "$(ask a tcp ::1 8080 || true)" refused
	sees a tcp "$A6" 8080 : "web saw $A6"
	spec . true
	run -125 ctr run --name "$ID-none" --network net -p '[::1]:8081:80' spec.json
	contains "$output" "publish it on 127.0.0.1"
}
