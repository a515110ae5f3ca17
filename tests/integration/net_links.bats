#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The links that a container's network is made of, as ip(8) and tc(8) see them.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# host_end NAME: the host's interface that leads to container $ID-NAME.
host_end() {
	local index
	index=$(in_container "$1" ip -j link show dev eth0 | jq '.[0].link_index')
	on a ip -j link | jq -r --argjson index "$index" '.[] | select(.ifindex == $index) | .ifname'
}

# parameter HOST NAME: of /proc/sys/net, as that host has it.
parameter() {
	on "$1" cat "/proc/sys/net/$2"
}

@test "the host's end of a container's link is on the bridge, and the host itself is not on it" {
	local end
	up one --network bridge
	end=$(host_end one)
	matches "$end" '^v[0-9a-v]{14}$'
	equal "$(on a ip -j link show dev "$end" | jq -r '.[0].master + " " + .[0].operstate')" 'ctr0 UP'
	equal "$(on a ip -j address show dev "$end" | jq '.[0].addr_info | length')" 0
	equal "$(parameter a "ipv4/conf/$end/rp_filter")" 1
	equal "$(on a ip -j -d link show dev "$end" | jq '.[0].linkinfo.info_slave_data.hairpin')" false
}

@test "a container's interface is as it was planned, and has nothing that nobody asked for" {
	up one --network bridge --mac-address 02:00:00:00:12:34
	equal "$(in_container one ip -j link | jq -r '[.[].ifname] | join(" ")')" 'lo eth0'
	equal "$(in_container one ip -j link show dev eth0 | jq -r '.[0].address + " " + .[0].operstate')" \
		'02:00:00:00:12:34 UP'
	equal "$(in_container one ip -j address show dev eth0 |
		jq -r '[.[0].addr_info[] | "\(.local)/\(.prefixlen) \(.broadcast)"] | join(" ")')" \
		"$(address_of one)/24 10.89.0.255"
	equal "$(in_container one ip -j route | jq -r '[.[] | .dst + " " + (.gateway // "-")] | sort | join(" ")')" \
		'10.89.0.0/24 - default 10.89.0.1'
}

@test "the bridge tells whose it is, and keeps its MAC whoever comes and goes" {
	local mac
	up one --network bridge
	mac=$(on a ip -j link show dev ctr0 | jq -r '.[0].address')
	matches "$mac" '^02:'
	equal "$(on a ip -j link show dev ctr0 | jq -r '.[0].ifalias')" 'ctr network ctr'
	equal "$(on a ip -j -d link show dev ctr0 | jq '.[0].linkinfo.info_data | [.stp_state, .forward_delay]' -c)" '[0,0]'
	up two --network bridge --mac-address 02:00:00:00:00:01
	ctr rm -f "$ID-one"
	equal "$(on a ip -j link show dev ctr0 | jq -r '.[0].address')" "$mac"
	on a ip link del ctr0
	up three --network bridge
	equal "$(on a ip -j link show dev ctr0 | jq -r '.[0].address')" "$mac"
}

@test "a port that is published makes the container's own port answer the sender" {
	up one --network bridge -p 8080:8080
	equal "$(on a ip -j -d link show dev "$(host_end one)" | jq '.[0].linkinfo.info_slave_data.hairpin')" true
}

# What the bridge forwards to 01:80:c2:00:00:0X meets none of its rules (see net_rules.bats).
@test "the bridge learns nothing from frames that its rules do not see" {
	up one --network bridge
	contains "$(on a ip -d link show dev ctr0)" 'no_linklocal_learn 1'
}

@test "a network that goes out makes this host a router, and no more than that" {
	# a new namespace has that of this machine
	on a sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
	up one --network bridge
	equal "$(parameter a ipv4/ip_forward) $(parameter a ipv6/conf/all/forwarding)" '1 0'
	equal "$(parameter a ipv4/conf/ctr0/route_localnet) $(parameter a ipv4/conf/eth0/route_localnet)" '1 0'
}

# A router of IPv6 takes no advertisements: the host's own default route would time out.
@test "a host that gets its default route by advertisements of IPv6 goes on to do so" {
	on a sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/accept_ra'
	ctr network create --subnet fd00:5::/64 six
	up one --network six
	equal "$(parameter a ipv6/conf/all/forwarding) $(parameter a ipv6/conf/eth0/accept_ra)" '1 2'
	equal "$(parameter a "ipv6/conf/$(on a ip -j link show type bridge | jq -r '.[0].ifname')/accept_ra")" 0
}

@test "without IPv6 in its network a container has none, not even an address of its own making" {
	up one --network bridge
	equal "$(in_container one ip -j -6 address show dev eth0 | jq '[.[].addr_info // [] | length] | add // 0')" 0
	equal "$(on a ip -j -6 address show dev ctr0 | jq '[.[].addr_info // [] | length] | add // 0')" 0
}

@test "nothing in a network is larger than what the way out takes" {
	on a ip link set eth0 mtu 1400
	up one --network bridge
	equal "$(in_container one ip -j link show dev eth0 | jq '.[0].mtu')" 1400
	equal "$(on a ip -j link show dev ctr0 | jq '.[0].mtu')" 1400
	ctr network create -o mtu=1300 small
	up two --network small
	equal "$(in_container two ip -j link show dev eth0 | jq '.[0].mtu')" 1300
	equal "$(on a ip -j link show dev "$(host_end two)" | jq '.[0].mtu')" 1300
}

@test "rates are the link's, seen from the container" {
	require_program tc
	up one --network bridge:rate_in=8mbit,rate_out=16mbit
	local end
	end=$(host_end one)
	equal "$(on a tc -j qdisc show dev "$end" root | jq -c '[.[0].kind, .[0].options.rate]')" '["tbf",1000000]'
	equal "$(in_container one tc -j qdisc show dev eth0 root | jq -c '[.[0].kind, .[0].options.rate]')" '["tbf",2000000]'
	contains "$(on a tc filter show dev "$end" ingress)" 'ctr_rate direct-action'
}

@test "rates where they cannot be had, and rates that are none, are refused at once" {
	spec . true
	run ! ctr run --rm --network bridge:rate_in=1 spec.json
	contains "$output" rateIn '8000 bits a second is the least'
	run ! ctr run --rm --network bridge:rate_in=fast spec.json
	contains "$output" rateIn fast
}

@test "the second network has no default route, and its own interface" {
	ctr network create --subnet 10.90.1.0/24 second
	up one --network bridge --network second
	equal "$(in_container one ip -j link | jq -r '[.[].ifname] | join(" ")')" 'lo eth0 eth1'
	equal "$(in_container one ip -j route show default | jq -r '[.[].gateway] | join(" ")')" 10.89.0.1
	up two --network bridge:interface_name=out0
	equal "$(in_container two ip -j link | jq -r '[.[].ifname] | join(" ")')" 'lo out0'
}

@test "a bridge that others made is used as it is, and stays" {
	ctr network create --interface-name ours --subnet 10.90.2.0/24 theirs
	on a ip link add name ours type bridge
	on a ip address add 192.0.2.1/24 dev ours
	up one --network theirs
	equal "$(on a ip -j link show dev "$(host_end one)" | jq -r '.[0].master')" ours
	ctr rm -f "$ID-one"
	ctr network rm theirs
	contains "$(on a ip address show dev ours)" 192.0.2.1/24
	on a ip link del ours
}

@test "a bridge that somebody has removed is made anew, and reload gives it its ports" {
	up one --network bridge -- tcp 8080
	on a ip link del ctr0
	up two --network bridge
	unheard @two tcp "$(address_of one)" 8080
	ctr network reload --all
	sees @two tcp "$(address_of one)" 8080 : "one saw $(address_of two)"
	sees a tcp "$(address_of one)" 8080 : "one saw 10.89.0.1"
}

@test "an interface of the bridge's name that is no bridge is left alone" {
	ctr network create --interface-name mine --subnet 10.90.3.0/24 taken
	on a ip link add name mine type veth peer name mine-too
	spec . true
	run ! ctr run --rm --network taken spec.json
	contains "$output" "'mine' already, which is no bridge"
	contains "$(on a ip -d link show dev mine)" veth
	on a ip link del mine
}

@test "check tells which kinds of networks this kernel can have" {
	run ctr check --format json
	local found
	found=$(jq -r '.. | objects | select(.name? == "networks") | .found' <<<"$output")
	contains "$found" nf_tables bridge veth
	if [[ $found == *'without'*ipvlan* ]]; then
		run ! ctr network create -d ipvlan -o parent=eth0 --subnet 10.77.1.0/24 lan
		contains "$output" 'this kernel has no ipvlan'
	fi
}
