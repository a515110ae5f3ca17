#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr update`, seen in the cgroup's files. Where cgroup2 has no controllers only refusals and the
# device rules are tested; tests/vm has all of them.

load helpers

cgroup_value() {
	cat "$(cgroup_of "$(pid_of "$ID")")/$1"
}

limited() {
	background ".linux.resources += {memory: {limit: 33554432, reservation: 25165824},
		cpu: {shares: 100, quota: 500000, period: 1000000}, pids: {limit: 20}}" "$IDLE"
}

# Rules that deny all but the default devices and those of the arguments, as jq objects.
deny_but() {
	echo '{"devices": [{"allow": false, "access": "rwm"}'"${1:+, $1}"']}'
}

@test "update: memory with units, reservation, and no limit" {
	require_controller memory
	limited
	ctr update --memory 50M "$ID"
	equal "$(cgroup_value memory.max)" 52428800
	ctr update "$ID" --memory-reservation 33554432 -m=67108864
	equal "$(cgroup_value memory.low)" 33554432
	equal "$(cgroup_value memory.max)" 67108864
	ctr update --memory -1 "$ID"
	equal "$(cgroup_value memory.max)" max
}

@test "update: swap is the sum with memory, which may be that of before" {
	require_controller memory
	limited
	[[ -e $(cgroup_of "$(pid_of "$ID")")/memory.swap.max ]] || skip "no swap accounting"
	ctr update --memory 30M --memory-swap 50M "$ID"
	equal "$(cgroup_value memory.swap.max)" $((20 << 20))
	ctr update --memory 40M "$ID"
	equal "$(cgroup_value memory.swap.max)" $((10 << 20))
	ctr update --memory-swap 100M "$ID"
	equal "$(cgroup_value memory.swap.max)" $((60 << 20))
	run -1 ctr update --memory 200M "$ID"
	contains "$output" linux.resources.memory.swap
	equal "$(cgroup_value memory.max)" $((40 << 20))
	ctr update --memory-swap -1 "$ID"
	equal "$(cgroup_value memory.swap.max)" max
	ctr update --memory 60M --memory-swap 80M "$ID"
	ctr update --memory -1 "$ID"
	equal "$(cgroup_value memory.swap.max)" max
}

@test "update: checkBeforeUpdate refuses what is in use already, and changes nothing" {
	require_controller memory
	limited
	run -1 ctr update -r - "$ID" <<<'{"memory": {"limit": 1024, "checkBeforeUpdate": true}, "pids": {"limit": 7}}'
	contains "$output" 'rejecting memory limit'
	run -1 ctr update -r - "$ID" <<<'{"memory": {"limit": 1024, "swap": 2048, "checkBeforeUpdate": true}}'
	contains "$output" 'rejecting memory+swap limit'
	equal "$(cgroup_value pids.max)" 20
	equal "$(cgroup_value memory.max)" 33554432
	has_status "$ID" running
}

@test "update: quota and period each keep the other, over several updates" {
	require_controller cpu
	limited
	ctr update --cpu-period 900000 "$ID"
	equal "$(cgroup_value cpu.max)" '500000 900000'
	ctr update --cpu-quota 600000 "$ID"
	equal "$(cgroup_value cpu.max)" '600000 900000'
	ctr update --cpu-quota -1 "$ID"
	equal "$(cgroup_value cpu.max)" 'max 900000'
	ctr update --cpu-quota 200000 --cpu-burst 10000 --cpu-share 1024 "$ID"
	equal "$(cgroup_value cpu.max)" '200000 900000'
	equal "$(cgroup_value cpu.max.burst)" 10000
	equal "$(cgroup_value cpu.weight)" 100
}

@test "update: cpu.idle, and a weight ends it" {
	require_controller cpu
	limited
	ctr update --cpu-idle 1 "$ID"
	equal "$(cgroup_value cpu.idle)" 1
	run -1 ctr update --cpu-idle 2 --cpu-period 10000 "$ID"
	contains "$output" cpu.idle
	equal "$(cgroup_value cpu.idle)" 1
	equal "$(cgroup_value cpu.max)" '500000 1000000'
	ctr update --cpu-period 10000 --cpu-quota 5000 "$ID"
	equal "$(cgroup_value cpu.idle)" 1
	ctr update --cpu-shares 200 "$ID"
	equal "$(cgroup_value cpu.idle)" 0
}

@test "update: pids, and 0 means one" {
	require_controller pids
	limited
	ctr update --pids-limit 10 "$ID"
	equal "$(cgroup_value pids.max)" 10
	ctr update --pids-limit -1 "$ID"
	equal "$(cgroup_value pids.max)" max
	ctr update --pids-limit 0 "$ID"
	equal "$(cgroup_value pids.max)" 1
}

@test "update: a controller that the container did not need is enabled for it" {
	require_controller pids cpu
	background . "$IDLE"
	ctr update --pids-limit 9 --cpu-share 2 "$ID"
	equal "$(cgroup_value pids.max)" 9
	equal "$(cgroup_value cpu.weight)" 1
}

@test "update: cpuset" {
	require_controller cpuset
	limited
	ctr update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
	equal "$(cgroup_value cpuset.cpus)" 0
	equal "$(cgroup_value cpuset.mems)" 0
	run -1 ctr update --cpuset-cpus 4095 "$ID"
	contains "$output" linux.resources.cpu.cpus
	equal "$(cgroup_value cpuset.cpus)" 0
}

@test "update: a file that the kernel refuses sets all before it back" {
	require_controller memory pids
	limited
	run -1 ctr update -r - "$ID" <<<'{"memory": {"limit": 41943040}, "pids": {"limit": 7},
		"unified": {"memory.high": "nonsense"}}'
	contains "$output" linux.resources.unified.memory.high
	equal "$(cgroup_value memory.max)" 33554432
	equal "$(cgroup_value pids.max)" 20
}

@test "update: unified" {
	require_controller cpu pids
	limited
	ctr update --resources=- "$ID" <<<'{"unified": {"cpu.max": "max 100000", "cpu.weight": "16", "pids.max": "10"}}'
	equal "$(cgroup_value cpu.max)" 'max 100000'
	equal "$(cgroup_value cpu.weight)" 16
	equal "$(cgroup_value pids.max)" 10
}

@test "update: throttles of a device, which a failure sets back" {
	require_controller io
	local device numbers
	device=$(findmnt -no SOURCE --target /var/lib)
	[[ -b $device ]] || skip "no block device here"
	numbers=$(lsblk -ndo MAJ:MIN "$(lsblk -npo PKNAME "$device" | grep . || echo "$device")" | tr -d ' ')
	limited
	throttle() {
		echo "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": ${numbers%:*}, \"minor\": ${numbers#*:}, \"rate\": $1}]}
			${2:+, $2}}"
	}
	run -1 ctr update -r - "$ID" <<<"$(throttle 1048576 '"unified": {"pids.max": "x"}')"
	lacks "$(cgroup_value io.max)" rbps=1048576
	ctr update -r - "$ID" <<<"$(throttle 2097152)"
	contains "$(cgroup_value io.max)" rbps=2097152
	run -1 ctr update -r - "$ID" <<<"$(throttle 1048576 '"unified": {"pids.max": "x"}')"
	contains "$(cgroup_value io.max)" rbps=2097152
}

@test "update: a paused container stays paused, a created one is updated too" {
	require_controller pids
	limited
	ctr pause "$ID"
	ctr update --pids-limit 30 "$ID"
	equal "$(cgroup_value pids.max)" 30
	has_status "$ID" paused
	ctr resume "$ID"
	ctr rm -f "$ID"
	bundle b '.linux.resources.pids.limit = 20' true
	create --bundle b "$ID"
	ctr update --pids-limit 12 "$ID"
	equal "$(cgroup_value pids.max)" 12
}

@test "update: device rules replace those in force, at once and for the running process" {
	# opening /dev/fuse needs no capability; where no driver is there the error is another one
	background '.mounts += [{destination: "/dev", type: "tmpfs", source: "tmpfs"}] |
		.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229}] |
		.linux.resources.devices = [{allow: false, access: "rwm"}]' "$IDLE"
	run ctr exec "$ID" sh -c ': </dev/fuse'
	contains "$output" 'Operation not permitted'
	ctr update -r - "$ID" <<<"$(deny_but '{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}')"
	run ctr exec "$ID" sh -c ': </dev/fuse'
	[[ $status -eq 0 ]] || lacks "$output" 'Operation not permitted'
	equal "$(device_programs)" 1
	ctr update --resources=/dev/stdin "$ID" <<<"$(deny_but)"
	run ctr exec "$ID" sh -c ': </dev/fuse'
	contains "$output" 'Operation not permitted'
	equal "$(device_programs)" 1
	ctr update -r - "$ID" <<<'{"devices": [{"allow": true, "access": "rwm"}]}'
	equal "$(device_programs)" 0
}

# How many device programs the container's cgroup has, as the kernel counts.
device_programs() {
	"$HELPERS/probe" device-programs "$(cgroup_of "$(pid_of "$ID")")"
}

@test "update: without a change nothing happens" {
	background . "$IDLE"
	ctr update "$ID"
	ctr update -r - "$ID" <<<'{}'
}

@test "update: refusals name the option or the member" {
	background . "$IDLE"
	run -1 ctr update --memory lots "$ID"
	contains "$output" "'--memory'" lots
	run -1 ctr update --cpu-quota 1.5 "$ID"
	contains "$output" "'--cpu-quota'"
	run -1 ctr update --cpu-period -5 "$ID"
	contains "$output" --cpu-period
	run -1 ctr update --cpu-rt-period 1000 "$ID"
	contains "$output" realtimePeriod
	run -1 ctr update --cpu-rt-runtime 1000 "$ID"
	contains "$output" realtimeRuntime
	run -1 ctr update --blkio-weight 5 "$ID"
	contains "$output" blockIO.weight
	run -1 ctr update --memory-swap 100m "$ID"
	contains "$output" linux.resources.memory.swap
	run -1 ctr update -r - "$ID" <<<'{"memory": {"limit": "1g"}}'
	contains "$output" 'standard input' memory.limit
	run -1 ctr update -r nofile "$ID"
	contains "$output" nofile
	run -1 ctr update -r - "$ID" <<<'{"network": {"classID": 1}}'
	contains "$output" linux.resources.network
	run -0 ctr update --kernel-memory 10m "$ID"
	contains "$output" 'ignored'
}

@test "update: of a container that has stopped or is not there" {
	run -1 ctr update --pids-limit 5 "$ID"
	contains "$output" 'container does not exist'
	spec . true
	ctr run -d --name "$ID" spec.json >/dev/null
	eventually has_status "$ID" stopped
	run -1 ctr update --pids-limit 5 "$ID"
	contains "$output" 'container not running'
}

@test "update: a limit without its controller here is refused with the reason" {
	[[ " $(<"$CGROUP2/cgroup.controllers") " != *" pids "* ]] || skip "cgroup2 has it here"
	background . "$IDLE"
	run -1 ctr update --pids-limit 5 "$ID"
	contains "$output" linux.resources.pids.limit 'pids controller'
}
