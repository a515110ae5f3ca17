#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# As faults.bats, for containers in networks: the steps of ctr and those of ctr-net, which works beside
# it, fail and die, and no lease, port, link, rule or record is left.

load helpers
load faults
load net_topology

setup() {
	setup_faults
	[[ -x $FAULT/ctr-net ]] || skip "tests/fault/ctr-net has not been built"
	setup_network
	fault_programs
	# shellcheck disable=SC2034 # for faults.bash
	WHERE=(nsenter --net="/run/netns/$NS-a" --)
	# what stays is there before
	spec "$NETWORK" true
	ctr run --rm --name "$ID-0" spec.json
}

teardown() {
	teardown_network
}

NETWORK='.hostname = "box" | .network = {mode: "bridge", ports: ["8080:80", "53:53/udp"], aliases: ["x"]}'

# The next command that has to do with networks reclaims what somebody killed has left.
left_elsewhere() {
	ctr network reload --all >reload.out 2>&1 || fail "$1: reload: $(<reload.out)"
	eventually nothing_in_network || fail "$1: left in the network: $(network_left)"
	# what is left over would be in the way of the same once more
	ctr run --rm --name "$ID-1" spec.json true >again.out 2>&1 </dev/null ||
		fail "$1: the next start: $(<again.out)"
}

nothing_in_network() {
	[[ -z $(network_left) ]]
}

@test "run with a network: a failure at any step names it and leaves nothing" {
	spec "$NETWORK" true
	steps_of run --rm --name "$ID" spec.json
	[[ " ${STEPS[*]} " == *' network '*rules*' network kept '* ]] || fail "steps: ${STEPS[*]}"
	every_step_fails run --rm --name "$ID" spec.json
}

@test "run with a network: a kill at any step leaves nothing after the next command" {
	spec "$NETWORK" true
	steps_of run --rm --name "$ID" spec.json
	every_step_dies run --name "$ID" spec.json
}

@test "run -d with a network: a kill at any step leaves nothing after the next command" {
	spec "$NETWORK" sh -c "$IDLE"
	steps_of run --rm --name "$ID" spec.json true
	every_step_dies run -d --name "$ID" spec.json
}

@test "create with a network: a kill at any step leaves nothing after the next command" {
	bundle b "$NETWORK" sh -c "$IDLE"
	steps_of create --bundle b "$ID"
	clean trace
	every_step_dies create --bundle b "$ID"
}

@test "rm of what is in a network: a kill at any step leaves nothing after the next command" {
	local step
	spec "$NETWORK" sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	steps_of rm -f "$ID"
	for step in "${STEPS[@]}"; do
		ctr run -d --name "$ID" spec.json >/dev/null
		at "$step" KILL rm -f "$ID"
		clean "KILL at $step"
	done
}
