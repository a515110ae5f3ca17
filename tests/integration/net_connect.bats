#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Networks that come and go while a container runs.

load helpers
load net_topology

setup() {
	setup_network
	ctr network create --ipv6 --subnet 10.90.0.0/24 --subnet fd90::/64 front >/dev/null
	ctr network create --subnet 10.91.0.0/24 back >/dev/null
}

teardown() {
	unset CTR_FAIL_STEP CTR_KILL_STEP
	teardown_network
}

# in_network NAME: "INTERFACE ADDRESS" of all IPv4 addresses that container $ID-NAME has, as the kernel says.
in_network() {
	in_container "$1" ip -j -4 address show scope global |
		jq -r '.[] | "\(.ifname) \(.addr_info[0].local)"'
}

# leases NETWORK: addresses in use.
leases() {
	(cd "$DATA/network/networks/$1/leases" && echo *)
}

@test "connect gives a running container an interface, an address and a name, and disconnect takes them" {
	up web --network front -- tcp 1080
	up db --network back -- tcp 1080
	unheard @web tcp 10.91.0.2 1080
	ctr network connect --ip 10.91.0.9 --mac-address 02:00:00:00:00:09 --alias shop back "$ID-web"
	equal "$(in_network web)" $'eth0 10.90.0.2\neth1 10.91.0.9'
	equal "$(in_container web ip -j link show eth1 | jq -r '.[0].address')" 02:00:00:00:00:09
	sees @web tcp 10.91.0.2 1080 : "db saw 10.91.0.9"
	sees @db tcp 10.91.0.9 1080 : "web saw 10.91.0.2"
	contains "$(ctr exec "$ID-db" cat /etc/hosts)" "10.91.0.9"
	contains "$(ctr exec "$ID-db" cat /etc/hosts)" shop
	contains "$(ctr exec "$ID-web" cat /etc/hosts)" "10.91.0.2"

	ctr network disconnect back "$ID-web"
	equal "$(in_network web)" 'eth0 10.90.0.2'
	lacks "$(ctr exec "$ID-db" cat /etc/hosts)" shop
	lacks "$(ctr exec "$ID-web" cat /etc/hosts)" "10.91.0.2"
	lacks "$(leases back)" 10.91.0.9
	unheard @db tcp 10.91.0.9 1080
}

@test "a published port leads into the network that is left" {
	up web --network front --network back -p 8080:1080 -- tcp 1080
	sees b tcp "$A" 8080 : "web saw $B"
	ctr network disconnect front "$ID-web"
	equal "$(in_network web)" 'eth1 10.91.0.2'
	in_container web ip route replace default via 10.91.0.1
	sees b tcp "$A" 8080 : "web saw $B"
}

@test "what cannot be connected is told, and nothing is made" {
	up web --network front -- tcp 1080
	up db --network back -- tcp 1080
	run ctr network connect front "$ID-web"
	contains "$output" "network front: the container is in it already"
	run ctr network connect nowhere "$ID-web"
	contains "$output" nowhere
	run ctr network connect back "$ID-nobody"
	contains "$output" "$ID-nobody has no networks"
	run ctr network connect --ip 10.91.0.2 back "$ID-web"
	contains "$output" "10.91.0.2 is in use: container $ID-db has it"
	run ctr network connect --ip 10.92.0.2 back "$ID-web"
	contains "$output" "no subnet of it has the address 10.92.0.2"
	run ctr network disconnect back "$ID-web"
	contains "$output" "$ID-web is not in network back"
	ctr network disconnect -f back "$ID-web"
	equal "$(in_network web)" 'eth0 10.90.0.2'
}

# rows TABLE FILE: the names of its steps.
rows() {
	sed -n "/ $1\[\] = {/,/^};/s/.*{ \"\([^\"]*\)\".*/\1/p" "$SRCDIR/net/$2"
}

@test "connect and disconnect that fail or die at any step can be done again, and leave nothing" {
	local step kind
	[[ -x $CTR_BUILDDIR/tests/fault/ctr-net ]] || skip "tests/fault/ctr-net has not been built"
	up web --network front -- tcp 1080
	mkdir libexec
	ln -s "$CTR_BUILDDIR/tests/fault/ctr-net" "$CTR_BUILDDIR/ctr-more" libexec
	export CTR_LIBEXEC=$DIR/libexec
	for kind in FAIL KILL; do
		while read -r step; do
			env "CTR_${kind}_STEP=$step" nsenter --net="/run/netns/$NS-a" -- "$CTR" --root "$ROOT" \
				--data-root "$DATA" network connect back "$ID-web" >out 2>&1 3>&- && fail "$kind at '$step'"
			ctr network reload
			equal "$(in_network web)" 'eth0 10.90.0.2'
			equal "$(leases back)" '*'
		done < <(rows reserve_steps attach.c; rows enter_steps attach.c; [[ $kind == KILL ]] || rows keep_steps attach.c)
		while read -r step; do
			ctr network connect back "$ID-web"
			env "CTR_${kind}_STEP=$step" nsenter --net="/run/netns/$NS-a" -- "$CTR" --root "$ROOT" \
				--data-root "$DATA" network disconnect back "$ID-web" >out 2>&1 3>&- && fail "$kind at '$step'"
			ctr network disconnect back "$ID-web"
			equal "$(in_network web)" 'eth0 10.90.0.2'
			equal "$(leases back)" '*'
		done < <(rows detach_steps detach.c; echo "network left")
	done
	unset CTR_LIBEXEC
	sees @web tcp 127.0.0.1 1080 : "web saw 127.0.0.1"
}

# counted: all that a leak would be one more of.
counted() {
	find "$DATA/network" | wc -l
	on a ip -j link | jq length
	rules | jq '[.nftables[] | (.map // .set // empty) | .elem // [] | length] | add'
	wc -c <"$DATA/network/networks/back/names"
}

@test "a thousand rounds of connect and disconnect leave no more than one" {
	local rounds=1000 i before
	[[ -z ${CTR_GUEST-} ]] || rounds=50
	up web --network front -- tcp 1080
	ctr network connect back "$ID-web"
	ctr network disconnect back "$ID-web"
	before=$(counted)
	for ((i = 0; i < rounds; i++)); do
		ctr network connect back "$ID-web"
		ctr network disconnect back "$ID-web"
	done
	equal "$(counted)" "$before"
}
