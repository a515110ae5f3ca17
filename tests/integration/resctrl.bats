#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# linux.intelRdt. Few CPUs have it, so a folder stands for the filesystem: ctr looks it up in its
# mountinfo, and a mount over that file, in a mount namespace of the test's, names the folder. It
# keeps what is written and, unlike the real one, does not take the files of a group away with it.

load helpers

setup() {
	setup_container
	mkdir -p "$DIR/resctrl/mon_groups" "$DIR/resctrl/info"
	{
		cat /proc/self/mountinfo
		echo "999 1 0:99 / $DIR/resctrl rw,relatime - resctrl resctrl rw"
	} >"$DIR/mountinfo"
}

# with_resctrl ARGUMENT...: ctr, to which $DIR/resctrl is the mount of resctrl.
with_resctrl() {
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -c 'mount --bind "$1" /proc/$$/mountinfo && shift && exec "$@"' \
		bash "$DIR/mountinfo" "$CTR" --root "$ROOT" --data-root "$DATA" "$@" 3>&-
}

# create_with FILTER: a created container $ID.
create_with() {
	[[ -e b ]] || bundle b . sleep 1000
	jq "$1" b/config.json >b/new.json && mv b/new.json b/config.json
	with_resctrl create --bundle b "$ID" </dev/null >created 2>&1
}

@test "a group of its own is made, entered before the program starts, and goes with the container" {
	create_with '.linux.intelRdt = {l3CacheSchema: "L3:0=f;1=f0", memBwSchema: "MB:0=70"}' || fail "$(<created)"
	equal "$(<"resctrl/$ID/schemata")" $'L3:0=f;1=f0\nMB:0=70'
	equal "$(<"resctrl/$ID/tasks")" "$(pid_of "$ID")"
	ctr start "$ID"
	rm "resctrl/$ID/schemata" "resctrl/$ID/tasks"
	ctr delete -f "$ID"
	[[ ! -e resctrl/$ID ]] || fail "the group is still there"
}

@test "a process that exec brings is in the group too" {
	create_with '.linux.intelRdt = {schemata: ["L3:0=f"]}' || fail "$(<created)"
	ctr start "$ID"
	ctr exec -d --pid-file pid "$ID" sleep 1000
	equal "$(<"resctrl/$ID/tasks")" "$(<pid)"
	rm "resctrl/$ID/schemata" "resctrl/$ID/tasks"
	ctr delete -f "$ID"
}

@test "a class that exists is joined, not changed, and stays" {
	mkdir resctrl/gold
	echo 'L3:0=0f;1=ff' >resctrl/gold/schemata
	create_with '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:1=ff;0=f"}' || fail "$(<created)"
	equal "$(<resctrl/gold/schemata)" 'L3:0=0f;1=ff'
	equal "$(<resctrl/gold/tasks)" "$(pid_of "$ID")"
	ctr delete -f "$ID"
	[[ -e resctrl/gold/schemata && ! -e resctrl/$ID ]]
}

@test "a class that exists with other schemata is refused, and one that does not exist without any" {
	mkdir resctrl/gold
	echo 'L3:0=0f' >resctrl/gold/schemata
	run create_with '.linux.intelRdt = {closID: "gold", l3CacheSchema: "L3:0=ff"}'
	[[ $status -eq 1 ]]
	contains "$(<created)" linux.intelRdt resctrl/gold/schemata
	run create_with '.linux.intelRdt = {closID: "silver"}'
	[[ $status -eq 1 ]]
	contains "$(<created)" linux.intelRdt.closID resctrl/silver
	[[ ! -e resctrl/silver ]]
	nothing_created
}

@test "enableMonitoring makes a monitoring group, which goes with the container" {
	create_with '.linux.intelRdt = {closID: "/", enableMonitoring: true}' || fail "$(<created)"
	equal "$(<"resctrl/mon_groups/$ID/tasks")" "$(pid_of "$ID")"
	rm "resctrl/mon_groups/$ID/tasks"
	ctr delete -f "$ID"
	[[ ! -e resctrl/mon_groups/$ID && -e resctrl/mon_groups ]]
}

@test "a class that does not take the process fails the create, with what the kernel says of it" {
	echo 'unknown resource' >resctrl/info/last_cmd_status
	mkdir -p resctrl/bad
	echo 'L3:0=f' >resctrl/bad/schemata
	chattr +i resctrl/bad 2>/dev/null || mkdir resctrl/bad/tasks
	run create_with '.linux.intelRdt = {closID: "bad"}'
	chattr -i resctrl/bad 2>/dev/null || true
	[[ $status -eq 1 ]]
	contains "$(<created)" linux.intelRdt resctrl/bad/tasks
	create_with '.linux.intelRdt = {l3CacheSchema: "L3:0=f"} | .process.args = ["/no/such/program"]' && fail "it was created"
	contains "$(<created)" 'no such file'
	nothing_created
}

@test "without the hardware or the mount it is refused, and says how to mount it" {
	grep -q ' - resctrl ' /proc/self/mountinfo && skip "resctrl is mounted here"
	spec '.linux.intelRdt = {l3CacheSchema: "L3:0=f"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.intelRdt 'resctrl is not mounted'
	nothing_created
}

@test "a closID that is a path is refused by member" {
	local id
	for id in ../x a/b . info; do
		spec ".linux.intelRdt = {closID: \"$id\"}" true
		run -125 ctr run --rm --name "$ID" spec.json
		contains "$output" linux.intelRdt.closID
	done
	nothing_created
}

@test "events has what the group is allowed and uses" {
	mkdir -p resctrl/info/L3 resctrl/gold/mon_data/mon_L3_00
	echo fff >resctrl/info/L3/cbm_mask
	echo '    L3:0=fff;1=fff' >resctrl/schemata
	echo '    L3:0=f;1=ff' >resctrl/gold/schemata
	echo 12345 >resctrl/gold/mon_data/mon_L3_00/llc_occupancy
	create_with '.linux.intelRdt = {closID: "gold"}' || fail "$(<created)"
	equal "$(ctr events --stats "$ID" | jq -c .data.intel_rdt)" \
		'{"l3_cache_info":{"cbm_mask":"fff"},"l3_cache_schema_root":"L3:0=fff;1=fff","l3_cache_schema":"L3:0=f;1=ff","cmt_stats":[{"llc_occupancy":12345}]}'
	ctr delete -f "$ID"
}

@test "update changes the schemata of a group of its own, or says that there is none" {
	create_with '.linux.intelRdt = {l3CacheSchema: "L3:0=f;1=f0"}' || fail "$(<created)"
	run -0 with_resctrl update --l3-cache-schema "L3:0=3;1=30" --mem-bw-schema "MB:0=50" "$ID"
	contains "$(<"resctrl/$ID/schemata")" 'L3:0=3;1=30' 'MB:0=50'
	# nothing is changed when a limit is refused
	run -1 with_resctrl update --l3-cache-schema "L3:0=1" --cpu-rt-period 5 "$ID"
	contains "$(<"resctrl/$ID/schemata")" 'L3:0=3;1=30'
	rm "resctrl/$ID/schemata" "resctrl/$ID/tasks"
	ctr delete -f "$ID"
	create_with 'del(.linux.intelRdt)' || fail "$(<created)"
	run -1 ctr update --mem-bw-schema "MB:0=50" "$ID"
	contains "$output" linux.intelRdt
}
