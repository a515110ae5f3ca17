#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The launch of containers with a network: what is asked of ctr-net and when, what is told of it.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

BRIDGE='.network = {mode: "bridge"}'

@test "explain says what would be asked of networks, and makes none" {
	spec '.network = {networks: [{name: "back", ipv4: "10.9.0.2", aliases: ["db"]}, {name: "ctr"}], ports: ["8080:80"]}' true
	run -0 ctr explain spec.json
	contains "$output" "network back ipv4 10.9.0.2 alias db" "network ctr, made if there is none" "published: 8080:80/tcp" \
		"mount /etc/hosts: bind from $ROOT/explain/network/hosts"
	[[ ! -e $DATA/network ]]
	equal "$(tables)" ""
}

# Engines and containers without a network pay for nothing.
@test "without a network ctr-net is not called; with one its death is the error" {
	mkdir libexec
	ln -s "$CTR_BUILDDIR"/ctr-* libexec
	rm libexec/ctr-net
	printf '#!/bin/sh\ntouch %s\n' "$DIR/called" >libexec/ctr-net
	chmod +x libexec/ctr-net
	export CTR_LIBEXEC=$DIR/libexec
	spec . true
	run -0 ctr run --rm --name "$ID" spec.json
	bundle b . true
	run -0 ctr run --bundle b "$ID"
	run -0 ctr run --rm --name "$ID" --network host spec.json
	[[ ! -e called ]]
	run -125 ctr run --rm --name "$ID" --network bridge spec.json
	contains "$output" "ctr-net died"
	[[ -e called ]]
	nothing_created
}

@test "a container has its network when it is created, and hooks of its creation find it" {
	bundle b "$BRIDGE | .network.ports = [\"8080:80\"]" sh -c "$IDLE"
	printf '#!/bin/sh\npid=$(jq .pid)\nnsenter --net="/proc/$pid/ns/net" ip -br address >%s\n' "$DIR/hooked" >hook
	chmod +x hook
	jq --arg hook "$DIR/hook" '.hooks.createRuntime = [{path: $hook, env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]}]' \
		b/config.json >config && mv config b/config.json
	create --bundle b "$ID"
	contains "$(<hooked)" eth0 10.89.0.2/24
	equal "$(ctr port "$ID")" "80/tcp -> 0.0.0.0:8080"
	run -0 ctr start "$ID"
	equal "$(ctr port "$ID" 80)" 0.0.0.0:8080
	ctr delete -f "$ID"
	eventually no_network_left
}

@test "a container that was created and never started gives all back" {
	bundle b "$BRIDGE" true
	create --bundle b "$ID"
	[[ -e $DATA/network/attachments/$ID.json ]]
	ctr delete "$ID"
	eventually no_network_left
}

@test "a program that there is not leaves nothing, and says 127" {
	spec "$BRIDGE" /nowhere
	run -127 ctr run --rm --name "$ID" -p 8080:80 spec.json
	run -127 ctr run -d --name "$ID" -p 8080:80 spec.json
	eventually no_network_left
	nothing_created
}

@test "port tells all of one, one of them, and all of all" {
	spec . sh -c "$IDLE"
	ctr network create --ipv6 --subnet 10.90.0.0/24 --subnet fd90::/64 six >/dev/null
	ctr run -d --name "$ID-a" -p 127.0.0.1:8080:80 -p 90-91:90-91/udp -p '[fd77:1::2]:81:81' --network six spec.json >/dev/null
	ctr run -d --name "$ID-b" -p 82 spec.json >/dev/null
	run -0 ctr port "$ID-a"
	equal "$output" "80/tcp -> 127.0.0.1:8080
90/udp -> 0.0.0.0:90
91/udp -> 0.0.0.0:91
81/tcp -> [fd77:1::2]:81"
	equal "$(ctr port "$ID-a" 91/udp)" 0.0.0.0:91
	run -0 ctr port "$ID-b" 82
	matches "$output" '^0\.0\.0\.0:[0-9]+$'
	run -0 ctr port --all
	contains "$output" "$ID-a	80/tcp -> 127.0.0.1:8080" "$ID-b	82/tcp -> "
	run -125 ctr port "$ID-a" 91
	contains "$output" "port 91 is not published"
	run -125 ctr port "$ID-a" 8080:91
	contains "$output" "a single port of the container"
	run -125 ctr port
	contains "$output" "ID or --all"
}

@test "inspect has the network of a container as long as it runs" {
	spec "$BRIDGE | .hostname = \"box\" | .network.ipv4 = \"10.89.0.77\"" sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	run -0 ctr inspect "$ID"
	equal "$(jq -r '.[0].network | .hostname, .endpoints[0].network, .endpoints[0].interface, .endpoints[0].subnets[0].ipnet' <<<"$output")" \
		$'box\nctr\neth0\n10.89.0.77/24'
	ctr stop "$ID"
	equal "$(ctr inspect "$ID" | jq '.[0].network')" null
	# what it asked for it asks for again
	ctr start "$ID" >/dev/null 2>&1 </dev/null
	equal "$(ctr inspect "$ID" | jq -r '.[0].network.endpoints[0].subnets[0].ipnet')" 10.89.0.77/24
}

@test "options count more than the network of the spec" {
	ctr network create --subnet 10.50.0.0/24 "net-$BASHPID" >/dev/null
	spec '.network = {mode: "bridge", bridge: "other0", subnet: "10.60.0.0/24", ports: ["8080:80"]}' ip -o -4 address
	run -0 ctr run --rm --name "$ID" --network "net-$BASHPID" spec.json
	contains "$output" 10.50.0.2/24
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" 10.60.0.2/24
	run -125 ctr run --rm --name "$ID" --network none spec.json ip -o -4 address
	contains "$output" "network.ports: not with network.mode 'none'"
}

@test "a network of a spec that there is with another subnet is an error" {
	spec '.network = {bridge: "box0", subnet: "10.60.0.0/24"}' true
	run -0 ctr run --rm --name "$ID" spec.json
	spec '.network = {bridge: "box0", subnet: "10.61.0.0/24"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" box0 10.6
}

@test "a device of the host and a network of ctr's in one container" {
	on a ip link add dev0 type veth peer name dev1
	on a ip link set dev1 up
	spec "$BRIDGE | .linux.netDevices = {dev0: {name: \"wire\"}}" ip -o link
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" wire eth0
	spec "$BRIDGE | .linux.netDevices = {dev2: {}}" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'linux.netDevices["dev2"]'
	on a ip link delete dev1 2>/dev/null || true
}

@test "only a container that runs lends its network" {
	spec . true
	ctr run --name "$ID-done" spec.json
	run -125 ctr run --rm --name "$ID" --network "container:$ID-done" spec.json
	contains "$output" "$ID-done: container not running"
	run -125 ctr run --rm --name "$ID" --network "container:$ID-none" spec.json
	contains "$output" "$ID-none: container does not exist"
	nothing_but() { equal "$(containers)" "$1"; }
	nothing_but "$ID-done"
}

@test "who joined a network goes on in it when its owner has ended, without its ports" {
	spec . sh -c "$IDLE"
	ctr run -d --name "$ID-owner" -p 8080:80 spec.json >/dev/null
	ctr run -d --name "$ID-guest" --network "container:$ID-owner" spec.json >/dev/null
	equal "$(ctr port "$ID-guest")" ""
	ctr rm -f "$ID-owner"
	run -0 in_container guest ip -o link show lo
	[[ ! -e $DATA/network/attachments/$ID-owner.json ]]
	# the port is free at once
	run -0 ctr run --rm --name "$ID" -p 8080:80 spec.json true
}

@test "a root that cannot be written to has the files of names all the same" {
	spec "$BRIDGE | .root.readonly = true" cat /etc/hosts /etc/resolv.conf
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" host.containers.internal nameserver
}

@test "a checkpoint of what has addresses of its own is refused" {
	require_program criu
	bundle b "$BRIDGE" sh -c "$IDLE"
	create --bundle b "$ID"
	ctr start "$ID"
	run ctr checkpoint --image-path "$DIR/images" "$ID"
	((status != 0))
	contains "$output" "network.mode: 'bridge'"
}

@test "a user of the container may listen on low ports and ping, and the spec may say otherwise" {
	spec "$BRIDGE | .process.user = {uid: 1000, gid: 1000}" cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" $'0\n0\t2147483647'
	run -0 ctr run --rm --name "$ID" --sysctl net.ipv4.ip_unprivileged_port_start=100 spec.json
	equal "${lines[0]}" 100
	spec "$BRIDGE"' | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings' cat /proc/sys/net/ipv4/ping_group_range
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" $'0\t65535'
	spec . cat /proc/sys/net/ipv4/ip_unprivileged_port_start
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" 1024
}

# It takes its time for the last of the kernel's locks, and once was a zombie of each container's monitor.
@test "what has made the network of a detached container is gone, and nobody's child" {
	local monitor
	spec "$BRIDGE" sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	monitor=$(jq .monitor.pid "$ROOT/$ID/state.json")
	equal "$(<"/proc/$monitor/task/$monitor/children")" "$(pid_of "$ID") "
}

# A spec without the object is one without a place for what is joined.
@test "a spec without linux joins the network that it names" {
	spec "del(.linux) | .network = {mode: \"ns:/run/netns/$NS-b\"}" cat /proc/self/net/fib_trie
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" "$B"
}
