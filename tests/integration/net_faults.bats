#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every step by which ctr-net attaches and detaches a container is made to fail, and to die, and then
# what is left of leases, ports, records, links and rules is counted.

load helpers
load net_topology

setup() {
	FAULT=$CTR_BUILDDIR/tests/fault
	[[ -x $FAULT/ctr-net ]] || skip "tests/fault/ctr-net has not been built"
	setup_network
	# ctr itself has no faults here: some of its steps have the same names
	mkdir libexec
	ln -s "$FAULT/ctr-net" "$CTR_BUILDDIR/ctr-more" "$CTR_BUILDDIR/ctr-monitor" libexec
	export CTR_LIBEXEC=$DIR/libexec
	PLACE=(--network bridge -p 8080:80 -p 9000-9002:9000-9002/udp)
	spec . true
}

teardown() {
	unset CTR_FAIL_STEP CTR_KILL_STEP
	teardown_network
}

# steps_of TABLE FILE COMMAND...: into STEPS, those of this table that the command goes through.
steps_of() {
	local table=$1 file=$2
	shift 2
	CTR_TRACE=1 "$@" >/dev/null 2>traced </dev/null || true
	mapfile -t STEPS < <(sed -n "/ $table\[\] = {/,/^};/s/.*{ \"\([^\"]*\)\".*/\1/p" "$SRCDIR/net/$file" |
		while read -r step; do ! grep -q " ms  $step\$" traced || echo "$step"; done)
	((${#STEPS[@]})) || fail "no step of $table was traced"
}

# fault KIND STEP COMMAND...: into STATUS and out.
fault() {
	local kind=$1 step=$2
	shift 2
	STATUS=0
	env "CTR_${kind}_STEP=$step" timeout -k 1 30 nsenter --net="/run/netns/$NS-a" -- \
		"$CTR" --root "$ROOT" --data-root "$DATA" "$@" >out 2>&1 </dev/null 3>&- || STATUS=$?
	((STATUS != 124)) || fail "$kind at '$step': it hangs"
}

# The kernel takes some time for the end of a namespace.
no_links() { [[ $(network_left) != *link:* ]]; }

nothing_left() {
	eventually no_links || fail "$1"
	no_network_left || fail "$1"
}

@test "attach: a failure at any step names it and leaves nothing" {
	local table step
	for table in reserve_steps enter_steps keep_steps; do
		steps_of $table attach.c ctr run --rm --name "$ID" "${PLACE[@]}" spec.json
		for step in "${STEPS[@]}"; do
			fault FAIL "$step" run --rm --name "$ID" "${PLACE[@]}" spec.json
			# nobody waits for the last of them any more in the foreground
			[[ $(<out) == *"$step: injected"* || $table == keep_steps ]] || fail "FAIL at '$step': $(<out)"
			nothing_left "FAIL at '$step'"
		done
	done
}

@test "attach: of what dies at any step the next command removes all that it left" {
	local table step
	for table in reserve_steps enter_steps keep_steps; do
		steps_of $table attach.c ctr run --rm --name "$ID" "${PLACE[@]}" spec.json
		for step in "${STEPS[@]}"; do
			fault KILL "$step" run --rm --name "$ID" "${PLACE[@]}" spec.json
			ctr network reload
			nothing_left "KILL at '$step'"
		done
	done
}

@test "detach: of what fails or dies at any step the next command removes all that it left" {
	local kind step
	steps_of detach_steps detach.c ctr run --rm --name "$ID" "${PLACE[@]}" spec.json
	for kind in FAIL KILL; do
		for step in "${STEPS[@]}"; do
			fault "$kind" "$step" run --rm --name "$ID" "${PLACE[@]}" spec.json
			ctr network reload
			nothing_left "$kind at '$step'"
		done
	done
}

@test "what is on the disk of another boot is forgotten, leases without a record too" {
	local leases=$DATA/network/networks/ctr/leases
	ctr run --rm --name "$ID" "${PLACE[@]}" spec.json >/dev/null
	ln -s ghost "$leases/10.89.0.77"
	ln -s ghost "$DATA/network/ports/tcp-9999"
	echo '{"id":"ghost","endpoints":[]}' >"$DATA/network/attachments/ghost.json"
	ctr network reload
	[[ -L $leases/10.89.0.77 ]] || fail "a lease of this boot is gone"
	sed -i 's/^[^ ]*/00000000-0000-0000-0000-000000000000/' "$DATA/network/boot"
	ctr network reload
	nothing_left "another boot"
}

@test "a data root whose containers run in another network namespace is not taken over" {
	up web --network bridge -- tcp 1080
	run on b "$CTR" --root "$ROOT" --data-root "$DATA" network reload 3>&-
	((status != 0))
	contains "$output" "use a --data-root of its own"
	sees @web tcp 127.0.0.1 1080 : "web saw 127.0.0.1"
}

@test "a data root whose containers run in another pid namespace is not taken over" {
	up web --network bridge -- tcp 1080
	run on a unshare --pid --fork --mount-proc "$CTR" --root "$ROOT" --data-root "$DATA" network ls 3>&-
	((status != 0))
	contains "$output" "use a --data-root of its own"
	sees @web tcp 127.0.0.1 1080 : "web saw 127.0.0.1"
	ctr network ls >/dev/null
}

@test "rules that somebody has flushed are there again by reload, and by the next container" {
	up web --network bridge -p 8080:1080 -- tcp 1080
	sees b tcp "$A" 8080 : "web saw $B"
	on a nft flush ruleset
	unheard b tcp "$A" 8080
	ctr network reload "$ID-web"
	sees b tcp "$A" 8080 : "web saw $B"
	on a nft flush ruleset
	unheard b tcp "$A" 8080
	up other --network bridge -p 8081:1080 -- tcp 1080
	sees b tcp "$A" 8080 : "web saw $B"
	sees b tcp "$A" 8081 : "other saw $B"
	on a nft flush ruleset
	ctr rm -f "$ID-web" "$ID-other" >/dev/null
	nothing_left "detached without rules"
}

@test "a start that comes while the rules are written anew is in them" {
	local i pids=()
	ctr run --rm --name "$ID" --network bridge spec.json
	for i in 1 2 3 4 5 6; do
		ctr network reload &
		pids+=($!)
		ctr run -d --name "$ID-$i" --network bridge -p "808$i:1080" spec.json >/dev/null 2>&1 || true
		ctr rm -f "$ID-$i" >/dev/null 2>&1
	done
	wait "${pids[@]}"
	nothing_left "attach and detach beside a reload"
}
