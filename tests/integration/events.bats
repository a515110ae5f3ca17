#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `events`: figures against the kernel's own files, notices of out-of-memory kills, the stream's end.
# What a hybrid host's cgroup2 does not measure is skipped there: tests/vm runs it in a guest.

load helpers

# cgroup_file NAME: a file of the container's cgroup, read on the host.
cgroup_file() {
	cat "$(cgroup_of "$(pid_of "$ID")")/$1"
}

# value_of KEY NAME: the number behind KEY in a file of such lines.
value_of() {
	cgroup_file "$2" | awk -v key="$1" '$1 == key { print $2 }'
}

# stat_of FILTER: a figure of `events --stats`.
stat_of() {
	ctr events --stats "$ID" | jq -c ".data$1"
}

# agrees FILTER COMMAND...: the figure is what COMMAND prints, which reads the kernel's file; it is
# read before and after, so that a change in between is no failure.
agrees() {
	local filter=$1 before figure after try
	shift
	for ((try = 0; try < 20; try++)); do
		before=$("$@")
		figure=$(stat_of "$filter")
		after=$("$@")
		[[ $before != "$after" ]] || break
	done
	[[ -n $before ]] || fail "nothing to compare $filter with: $*"
	equal "$filter $figure" "$filter $before"
}

nanoseconds() {
	echo "$(($(value_of "$1" cpu.stat) * 1000))"
}

# events ARGUMENT...: the stream in the background, its lines in the file "lines"; its first line
# has come on return. Its end: wait "$STREAM".
events() {
	ctr events "$@" "$ID" >lines 2>said &
	STREAM=$!
	eventually file_has lines '"type":"stats"'
}

has_lines() {
	[[ $(wc -l <lines) -ge $1 ]]
}

@test "events --stats is one line in the shape of runc's" {
	background . "$IDLE"
	run -0 ctr events --stats "$ID"
	equal "${#lines[@]}" 1
	matches "${lines[0]}" "^\{\"type\":\"stats\",\"id\":\"$ID\",\"data\":\{\"cpu\":\{\"usage\":\{"
	equal "$(jq -c 'keys_unsorted' <<<"$output")" '["type","id","data"]'
	equal "$(jq -c '.data | keys_unsorted' <<<"$output")" \
		'["cpu","cpuset","memory","pids","blkio","hugetlb","intel_rdt","network_interfaces"]'
	equal "$(jq -c '.data.memory | [.usage, .swap, .kernel, .kernelTCP] | map(has("limit") and has("failcnt"))' \
		<<<"$output")" '[true,true,true,true]'
	equal "$(jq -c '.data.cpu.usage | has("kernel") and has("user")' <<<"$output")" true
	# one document a line, and nothing behind it
	ctr events --stats "$ID" >line
	equal "$(wc -l <line)" 1
}

@test "events: processor time is that of cpu.stat, also while the container is frozen" {
	background . 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; touch /tmp/done; '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/done
	ctr freeze "$ID"
	equal "$(status_of "$ID")" paused
	[[ $(nanoseconds usage_usec) -gt 0 ]]
	agrees .cpu.usage.total nanoseconds usage_usec
	agrees .cpu.usage.user nanoseconds user_usec
	agrees .cpu.usage.kernel nanoseconds system_usec
}

# In all cgroups of the container.
tasks() {
	find "$(cgroup_of "$(pid_of "$ID")")" -name cgroup.threads -exec cat {} + | wc -l
}

three_tasks() {
	[[ $(tasks) == 3 ]]
}

@test "events: tasks are counted, those in cgroups below too" {
	background . 'sleep 1000 & sleep 1000 & wait'
	eventually three_tasks
	agrees .pids.current tasks
	local folder one
	folder=$(cgroup_of "$(pid_of "$ID")")
	mkdir "$folder/below"
	one=$(tail -n 1 "$folder/cgroup.procs")
	echo "$one" >"$folder/below/cgroup.procs"
	equal "$(cgroup_of "$one")" "$folder/below"
	agrees .pids.current tasks
	equal "$(stat_of .pids.current)" 3
	equal "$(ctr ps -f json "$ID" | jq length)" 3
}

@test "events: pressure is that of the kernel, where it measures it" {
	background . "$IDLE"
	[[ -e $(cgroup_of "$(pid_of "$ID")")/cpu.pressure ]] || skip "no pressure stall information here"
	local part file
	for part in cpu:cpu memory:memory blkio:io; do
		file=${part#*:}.pressure
		total_of() { cgroup_file "$file" | sed -n "s/^$1 .*total=//p"; }
		agrees ".${part%:*}.psi.some.total" total_of some
		agrees ".${part%:*}.psi.full.total" total_of full
		equal "$(stat_of ".${part%:*}.psi.some | keys_unsorted")" '["avg10","avg60","avg300","total"]'
	done
	# switched off it is absent
	[[ -e $(cgroup_of "$(pid_of "$ID")")/cgroup.pressure ]] || return 0
	echo 0 >"$(cgroup_of "$(pid_of "$ID")")/cgroup.pressure"
	equal "$(stat_of .cpu.psi)" null
}

# Names and counters of the container's interfaces, as its own /proc has them.
interfaces_inside() {
	ctr exec "$ID" cat /proc/net/dev | sed '1,2d; s/:/ /' | awk '$1 != "lo" { print $1, $2, $3, $10, $11 }' | sort
}

interfaces_told() {
	ctr events --stats "$ID" |
		jq -r '.data.network_interfaces[] | "\(.Name) \(.RxBytes) \(.RxPackets) \(.TxBytes) \(.TxPackets)"' | sort
}

@test "events: interfaces of the container's network, but not those of the host's" {
	require_program ip nsenter
	background . "$IDLE"
	in_network() { nsenter -t "$(pid_of "$ID")" -n "$@"; }
	in_network ip link add test0 type veth peer name test1 || skip "no interfaces of type veth"
	in_network ip link set test0 up
	in_network ip link set test1 up
	contains "$(interfaces_inside)" test0 test1
	has_traffic() { [[ $(interfaces_inside) =~ test0\ [1-9] ]]; } # each looks for neighbours
	eventually has_traffic
	quiet() { [[ $(interfaces_inside) == "$(interfaces_told)" ]]; } # a new interface still announces itself
	eventually quiet
	ctr rm -f "$ID"
	background '.linux.namespaces |= map(select(.type != "network"))' "$IDLE"
	equal "$(stat_of .network_interfaces)" '[]'
}

@test "events: a line at once and after each interval, until the container ends" {
	background . "$IDLE"
	events --interval 50ms
	eventually has_lines 4
	ctr kill "$ID" KILL
	wait "$STREAM"
	equal "$(<said)" ''
	equal "$(jq -r .type lines | sort -u)" stats
	equal "$(jq -r .id lines | sort -u)" "$ID"
}

@test "events without an interval waits for the next line, and ends with the container" {
	background . "$IDLE"
	events
	ctr stop "$ID"
	wait "$STREAM"
	equal "$(jq -r .type lines | sort -u)" stats
}

@test "events of a created container, and of one that is deleted by force" {
	bundle b . sleep 1000
	create --bundle b "$ID"
	ctr events --interval 1h "$ID" >lines &
	local stream=$!
	eventually file_has lines '"type":"stats"'
	ctr start "$ID"
	ctr delete --force "$ID"
	wait "$stream"
	equal "$(wc -l <lines)" 1
}

@test "events ends when nobody reads, and at SIGTERM" {
	background . "$IDLE"
	mkfifo pipe
	ctr events --interval 1h "$ID" >pipe &
	local stream=$!
	read -r line <pipe # opens, reads a line, closes
	contains "$line" '"type":"stats"'
	wait "$stream"
	# also where the signal of a closed pipe is ignored
	(trap '' PIPE && exec "$CTR" --root "$ROOT" events --interval 20ms "$ID" 3>&- 2>said >pipe) &
	stream=$!
	read -r line <pipe
	wait "$stream"
	equal "$(<said)" ''
	"$CTR" --root "$ROOT" events --interval 1h "$ID" >lines 3>&- &
	stream=$!
	eventually file_has lines '"type":"stats"'
	kill -TERM "$stream"
	local status=0
	wait "$stream" || status=$? # not with run: the child is not one of its subshell
	equal "$status" 143
}

@test "events of a container that is not there, or has ended, is refused in runc's words" {
	run -1 ctr events --stats "$ID"
	contains "$output" "container does not exist"
	bundle b . true
	create --bundle b "$ID"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	run -1 ctr events --stats "$ID"
	contains "$output" "container with id $ID is not running"
	run -1 ctr events "$ID"
	contains "$output" "container with id $ID is not running"
}

@test "events: odd forms of its options" {
	background . "$IDLE"
	local form
	for form in --stats -stats --stats=true '--interval=1m30s --stats' '--interval 500ms -stats' '--stats --interval 1.5s'; do
		# shellcheck disable=SC2086 # words
		run -0 ctr events $form "$ID"
		contains "$output" '"type":"stats"'
	done
	run -0 ctr events "$ID" --stats
	for form in --interval=0 '--interval 0s' --interval=-1s --interval=5x --interval= '--interval 1h --nonsense'; do
		# shellcheck disable=SC2086 # words
		run -1 ctr events $form --stats "$ID"
		contains "$output" events:
	done
	run -1 ctr events --stats
	contains "$output" ID
	run -1 ctr events --stats "$ID" other
	contains "$output" other
}

@test "events: a container without a cgroup has nothing that is measured" {
	bundle b . sleep 1000
	create --cgroup-manager=disabled --bundle b "$ID"
	equal "$(stat_of ' | .pids, .cpu.usage.user')" $'{}\n0'
	ctr delete --force "$ID"
}

@test "events: memory is that of the kernel's files" {
	require_controller memory
	background '.linux.resources = {memory: {limit: 104857600, swap: 209715200}}' "$IDLE"
	equal "$(stat_of .memory.usage.limit)" "$(cgroup_file memory.max)"
	agrees .memory.usage.usage cgroup_file memory.current
	agrees '.memory.cache // 0' value_of file memory.stat
	agrees .memory.raw.anon value_of anon memory.stat
	agrees .memory.usage.failcnt value_of max memory.events
	equal "$(stat_of .memory.raw | jq -r 'keys_unsorted[]')" "$(cgroup_file memory.stat | cut -d ' ' -f 1)"
	[[ ! -e $(cgroup_of "$(pid_of "$ID")")/memory.peak ]] || agrees .memory.usage.max cgroup_file memory.peak
	[[ ! -e $(cgroup_of "$(pid_of "$ID")")/memory.swap.max ]] || equal "$(stat_of .memory.swap.limit)" 209715200
}

@test "events: limits that there are not" {
	require_controller memory pids
	background '.linux.resources = {memory: {reservation: 1048576}, pids: {limit: -1}}' "$IDLE"
	contains "$(ctr events --stats "$ID")" '"memory":{' '"usage":{"limit":18446744073709551615,' \
		'"swap":{"limit":18446744073709551615,'
	equal "$(stat_of .pids.limit)" null
}

@test "events: limit of tasks, processors, huge pages" {
	require_controller pids cpuset hugetlb
	background '.linux.resources = {pids: {limit: 77}, cpu: {cpus: "0"}, hugepageLimits: []}' "$IDLE"
	equal "$(stat_of .pids.limit)" 77
	agrees .pids.current cgroup_file pids.current
	equal "$(stat_of .cpuset.cpus)" '[0]'
	equal "$(stat_of .cpuset.mems)" '[0]'
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	for file in "$folder"/hugetlb.*.current; do
		[[ -e $file && $file != *.rsvd.current ]] || continue
		file=${file##*/hugetlb.}
		equal "$(stat_of ".hugetlb[\"${file%.current}\"].failcnt")" "$(value_of max "hugetlb.${file%.current}.events")"
	done
	equal "$(stat_of '.hugetlb | length')" "$(find "$folder" -name 'hugetlb.*.current' ! -name '*.rsvd.*' | wc -l)"
}

@test "events: a program that is throttled" {
	require_controller cpu
	background '.linux.resources = {cpu: {quota: 1000, period: 100000}}' \
		'i=0; while [ $i -lt 3000 ]; do i=$((i + 1)); done; '"$IDLE"
	throttled() { [[ $(value_of nr_throttled cpu.stat) -gt 0 ]]; }
	eventually throttled
	ctr freeze "$ID"
	agrees .cpu.throttling.throttledPeriods value_of nr_throttled cpu.stat
	agrees .cpu.throttling.throttledTime nanoseconds throttled_usec
}

@test "events: disks are those of io.stat" {
	require_controller io
	background '.linux.resources = {blockIO: {weight: 100}}' "$IDLE"
	local file device
	# read from below the page cache by a device of the guest, in the container's cgroup
	(echo $BASHPID >"$(cgroup_of "$(pid_of "$ID")")/cgroup.procs" &&
		for device in /dev/vda /dev/sda /dev/nvme0n1; do
			[[ ! -b $device ]] || dd if="$device" of=/dev/null bs=64k count=16 iflag=direct 2>/dev/null || true
		done)
	[[ $(cgroup_file io.stat) == *rbytes=* ]] || skip "no disk that can be read here"
	read_bytes() { cgroup_file io.stat | sed -n 's/.*rbytes=\([0-9]*\).*/\1/p' | jq -sc 'add'; }
	[[ $(read_bytes) -gt 0 ]]
	agrees '.blkio.ioServiceBytesRecursive | map(select(.op == "Read").value // 0) | add' read_bytes
	reads() { cgroup_file io.stat | sed -n 's/.*rios=\([0-9]*\).*/\1/p' | jq -sc 'add'; }
	agrees '.blkio.ioServicedRecursive | map(select(.op == "Read").value // 0) | add' reads
}

MEMORY_LIMIT='.linux.resources = {memory: {limit: 20971520, swap: 20971520}}'

@test "events: an out-of-memory kill is told as it happens, those from before are not" {
	require_controller memory
	background "$MEMORY_LIMIT" "$IDLE"
	run -137 ctr exec "$ID" probe eat 64
	equal "$(value_of oom_kill memory.events)" 1
	events --interval 1h
	run -137 ctr exec "$ID" probe eat 64
	eventually has_lines 2
	equal "$(tail -n +2 lines)" "{\"type\":\"oom\",\"id\":\"$ID\"}"
	run -137 ctr exec "$ID" probe eat 64
	eventually has_lines 3
	equal "$(jq -r .type lines | sort | uniq -c | awk '{ print $1, $2 }')" $'2 oom\n1 stats'
	ctr kill "$ID" KILL
	wait "$STREAM"
}

@test "events: the out-of-memory kill of the first process is told before the end" {
	require_controller memory
	background "$MEMORY_LIMIT" 'mkfifo /tmp/go; read x </tmp/go; exec probe eat 64'
	eventually ctr exec "$ID" test -p /tmp/go
	events --interval 1h
	ctr exec "$ID" sh -c 'echo >/tmp/go'
	wait "$STREAM"
	equal "$(jq -r .type lines | tail -n 1)" oom
}

# The cgroup, and with it memory.events, was gone before the kill could be read there.
@test "events: the out-of-memory kill of a first process is told also when its cgroup is gone by then" {
	require_controller memory
	background "$MEMORY_LIMIT" 'mkfifo /tmp/go; read x </tmp/go; exec probe eat 64'
	local stream folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	[[ -e ${folder%/*}/memory.events ]] || skip "no memory.events above the container's"
	eventually ctr exec "$ID" test -p /tmp/go
	"$CTR" --root "$ROOT" events --interval 1h "$ID" >lines 3>&- &
	stream=$!
	eventually file_has lines '"type":"stats"'
	kill -STOP "$stream"
	ctr exec "$ID" sh -c 'echo >/tmp/go'
	eventually test ! -e "$folder"
	kill -CONT "$stream"
	wait "$stream"
	equal "$(jq -r .type lines)" $'stats\noom'
}

@test "events: a kill in a container beside it is not told" {
	require_controller memory
	background . "$IDLE"
	events --interval 1h
	SPEC=other.json spec "$MEMORY_LIMIT" probe eat 64
	run -137 ctr run --rm --name "$ID-other" other.json
	ctr kill "$ID" KILL
	wait "$STREAM"
	equal "$(jq -r .type lines)" stats
}
