#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.netDevices: devices of the host become the container's, with name, addresses and state.

load helpers

setup() {
	require_program ip
	setup_container
	DEV=ct$((BASHPID % 100000))x$BATS_TEST_NUMBER # at most 14 bytes with a 2 behind it
	DEV2=${DEV/x/y}
	PEER=${DEV/x/p}
	NETNS=ctr-test-$DEV
}

teardown() {
	local status=0
	teardown_container || status=1
	ip link del "$DEV" 2>/dev/null || true
	ip link del "$DEV2" 2>/dev/null || true
	ip link del "$PEER" 2>/dev/null || true
	ip link del "${PEER}2" 2>/dev/null || true
	ip netns del "$NETNS" 2>/dev/null || true
	return $status
}

# device NAME ADDRESS...: a device of the host, up, with these addresses: one end of a cable.
device() {
	local name=$1 address peer=$PEER
	shift
	[[ $name != "$DEV2" ]] || peer=${PEER}2
	ip link add "$name" type veth peer name "$peer" || skip "no veth in this kernel"
	ip link set "$name" up
	ip link set "$peer" up
	for address; do
		ip address add "$address" dev "$name"
	done
}

is_on_host() {
	[[ -e /sys/class/net/$1 ]]
}

@test "a device moves into the container, with its addresses, and is up" {
	device "$DEV" 169.254.169.13/32 10.77.0.1/24 2001:db8:77::1/64
	ip link set "$DEV" mtu 1789 address 02:11:22:33:44:55
	inside ".linux.netDevices = {\"$DEV\": {}}" "ip addr show dev $DEV; ip route"
	contains "$output" "$DEV" 'inet 169.254.169.13/32' 'inet 10.77.0.1/24' 'inet6 2001:db8:77::1/64' \
		'mtu 1789' 02:11:22:33:44:55 ',UP' "10.77.0.0/24 dev $DEV"
	! is_on_host "$DEV" || fail "it is on the host"
}

@test "addresses with a peer, a broadcast address and without a route of their own keep these" {
	device "$DEV"
	ip address add 10.77.1.1 peer 10.77.1.2/32 dev "$DEV"
	ip address add 10.77.2.1/24 broadcast 10.77.2.99 noprefixroute dev "$DEV"
	inside ".linux.netDevices = {\"$DEV\": {}}" "ip addr show dev $DEV; ip route"
	contains "$output" 'inet 10.77.1.1 peer 10.77.1.2/32' 'inet 10.77.2.1/24 brd 10.77.2.99'
	lacks "$output" '10.77.2.0/24'
}

@test "addresses that are not permanent or not of global scope stay behind" {
	device "$DEV" 10.77.0.1/24
	ip address add 10.77.3.1/24 scope link dev "$DEV"
	ip address add 10.77.4.1/24 valid_lft 1000 preferred_lft 1000 dev "$DEV"
	inside ".linux.netDevices = {\"$DEV\": {}}" "ip addr show dev $DEV"
	contains "$output" 10.77.0.1
	lacks "$output" 10.77.3.1 10.77.4.1
}

@test "a device gets the name that the spec gives it" {
	device "$DEV" 10.77.0.1/24
	inside ".linux.netDevices = {\"$DEV\": {name: \"eth0\"}}" 'ip addr show dev eth0; ip link'
	contains "$output" 10.77.0.1 eth0
	lacks "$output" "$DEV"
}

@test "a template gets the first number that is free" {
	device "$DEV" 10.77.0.1/24
	device "$DEV2" 10.77.1.1/24
	inside ".linux.netDevices = {\"$DEV\": {name: \"net%d\"}, \"$DEV2\": {name: \"net%d\"}}" 'ip addr'
	matches "$output" 'net[0-9].*10.77.0.1'
	matches "$output" 'net[0-9].*10.77.1.1'
	lacks "$output" "$DEV" "$DEV2"
}

@test "a device moves into a network namespace that is joined by path, and stays there" {
	device "$DEV" 10.77.0.1/24
	ip netns add "$NETNS"
	inside ".linux.netDevices = {\"$DEV\": {name: \"eth0\"}} |
		(.linux.namespaces[] | select(.type == \"network\")).path = \"/run/netns/$NETNS\"" 'ip addr show dev eth0'
	contains "$output" 10.77.0.1
	# not ours to take out again
	run -0 ip -n "$NETNS" addr show dev eth0
	contains "$output" 10.77.0.1
}

@test "a device of a container with a user namespace" {
	device "$DEV" 10.77.0.1/24
	inside ".linux.netDevices = {\"$DEV\": {name: \"eth0\"}} | .linux.namespaces += [{type: \"user\"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings" \
		'ip addr show dev eth0'
	contains "$output" 10.77.0.1
}

@test "a create that fails gives the device back as it was" {
	device "$DEV" 10.77.0.1/24 2001:db8:77::1/64
	local before
	before=$(ip -o addr show dev "$DEV" scope global | sed 's/ metric.*//;s/  */ /g')
	spec ".linux.netDevices = {\"$DEV\": {name: \"eth0\"}}" /no/such/program
	run -127 ctr run --rm --name "$ID" spec.json
	is_on_host "$DEV" || fail "it is gone"
	equal "$(ip -o addr show dev "$DEV" scope global | sed 's/ metric.*//;s/  */ /g')" "$before"
	contains "$(ip link show dev "$DEV")" ,UP
	nothing_created
}

@test "a device that is not there is refused by name, and those before it come back" {
	device "$DEV" 10.77.0.1/24
	spec ".linux.netDevices = {\"$DEV\": {}, \"$DEV2\": {}}" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "linux.netDevices[\"$DEV2\"]" 'no such network device'
	contains "$(ip addr show dev "$DEV")" 10.77.0.1
	nothing_created
}

@test "a name that the container has already is refused, and the device stays" {
	device "$DEV" 10.77.0.1/24
	spec ".linux.netDevices = {\"$DEV\": {name: \"lo\"}}" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "linux.netDevices[\"$DEV\"]" 'file exists'
	is_on_host "$DEV" || fail "it is gone"
	nothing_created
}

@test "a device that may not be moved is refused with the kernel's reason" {
	spec '.linux.netDevices = {"lo": {name: "lo2"}}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'linux.netDevices["lo"]'
	is_on_host lo || fail "lo is gone!"
	nothing_created
}

@test "without a network namespace of its own nothing is moved" {
	device "$DEV"
	spec ".linux.netDevices = {\"$DEV\": {}} | .linux.namespaces |= map(select(.type != \"network\"))" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.netDevices 'without a NET namespace'
	spec ".linux.netDevices = {\"$DEV\": {}} |
		(.linux.namespaces[] | select(.type == \"network\")).path = \"/proc/$$/ns/net\"" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.netDevices
	is_on_host "$DEV" || fail "it is gone"
	nothing_created
}

@test "names that the kernel would not take are refused by member" {
	local name
	for name in 'a/b' 'a b' 'sixteen-bytes-xx' '..' '%s' 'a:1'; do
		spec ".linux.netDevices = {\"eth77\": {name: \"$name\"}}" true
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" 'linux.netDevices["eth77"].name'
	done
	nothing_created
}
