#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who does not reach whom. Each claim that nobody answers stands beside one that somebody does.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

@test "who has a route to a container's address reaches what is published, and nothing else" {
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	up web --network six -p 8080:80 -- tcp 80 tcp 81 udp 53
	route_to 10.90.0.0/24 fd90::/64
	sees b tcp "$A" 8080 : "web saw $B"
	sees a tcp "$(address_of web)" 81 : "web saw 10.90.0.1"
	for port in 80 81; do
		unheard b tcp "$(address_of web)" $port
		unheard b tcp "$(address_of web eth0 6)" $port
	done
	unheard router udp "$(address_of web)" 53
}

@test "containers of two networks do not reach each other, by either family" {
	ctr network create --subnet 10.91.0.0/24 --subnet fd91::/64 one
	ctr network create --subnet 10.92.0.0/24 --subnet fd92::/64 two
	up web --network one -- tcp 80 udp 53
	up friend --network one
	up stranger --network two
	for family in '' 6; do
		address=$(address_of web eth0 $family)
		sees @friend tcp "$address" 80 : "web saw $(address_of friend eth0 $family)"
		unheard @stranger tcp "$address" 80
		unheard @stranger udp "$address" 53
	done
}

@test "an internal network has no way out, its members talk" {
	serve_on b far tcp 80
	ctr network create --internal --subnet 10.91.0.0/24 --subnet fd91::/64 inner
	up web --network inner -- tcp 80
	up other --network inner
	up free --network bridge
	sees @free tcp "$B" 80 : "far saw $A"
	sees @other tcp "$(address_of web)" 80 : "web saw $(address_of other)"
	unheard @other tcp "$B" 80
	unheard @other tcp "$B6" 80
	unheard @free tcp "$(address_of web)" 80
	route_to 10.91.0.0/24
	unheard b tcp "$(address_of web)" 80
	# not even if somebody gives it the route
	in_container other ip route replace default via 10.91.0.1
	unheard @other tcp "$B" 80
}

# 127.0.0.1 is routed on the bridge, so that a port published there is answered.
@test "what listens on the host's loopback is nobody's but the host's" {
	AT=127.0.0.1 serve_on a own tcp 99
	up web --network bridge -p 127.0.0.1:8080:80 -- tcp 80
	sees a tcp 127.0.0.1 99 : "own saw 127.0.0.1"
	sees a tcp 127.0.0.1 8080 : "web saw 10.89.0.1"
	in_container web sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
		ip address flush dev lo && ip route add 127.0.0.0/8 via 10.89.0.1'
	unheard @web -s "$(address_of web)" tcp 127.0.0.1 99
	unheard @web -s "$(address_of web)" tcp 127.0.0.1 8080
	on router sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet
		ip address flush dev lo && ip route add 127.0.0.0/8 via '"$A"
	unheard router -s 10.77.1.1 tcp 127.0.0.1 8080
}

@test "an address that is not the container's is not heard from its port, and counted" {
	serve_on b far tcp 80
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	up web --network six -- tcp 80
	up bad --network six
	in_container bad sh -c 'ip address add 10.90.0.200/24 dev eth0; ip address add fd90::200/64 dev eth0 nodad'
	sees @bad tcp "$(address_of web)" 80 : "web saw $(address_of bad)"
	sees @bad tcp "$B" 80 : "far saw $A"
	unheard @bad -s 10.90.0.200 tcp "$(address_of web)" 80
	unheard @bad -s 10.90.0.200 tcp "$B" 80
	unheard @bad -s fd90::200 tcp "$(address_of web eth0 6)" 80
	sees @bad tcp "$(address_of web)" 80 : "web saw $(address_of bad)"
	rules | jq -e '[.nftables[].set // empty | select(.family == "bridge" and .name == "ports") | .. | .packets? // empty] | add > 0'
}

@test "a MAC that is not the container's is not heard from its port" {
	up web --network bridge -- tcp 80
	up bad --network bridge
	sees @bad tcp "$(address_of web)" 80 : "web saw $(address_of bad)"
	in_container bad ip link set eth0 address 02:00:00:00:00:99
	unheard @bad tcp "$(address_of web)" 80
	unheard @bad tcp 10.89.0.1 80
}

# Somebody with raw sockets in a container (CAP_NET_RAW is in every engine's default) may say that he
# has another's address: nobody must believe him.
@test "a container cannot take a neighbour's address, by ARP or by neighbour advertisement" {
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	up web --network six -- tcp 80
	up bad --network six -- tcp 80
	up asker --network six
	local four six
	four=$(address_of web) six=$(address_of web eth0 6)
	in_container bad ip address add "$four/24" dev eth0
	in_container bad ip address add "$six/64" dev eth0 nodad
	sees @asker tcp "$four" 80 : "web saw $(address_of asker)"
	# the one who is asked first may not be the one who answers first: several times, without a memory
	for _ in 1 2 3 4; do
		in_container asker ip neighbour flush all
		sees @asker tcp "$four" 80 : "web saw $(address_of asker)"
		in_container asker ip neighbour flush all
		sees @asker tcp "$six" 80 : "web saw $(address_of asker eth0 6)"
	done
}

@test "rules of others are as they were, whatever comes and goes" {
	on a nft -f - <<-'END'
		table inet others {
			set names { type ipv4_addr; elements = { 192.0.2.1 } }
			chain forward { type filter hook forward priority 0; policy accept; ip saddr @names counter drop; }
		}
		table ip nat {
			chain POSTROUTING { type nat hook postrouting priority 100; }
		}
	END
	local before
	before=$(on a nft list table inet others; on a nft list table ip nat)
	ctr network create --subnet 10.91.0.0/24 one
	up web --network one -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
	ctr network reload --all
	ctr rm -f "$ID-web"
	ctr network rm one
	equal "$(on a nft list table inet others; on a nft list table ip nat)" "$before"
	equal "$(tables)" $'inet others\nip nat'
}

# With br_netfilter what is bridged passes the rules of what is routed: the same must be allowed.
@test "a host whose bridges are filtered as routers are works the same" {
	[[ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]] || skip "no br_netfilter here"
	local value
	for value in 0 1; do
		on a sh -c "echo $value >/proc/sys/net/bridge/bridge-nf-call-iptables
			echo $value >/proc/sys/net/bridge/bridge-nf-call-ip6tables"
		up web --network bridge -p 8080:80 -- tcp 80
		up other --network bridge
		sees @other tcp "$(address_of web)" 80 : "web saw $(address_of other)"
		sees b tcp "$A" 8080 : "web saw $B"
		sees @web tcp 10.89.0.1 8080 : "web saw 10.89.0.1"
		ctr rm -f "$ID-web" "$ID-other"
	done
}
