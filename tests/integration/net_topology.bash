# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Two hosts and a router between them, of network namespaces:
#
#	a  10.77.1.2  fd77:1::2 --- 10.77.1.1  router  10.77.2.1 --- 10.77.2.2  fd77:2::2  b
#
# ctr() runs in "a". Nothing has a route to anywhere else, and the router and "b" have none to the
# networks of the containers: who answers one of them has seen an address of a's. For tests that
# need such a route there is route_to(). What listens and what asks is tests/helpers/talk.
#
# Instead of setup_container and teardown_container a file calls setup_network and teardown_network;
# the latter fails a test that leaves a lease, a port, a link or an element of a rule behind.

# shellcheck disable=SC2034 # B is for the tests
A=10.77.1.2 A6=fd77:1::2 B=10.77.2.2 B6=fd77:2::2

setup_network() {
	require_program ip nft nsenter
	setup_container
	NS=ct$BASHPID-$BATS_TEST_NUMBER
	FLOWS=()
	SERVERS=()
	topology || skip "no network namespaces or veth here"
}

teardown_network() {
	local status=0 ns pid
	for pid in "${FLOWS[@]}" "${SERVERS[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	teardown_container || status=1
	# the kernel takes a pair of links along some milliseconds behind the end of the namespace
	CTR_PATIENCE=5 eventually nothing_in_network 2>/dev/null || {
		echo "left in the network:"$'\n'"$(network_left)" >&2
		status=1
	}
	for ns in a b router; do
		ip netns del "$NS-$ns" || status=1
	done
	return $status
}

topology() {
	local ns
	for ns in a b router; do
		ip netns add "$NS-$ns" || return
		on $ns sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
			ip link set lo up'
	done
	on router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	cable 1 a && cable 2 b
}

# cable NUMBER HOST: joins a host to the router.
cable() {
	on "$2" ip link add eth0 type veth peer name "to-$2" netns "$NS-router" || return
	ip -n "$NS-$2" -batch - <<-END
		address add 10.77.$1.2/24 dev eth0
		address add fd77:$1::2/64 dev eth0 nodad
		link set eth0 up
		route add default via 10.77.$1.1
		route add ::/0 via fd77:$1::1
	END
	ip -n "$NS-router" -batch - <<-END
		address add 10.77.$1.1/24 dev to-$2
		address add fd77:$1::1/64 dev to-$2 nodad
		link set to-$2 up
	END
}

# on HOST COMMAND...: runs it in a, b or router. The files are those of this machine.
on() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$NS-$ns" -- "$@"
}

# in_container NAME COMMAND...: a program of this machine in the network of container $ID-NAME.
in_container() {
	local pid
	pid=$(pid_of "$ID-$1") || return
	shift
	nsenter --net="/proc/$pid/ns/net" -- "$@"
}

ctr() {
	on a "$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&-
}

# ctr_b ARGUMENT...: the same on the other host, with folders of its own below the test's.
ctr_b() {
	on b "$CTR" --root "$DIR/run-b" --data-root "$DIR/data-b" "$@" 3>&-
}

# route_to NETWORK GATEWAY...: the router and b send to NETWORK by a, as a neighbour would who tries
# to reach a container past its host.
route_to() {
	local network
	for network; do
		if [[ $network == *:* ]]; then
			on router ip route add "$network" via "$A6"
		else
			on router ip route add "$network" via "$A"
		fi
	done
}

# --- who talks ----------------------------------------------------------------------------------

# up NAME RUN-OPTION... [-- TALK-WORD...]: container $ID-NAME, detached, that answers as NAME on the ports
# of "talk serve" (without any: it only waits); it listens on return. CTR_ON=ctr_b: on the other host.
up() {
	local name=$1 options=() ready
	shift
	while (($#)) && [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift $(($# > 0))
	mkdir -p "$DIR/ready-$name"
	[[ -e ready-$name/fifo ]] || mkfifo "ready-$name/fifo"
	SPEC=$name.json spec '.process.capabilities |= map_values(. + ["CAP_NET_BIND_SERVICE"]) |
		.mounts += [{destination: "/ready", type: "bind", source: "'"$DIR/ready-$name"'", options: ["bind", "rw"]}]' \
		talk serve -r /ready/fifo "$name" "$@"
	exec {ready}<>"ready-$name/fifo"
	"${CTR_ON:-ctr}" run -d --name "$ID-$name" "${options[@]}" "$name.json" >"said-$name" 2>&1 ||
		{ exec {ready}>&- && fail "run of $name: $(<"said-$name")" || return; }
	heard "$ready" || fail "$name does not listen: $("${CTR_ON:-ctr}" logs "$ID-$name" 2>&1)"
}

# heard FD: a word has come, and it is closed.
heard() {
	local fd=$1 status=0
	read -rt "$CTR_PATIENCE" -u "$fd" _ || status=1
	exec {fd}>&-
	return $status
}

# serve_on HOST NAME TALK-WORD...: a server that is no container; in SERVERS. AT=ADDRESS: there alone.
serve_on() {
	local host=$1 name=$2 ready
	shift 2
	mkfifo "ready-$host-$name"
	exec {ready}<>"ready-$host-$name"
	nsenter --net="/run/netns/$NS-$host" "$HELPERS/talk" serve -r "ready-$host-$name" \
		-a "${AT:-::}" "$name" "$@" 3>&- &
	SERVERS+=($!)
	heard "$ready" || fail "$name does not listen on $host"
}

# ask WHO [OPTION]... PROTOCOL ADDRESS PORT: prints "NAME saw ADDRESS". WHO is a host, or @NAME: from
# inside of container $ID-NAME.
ask() {
	local who=$1
	shift
	if [[ $who == @* ]]; then
		"${CTR_ON:-ctr}" exec "$ID-${who#@}" talk ask "$@"
	else
		on "$who" "$HELPERS/talk" ask "$@"
	fi
}

# sees WHO QUESTION... : ANSWER: asked this, the answer is that.
sees() {
	local question=() got
	while [[ $1 != : ]]; do
		question+=("$1")
		shift
	done
	got=$(ask "${question[@]}") || true
	[[ $got == "$2" ]] || fail "${question[*]}: expected '$2', got '$got'"
}

# unheard WHO QUESTION...: nobody answers. A test asks what has an answer first, or this says nothing.
unheard() {
	local who=$1 got
	shift
	! got=$(ask "$who" -t 250 "$@" 2>&1) || fail "$who $*: '$got', but nobody should answer"
	matches "$got" '^(refused|timeout|unreachable)'
}

# flow NAME WHO PROTOCOL ADDRESS PORT: a conversation that goes on in the background; it flows on return.
# Its end is in NAME.flow; flow_ends NAME asks it to end.
flow() {
	local name=$1 who=$2 ready
	shift 2
	mkfifo "$name.fifo"
	exec {ready}<>"$name.fifo"
	nsenter --net="/run/netns/$NS-$who" "$HELPERS/talk" flow -r "$name.fifo" "$@" >"$name.flow" 3>&- &
	FLOWS+=($!)
	eval "FLOW_$name=$!"
	heard "$ready" || fail "$name does not flow: $(<"$name.flow")"
}

# flow_ends NAME: prints "flowed", or "broken".
flow_ends() {
	local pid=FLOW_$1
	kill "${!pid}" 2>/dev/null || true
	wait "${!pid}" || true
	cat "$1.flow"
}

# --- what is so ---------------------------------------------------------------------------------

# address_of NAME [INTERFACE [FAMILY]]: as the kernel says it.
address_of() {
	in_container "$1" ip -j address show dev "${2:-eth0}" |
		jq -r --arg family "inet${3-}" '[.[0].addr_info[] | select(.family == $family and .scope == "global")][0].local'
}

# rules: all of a's, as JSON. tables: names of a's tables, "FAMILY NAME".
rules() {
	on a nft -j list ruleset
}

tables() {
	rules | jq -r '.nftables[].table // empty | "\(.family) \(.name)"' | sort
}

# network_left: leases, ports, records, links and elements of rules on host a that belong to a container.
network_left() {
	local found
	if [[ -d $DATA/network ]]; then
		(cd "$DATA/network" && find . -path './networks/*/leases/*' -o -path './ports/*' ! -type d -o \
			-path './attachments/*' -o -path './pending/*')
	fi
	on a ip -j -d link show type veth | jq -r '.[] | .ifname // empty | select(. != "eth0") | "link: \(.)"'
	while read -r found; do
		[[ -z $found ]] || echo "element: $found"
	done < <(rules | jq -c '.nftables[] | (.map // .set // empty) | select(.table | startswith("ctr-")) | select((.elem // []) != []) | {table, name, elem}')
}

nothing_in_network() {
	[[ -z $(network_left) ]]
}

no_network_left() {
	CTR_PATIENCE=5 eventually nothing_in_network || fail "there should be nothing left, but: $(network_left)"
}
