#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks without a bridge: macvlan, ipvlan, and both on a VLAN. What the kernel lacks is named.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# kernel_has KIND: whether a link of this kind can be made.
kernel_has() {
	local words=()
	[[ $1 != vlan ]] || words=(id 7)
	on router ip link add link to-a name try-it type "$1" "${words[@]}" 2>/dev/null && on router ip link del try-it
}

# without KIND WORDS...: on a kernel that does not have it, says that its module is missing.
without() {
	local kind=$1
	shift
	run ! ctr network create "$@" missing
	contains "$output" "$kind"
	matches "$output" 'kernel'
	nothing_created
}

@test "macvlan: a container is on the host's own cable" {
	if ! kernel_has macvlan; then
		without macvlan --driver macvlan -o parent=eth0 --subnet 10.77.1.0/24
		return
	fi
	serve_on b far tcp 80
	ctr network create --driver macvlan -o parent=eth0 --subnet 10.77.1.0/24 --gateway 10.77.1.1 \
		--ip-range 10.77.1.64/26 cable
	up web --network cable -- tcp 80
	up other --network cable
	matches "$(address_of web)" '^10\.77\.1\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])$'
	sees @web tcp "$B" 80 : "far saw $(address_of web)"
	sees b tcp "$(address_of web)" 80 : "web saw $B"
	sees @other tcp "$(address_of web)" 80 : "web saw $(address_of other)"
	equal "$(in_container web ip -j -d link show dev eth0 | jq -r '.[0].linkinfo.info_kind')" macvlan
	ctr rm -f "$ID-web"
	equal "$(on a ip -j link | jq length)" 2
}

@test "ipvlan: a container is on the host's own cable with the host's MAC" {
	if ! kernel_has ipvlan; then
		without ipvlan --driver ipvlan -o parent=eth0 --subnet 10.77.1.0/24
		return
	fi
	serve_on b far tcp 80
	ctr network create --driver ipvlan -o parent=eth0 --subnet 10.77.1.0/24 --gateway 10.77.1.1 \
		--ip-range 10.77.1.64/26 cable
	up web --network cable -- tcp 80
	sees @web tcp "$B" 80 : "far saw $(address_of web)"
	sees b tcp "$(address_of web)" 80 : "web saw $B"
	equal "$(in_container web ip -j link show dev eth0 | jq -r '.[0].address')" \
		"$(on a ip -j link show dev eth0 | jq -r '.[0].address')"
}

@test "a VLAN of the cable is made for the network, and goes with it" {
	if ! kernel_has vlan; then
		without vlan --driver macvlan -o parent=eth0 -o vlan=7 --subnet 10.78.0.0/24
		return
	fi
	on router ip link add link to-a name tagged type vlan id 7
	on router ip address add 10.78.0.1/24 dev tagged
	on router ip link set tagged up
	ctr network create --driver macvlan -o parent=eth0 -o vlan=7 --subnet 10.78.0.0/24 --gateway 10.78.0.1 tagged
	up web --network tagged -- tcp 80
	sees router tcp "$(address_of web)" 80 : "web saw 10.78.0.1"
	ctr rm -f "$ID-web"
	ctr network rm tagged
	equal "$(on a ip -j link | jq length)" 2
}

@test "macvlan modes are the kernel's" {
	kernel_has macvlan || skip "no macvlan in this kernel"
	local mode
	for mode in private bridge; do
		ctr network create --driver macvlan -o parent=eth0 -o mode=$mode --subnet 10.77.1.0/24 \
			--gateway 10.77.1.1 --ip-range 10.77.1.64/26 "m-$mode"
		up "$mode" --network "m-$mode"
		equal "$(in_container $mode ip -j -d link show dev eth0 | jq -r '.[0].linkinfo.info_data.mode')" $mode
		ctr rm -f "$ID-$mode"
		ctr network rm "m-$mode"
	done
	run ! ctr network create --driver macvlan -o parent=eth0 -o mode=upside-down down
	contains "$output" upside-down
}
