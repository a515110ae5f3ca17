#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whom a container reaches, by which address it is seen, and what its interfaces are.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# links [ARGUMENT...]: the names of the interfaces of a container that is run with these.
links() {
	spec . sh -c 'ip -o link | cut -d: -f2 | cut -d@ -f1'
	run -0 ctr run --rm --name "$ID" "$@" spec.json
}

@test "without a network, or with none, a container has its loopback and nothing else" {
	links
	equal "$output" ' lo'
	links --network none
	equal "$output" ' lo'
	links --network host
	contains "$output" eth0
	equal "$(on a ip -j link | jq length)" 2
}

@test "a container of the default network reaches the world, which sees its host" {
	serve_on b far tcp 80 udp 53
	up web --network bridge -- tcp 80 udp 53
	equal "$(address_of web)" 10.89.0.2
	sees @web tcp "$B" 80 : "far saw $A"
	sees @web udp "$B" 53 : "far saw $A"
	sees a tcp 10.89.0.2 80 : "web saw 10.89.0.1"
	sees @web tcp 127.0.0.1 80 : "web saw 127.0.0.1"
	sees @web tcp ::1 80 : "web saw ::1"
	sees @web tcp 10.89.0.2 80 : "web saw 10.89.0.2"
	on a ip -j -d link show dev ctr0 | jq -e '.[0].linkinfo.info_kind == "bridge"'
	equal "$(on a ip -j address show dev ctr0 | jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')" 10.89.0.1/24
	equal "$(in_container web ip -j route show default | jq -r '.[0] | .gateway + " " + .dev')" "10.89.0.1 eth0"
}

@test "containers of one network see each other's own addresses" {
	up web --network bridge -- tcp 80
	up other --network bridge
	sees @other tcp "$(address_of web)" 80 : "web saw $(address_of other)"
	sees @other -b 300000 tcp "$(address_of web)" 80 : "web saw $(address_of other)"
}

@test "IPv6: between containers, from the host, and out by the host's address" {
	serve_on b far tcp 80 udp 53
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	up web --network six -- tcp 80 udp 53
	up other --network six
	sees @web tcp "$B6" 80 : "far saw $A6"
	sees @web udp "$B6" 53 : "far saw $A6"
	sees @web tcp "$B" 80 : "far saw $A"
	sees a tcp "$(address_of web eth0 6)" 80 : "web saw fd90::1"
	sees @other udp "$(address_of web eth0 6)" 53 : "web saw $(address_of other eth0 6)"
	equal "$(in_container web ip -6 -j route show default | jq -r '.[0] | .gateway + " " + .dev')" "fd90::1 eth0"
	# the host's ends of the cables have no address of their own that a container could be asked by
	equal "$(on a ip -6 -j address show | jq '[.[] | select(.ifname != "lo" and .ifname != "eth0" and .link_index != null).addr_info[]] | length')" 0
}

@test "a network of IPv6 alone works without the other family" {
	serve_on b far tcp 80
	ctr network create --subnet fd91::/64 only6
	up web --network only6 -- tcp 80
	sees @web tcp "$B6" 80 : "far saw $A6"
	sees a tcp "$(address_of web eth0 6)" 80 : "web saw fd91::1"
	unheard @web tcp "$B" 80
}

@test "an address, a MAC and the name of the interface can be chosen" {
	ctr network create --subnet 10.91.0.0/24 --gateway 10.91.0.99 fixed
	up web --network fixed:interface_name=lan0 --ip 10.91.0.7 --mac-address 02:11:22:33:44:55 -- tcp 80
	equal "$(address_of web lan0)" 10.91.0.7
	equal "$(in_container web ip -j link show dev lan0 | jq -r '.[0].address')" 02:11:22:33:44:55
	sees a tcp 10.91.0.7 80 : "web saw 10.91.0.99"
	up other --network fixed:ip=10.91.0.1,mac=02:11:22:33:44:56
	sees @other tcp 10.91.0.7 80 : "web saw 10.91.0.1"
}

@test "addresses come from the range of a network, if it has one" {
	ctr network create --subnet 10.91.0.0/24 --ip-range 10.91.0.128/29 ranged
	up one --network ranged
	up two --network ranged
	matches "$(address_of one) $(address_of two)" '^10\.91\.0\.(12[89]|13[0-5]) 10\.91\.0\.(12[89]|13[0-5])$'
}

@test "a container in several networks reaches the members of each, and the world by the first" {
	serve_on b far tcp 80
	ctr network create --subnet 10.91.0.0/24 one
	ctr network create --subnet 10.92.0.0/24 two
	up both --network one --network two -- tcp 80
	up in-one --network one -- tcp 80
	up in-two --network two -- tcp 80
	sees @both tcp "$(address_of in-one)" 80 : "in-one saw $(address_of both eth0)"
	sees @both tcp "$(address_of in-two)" 80 : "in-two saw $(address_of both eth1)"
	sees @in-two tcp "$(address_of both eth1)" 80 : "both saw $(address_of in-two)"
	sees @both tcp "$B" 80 : "far saw $A"
	equal "$(in_container both ip -j route show default | jq -r '.[].dev')" eth0
}

@test "a container shares the network of another one, or one at a path" {
	serve_on b far tcp 80
	up web --network bridge -p 8080:80
	up inner --network "container:$ID-web" -- tcp 80
	sees b tcp "$A" 8080 : "inner saw $B"
	equal "$(address_of inner)" "$(address_of web)"
	ctr rm -f "$ID-inner"
	up again --network "container:$ID-web" -- tcp 80
	sees b tcp "$A" 8080 : "again saw $B"
	up guest --network "ns:/run/netns/$NS-b" -- tcp 81
	sees a tcp "$B" 81 : "guest saw $A"
}

@test "a container with a user namespace is in its network as others are" {
	serve_on b far tcp 80
	SPEC=web.json spec '.process.capabilities |= map_values(. + ["CAP_NET_BIND_SERVICE"]) | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings' \
		talk serve web tcp 80
	ctr run -d --name "$ID-web" --network bridge web.json >said 2>&1 || fail "$(<said)"
	eventually ask a tcp "$(address_of web)" 80
	sees @web tcp "$B" 80 : "far saw $A"
}

@test "the network of a spec gives what the options give" {
	serve_on b far tcp 80
	SPEC=web.json spec '.process.capabilities |= map_values(. + ["CAP_NET_BIND_SERVICE"]) | .network = {mode: "bridge", bridge: "br-spec", subnet: "10.93.0.0/24", ipv4: "10.93.0.5",
		mac: "02:00:00:00:93:05", mtu: 1400, ports: ["8080:80"], hosts: ["db:10.93.0.77"]}' talk serve web tcp 80
	ctr run -d --name "$ID-web" web.json >said 2>&1 || fail "$(<said)"
	equal "$(address_of web)" 10.93.0.5
	equal "$(in_container web ip -j link show dev eth0 | jq -r '.[0] | "\(.address) \(.mtu)"')" '02:00:00:00:93:05 1400'
	eventually ask b tcp "$A" 8080
	sees b tcp "$A" 8080 : "web saw $B"
	sees @web tcp "$B" 80 : "far saw $A"
	equal "$(on a ip -j link show dev br-spec | jq length)" 1
	run -0 ctr exec "$ID-web" grep db /etc/hosts
	matches "$output" '10.93.0.77.*db'
}

@test "the MTU of a network is that of its interfaces" {
	ctr network create --subnet 10.91.0.0/24 -o mtu=1400 narrow
	up web --network narrow -- udp 53
	equal "$(in_container web ip -j link show dev eth0 | jq .[0].mtu)" 1400
	sees a -d -b 1372 udp "$(address_of web)" 53 : "web saw 10.91.0.1"
	sees @web -d -b 1373 udp "$(address_of web)" 53 : "web saw $(address_of web)"
	up other --network narrow
	sees @other -d -b 1372 udp "$(address_of web)" 53 : "web saw $(address_of other)"
	sees @other -d -b 1373 udp "$(address_of web)" 53 : "web saw $(address_of other)"$'\n'"too big"
}

@test "a narrow place on the way is told to the container, which then sends less at once" {
	serve_on b far tcp 80 udp 53
	on router ip link set to-b mtu 1300
	up web --network bridge
	sees @web -b 300000 tcp "$B" 80 : "far saw $A"
	sees @web -d -b 1400 udp "$B" 53 : "far saw $A"$'\n'"too big"
}

@test "what runs on survives that others come, go and are reloaded" {
	serve_on b far tcp 80
	up web --network bridge -p 8080:80 -- tcp 80
	flow inward b tcp "$A" 8080
	up other --network bridge -p 8081:80 -- tcp 80
	sees b tcp "$A" 8081 : "other saw $B"
	ctr network reload --all
	ctr rm -f "$ID-other"
	unheard b tcp "$A" 8081
	sees b tcp "$A" 8080 : "web saw $B"
	equal "$(flow_ends inward)" flowed
}

@test "containers of two hosts meet at published ports" {
	up web --network bridge -p 8080:80 -- tcp 80
	CTR_ON=ctr_b up far --network bridge -p 9090:90 -- tcp 90
	sees @web tcp "$B" 9090 : "far saw $A"
	CTR_ON=ctr_b sees @far tcp "$A" 8080 : "web saw $B"
	ctr_b rm -f "$ID-far"
	unheard @web tcp "$B" 9090
}

# A host that forwards IPv6 no longer listens to the router that it has its own route from, unless
# it is told to: the first container would cut it off.
@test "a host that is told its route by a router goes on listening to it" {
	on a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_ra'
	ctr network create --subnet fd91::/64 six
	up web --network six -- tcp 80
	equal "$(on a cat /proc/sys/net/ipv6/conf/eth0/accept_ra)" 2
	equal "$(on a cat /proc/sys/net/ipv6/conf/all/forwarding)" 1
}
