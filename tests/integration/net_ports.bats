#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Published ports: from where they are answered, by whom, and who was seen there.

load helpers
load image_helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

# answers NAME QUESTION...: it is NAME who answers, whomever it has seen.
answers() {
	local name=$1 got
	shift
	got=$(ask "$@") || true
	[[ $got == "$name saw "* ]] || fail "$*: expected $name to answer, got '$got'"
}

@test "a published port is answered from outside, which the container sees" {
	up web --network bridge -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
	sees router tcp "$A" 8080 : "web saw 10.77.1.1"
	sees b -b 300000 tcp "$A" 8080 : "web saw $B"
	unheard b tcp "$A" 80
	unheard b tcp "$A" 8081
}

@test "a published port is answered from the host, by each of its addresses" {
	up web --network bridge -p 8080:80 -- tcp 80
	answers web a tcp 127.0.0.1 8080
	answers web a tcp 127.1.2.3 8080
	answers web a tcp "$A" 8080
	answers web a tcp 10.89.0.1 8080
	# the container could not answer to 127.0.0.1
	sees a tcp 127.0.0.1 8080 : "web saw 10.89.0.1"
}

@test "a published port is answered from the container itself, its neighbours and other networks" {
	ctr network create --subnet 10.92.0.0/24 two
	up web --network bridge -p 8080:80 -- tcp 80
	up other --network bridge
	up away --network two
	for address in "$A" 10.89.0.1; do
		answers web @other tcp "$address" 8080
		answers web @web tcp "$address" 8080
		answers web @away tcp "$address" 8080
	done
}

@test "udp: from outside, the host, the neighbour and the container itself" {
	up dns --network bridge -p 5353:53/udp -- udp 53 tcp 53
	up other --network bridge
	sees b udp "$A" 5353 : "dns saw $B"
	sees b -b 5000 udp "$A" 5353 : "dns saw $B"
	answers dns a udp 127.0.0.1 5353
	answers dns a udp "$A" 5353
	answers dns @other udp "$A" 5353
	answers dns @dns udp "$A" 5353
	unheard b tcp "$A" 5353
}

@test "IPv6: from outside, the host, the neighbour and the container itself" {
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	up web --network six -p 8080:80 -p 5353:53/udp -- tcp 80 udp 53
	up other --network six
	sees b tcp "$A6" 8080 : "web saw $B6"
	sees b udp "$A6" 5353 : "web saw $B6"
	sees b tcp "$A" 8080 : "web saw $B"
	answers web a tcp "$A6" 8080
	answers web a tcp fd90::1 8080
	answers web @other tcp "$A6" 8080
	answers web @web tcp "$A6" 8080
	answers web @web udp "$A6" 5353
}

@test "sctp: from outside and from the host" {
	"$HELPERS/talk" ask -t 1 sctp 127.0.0.1 9 | grep -q 'failed: ' && skip "this kernel has no SCTP"
	up signal --network bridge -p 3868:3868/sctp -- sctp 3868
	sees b sctp "$A" 3868 : "signal saw $B"
	answers signal a sctp "$A" 3868
}

@test "a range of ports is published one by one" {
	up web --network bridge -p 7000-7009:80-89 -p 7100-7101:90-91/udp -- tcp 80-89 udp 90-91
	sees b tcp "$A" 7000 : "web saw $B"
	sees b tcp "$A" 7009 : "web saw $B"
	sees b udp "$A" 7101 : "web saw $B"
	unheard b tcp "$A" 7010
	# each to its own: of 80-89 only 84 is served by this one
	up one --network bridge -p 7200-7209:80-89 -- tcp 84
	sees b tcp "$A" 7204 : "one saw $B"
	unheard b tcp "$A" 7203
}

@test "a port of a chosen address is answered there alone" {
	on a ip address add 10.77.1.3/24 dev eth0
	up web --network bridge -p 10.77.1.3:8080:80 -- tcp 80
	up local --network bridge -p 127.0.0.1:8080:80 -- tcp 80
	sees b tcp 10.77.1.3 8080 : "web saw $B"
	unheard b tcp "$A" 8080
	answers local a tcp 127.0.0.1 8080
	answers web a tcp 10.77.1.3 8080
	unheard a tcp 10.89.0.1 8080
	unheard a tcp "$A" 8080
}

@test "a port of a chosen IPv6 address is answered there alone" {
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	on a ip address add fd77:1::3/64 dev eth0 nodad
	up web --network six -p "[fd77:1::3]:8080:80" -- tcp 80
	sees b tcp fd77:1::3 8080 : "web saw $B6"
	unheard b tcp "$A6" 8080
	unheard b tcp "$A" 8080
}

@test "a free port is found where none was said, and ctr port tells which" {
	up web --network bridge -p 80 -p 127.0.0.1::81 -p 5353:53/udp -- tcp 80-81 udp 53
	run -0 ctr port "$ID-web"
	matches "${lines[0]}" '^(53/udp|80/tcp|81/tcp) -> '
	contains "$output" '53/udp -> 0.0.0.0:5353'
	run -0 ctr port "$ID-web" 80
	matches "$output" '^0\.0\.0\.0:[0-9]+$'
	sees b tcp "$A" "${output##*:}" : "web saw $B"
	run -0 ctr port "$ID-web" 81/tcp
	matches "$output" '^127\.0\.0\.1:[0-9]+$'
	answers web a tcp 127.0.0.1 "${output##*:}"
}

@test "a port of another host is another host's" {
	serve_on b far tcp 8080
	up web --network bridge -p 8080:80 -- tcp 80
	sees @web tcp "$B" 8080 : "far saw $A"
	sees a tcp "$B" 8080 : "far saw $A"
	# nor does a host of which a is the router lose its own
	route_to 10.92.0.0/24
	ctr network create --subnet 10.92.0.0/24 two
	up member --network two -- tcp 8080
	sees a tcp "$(address_of member)" 8080 : "member saw 10.92.0.1"
}

@test "a port that somebody has is refused with the name of who has it" {
	up web --network bridge -p 8080:80 -- tcp 80
	serve_on a own tcp 9090
	spec . true
	run -125 ctr run --name "$ID-late" --network bridge -p 8080:80 spec.json
	contains "$output" 8080 'in use' "$ID-web"
	run -125 ctr run --name "$ID-late" --network bridge -p 127.0.0.1:8080:80 spec.json
	contains "$output" 8080 'in use' "$ID-web"
	run -125 ctr run --name "$ID-late" --network bridge -p 9085-9095:85-95 spec.json
	contains "$output" 9090 'in use'
	run -0 ctr run --rm --name "$ID-late" --network bridge -p 8080:80/udp spec.json
	# of what was refused nothing is kept
	ctr run --rm --name "$ID-late" --network bridge -p 9085:85 spec.json
	ctr rm -f "$ID-web"
	ctr run --rm --name "$ID-late" --network bridge -p 8080:80 spec.json
}

@test "the ports of a container end with it and come back with it" {
	up web --network bridge -p 8080:80 -- tcp 80
	sees b tcp "$A" 8080 : "web saw $B"
	ctr stop "$ID-web"
	unheard b tcp "$A" 8080
	ctr start "$ID-web" >said 2>&1 || fail "$(<said)"
	eventually ask b tcp "$A" 8080
	ctr rm -f "$ID-web"
	unheard b tcp "$A" 8080
}

# A sender of datagrams that never stops keeps the entry of its connection alive, with the address of
# a container that is long gone.
@test "a conversation by datagrams goes on with the container that has the port now" {
	ask b -t 250 -o 7777 udp "$A" 5353 || true
	up old --network bridge --ip 10.89.0.10 -p 5353:53/udp -- udp 53
	sees b -o 7777 udp "$A" 5353 : "old saw $B"
	ctr rm -f "$ID-old"
	up new --network bridge --ip 10.89.0.11 -p 5353:53/udp -- udp 53
	sees b -o 7777 udp "$A" 5353 : "new saw $B"
}

@test "all ports that an image names are published with -P" {
	mkdir root
	cp -a "$ROOTFS/." root/
	tar cf layer.tar -C root .
	image box:1 layer.tar '{"ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Cmd": ["talk", "serve", "web", "tcp", "80", "udp", "53"]}'
	ctr run -d --name "$ID-web" --network bridge -P box:1 >said 2>&1 || fail "$(<said)"
	run -0 ctr port "$ID-web" 80/tcp
	eventually ask b tcp "$A" "${output##*:}"
	run -0 ctr port "$ID-web" 53/udp
	sees b udp "$A" "${output##*:}" : "web saw $B"
}
