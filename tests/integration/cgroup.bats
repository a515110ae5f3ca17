#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The container's cgroup: its path, its life, its removal. What needs controllers is in limits.bats.

load helpers

@test "every container has a cgroup of its own, and it is gone with it" {
	background . "$IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	contains "$folder" "$ID"
	equal "$(<"$folder/cgroup.procs")" "$(pid_of "$ID")"
	ctr rm -f "$ID"
	[[ ! -e $folder ]]
}

@test "an absolute cgroupsPath is below the cgroup2 mount" {
	background ".linux.cgroupsPath = \"/ctr-bats-$ID/deep/er\"" "$IDLE"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/ctr-bats-$ID/deep/er"
	ctr rm -f "$ID"
	[[ ! -e $CGROUP2/ctr-bats-$ID/deep/er ]]
	rmdir -p "$CGROUP2/ctr-bats-$ID/deep" 2>/dev/null || true
}

@test "the program is in its cgroup from its first instruction" {
	spec '.linux.namespaces |= map(select(.type != "cgroup"))' grep ^0:: /proc/self/cgroup
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" "$ID"
}

@test "a cgroup that is not there is made with all folders above it, and what was there stays" {
	mkdir "$CGROUP2/ctr-bats-$ID"
	background ".linux.cgroupsPath = \"/ctr-bats-$ID/a\"" "$IDLE"
	ctr rm -f "$ID"
	[[ ! -e $CGROUP2/ctr-bats-$ID/a ]]
	rmdir "$CGROUP2/ctr-bats-$ID"
}

@test "delete removes a cgroup whose stray children are still there" {
	bundle b '.linux.namespaces |= map(select(.type != "pid"))' \
		sh -c 'sleep 1000 & sleep 1000 & (setsid sleep 1000 &) ; echo started; exit 0'
	create --bundle b "$ID"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	ctr start "$ID"
	eventually has_status "$ID" stopped
	[[ -n $(<"$folder/cgroup.procs") ]]
	run -0 ctr delete "$ID"
	[[ ! -e $folder ]]
}

@test "a run without a pid namespace leaves no process behind" {
	spec '.linux.namespaces |= map(select(.type != "pid"))' sh -c 'sleep 1000 & exit 4'
	run -4 ctr run --rm --name "$ID" spec.json
	nothing_created
}

@test "delete removes a cgroup with cgroups inside it, made by the container" {
	background '.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup"}]' \
		"cd /sys/fs/cgroup; mkdir -p a/b c; sleep 1000 & echo \$! >a/b/cgroup.procs; $IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	eventually file_has "$folder/a/b/cgroup.events" 'populated 1'
	run -0 ctr rm -f "$ID"
	[[ ! -e $folder ]]
}

@test "delete removes the cgroup of a container whose init was killed" {
	background '.linux.namespaces |= map(select(.type != "pid"))' "sleep 1000 & $IDLE"
	local pid folder
	pid=$(pid_of "$ID")
	folder=$(cgroup_of "$pid")
	kill -KILL "$pid"
	eventually has_status "$ID" stopped
	run -0 ctr rm "$ID"
	[[ ! -e $folder ]]
}

@test "delete removes a cgroup that is frozen" {
	background . "$IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	echo 1 >"$folder/cgroup.freeze"
	eventually file_has "$folder/cgroup.events" 'frozen 1'
	run -0 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" rm -f "$ID" 3>&-
	[[ ! -e $folder ]]
}

@test "create refuses a cgroup with processes in it, and does not touch them" {
	mkdir "$CGROUP2/ctr-bats-$ID"
	sleep 1000 3>&- &
	local stranger=$!
	echo "$stranger" >"$CGROUP2/ctr-bats-$ID/cgroup.procs"
	spec ".linux.cgroupsPath = \"/ctr-bats-$ID\"" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" "container's cgroup is not empty: 1 process(es) found"
	[[ -e /proc/$stranger ]]
	kill "$stranger"
	wait "$stranger" || true
	eventually remove_cgroup "$CGROUP2/ctr-bats-$ID"
}

@test "create refuses a frozen cgroup at once" {
	mkdir "$CGROUP2/ctr-bats-$ID"
	echo 1 >"$CGROUP2/ctr-bats-$ID/cgroup.freeze"
	spec ".linux.cgroupsPath = \"/ctr-bats-$ID\"" true
	run -125 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" run --rm --name "$ID" spec.json 3>&-
	contains "$output" "container's cgroup unexpectedly frozen"
	rmdir "$CGROUP2/ctr-bats-$ID"
}

@test "a cgroupsPath cannot climb out of the cgroup2 mount" {
	spec '.linux.cgroupsPath = "/../../../tmp/escape"' true
	run ctr run --rm --name "$ID" spec.json
	[[ ! -e /tmp/escape ]]
	nothing_created
	rmdir "$CGROUP2/tmp/escape" "$CGROUP2/tmp" 2>/dev/null || true
}

@test "an exec'ed process is in the container's cgroup" {
	background . "$IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	ctr exec -d "$ID" sleep 1000 >/dev/null
	equal "$(wc -l <"$folder/cgroup.procs")" 2
}

@test "a limit whose controller is not on cgroup2 here is an error that names the controller" {
	local have
	have=" $(<"$CGROUP2/cgroup.controllers") "
	[[ $have != *" memory "* ]] || skip "all controllers are here"
	spec '.linux.resources.memory.limit = 100000000' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" memory controller
	spec '.linux.resources.pids.limit = 100' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" pids controller
	spec '.linux.resources.cpu.shares = 100' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" cpu controller
	nothing_created
}

@test "unified files that need no controller are written" {
	background '.linux.resources.unified = {"cgroup.max.descendants": "7"}' "$IDLE"
	equal "$(<"$(cgroup_of "$(pid_of "$ID")")/cgroup.max.descendants")" 7
}

@test "a unified file that does not exist is an error naming it" {
	spec '.linux.resources.unified = {"memory.wish": "7"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" memory
	nothing_created
}

@test "a unified name with a slash is refused" {
	spec '.linux.resources.unified = {"../cgroup.procs": "7"}' true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" unified
	nothing_created
}

@test "--cgroup-manager disabled makes no cgroup" {
	spec '.linux.namespaces |= map(select(.type != "cgroup"))' grep ^0:: /proc/self/cgroup
	run -0 ctr --cgroup-manager disabled run --rm --name "$ID" spec.json
	equal "$output" "$(grep ^0:: /proc/self/cgroup)"
}

@test "hugepage limits are written where the hugetlb controller is" {
	require_controller hugetlb
	local folder
	[[ -e /sys/kernel/mm/hugepages/hugepages-2048kB ]] || skip "no 2 MB pages here"
	background '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]' "$IDLE"
	folder=$(cgroup_of "$(pid_of "$ID")")
	equal "$(<"$folder/hugetlb.2MB.max")" 4194304
}

@test "systemd is refused as cgroup manager where it does not run, with the way out and nothing left" {
	[[ ! -d /run/systemd/system ]] || skip "systemd runs here"
	[[ -x $CTR_BUILDDIR/ctr-systemd ]] || skip "built without ctr-systemd"
	spec . true
	run -125 ctr --systemd-cgroup run --name "$ID" spec.json
	contains "$output" 'systemd does not run here' --cgroup-manager=cgroupfs
	nothing_created
	[[ ! -e $ROOT/$ID && ! -e $DATA/containers/$ID ]]
	run -0 ctr --systemd-cgroup=false run --rm --name "$ID" spec.json
}

USERNS='.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
	| .linux.namespaces += [{type: "user"}] |
	.mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"}, {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup"}]'

@test "root of a user namespace may make cgroups where it is shown a writable one of its own" {
	inside "$USERNS" 'stat -c %u /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/cgroup.freeze
		mkdir /sys/fs/cgroup/sub && echo $$ >/sys/fs/cgroup/sub/cgroup.procs && cat /proc/self/cgroup | grep ^0:'
	equal "$output" $'0\n0\n65534\n0::/sub'
	inside "$USERNS | .mounts[-1].options = [\"ro\"]" 'stat -c %u /sys/fs/cgroup'
	equal "$output" 65534
	inside "$USERNS | .linux.namespaces |= map(select(.type != \"cgroup\"))" 'stat -c %u /sys/fs/cgroup'
	equal "$output" 65534
}

@test "the cgroup that an annotation delegates is below the limited one, and root of the container's" {
	background "$USERNS"' | .annotations = {"run.oci.delegate-cgroup": "mine"}' "$IDLE"
	run -0 ctr exec "$ID" sh -c 'grep ^0: /proc/1/cgroup; stat -c %u /sys/fs/cgroup/mine; cd /sys/fs/cgroup/mine
		mkdir sub && echo 1 >sub/cgroup.procs && grep ^0: /proc/1/cgroup'
	equal "$output" $'0::/mine\n0\n0::/mine/sub'
	equal "$(ctr state "$ID" | jq -r .cgroup)" "/ctr/$ID"
	spec '.annotations = {"run.oci.delegate-cgroup": "../x"}' true
	run -125 ctr run --name "$ID-2" spec.json
	contains "$output" run.oci.delegate-cgroup
}
