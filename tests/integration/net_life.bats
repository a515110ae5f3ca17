#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How networks end: containers and ctr killed, machines started anew, traffic that goes on, and many
# at once. Every test here counts leases, ports, links and elements of rules in teardown too.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# leases NETWORK: how many addresses are taken.
leases() {
	find "$DATA/network/networks/$1/leases" -name '*.*.*.*' | wc -l
}

@test "a run in the foreground leaves nothing, however it ends" {
	spec . true
	ctr run --name "$ID" --network bridge -p 8080:80 spec.json
	no_network_left
	ctr rm "$ID"
	spec . sh -c 'exit 3'
	run -3 ctr run --rm --name "$ID" --network bridge -p 8080:80 spec.json
	no_network_left
	spec . nowhere
	run -127 ctr run --rm --name "$ID" --network bridge -p 8080:80 spec.json
	no_network_left
}

@test "a container that is killed gives all back" {
	up web --network bridge -p 8080:80 -- tcp 80
	local pid
	pid=$(pid_of "$ID-web")
	kill -KILL "$pid"
	eventually has_status "$ID-web" stopped
	no_network_left
	unheard b tcp "$A" 8080
	up next --network bridge -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "next saw $B"
}

# Nobody is left to clean up: the next command that needs it, or looks, does.
@test "of a container that was killed with its monitor the next command takes all back" {
	ctr network create --subnet 10.91.0.0/29 small
	local round pid monitor
	for round in 1 2; do
		up web --network small --ip 10.91.0.2 -p 8080:80 -- tcp 80
		pid=$(pid_of "$ID-web")
		monitor=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
		kill -KILL "$monitor"
		eventually is_gone "$monitor"
		kill -KILL "$pid" 2>/dev/null || true
		eventually is_gone "$pid"
		if ((round == 1)); then
			ctr network ls >/dev/null
			no_network_left
		else
			up next --network small --ip 10.91.0.2 -p 8080:80 -- tcp 80
			sees b tcp "$A" 8080 : "next saw $B"
		fi
		ctr rm -f "$ID-web"
	done
}

@test "of a ctr that is killed while it runs a container nothing stays" {
	spec . sh -c 'echo up; cat'
	mkfifo stdin
	exec {STDIN}<>stdin
	nsenter --net="/run/netns/$NS-a" "$CTR" --root "$ROOT" --data-root "$DATA" run --name "$ID" --network bridge \
		-p 8080:80 spec.json <stdin >out 2>&1 3>&- {STDIN}>&- &
	local runner=$!
	eventually file_has out up
	kill -KILL "$runner"
	wait "$runner" || true
	exec {STDIN}>&-
	eventually has_status "$ID" stopped
	ctr network ls >/dev/null
	no_network_left
}

@test "after a reboot nothing of before is taken for alive" {
	ctr network create --subnet 10.91.0.0/24 one
	up web --network one -p 8080:80 -- tcp 80
	up other --network one
	local pid monitor name
	for name in web other; do
		pid=$(pid_of "$ID-$name")
		monitor=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
		kill -KILL "$monitor"
		eventually is_gone "$monitor"
		kill -KILL "$pid" 2>/dev/null || true
		eventually is_gone "$pid"
	done
	# what a reboot takes: the state folder, links, rules; and the kernel has another id
	rm -rf "$ROOT"
	on a ip link del "$(ctr network inspect one | jq -r '.[0].network_interface // .[0].interface')"
	on a nft flush ruleset
	[[ -s $DATA/network/boot ]] || fail "no boot file"
	echo 00000000-0000-0000-0000-000000000000 >"$DATA/network/boot"
	up new --network one --ip 10.91.0.2 -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "new saw $B"
	equal "$(leases one)" 1
	equal "$(find "$DATA/network/attachments" -type f | wc -l)" 1
}

@test "a container can be removed while traffic flows through it" {
	serve_on b far tcp 80 udp 53
	up web --network bridge -p 8080:80 -p 5353:53/udp -- tcp 80 udp 53
	up other --network bridge
	flow inward b tcp "$A" 8080
	flow datagrams b udp "$A" 5353
	flow local a tcp 127.0.0.1 8080
	ctr rm -f "$ID-web"
	CTR_PATIENCE=3 eventually only_bridge_port_of other
	equal "$(leases ctr)" 1
	kill "$FLOW_inward" "$FLOW_datagrams" "$FLOW_local" 2>/dev/null || true
	up web --network bridge -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
}

# The kernel takes the pair of links along when the container's network namespace is gone.
only_bridge_port_of() {
	[[ $(on a ip -j link show master ctr0 | jq length) == 1 ]]
}

@test "a network whose addresses are all taken says so, and goes on when one is free" {
	ctr network create --subnet 10.91.0.0/29 small
	local number
	for number in 2 3 4 5 6; do
		up "n$number" --network small
	done
	spec . true
	run -125 ctr run --name "$ID-late" --network small spec.json
	contains "$output" small 'no address of 10.91.0.0/29 is free'
	run -125 ctr run --name "$ID-late" --network small --ip 10.91.0.4 spec.json
	contains "$output" 10.91.0.4 "$ID-n4"
	[[ ! -e $ROOT/$ID-late ]] || fail "it was created"
	ctr rm -f "$ID-n4"
	up late --network small
	equal "$(address_of late)" 10.91.0.4
}

@test "an address that was given back is not the next one to be given" {
	ctr network create --subnet 10.91.0.0/24 one
	up first --network one
	ctr rm -f "$ID-first"
	up second --network one
	equal "$(address_of second)" 10.91.0.3
}

@test "a container that is started again by its policy is in its network again" {
	up web --network bridge -p 8080:80 --restart always -- tcp 80
	local pid
	pid=$(pid_of "$ID-web")
	kill -KILL "$pid"
	eventually is_gone "$pid"
	eventually sees b tcp "$A" 8080 : "web saw $B" 2>/dev/null
	equal "$(leases ctr)" 1
}

@test "two hundred starts at once are two hundred addresses, ports and names" {
	SPEC=many.json spec . sleep 1000
	seq 200 | on a xargs -P 8 -I @ "$CTR" --root "$ROOT" --data-root "$DATA" run -d --name "$ID-@" \
		--network bridge -p 80 many.json >said 2>&1 3>&- || fail "$(<said)"
	equal "$(leases ctr)" 200
	equal "$(find "$DATA/network/ports" ! -type d | wc -l)" 200
	equal "$(on a ip -j link show master ctr0 | jq length)" 200
	local addresses
	addresses=$(on a "$CTR" --root "$ROOT" --data-root "$DATA" network inspect ctr |
		jq -r '.[0].containers[] | tostring | match("10\\.89\\.0\\.[0-9]+").string' | sort -u | wc -l)
	equal "$addresses" 200
	# each knows all others
	run -0 ctr exec "$ID-1" cat /etc/hosts
	equal "$(grep -c -- "$ID-" <<<"$output")" 200
	seq 200 | xargs -P 8 -I @ "$CTR" --root "$ROOT" --data-root "$DATA" kill "$ID-@" KILL 3>&-
	containers | on a xargs "$CTR" --root "$ROOT" --data-root "$DATA" rm -f 3>&-
	no_network_left
}

# Who finds the tables gone writes them for all members, also for one that is just about to be one: a
# record of it without addresses became elements that nobody took away.
@test "of many that find all rules flushed and write them nothing is left" {
	SPEC=many.json spec . true
	local round
	for round in 1 2 3 4 5 6; do
		on a nft flush ruleset
		seq 12 | on a xargs -P 12 -I @ "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID-@" \
			--network bridge -p 80 many.json >said 2>&1 3>&- || fail "$(<said)"
		no_network_left
	done
	up web --network bridge -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
}
