#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.memoryPolicy: what the kernel says of a mapping of the program's own (numa_maps).

load helpers

POLICY='head -n 1 /proc/self/numa_maps | cut -d " " -f 2'

require_numa() {
	[[ -e /proc/self/numa_maps ]] || skip "this kernel has no NUMA"
}

# policy JSON: runs a program under it and prints which one its first mapping has.
policy() {
	inside ".linux.memoryPolicy = $1" "$POLICY"
}

@test "each mode is the policy of the program's memory" {
	require_numa
	policy '{mode: "MPOL_INTERLEAVE", nodes: "0"}'
	equal "$output" interleave:0
	policy '{mode: "MPOL_BIND", nodes: "0-0"}'
	equal "$output" bind:0
	policy '{mode: "MPOL_PREFERRED", nodes: "0"}'
	equal "$output" prefer:0
	policy '{mode: "MPOL_PREFERRED_MANY", nodes: "0"}'
	matches "$output" '^prefer( \(many\))?'
	policy '{mode: "MPOL_LOCAL"}'
	equal "$output" local
	policy '{mode: "MPOL_DEFAULT"}'
	equal "$output" default
}

@test "weighted interleaving, where the kernel has it" {
	require_numa
	spec '.linux.memoryPolicy = {mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0"}' sh -c "$POLICY"
	run ctr run --rm --name "$ID" spec.json
	[[ $status -eq 0 ]] || { contains "$output" linux.memoryPolicy; skip "not in this kernel"; }
	matches "$output" '^weighted'
}

@test "the flags are those of the policy" {
	require_numa
	policy '{mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	matches "$output" '^bind=static(\|balancing)?:0$'
	policy '{mode: "MPOL_PREFERRED", nodes: "0", flags: ["MPOL_F_RELATIVE_NODES"]}'
	equal "$output" prefer=relative:0
	policy '{mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NUMA_BALANCING"]}'
	matches "$output" '^bind(=balancing)?:0$'
}

@test "a process that exec brings has the container's policy" {
	require_numa
	background '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"}' "$IDLE"
	run -0 ctr exec "$ID" sh -c "$POLICY"
	equal "$output" interleave:0
}

@test "without a policy it is the default" {
	require_numa
	inside . "$POLICY"
	equal "$output" default
}

@test "a policy that is none is refused by member" {
	local case
	for case in 'mode|{}' 'mode|{mode: "INTERLEAVE", nodes: "0"}' 'mode|{nodes: "0"}' \
		'flags[1]|{mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES", "bad"]}' \
		'nodes|{mode: "MPOL_BIND", nodes: "0-9876543210"}' 'nodes|{mode: "MPOL_BIND", nodes: "x"}'; do
		spec ".linux.memoryPolicy = ${case#*|}" true
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" "linux.memoryPolicy.${case%%|*}"
	done
	spec '.linux.memoryPolicy = {mode: "MPOL_DEFAULT", nodes: "0"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.memoryPolicy
	nothing_created
}

@test "a node that is not there is refused and leaves nothing" {
	require_numa
	spec '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.memoryPolicy 'set_mempolicy'
	nothing_created
}
