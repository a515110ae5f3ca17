#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The verbs of networks, by what the kernel has and what packets do behind them.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

@test "a network is made, listed, inspected and removed" {
	run -0 ctr network create --subnet 10.91.0.0/24 --label a=b one
	equal "$output" one
	run -0 ctr network create two
	run -0 ctr network ls -q
	contains "$output" one two
	run -0 ctr network ls --format json
	jq -e '[.[] | select(.name == "one" and .driver == "bridge")] | length == 1' <<<"$output"
	run -0 ctr network inspect one
	jq -e '.[0] | .name == "one" and .subnets[0].subnet == "10.91.0.0/24" and
		.subnets[0].gateway == "10.91.0.1" and .labels.a == "b" and .containers == {}' <<<"$output"
	up web --network one
	run -0 ctr network inspect one
	jq -e --arg id "$ID-web" --arg address "$(address_of web)" \
		'.[0].containers[$id] | tostring | contains($address)' <<<"$output"
	run ! ctr network rm one
	contains "$output" "$ID-web"
	ctr rm -f "$ID-web"
	run -0 ctr network rm one two
	run ! ctr network inspect one
	contains "$output" one
	equal "$(on a ip -j -d link show type bridge)" '[]'
	equal "$(tables)" ''
}

@test "networks without a subnet get one each that neither a network nor a route of the host has" {
	on a ip route add 10.89.1.0/24 dev eth0
	ctr network create --subnet 10.89.0.0/24 one
	ctr network create two
	ctr network create three
	run -0 ctr network inspect two three
	matches "$(jq -r '[.[].subnets[0].subnet] | join(" ")' <<<"$output")" '^10\.89\.[2-9]\.0/24 10\.89\.[2-9]\.0/24$'
	jq -e '.[0].subnets[0].subnet != .[1].subnets[0].subnet' <<<"$output"
}

@test "rm -f takes the containers of a network along, prune only what nobody uses" {
	ctr network create one
	ctr network create two
	up web --network one
	run -0 ctr network prune -f
	run -0 ctr network ls -q
	contains "$output" one
	lacks "$output" two
	run -0 ctr network rm -f one
	run -0 ctr network ls -q
	lacks "$output" one
	no_network_left
}

@test "connect gives a running container another interface, disconnect takes it" {
	ctr network create --subnet 10.91.0.0/24 one
	ctr network create --subnet 10.92.0.0/24 two
	up web --network one -- tcp 80
	up away --network two
	ctr network connect --ip 10.92.0.50 --mac-address 02:00:00:00:92:50 --alias shop two "$ID-web"
	equal "$(address_of web eth1)" 10.92.0.50
	equal "$(in_container web ip -j link show dev eth1 | jq -r '.[0].address')" 02:00:00:00:92:50
	sees @away tcp 10.92.0.50 80 : "web saw $(address_of away)"
	sees @away tcp shop 80 : "web saw $(address_of away)"
	run -0 ctr network inspect two
	contains "$output" "$ID-web"
	run ! ctr network connect two "$ID-web"
	contains "$output" two already
	ctr network disconnect two "$ID-web"
	equal "$(in_container web ip -j link | jq -r '[.[].ifname] | join(" ")')" 'lo eth0'
	unheard @away tcp 10.92.0.50 80
	run ! ask @away tcp shop 80
	contains "$output" 'no address'
	run ! ctr network disconnect two "$ID-web"
	# its address is free again
	up next --network two --ip 10.92.0.50
}

@test "disconnect of the first network leaves the others, and the ports go with it" {
	ctr network create --subnet 10.91.0.0/24 one
	ctr network create --subnet 10.92.0.0/24 two
	up web --network one --network two -p 8080:80 -- tcp 80
	up away --network two
	sees b tcp "$A" 8080 : "web saw $B"
	ctr network disconnect one "$ID-web"
	sees @away tcp "$(address_of web eth1)" 80 : "web saw $(address_of away)"
}

@test "reload brings back what nft flush ruleset has taken" {
	serve_on b far tcp 80
	ctr network create --subnet 10.90.0.0/24 --subnet fd90::/64 six
	up web --network bridge -p 8080:80 -- tcp 80
	up six --network six -p 8086:80 -- tcp 80
	up stranger --network bridge
	on a nft flush ruleset
	unheard b tcp "$A" 8080
	run -0 ctr network reload --all
	sees b tcp "$A" 8080 : "web saw $B"
	sees b tcp "$A6" 8086 : "six saw $B6"
	sees @web tcp "$B" 80 : "far saw $A"
	unheard @stranger tcp "$(address_of six)" 80
	on a nft flush ruleset
	run -0 ctr network reload "$ID-web"
	sees b tcp "$A" 8080 : "web saw $B"
}

@test "the next start mends what was flushed, for those that run as well" {
	up web --network bridge -p 8080:80 -- tcp 80
	on a nft flush ruleset
	up other --network bridge -p 8081:80 -- tcp 80
	sees b tcp "$A" 8081 : "other saw $B"
	sees b tcp "$A" 8080 : "web saw $B"
	on a nft flush ruleset
	ctr rm -f "$ID-web"
	ctr rm -f "$ID-other"
}

@test "reload brings back a bridge that somebody has deleted, with its members" {
	up web --network bridge -p 8080:80 -- tcp 80
	up other --network bridge
	on a ip link del ctr0
	unheard b tcp "$A" 8080
	run -0 ctr network reload --all
	sees b tcp "$A" 8080 : "web saw $B"
	sees @other tcp "$(address_of web)" 80 : "web saw $(address_of other)"
}

@test "containers of a network find each other by name and by alias, for as long as they are there" {
	ctr network create one
	up web --network one --network-alias shop --network-alias store -- tcp 80
	up other --network one
	sees @other tcp "$ID-web" 80 : "web saw $(address_of other)"
	sees @other tcp shop 80 : "web saw $(address_of other)"
	sees @other tcp store 80 : "web saw $(address_of other)"
	up late --network one:alias=tardy -- tcp 80
	sees @web tcp tardy 80 : "late saw $(address_of web)"
	ctr rm -f "$ID-late"
	run ! ask @web tcp tardy 80
	contains "$output" 'no address'
	up stranger --network bridge
	run ! ask @stranger tcp shop 80
	contains "$output" 'no address'
}

@test "rates are what the kernel shapes by, in and out" {
	up slow --network bridge:rate_in=8mbit,rate_out=4mbit -- tcp 80
	run -0 on a tc -j qdisc show
	jq -e '[.[] | select(.kind == "tbf") | .options.rate] | index(1000000) != null' <<<"$output"
	run -0 ctr network inspect ctr
	contains "$output" "$ID-slow"
	sees a -b 100000 tcp "$(address_of slow)" 80 : "slow saw 10.89.0.1"
}
