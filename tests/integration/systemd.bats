#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# systemd as cgroup manager: what systemd says of the unit, what the kernel has in its files, and
# what is seen from inside. tests/vm runs them where systemd is pid 1.

load helpers

setup() {
	[[ -d /run/systemd/system ]] || skip "systemd is not pid 1 here"
	[[ -x $CTR_BUILDDIR/ctr-systemd ]] || skip "built without ctr-systemd"
	setup_container
	UNIT=ctr-$ID.scope
}

teardown() {
	[[ -n ${UNIT-} ]] || return 0
	remove_containers
	local left
	left=$(systemctl list-units --all --no-legend "*$ID*")
	[[ -z $left ]] || {
		echo "unit left behind: $left" >&2
		systemctl kill -s KILL "$UNIT" || true
		systemctl stop "$UNIT" || true
		systemctl reset-failed "$UNIT" || true
		teardown_container
		return 1
	}
	teardown_container
}

# in_scope FILTER SCRIPT: a detached container of systemd's $ID that runs SCRIPT.
in_scope() {
	spec "$1" sh -c "$2"
	ctr --systemd-cgroup run -d --name "$ID" spec.json >/dev/null
}

# property NAME: what systemd says of the unit.
property() {
	systemctl show --value -p "$1" "$UNIT"
}

# scope_file NAME: a file of the unit's cgroup, where systemd says that it is.
scope_file() {
	cat "$CGROUP2$(property ControlGroup)/$1"
}

@test "systemd: the container's process is in a scope of its own, in system.slice" {
	in_scope . "$IDLE"
	equal "$(property ActiveState)" active
	equal "$(property Slice)" system.slice
	equal "$(property Delegate)" yes
	equal "$(property ControlGroup)" "/system.slice/$UNIT"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/system.slice/$UNIT"
	# nobody else: the companion has left
	equal "$(scope_file cgroup.procs)" "$(pid_of "$ID")"
	equal "$(ctr state "$ID" | jq -r '."systemd-scope"')" "$UNIT"
	equal "$(ctr state "$ID" | jq -r .cgroup)" "/system.slice/$UNIT"
}

@test "systemd: slice:prefix:name names slice and scope, nested slices too" {
	UNIT=libpod-$ID.scope
	in_scope '.linux.cgroupsPath = "ctrtest-a.slice:libpod:'"$ID"'"' "$IDLE"
	equal "$(property Slice)" ctrtest-a.slice
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/ctrtest.slice/ctrtest-a.slice/$UNIT"
	ctr rm -f "$ID"
	systemctl stop ctrtest.slice
}

@test "systemd: the root slice" {
	UNIT=x-$ID.scope
	in_scope '.linux.cgroupsPath = "-.slice:x:'"$ID"'"' "$IDLE"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/$UNIT"
}

@test "systemd: a name that is a slice's is a slice" {
	local name=ctrtest-${ID//-/_}.slice
	UNIT=$name
	in_scope '.linux.cgroupsPath = "ctrtest.slice:x:'"$name"'" | .linux.resources.pids.limit = 7' "$IDLE"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/ctrtest.slice/$name"
	equal "$(property TasksMax)" 7
	ctr rm -f "$ID"
	equal "$(systemctl show --value -p ActiveState "$name")" inactive
	systemctl stop ctrtest.slice
}

@test "systemd: what is no slice:prefix:name is refused, with nothing left" {
	spec '.linux.cgroupsPath = "/a/b"' true
	run -125 ctr --systemd-cgroup run --name "$ID" spec.json
	contains "$output" 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/a/b" instead'
	nothing_created
	spec '.linux.cgroupsPath = "a--b.slice:x:y"' true
	run -125 ctr --cgroup-manager systemd run --name "$ID" spec.json
	contains "$output" 'invalid slice name'
	nothing_created
}

limits='.linux.resources += {
	memory: {limit: 104857600, reservation: 52428800, swap: 209715200},
	cpu: {shares: 512, quota: 20000, period: 50000, cpus: "0", mems: "0"},
	pids: {limit: 42},
	unified: {"memory.high": "99614720"}}'

# Both views of the limits above.
check_limits() {
	equal "$(property MemoryMax)" 104857600
	equal "$(property MemoryLow)" 52428800
	equal "$(property MemoryHigh)" 99614720
	equal "$(property CPUQuotaPerSecUSec)" 400ms
	equal "$(property CPUQuotaPeriodUSec)" 50ms
	equal "$(property AllowedCPUs)" 0
	equal "$(property AllowedMemoryNodes)" 0
	equal "$(property TasksMax)" 42
	equal "$(property CPUWeight)" "$(scope_file cpu.weight)"
	equal "$(scope_file memory.max)" 104857600
	equal "$(scope_file memory.low)" 52428800
	equal "$(scope_file memory.high)" 99614720
	equal "$(scope_file cpu.max)" '20000 50000'
	equal "$(scope_file cpuset.cpus)" 0
	equal "$(scope_file cpuset.mems)" 0
	equal "$(scope_file pids.max)" 42
	[[ ! -e $CGROUP2$(property ControlGroup)/memory.swap.max ]] || {
		equal "$(property MemorySwapMax)" 104857600
		equal "$(scope_file memory.swap.max)" 104857600
	}
}

@test "systemd: limits are properties of the unit and in the kernel's files, also after daemon-reload" {
	require_controller memory cpu cpuset pids
	in_scope "$limits"' | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup2", source: "cgroup2", options: ["ro"]}]' "$IDLE"
	check_limits
	systemctl daemon-reload
	check_limits
	run -0 ctr exec "$ID" sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max; cat /proc/self/cgroup'
	equal "${lines[0]} ${lines[1]} ${lines[2]}" "104857600 42 0::/"
}

@test "systemd: what it has no property for is limited too, and stays after daemon-reload" {
	require_controller cpu
	in_scope '.linux.resources += {cpu: {quota: 20000, period: 100000, burst: 10000}, unified: {"cgroup.max.depth": "3"}}' "$IDLE"
	systemctl daemon-reload
	equal "$(scope_file cpu.max.burst)" 10000
	equal "$(scope_file cgroup.max.depth)" 3
}

@test "systemd: a limit of one process is no obstacle to the companion" {
	require_controller pids
	spec '.linux.resources.pids.limit = 1' probe forks 3
	run -0 ctr --systemd-cgroup run --rm --name "$ID" spec.json
	equal "$output" '0 EAGAIN'
}

DEV='.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}]
	| .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229},
		{path: "/dev/loop-control", type: "c", major: 10, minor: 237}]'
TRY='for d in full fuse loop-control; do for mode in "<" ">>"; do
	if sh -c "true $mode/dev/$d" 2>/dev/null; then echo "$mode$d"; fi; done; done'

@test "systemd: device rules hold, as the unit's and after daemon-reload" {
	in_scope "$DEV"' | .linux.resources.devices = [{allow: false, access: "rwm"},
		{allow: true, type: "c", major: 10, minor: 229, access: "r"}]' "$IDLE"
	equal "$(property DevicePolicy)" strict
	contains "$(property DeviceAllow)" '/dev/char/10:229 r' 'char-136 rwm'
	for _ in 1 2; do
		run -0 ctr exec "$ID" sh -c "$TRY"
		equal "$output" $'<full\n>>full\n<fuse'
		systemctl daemon-reload
	done
}

@test "systemd: device rules that it cannot express hold nevertheless" {
	in_scope "$DEV"' | .linux.resources.devices = [{allow: false}, {allow: true},
		{allow: false, type: "c", major: 10, minor: 229, access: "w"}]' "$IDLE"
	equal "$(property DevicePolicy)" auto
	for _ in 1 2; do
		run -0 ctr exec "$ID" sh -c "$TRY"
		equal "$output" $'<full\n>>full\n<fuse\n<loop-control\n>>loop-control'
		systemctl daemon-reload
	done
}

@test "systemd: annotations set properties of the unit" {
	in_scope '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 7000000",
		"org.systemd.property.CollectMode": "'"'inactive-or-failed'"'",
		"org.systemd.property.RuntimeMaxSec": "600",
		"org.systemd.property.After": "['"'basic.target'"']"}' "$IDLE"
	equal "$(property TimeoutStopUSec)" 7s
	equal "$(property CollectMode)" inactive-or-failed
	equal "$(property RuntimeMaxUSec)" 10min
	contains "$(property After)" basic.target
}

@test "systemd: an annotation that is nonsense is refused, with nothing left" {
	spec '.annotations = {"org.systemd.property.TimeoutStopUSec": "soon"}' true
	run -125 ctr --systemd-cgroup run --name "$ID" spec.json
	contains "$output" 'TimeoutStopUSec'
	nothing_created
	spec '.annotations = {"org.systemd.property.NoSuchThing": "true"}' true
	run -125 ctr --systemd-cgroup run --name "$ID" spec.json
	contains "$output" 'NoSuchThing'
	nothing_created
}

@test "systemd: a unit that systemd has ended with failure is forgotten by delete" {
	bundle b '.annotations = {"org.systemd.property.RuntimeMaxSec": "1", "org.systemd.property.TimeoutStopSec": "1"}' sh -c 'trap "" TERM; '"$IDLE"
	ctr --systemd-cgroup run -d --bundle b "$ID" </dev/null >/dev/null
	eventually has_status "$ID" stopped
	eventually is_failed
	run -3 systemctl status "$UNIT"
	ctr delete "$ID"
	run -4 systemctl status "$UNIT"
}

is_failed() {
	[[ $(property ActiveState) == failed ]]
}

@test "systemd: create, start, kill and delete need no option" {
	bundle b . sh -c "$IDLE"
	create --systemd-cgroup --bundle b "$ID"
	equal "$(property ActiveState)" active
	ctr start "$ID"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/system.slice/$UNIT"
	run -0 ctr exec "$ID" cat /proc/self/cgroup
	equal "$output" 0::/
	ctr freeze "$ID"
	equal "$(status_of "$ID")" paused
	ctr thaw "$ID"
	ctr kill "$ID" KILL
	eventually has_status "$ID" stopped
	ctr delete "$ID"
	run -4 systemctl status "$UNIT"
}

@test "systemd: a unit of that name that runs is not taken" {
	systemd-run --scope --unit "$UNIT" --quiet sleep 1000 3>&- &
	eventually systemctl is-active --quiet "$UNIT"
	spec . true
	run -125 ctr --systemd-cgroup run --name "$ID" spec.json
	contains "$output" "unit $UNIT" "container's cgroup is not empty"
	equal "$(property ActiveState)" active
	systemctl kill -s KILL "$UNIT"
	wait $! || true
	eventually is_no_unit
	systemctl reset-failed "$UNIT" || true
}

is_no_unit() {
	[[ $(property ActiveState) != active ]]
}

@test "systemd: the subgroup of an annotation has the process and the limits" {
	require_controller pids
	in_scope '.annotations = {"run.oci.systemd.subgroup": "inner"} | .linux.resources.pids.limit = 9' "$IDLE"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/system.slice/$UNIT/inner"
	equal "$(scope_file inner/pids.max) $(scope_file pids.max)" '9 9'
	equal "$(scope_file inner/cgroup.procs)" "$(pid_of "$ID")"
	run -0 ctr exec "$ID" cat /proc/self/cgroup
	equal "$output" 0::/
}

# at STEP KIND ARGUMENT...: `ctr ARGUMENT...` with a fault behind that step; its status in $status.
at() {
	local step=$1 kind=$2
	shift 2
	status=0
	env CTR_LIBEXEC="$CTR_BUILDDIR" "CTR_${kind}_STEP=$step" "$CTR_BUILDDIR/tests/fault/ctr" \
		--root "$ROOT" --data-root "$DATA" "$@" >out 2>&1 </dev/null 3>&- || status=$?
	((status != 0)) || fail "went on after '$step'"
}

@test "systemd: what a killed ctr leaves goes by itself or with delete --force" {
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	local step
	bundle b . sh -c "$IDLE"
	for step in 'state folder' cgroup clone scope ready state; do
		at "$step" KILL --systemd-cgroup create --bundle b "$ID"
		ctr delete --force "$ID"
		eventually is_unknown
		nothing_created
	done
}

is_unknown() {
	[[ $(property LoadState) == not-found ]]
}

@test "systemd: a failure behind any step leaves no unit" {
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	local step
	bundle b . sh -c "$IDLE"
	for step in cgroup clone scope state; do
		at "$step" FAIL --systemd-cgroup create --bundle b "$ID"
		is_unknown || fail "$step: the unit is still there"
		nothing_created
	done
}

@test "systemd: a run in the foreground leaves no unit, and its status counts" {
	spec . sh -c 'exit 7'
	run -7 ctr --cgroup-manager=systemd run --rm --name "$ID" spec.json
	run -4 systemctl status "$UNIT"
}

@test "systemd: features say so" {
	equal "$(ctr features | jq -c '.linux.cgroup | [.systemd, .systemdUser]')" '[true,true]'
}

@test "systemd: update changes the unit's properties and the kernel's files alike" {
	require_controller memory cpu pids
	in_scope "$limits" "$IDLE"
	ctr update --memory 125829120 --memory-swap 230686720 --pids-limit 50 --cpu-quota 12345 --cpu-period 50000 "$ID"
	for _ in 1 2; do
		equal "$(property MemoryMax) $(scope_file memory.max)" '125829120 125829120'
		equal "$(property TasksMax) $(scope_file pids.max)" '50 50'
		# systemd keeps whole percents
		equal "$(property CPUQuotaPerSecUSec) $(scope_file cpu.max)" '250ms 12500 50000'
		systemctl daemon-reload
	done
	ctr update --resources - "$ID" <<<'{"cpu": {"quota": 12345, "period": 50000}, "devices": [{"allow": false, "access": "rwm"}]}'
	equal "$(scope_file cpu.max)" '12500 50000'
	equal "$(property DevicePolicy)" strict
	run -0 ctr exec "$ID" true
}

@test "systemd: an ordinary user, and uid 0 of his own namespace, have scopes of his manager" {
	id user >/dev/null 2>&1 && systemctl is-active --quiet "user@$(id -u user).service" ||
		skip "no user 'user' with a manager of his own"
	local folder
	folder=$(mktemp -d /tmp/ctr-user.XXXXXX)
	cp "$CTR_BUILDDIR/ctr" "$CTR_BUILDDIR/ctr-systemd" "$folder"
	spec '.root.path = "rootfs" | .linux.resources += {memory: {limit: 104857600}, pids: {limit: 33}} |
		.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs"}]' sh -c "$IDLE"
	mkdir "$folder/b"
	cp spec.json "$folder/b/config.json"
	cp -R "$ROOTFS" "$folder/b/rootfs"
	chown -R user: "$folder"
	cat >"$folder/script" <<-END
		set -eu
		ctr() { $folder/ctr --root $folder/run "\$@"; }
		ctr --systemd-cgroup run -d --bundle $folder/b $ID </dev/null >$folder/out 2>&1 || { cat $folder/out; exit 1; }
		file() { cat /sys/fs/cgroup\$(systemctl --user show --value -p ControlGroup $UNIT)/\$1; }
		systemctl --user show --value -p Slice -p MemoryMax -p TasksMax $UNIT | sort
		file cgroup.procs | wc -l
		ctr update --memory 125829120 $ID
		systemctl --user daemon-reload
		file memory.max
		file pids.max
		ctr exec $ID cat /proc/self/cgroup
		ctr delete -f $ID
		systemctl --user show --value -p LoadState $UNIT
	END
	local way
	for way in 'unshare --user --map-root-user --mount' ''; do
		# shellcheck disable=SC2086 # words
		run -0 systemd-run --quiet --user --machine=user@.host --pipe --wait --collect \
			$way sh "$folder/script"
		equal "$output" $'104857600\n33\nuser.slice\n1\n125829120\n33\n0::/\nnot-found'
	done
	rm -rf "$folder"
}

@test "systemd: a container that is restored is in its scope again" {
	require_program criu
	bundle b '.linux.resources.pids.limit = 44' sh -c "$IDLE"
	ctr --systemd-cgroup run -d --bundle b "$ID" </dev/null >/dev/null 2>&1
	ctr checkpoint --image-path img --work-path work "$ID"
	[[ $(property LoadState) == not-found ]] || ctr delete "$ID"
	ctr --log log --systemd-cgroup restore -d --bundle b --image-path img --work-path work "$ID" \
		</dev/null >/dev/null 2>&1 || fail "$(<log)"
	equal "$(property ActiveState) $(property TasksMax)" 'active 44'
	equal "$(scope_file cgroup.procs)" "$(pid_of "$ID")"
	equal "$(scope_file pids.max)" 44
}

# The companion would be put into it, and never answer.
@test "systemd: a scope whose cgroup is there already, frozen, is refused at once" {
	local folder=$CGROUP2/system.slice/$UNIT
	mkdir "$folder"
	echo 1 >"$folder/cgroup.freeze"
	spec . true
	run -125 ctr --systemd-cgroup run --rm --name "$ID" spec.json
	rmdir "$folder"
	contains "$output" "container's cgroup unexpectedly frozen"
}
