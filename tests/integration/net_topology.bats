#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The hosts of the other net_*.bats by themselves, without a container: what is said about them
# there is worth as much as these claims.

load helpers
load net_topology

setup() {
	setup_network
}

teardown() {
	teardown_network
}

@test "the two hosts hear each other through the router, and nobody else" {
	serve_on b far tcp 80-82 udp 53
	sees a tcp "$B" 80 : "far saw $A"
	sees a tcp "$B6" 82 : "far saw $A6"
	sees router tcp "$B" 81 : "far saw 10.77.2.1"
	sees a udp "$B" 53 : "far saw $A"
	sees a udp "$B6" 53 : "far saw $A6"
	sees a -b 300000 tcp "$B6" 82 : "far saw $A6"
	sees a -d -b 1400 udp "$B" 53 : "far saw $A"
	unheard a tcp "$B" 90
	unheard a udp "$B" 90
	unheard a udp 10.77.7.7 90
	sees a -d -b 1600 udp "$B" 53 : "far saw $A"$'\n'"too big"
}

@test "a conversation flows until it is ended or broken" {
	serve_on b far tcp 80 udp 53
	flow one a tcp "$B" 80
	flow two a udp "$B6" 53
	flow three a tcp "$B6" 80
	equal "$(flow_ends one)" flowed
	equal "$(flow_ends two)" flowed
	kill "${SERVERS[0]}"
	eventually file_has three.flow broken
}
