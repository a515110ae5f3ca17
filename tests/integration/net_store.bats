#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The networks of a data root, by many at once and by those who are killed.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

@test "networks that are made at once have a subnet and a bridge of their own each" {
	local i pids=()
	for i in {1..30}; do
		ctr network create "n$i" >"made-$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "$(cat made-*)"
	done
	run -0 ctr network ls --format json
	jq -e 'length == 30 and ([.[].subnets[0].subnet] | unique | length == 30) and
		([.[].network_interface] | unique | length == 30) and ([.[].id] | unique | length == 30)' <<<"$output"
}

@test "of many who make a network of one name at once one does" {
	local i pid pids=() made=0
	for i in {1..20}; do
		ctr network create one >"made-$i" 2>&1 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" && made=$((made + 1))
	done
	equal $made 1
	run -0 ctr network ls -q
	equal "$output" one
}

@test "the default network that many starts make at once is one" {
	local i pids=()
	spec . true
	for i in {1..10}; do
		ctr run --rm --name "$ID-$i" --network bridge spec.json >"ran-$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "$(cat ran-*)"
	done
	run -0 ctr network ls --format json
	jq -e 'length == 1 and .[0].name == "ctr" and .[0].network_interface == "ctr0" and
		.[0].subnets[0].subnet == "10.89.0.0/24"' <<<"$output"
}

@test "a bridge that a spec describes is made once, and is the network of who describes the same" {
	SPEC=br.json spec '.network = {mode: "bridge", bridge: "br-x", subnet: "10.97.0.0/24", mtu: 1300}' true
	SPEC=other.json spec '.network = {mode: "bridge", bridge: "br-x", subnet: "10.98.0.0/24"}' true
	ctr run --rm --name "$ID-1" br.json
	ctr run --rm --name "$ID-2" br.json
	run -0 ctr network ls --format json
	jq -e 'length == 1 and .[0].network_interface == "br-x" and .[0].options.mtu == "1300"' <<<"$output"
	run -125 ctr run --rm --name "$ID-3" other.json
	contains "$output" br-x 10.98.0.0/24
	no_network_left
}

# network_rm_killed_at CALL NUMBER: returns 0 if it was killed there.
network_rm_killed_at() {
	local status=0
	on a strace -f -o calls -e trace="$1" -e inject="$1:signal=KILL:when=$2" \
		"$CTR" --root "$ROOT" --data-root "$DATA" network rm one >said 2>&1 3>&- || status=$?
	((status == 137))
}

# The folder of its leases goes first, so that nobody comes any more; then rules, bridge, folder.
@test "a network rm that is killed anywhere is finished by the next command, or was not begun" {
	require_program strace
	local call number killed=0
	spec . true
	for call in flock unlinkat sendto renameat; do
		for number in 1 2 3; do
			ctr network create --ignore one >said
			ctr run --rm --name "$ID" --network one spec.json
			network_rm_killed_at $call $number || continue
			killed=$((killed + 1))
			# a start of it works if it is there, and it is said if it is not
			run -0 ctr network ls -q
			if [[ $output == one ]]; then
				ctr run --rm --name "$ID" --network one spec.json
				ctr network rm one >said
			fi
			equal "$(on a ip -j -d link show type bridge)" '[]'
			equal "$(tables)" ''
			equal "$(ls -A "$DATA/network/networks")" ''
		done
	done
	((killed > 3)) || fail "killed only $killed times"
}

@test "the default network whose removal was killed is made anew by the next start" {
	require_program strace
	spec . true
	ctr run --rm --name "$ID" --network bridge spec.json
	on a strace -f -o calls -e trace=unlinkat -e inject=unlinkat:signal=KILL:when=2 \
		"$CTR" --root "$ROOT" --data-root "$DATA" network rm ctr >said 2>&1 3>&- || true
	ctr run --rm --name "$ID" --network bridge spec.json
	run -0 ctr network inspect ctr
	jq -e '.[0].network_interface == "ctr0"' <<<"$output"
}

@test "prune leaves the network that a stopped container asks for" {
	ctr network create one
	ctr network create two
	spec . true
	ctr run --name "$ID" --network one spec.json
	run -0 ctr network prune
	equal "$output" two
	ctr rm "$ID"
	run -0 ctr network prune --filter name=two
	equal "$output" ''
	run -0 ctr network prune
	equal "$output" one
}

@test "networks are listed by filters, and found by the beginning of their id" {
	ctr network create --label tier=front web
	ctr network create --label tier=back -d macvlan --ipam-driver none -o parent=eth0 lan
	run -0 ctr network ls -q --filter driver=macvlan
	equal "$output" lan
	run -0 ctr network ls -q --filter label=tier=front --filter label=tier=back
	equal "$output" $'lan\nweb'
	run -0 ctr network ls -q --filter label=tier=front --filter driver=macvlan
	equal "$output" ''
	run -0 ctr network ls --noheading --no-trunc --filter name=web
	matches "$output" '^[0-9a-f]{64} +web +bridge +ctr1 +10\.89\.0\.0/24$'
	run -0 ctr network inspect "$(cut -c1-12 <<<"$output")"
	jq -e '.[0].name == "web"' <<<"$output"
	run -125 ctr network inspect nowhere web
	contains "$output" nowhere '"name": "web"'
}
