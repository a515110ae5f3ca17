#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `stats`: its figures against the kernel's own files, and what there is where none are measured.

load helpers

# stats ARGUMENT...: one round as JSON.
stats() {
	ctr stats --no-stream --format json "$@"
}

# figure NAME: of the container.
figure() {
	stats "$ID" | jq -r ".[0].$1"
}

cgroup_file() {
	cat "$(cgroup_of "$(pid_of "$ID")")/$1"
}

@test "stats has podman's columns, and a line for each running container" {
	background . "$IDLE"
	spec . true
	ctr run --name "$ID-ended" spec.json
	run -0 ctr stats --no-stream
	equal "${lines[0]}" \
		"$(printf 'ID%*sCPU %%' "$((${#ID}))" '')${lines[0]#*CPU %}"
	matches "${lines[0]}" 'CPU % +MEM USAGE / LIMIT +MEM % +NET IO +BLOCK IO +PIDS +CPU TIME +AVG CPU %$'
	equal "${#lines[@]}" 2
	matches "${lines[1]}" "^$ID +[0-9.]+% +"
	run -0 ctr stats --no-stream --all --no-trunc
	equal "${#lines[@]}" 3
	matches "${lines[2]}" "^$ID-ended +-- +-- / -- +-- +-- / -- +-- / -- +-- +-- +--$"
}

@test "stats --format json is podman's" {
	background . "$IDLE"
	run -0 stats
	equal "$(jq -c 'map(keys_unsorted)' <<<"$output")" \
		'[["id","name","cpu_time","cpu_percent","avg_cpu","mem_usage","mem_percent","net_io","block_io","pids"]]'
	equal "$(jq -r '.[0].id' <<<"$output")" "$ID"
	ctr rm -f "$ID"
	equal "$(stats | jq -c .)" '[]'
}

@test "stats: processor time is that of cpu.stat" {
	background . 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; touch /tmp/done; '"$IDLE"
	eventually ctr exec "$ID" test -e /tmp/done
	ctr freeze "$ID"
	equal "$(status_of "$ID")" paused
	local usec
	usec=$(cgroup_file cpu.stat | awk '$1 == "usage_usec" { print $2 }')
	[[ $usec -gt 0 ]]
	equal "$(figure cpu_time)" "$(awk -v t="$usec" 'BEGIN {
		if (t < 1000000) printf "%.6gms", t / 1000; else printf "%.6gs", t / 1000000 }')"
	matches "$(figure avg_cpu)" '^[0-9]+\.[0-9][0-9]%$'
}

@test "stats: a busy container has a processor for itself in the second round" {
	background . 'while :; do :; done'
	# the third line is the second round's title
	ctr stats --interval 200ms "$ID" >said &
	local stream=$!
	four_rounds() { [[ $(grep -c ^ID said) -ge 4 ]]; }
	eventually four_rounds
	ctr kill "$ID" KILL
	wait "$stream" # ends with the container
	matches "$(grep "^$ID" said | sed -n 3p)" "^$ID +[1-9][0-9.]*%"
}

@test "stats: tasks are counted, with or without a controller" {
	background . 'sleep 1000 & sleep 1000 & wait'
	three_tasks() { [[ $(figure pids) == 3 ]]; }
	eventually three_tasks
}

@test "stats: memory and limit are the cgroup's, without what can be dropped at once" {
	require_controller memory
	background '.linux.resources.memory.limit = 50000000' 'head -c 9000000 /dev/zero >/tmp/file; '"$IDLE"
	local used
	limited() { [[ $(figure mem_usage) == *" / 50MB" ]]; }
	eventually limited
	ctr freeze "$ID"
	used=$(($(cgroup_file memory.current) - $(cgroup_file memory.stat | awk '$1 == "inactive_file" { print $2 }')))
	equal "$(figure mem_usage)" "$(awk -v b="$used" 'BEGIN {
		if (b < 1000000) printf "%.4gkB / 50MB", b / 1000; else printf "%.4gMB / 50MB", b / 1000000 }')"
	matches "$(figure mem_percent)" '^[0-9.]+%$'
}

@test "stats: what this host's cgroups do not measure is --" {
	background . "$IDLE"
	local folder
	folder=$(cgroup_of "$(pid_of "$ID")")
	[[ -e $folder/memory.current ]] || equal "$(figure mem_usage) $(figure mem_percent)" '-- / -- --'
	[[ -e $folder/io.stat ]] || equal "$(figure block_io)" '-- / --'
}

@test "stats: the network's figures are the sums of all interfaces but loopback" {
	require_program ip nsenter
	background . "$IDLE"
	in_network() { nsenter -t "$(pid_of "$ID")" -n "$@"; }
	equal "$(figure net_io)" '-- / --'
	in_network ip link add test0 type veth peer name test1 || skip "no interfaces of type veth"
	in_network ip link set lo up
	in_network ip link set test0 up
	in_network ip link set test1 up
	sums() {
		in_network cat /proc/net/dev | sed '1,2d; s/:/ /' | awk '
			function text(n) { return n < 1000 ? n "B" : sprintf("%.4gkB", n / 1000) }
			$1 != "lo" { r += $2; t += $10 }
			END { print text(r) " / " text(t) }'
	}
	agree() { [[ $(sums) != "0B / 0B" && $(figure net_io) == "$(sums)" ]]; }
	eventually agree
	ctr rm -f "$ID"
	# the host's counters are not the container's
	background '.linux.namespaces |= map(select(.type != "network"))' "$IDLE"
	equal "$(figure net_io)" '-- / --'
}

@test "stats of a container that is not there, and of wrong intervals" {
	run -125 ctr stats --no-stream nowhere
	contains "$output" nowhere 'does not exist'
	run -125 ctr stats --interval 0 --no-stream
	contains "$output" '--interval: the duration must be greater than 0'
	run -0 ctr stats --no-stream
	equal "${#lines[@]}" 1
}

@test "stats ends when nobody reads" {
	background . "$IDLE"
	mkfifo pipe
	ctr stats --interval 1h >pipe &
	local stream=$!
	read -r line <pipe
	contains "$line" 'CPU %'
	wait "$stream" || [[ $? == 141 ]]
}
