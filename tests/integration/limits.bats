#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Limits, enforced by the kernel's controllers. Where cgroup2 has none (hybrid hosts) these are
# skipped: tests/vm runs them in a guest.

load helpers

# limit_file NAME: a file of the container's cgroup, read on the host.
limit_file() {
	cat "$(cgroup_of "$(pid_of "$ID")")/$1"
}

resources() {
	echo ".linux.resources += $1"
}

@test "memory: limit, reservation and swap are written in cgroup v2 terms" {
	require_controller memory
	background "$(resources '{memory: {limit: 104857600, reservation: 52428800, swap: 209715200}}')" "$IDLE"
	equal "$(limit_file memory.max)" 104857600
	equal "$(limit_file memory.low)" 52428800
	[[ ! -e $(cgroup_of "$(pid_of "$ID")")/memory.swap.max ]] || equal "$(limit_file memory.swap.max)" 104857600
}

@test "memory: -1 means no limit" {
	require_controller memory
	background "$(resources '{memory: {limit: -1}}')" "$IDLE"
	equal "$(limit_file memory.max)" max
}

@test "memory: swap smaller than the limit is refused" {
	require_controller memory
	spec "$(resources '{memory: {limit: 104857600, swap: 52428800}}')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" memory.swap
	nothing_created
}

@test "memory: a program over the limit is killed by the kernel, and the status says so" {
	require_controller memory
	spec "$(resources '{memory: {limit: 20971520, swap: 20971520}}')" sh -c 'probe eat 64; echo "status $?"'
	run -0 ctr run --rm --name "$ID" spec.json
	contains "$output" 'status 137'
	lacks "$output" ate
}

@test "memory: PID 1 over the limit gives 137" {
	require_controller memory
	spec "$(resources '{memory: {limit: 20971520, swap: 20971520}}')" probe eat 64
	run -137 ctr run --rm --name "$ID" spec.json
}

@test "memory: a program under the limit runs" {
	require_controller memory
	spec "$(resources '{memory: {limit: 67108864}}')" probe eat 20
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" 'ate 20'
}

# The container's cgroup is charged for the child of ctr that becomes its first process: page tables,
# pages that it writes to, its mounts. 192 kB were enough when this was written, with musl.
@test "memory: 256 kB are enough to start a program" {
	require_controller memory
	! grep -q 'GNU C Library' "$CTR" || skip "ctr is linked with glibc"
	spec "$(resources '{memory: {limit: 262144}}')" true
	for _ in {1..5}; do
		run -0 ctr run --rm --name "$ID" spec.json
	done
}

@test "memory: checkBeforeUpdate and the v1-only members do no harm or are refused by name" {
	require_controller memory
	spec "$(resources '{memory: {limit: 67108864, checkBeforeUpdate: true}}')" true
	run -0 ctr run --rm --name "$ID" spec.json
	spec "$(resources '{memory: {limit: 67108864, kernelTCP: 1000000}}')" true
	run ctr run --rm --name "$ID" spec.json
	[[ $status -eq 0 ]] || contains "$output" kernelTCP
}

@test "pids: no more processes than the limit" {
	require_controller pids
	spec "$(resources '{pids: {limit: 5}}')" probe forks 20
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" '4 EAGAIN'
}

@test "pids: 0 means one and -1 means no limit" {
	require_controller pids
	spec "$(resources '{pids: {limit: 0}}')" probe forks 3
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" '0 EAGAIN'
	background "$(resources '{pids: {limit: -1}}')" "$IDLE"
	equal "$(limit_file pids.max)" max
}

@test "pids: a limit of one does not break the start" {
	require_controller pids
	spec "$(resources '{pids: {limit: 1}}')" echo started
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" started
}

@test "cpu: quota, period and burst are written" {
	require_controller cpu
	background "$(resources '{cpu: {quota: 20000, period: 50000, burst: 10000}}')" "$IDLE"
	equal "$(limit_file cpu.max)" '20000 50000'
	equal "$(limit_file cpu.max.burst)" 10000
}

@test "cpu: quota alone and period alone keep the other's default" {
	require_controller cpu
	background "$(resources '{cpu: {quota: 20000}}')" "$IDLE"
	equal "$(limit_file cpu.max)" '20000 100000'
	ctr rm -f "$ID"
	background "$(resources '{cpu: {quota: -1, period: 50000}}')" "$IDLE"
	equal "$(limit_file cpu.max)" 'max 50000'
}

@test "cpu: a quota really throttles" {
	require_controller cpu
	background "$(resources '{cpu: {quota: 5000, period: 100000}}')" 'while :; do :; done'
	throttled() { [[ $(limit_file cpu.stat) =~ nr_throttled\ ([0-9]+) ]] && ((BASH_REMATCH[1] > 2)); }
	eventually throttled
	local usage begin end
	usage_now() { [[ $(limit_file cpu.stat) =~ usage_usec\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"; }
	begin=$(usage_now)
	usage=$EPOCHREALTIME
	eventually bash -c "[[ \$(date +%s) -ge $((${EPOCHREALTIME%.*} + 3)) ]]"
	end=$(usage_now)
	# 5 % of the wall clock, with room: not more than a quarter
	(((end - begin) * 4 < ${EPOCHREALTIME/./} - ${usage/./})) || fail "it used $((end - begin)) us"
}

@test "cpu: shares become a weight" {
	require_controller cpu
	local weight
	background "$(resources '{cpu: {shares: 1024}}')" "$IDLE"
	weight=$(limit_file cpu.weight)
	# 100 in the present conversion (runtime-spec 1.3), 39 in the old linear one
	[[ $weight == 100 || $weight == 39 ]] || fail "cpu.weight is $weight"
	ctr rm -f "$ID"
	background "$(resources '{cpu: {shares: 2}}')" "$IDLE"
	equal "$(limit_file cpu.weight)" 1
	ctr rm -f "$ID"
	background "$(resources '{cpu: {shares: 262144}}')" "$IDLE"
	equal "$(limit_file cpu.weight)" 10000
}

@test "cpu: idle" {
	require_controller cpu
	background "$(resources '{cpu: {idle: 1}}')" "$IDLE"
	equal "$(limit_file cpu.idle)" 1
}

@test "cpuset: the program runs only on the given CPUs" {
	require_controller cpuset
	spec "$(resources '{cpu: {cpus: "0", mems: "0"}}')" grep -E 'Cpus_allowed_list|Mems_allowed_list' /proc/self/status
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" $'Cpus_allowed_list:\t0\nMems_allowed_list:\t0'
}

@test "cpuset: a CPU that is not there is an error naming it" {
	require_controller cpuset
	spec "$(resources '{cpu: {cpus: "4095"}}')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" cpu
	nothing_created
}

@test "io: weight and throttles are written where the kernel has them" {
	require_controller io
	local device numbers
	device=$(findmnt -no SOURCE --target /var/lib)
	[[ -b $device ]] || skip "no block device here"
	numbers=$(lsblk -ndo MAJ:MIN "$(lsblk -npo PKNAME "$device" | grep . || echo "$device")" | tr -d ' ')
	background "$(resources "{blockIO: {throttleWriteBpsDevice: [{major: ${numbers%:*}, minor: ${numbers#*:}, rate: 1048576}],
		throttleReadIOPSDevice: [{major: ${numbers%:*}, minor: ${numbers#*:}, rate: 77}]}}")" "$IDLE"
	contains "$(limit_file io.max)" "$numbers" wbps=1048576 riops=77
}

@test "io: a write limit slows down direct writes" {
	require_controller io
	local device numbers begin out
	device=$(findmnt -no SOURCE --target /var/tmp)
	[[ -b $device ]] || skip "no block device below /var/tmp"
	numbers=$(lsblk -ndo MAJ:MIN "$(lsblk -npo PKNAME "$device" | grep . || echo "$device")" | tr -d ' ')
	out=$(mktemp -d /var/tmp/ctr-io.XXXXXX)
	spec "$(resources "{blockIO: {throttleWriteBpsDevice: [{major: ${numbers%:*}, minor: ${numbers#*:}, rate: 1048576}]}}") |
		.mounts += [{destination: \"/out\", source: \"$out\", options: [\"bind\"]}]" \
		dd if=/dev/zero of=/out/file bs=64k count=48 oflag=direct
	begin=${EPOCHREALTIME/./}
	run ctr run --rm --name "$ID" spec.json
	rm -r "$out"
	equal "$status" 0
	((${EPOCHREALTIME/./} - begin > 1500000)) || fail "3 MB at 1 MB/s took only $((${EPOCHREALTIME/./} - begin)) us"
}

@test "unified writes any file, and after the members that it overrides" {
	require_controller memory
	background "$(resources '{memory: {limit: 104857600}, unified: {"memory.high": "50000000", "memory.max": "209715200"}}')" "$IDLE"
	equal "$(limit_file memory.high)" 49999872
	equal "$(limit_file memory.max)" 209715200
}

@test "limits hold for processes that exec brings" {
	require_controller pids
	background "$(resources '{pids: {limit: 4}}')" "$IDLE"
	run -0 ctr exec "$ID" probe forks 20
	equal "$output" '2 EAGAIN'
}

@test "controllers are enabled on the way down to a deep cgroupsPath" {
	require_controller pids
	background ".linux.cgroupsPath = \"/ctr-bats-$ID/a/b\" | $(resources '{pids: {limit: 9}}')" "$IDLE"
	equal "$(<"$CGROUP2/ctr-bats-$ID/a/b/pids.max")" 9
	ctr rm -f "$ID"
	rmdir "$CGROUP2/ctr-bats-$ID/a" "$CGROUP2/ctr-bats-$ID" 2>/dev/null || true
}

@test "a container without limits has all controllers, so that what it uses is counted" {
	require_controller memory pids
	background ".linux.cgroupsPath = \"/ctr-bats-$ID/a/b\"" "$IDLE"
	local folder=$CGROUP2/ctr-bats-$ID
	equal "$(<"$folder/a/b/cgroup.controllers")" "$(<"$CGROUP2/cgroup.controllers")"
	(($(<"$folder/a/b/memory.current") > 0))
	(($(<"$folder/a/b/pids.current") > 0))
	ctr rm -f "$ID"
	rmdir "$folder/a" "$folder" 2>/dev/null || true
}

@test "a container below a cgroup with processes runs without controllers; limits are refused" {
	require_controller memory pids
	local folder=$CGROUP2/ctr-bats-$ID
	mkdir "$folder"
	sleep 1000 3>&- >/dev/null 2>&1 &
	local other=$!
	echo "$other" >"$folder/cgroup.procs"
	background ".linux.cgroupsPath = \"/ctr-bats-$ID/a\"" "$IDLE"
	equal "$(<"$folder/cgroup.type")" domain
	equal "$(<"$folder/a/cgroup.controllers")" ''
	ctr rm -f "$ID"
	spec ".linux.cgroupsPath = \"/ctr-bats-$ID/a\" | $(resources '{memory: {limit: 33554432}}')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" 'linux.resources.memory.limit' 'has processes of its own'
	kill "$other"
	wait "$other" || true
	rmdir "$folder"
}

@test "network classes are of cgroup v1 alone and refused by name" {
	spec "$(resources '{network: {classID: 1048577}}')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.resources.network
	spec "$(resources '{network: {priorities: [{name: "eth0", priority: 5}]}}')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.resources.network
	nothing_created
}

@test "hugetlb: limit and reservation, and a page size that is not there" {
	require_controller hugetlb
	local size
	size=$(cd "$CGROUP2" && find . -maxdepth 2 -name 'hugetlb.*.max' | head -n 1)
	size=${size##*/hugetlb.} size=${size%%.*}
	[[ -n $size ]] || size=2MB
	background "$(resources "{hugepageLimits: [{pageSize: \"$size\", limit: 4194304}]}")" "$IDLE"
	equal "$(limit_file "hugetlb.$size.max")" 4194304
	equal "$(limit_file "hugetlb.$size.rsvd.max")" 4194304
	spec "$(resources '{hugepageLimits: [{pageSize: "3MB", limit: 4194304}]}')" true
	run -125 ctr run --rm --name "$ID-2" spec.json
	contains "$output" 'hugepageLimits[0]' 3MB
}

@test "io: a weight goes to the scheduler that has one" {
	require_controller io
	background "$(resources '{blockIO: {weight: 500}}')" "$IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	if [[ -e $folder/io.bfq.weight ]]; then
		contains "$(<"$folder/io.bfq.weight")" 'default 500'
	else
		contains "$(<"$folder/io.weight")" 'default 4950'
	fi
	spec "$(resources '{blockIO: {weight: 5}}')" true
	run -125 ctr run --rm --name "$ID-2" spec.json
	contains "$output" blockIO.weight
}

@test "rdma: a device that is not there is an error naming it" {
	require_controller rdma
	spec "$(resources '{rdma: {nodevice0: {hcaHandles: 3}}}')" true
	run -125 ctr run --rm --name "$ID" spec.json
	contains "$output" linux.resources.rdma.nodevice0
	nothing_created
}

@test "misc and cpuset partition by unified, and a file of an unknown controller" {
	require_controller cpuset
	background "$(resources '{unified: {"cpuset.cpus": "0", "cpuset.cpus.partition": "member"}}')" "$IDLE"
	equal "$(limit_file cpuset.cpus)" 0
	spec "$(resources '{unified: {"misc.max": "no_such_resource 5"}}')" true
	run -125 ctr run --rm --name "$ID-2" spec.json
	contains "$output" linux.resources.unified.misc.max
	spec "$(resources '{unified: {"nothing.max": "5"}}')" true
	run -125 ctr run --rm --name "$ID-2" spec.json
	contains "$output" 'unified.nothing.max' "unknown controller"
}
