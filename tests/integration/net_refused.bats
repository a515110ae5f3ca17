#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is wrong is said in one line, with the word that is wrong, before anything is made.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# refused TEXT... -- ARGUMENT...: `run ARGUMENT...` fails with one line that has each TEXT, and makes nothing.
refused() {
	local texts=()
	while [[ $1 != -- ]]; do
		texts+=("$1")
		shift
	done
	shift
	spec . true
	run -125 ctr run --name "$ID" "$@" spec.json
	said_once "${texts[@]}"
}

# refused_spec FILTER TEXT...: the same of a spec's own network.
refused_spec() {
	local filter=$1
	shift
	spec "$filter" true
	run -125 ctr run --name "$ID" spec.json
	said_once "$@"
}

# no_network TEXT... -- ARGUMENT...: the same of `network create ARGUMENT...`.
no_network() {
	local texts=()
	while [[ $1 != -- ]]; do
		texts+=("$1")
		shift
	done
	shift
	run ! ctr network create "$@"
	said_once "${texts[@]}"
}

said_once() {
	equal "${#lines[@]}" 1
	contains "$output" "$@"
	nothing_created
	no_network_left
	equal "$(on a ip -j link | jq length)" 2
	equal "$(tables)" ''
}

@test "run: a mode or network that there is not" {
	refused nowhere -- --network nowhere
	refused 'bad/name' -- --network 'bad/name'
	refused container -- --network container:nobody
	refused /run/netns/nowhere -- --network ns:/run/netns/nowhere
	refused host -- --network host --network bridge
	refused none -- --network none --network bridge
	refused colour -- --network bridge:colour=red
}

@test "run: addresses" {
	refused 10.89.0.300 -- --network bridge --ip 10.89.0.300
	refused 10.77.0.9 -- --network bridge --ip 10.77.0.9
	refused 10.89.0.0 -- --network bridge --ip 10.89.0.0
	refused 10.89.0.255 -- --network bridge --ip 10.89.0.255
	refused 10.89.0.1 -- --network bridge --ip 10.89.0.1
	refused fd99::7 -- --network bridge --ip6 fd99::7
	refused 02:00 -- --network bridge --mac-address 02:00
	refused 01:00:5e:00:00:01 -- --network bridge --mac-address 01:00:5e:00:00:01
	refused network.ipv4 host -- --network host --ip 10.89.0.7
}

@test "run: ports" {
	refused 80:90:100:110 -- --network bridge -p 80:90:100:110
	refused 70000 -- --network bridge -p 70000:80
	refused 0 -- --network bridge -p 8080:0
	refused eighty -- --network bridge -p eighty
	refused icmp -- --network bridge -p 8080:80/icmp
	refused 8080-8085:80-81 -- --network bridge -p 8080-8085:80-81
	refused 8085-8080 -- --network bridge -p 8085-8080:80-85
	refused 1.2.3 -- --network bridge -p 1.2.3:8080:80
	refused 8080 -- --network bridge -p 8080:80 -p 8080:81
	refused network.ports none -- --network none -p 8080:80
	refused network.ports host -- --network host -p 8080:80
}

@test "run: names, servers and rates" {
	refused 1.2.3 -- --network bridge --dns 1.2.3
	refused nocolon -- --network bridge --add-host nocolon
	refused 1.2.3 -- --network bridge --add-host db:1.2.3
	refused much -- --network bridge:rate_in=much
	refused 'eth/0' -- --network bridge:interface_name=eth/0
	refused averyveryverylongname -- --network bridge:interface_name=averyveryverylongname
}

@test "run: the network of a spec" {
	refused_spec '.network = {mode: "sideways"}' spec.json network.mode sideways
	refused_spec '.network = {mode: "bridge", subnet: "10.89.0.0/33"}' network.subnet 10.89.0.0/33
	refused_spec '.network = {mode: "bridge", subnet: "10.89.0.0/24", ipv4: "10.88.0.2"}' 10.88.0.2
	refused_spec '.network = {mode: "bridge", mtu: 10}' mtu
	refused_spec '.network = {mode: "bridge", mac: "xx"}' network.mac xx
	refused_spec '.network = {mode: "bridge", ports: ["a:b"]}' network.ports a:b
	refused_spec '.network = {mode: "bridge", bridge: "much-too-long-a-name"}' network.bridge
	refused_spec '.network = {mode: "bridge"} | .linux.namespaces -= [{type: "network"}]' network
}

@test "network create: names, drivers, options" {
	no_network bad/name -- bad/name
	no_network host -- host
	no_network none -- none
	no_network sideways -- --driver sideways one
	no_network colour -- -o colour=red one
	no_network much -- -o mtu=much one
	no_network 4095 -- --driver macvlan -o parent=eth0 -o vlan=4095 one
	no_network nowhere -- --driver macvlan -o parent=nowhere one
	no_network averyveryverylongname -- --interface-name averyveryverylongname one
	no_network eth0 -- --interface-name eth0 one
}

@test "network create: subnets" {
	no_network 10.91.0.0/33 -- --subnet 10.91.0.0/33 one
	no_network 10.91.0 -- --subnet 10.91.0/24 one
	no_network 10.92.0.1 -- --subnet 10.91.0.0/24 --gateway 10.92.0.1 one
	no_network 10.92.0.0/28 -- --subnet 10.91.0.0/24 --ip-range 10.92.0.0/28 one
	no_network 10.91.0.0/32 -- --subnet 10.91.0.0/32 one
	no_network 127.0.0.0/8 -- --subnet 127.0.0.0/8 one
	no_network 224.0.0.0/24 -- --subnet 224.0.0.0/24 one
	no_network 10.77.1.0/24 eth0 -- --subnet 10.77.0.0/16 one
}

@test "network create: what is there already" {
	ctr network create --subnet 10.91.0.0/24 one
	run ! ctr network create one
	contains "$output" one exists
	run -0 ctr network create --ignore one
	run ! ctr network create --subnet 10.91.0.128/25 two
	contains "$output" 10.91.0.128/25 one 10.91.0.0/24
	run ! ctr network create --subnet 10.0.0.0/8 two
	contains "$output" 10.0.0.0/8
	run -0 ctr network ls -q
	lacks "$output" two
}

@test "an address or MAC that another container has" {
	up web --network bridge --ip 10.89.0.9 --mac-address 02:00:00:00:00:09
	spec . true
	run -125 ctr run --name "$ID-late" --network bridge --ip 10.89.0.9 spec.json
	contains "$output" 10.89.0.9 "$ID-web"
	run -125 ctr run --name "$ID-late" --network bridge --mac-address 02:00:00:00:00:09 spec.json
	contains "$output" 02:00:00:00:00:09 "$ID-web"
	ctr rm -f "$ID-web"
	ctr run --rm --name "$ID-late" --network bridge --ip 10.89.0.9 --mac-address 02:00:00:00:00:09 spec.json
}

@test "connect and disconnect: who or what is not there" {
	ctr network create one
	up web --network bridge
	run ! ctr network connect nowhere "$ID-web"
	contains "$output" nowhere
	run ! ctr network connect one nobody
	contains "$output" nobody
	run ! ctr network disconnect one "$ID-web"
	contains "$output" one "$ID-web"
	run ! ctr network rm nowhere
	contains "$output" nowhere
	run ! ctr network connect --ip 10.1.2.3 one "$ID-web"
	contains "$output" 10.1.2.3
	equal "$(in_container web ip -j link | jq length)" 2
}
