#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# freeze and thaw: nothing moves after freeze has returned, and everything does after thaw.

load helpers

COUNT='.mounts += [{destination: "/count", source: "\($dir)/count", options: ["bind"]}]'

counting() {
	mkdir -p count
	spec "$COUNT" probe count /count/n
	ctr run -d --name "$ID" spec.json >/dev/null
	moves() { [[ $("$HELPERS/probe" number count/n 2>/dev/null || echo 0) -gt ${1:-0} ]]; }
	eventually moves 0
}

number() {
	"$HELPERS/probe" number count/n
}

@test "after freeze has returned no instruction of the container runs, after thaw it goes on" {
	local first
	counting
	run -0 ctr freeze "$ID"
	first=$(number)
	contains "$(<"$(cgroup_of "$(pid_of "$ID")")/cgroup.events")" 'frozen 1'
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		nap
	done
	equal "$(number)" "$first"
	run -0 ctr thaw "$ID"
	eventually moves "$first"
}

@test "ps and state show paused, and running again" {
	background . "$IDLE"
	ctr freeze "$ID"
	equal "$(status_of "$ID")" paused
	run -0 ctr ps
	contains "$output" "$ID" paused
	ctr thaw "$ID"
	equal "$(status_of "$ID")" running
}

@test "freeze ten times in a row, each complete" {
	counting
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		ctr freeze "$ID"
		contains "$(<"$(cgroup_of "$(pid_of "$ID")")/cgroup.events")" 'frozen 1'
		ctr thaw "$ID"
	done
}

@test "freeze of a paused container and thaw of a running one are refused" {
	background . "$IDLE"
	run ctr thaw "$ID"
	[[ $status -ne 0 ]]
	contains "$output" 'not paused'
	ctr freeze "$ID"
	run ctr freeze "$ID"
	[[ $status -ne 0 ]]
	contains "$output" paused
}

@test "freeze and thaw of a stopped container are refused" {
	spec . true
	ctr run --name "$ID" spec.json
	run ctr freeze "$ID"
	[[ $status -ne 0 ]]
	contains "$output" 'container not running'
}

@test "processes in cgroups inside the container's are frozen too" {
	mkdir count
	background "$COUNT"' | .mounts += [{destination: "/sys", type: "sysfs", source: "sysfs"},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup"}]' \
		"mkdir -p /sys/fs/cgroup/a/b; probe count /count/n & echo \$! >/sys/fs/cgroup/a/b/cgroup.procs; $IDLE"
	moves() { [[ $("$HELPERS/probe" number count/n 2>/dev/null || echo 0) -gt ${1:-0} ]]; }
	eventually moves 0
	local folder first
	folder=$(cgroup_of "$(pid_of "$ID")")
	eventually file_has "$folder/a/b/cgroup.events" 'populated 1'
	ctr freeze "$ID"
	contains "$(<"$folder/a/b/cgroup.events")" 'frozen 1'
	first=$(number)
	nap
	nap
	equal "$(number)" "$first"
	ctr thaw "$ID"
	eventually moves "$first"
}

@test "a container with many processes is frozen whole" {
	background . "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (while :; do sleep 0.01; done) & done; $IDLE"
	ctr freeze "$ID"
	contains "$(<"$(cgroup_of "$(pid_of "$ID")")/cgroup.events")" 'frozen 1'
	ctr thaw "$ID"
}

# A process that sits in the kernel where the freezer cannot reach it: see tests/helpers/probe.c.
unfreezable() {
	"$HELPERS/probe" call getpid >/dev/null
	background '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])' \
		"probe stuck /stuck & mkfifo /gate; read x </gate"
	eventually test -s "$DATA/containers/$ID/upper/stuck"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	# it has written its file before it gets stuck: see whether the kernel can freeze it at all
	in_write() { grep -lq . "/proc/$(sed -n 2p "$folder/cgroup.procs")/comm" && nap; }
	eventually in_write
}

@test "freeze --timeout of a process that does not freeze names it, and thaws again" {
	unfreezable
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	run ctr freeze --timeout 1 "$ID"
	[[ $status -ne 0 ]] || skip "this kernel froze it"
	contains "$output" probe
	matches "$output" "(^|[^0-9])$(sed -n 2p "$folder/cgroup.procs")([^0-9]|$)"
	equal "$(<"$folder/cgroup.freeze")" 0
	equal "$(status_of "$ID")" running
}

@test "freeze --timeout 0.5 and bad timeouts" {
	background . "$IDLE"
	run -0 ctr freeze --timeout 0.5 "$ID" || run -0 ctr freeze --timeout 1 "$ID"
	ctr thaw "$ID"
	local bad
	for bad in -1 x '' 1y; do
		run ctr freeze --timeout "$bad" "$ID"
		[[ $status -ne 0 ]] || fail "--timeout '$bad' was taken"
	done
	equal "$(status_of "$ID")" running
}

@test "a freeze that is killed while it waits: the next thaw makes the container run" {
	unfreezable
	"$CTR" --root "$ROOT" --data-root "$DATA" freeze --timeout 30 "$ID" 3>&- &
	local freezer=$! folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	eventually file_has "$folder/cgroup.freeze" 1
	kill -KILL "$freezer"
	wait "$freezer" || true
	run ctr thaw "$ID"
	equal "$(<"$folder/cgroup.freeze")" 0
}

@test "pause and resume are the same verbs" {
	background . "$IDLE"
	run -0 ctr pause "$ID"
	equal "$(status_of "$ID")" paused
	run -0 ctr resume "$ID"
	equal "$(status_of "$ID")" running
}

@test "kill of a paused container works once it is thawed, KILL at once" {
	background . "$IDLE"
	ctr freeze "$ID"
	run -0 ctr kill "$ID" KILL
	eventually has_status "$ID" stopped
}

@test "a frozen container can be removed by force" {
	background . "$IDLE"
	ctr freeze "$ID"
	run -0 timeout 20 "$CTR" --root "$ROOT" --data-root "$DATA" rm -f "$ID" 3>&-
	nothing_created
}

@test "a created container can be frozen and thawed" {
	bundle b . true
	create --bundle b "$ID"
	run ctr freeze "$ID"
	if [[ $status -eq 0 ]]; then
		run -0 ctr thaw "$ID"
		equal "$(status_of "$ID")" created
	else
		contains "$output" 'not running'
	fi
}
