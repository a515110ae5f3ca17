#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ps ID`: the container's processes as the host's ps prints them, as numbers, and as our own table.

load helpers

# two_processes: a container of two, whose numbers are in PIDS.
two_processes() {
	background . 'sleep 1001 & sleep 1002 & wait'
	three() { [[ $(wc -l <"$(cgroup_of "$(pid_of "$ID")")/cgroup.procs") == 3 ]]; }
	eventually three
	PIDS=$(sort -n "$(cgroup_of "$(pid_of "$ID")")/cgroup.procs")
}

# column N: the N-th words of the lines of $output, sorted as numbers, without the title.
column() {
	tail -n +2 <<<"$output" | awk -v n="$1" '{ print $n }' | sort -n
}

@test "ps ID is what ps -ef prints of its processes, and nothing else" {
	require_program ps
	two_processes
	run -0 ctr ps "$ID"
	equal "${lines[0]}" "$(ps -ef | head -n 1)"
	equal "$(column 2)" "$PIDS"
	contains "$output" 'sleep 1001' 'sleep 1002'
	run -0 ctr ps --format table "$ID" -ef
	equal "${lines[0]}" "$(ps -ef | head -n 1)"
	equal "$(column 2)" "$PIDS"
}

@test "ps ID OPTIONS gives the options to ps" {
	require_program ps
	two_processes
	run -0 ctr ps "$ID" aux
	equal "${lines[0]}" "$(ps aux | head -n 1)"
	equal "$(column 2)" "$PIDS"
	run -0 ctr ps "$ID" -e -o pid,args
	equal "$(column 1)" "$PIDS"
	run -0 ctr ps "$ID" -eo ppid,pid --sort=-pid
	equal "$(column 2)" "$PIDS"
	equal "$(tail -n +2 <<<"$output" | awk '{ print $2 }')" "$(sort -rn <<<"$PIDS")"
	# what stands behind the ID is never ours, --format of ps among it
	run -0 ctr ps "$ID" -e --format pid,comm
	equal "$(column 1)" "$PIDS"
	run -0 ctr ps "$ID" -a
	contains "${lines[0]}" PID
}

@test "ps: options that ps refuses, or without the column PID" {
	require_program ps
	background . "$IDLE"
	run -1 ctr ps "$ID" --no-such-option
	contains "$output" 'ctr: ps: ps:' option
	run -1 ctr ps "$ID" -e -o args
	contains "$output" 'no column PID'
	run -1 ctr ps "$ID" -e -o lstart,pid
	contains "$output" '-o pid'
	run -1 ctr ps --format xml "$ID"
	contains "$output" table json
	run -1 ctr ps nobody -ef
	contains "$output" 'container does not exist'
}

@test "ps --format json is the numbers, whatever the form of the option" {
	two_processes
	local form want
	want=$(jq -sc . <<<"$PIDS")
	for form in '--format json' --format=json '-f json' -format=json; do
		# shellcheck disable=SC2086 # words
		run -0 ctr ps $form "$ID"
		equal "$(jq -c sort <<<"$output")" "$want"
		matches "$output" '^\[[0-9,]+\]$'
	done
	run -0 ctr ps --format json "$ID" -ef
	equal "$(jq -c sort <<<"$output")" "$want"
}

@test "ps finds the processes of cgroups below the container's" {
	require_program ps
	two_processes
	local folder one
	folder=$(cgroup_of "$(pid_of "$ID")")
	one=$(tail -n 1 <<<"$PIDS")
	mkdir -p "$folder/a/b"
	echo "$one" >"$folder/a/b/cgroup.procs"
	run -0 ctr ps "$ID"
	equal "$(column 2)" "$PIDS"
	run -0 ctr ps -f json "$ID"
	equal "$(jq -c sort <<<"$output")" "$(jq -sc . <<<"$PIDS")"
}

@test "ps --inside has the numbers of both sides" {
	background . 'sleep 1001 & wait'
	two() { run -0 ctr ps --inside "$ID" && [[ ${#lines[@]} == 3 ]]; }
	eventually two
	equal "$(awk 'NR == 2 { print $1, $2 }' <<<"$output")" "$(pid_of "$ID") 1"
	equal "$(tail -n +2 <<<"$output" | awk '{ print $2 }' | sort -n)" $'1\n2'
	# it is what there is without a ps on the host
	mkdir nothing
	PATH=$DIR/nothing run -0 ctr ps "$ID"
	equal "$(awk 'NR == 2 { print $1, $2 }' <<<"$output")" "$(pid_of "$ID") 1"
	PATH=$DIR/nothing run -1 ctr ps "$ID" -ef
	contains "$output" 'executable file not found in $PATH'
}

@test "ps of a container that has stopped is a title, or no numbers" {
	require_program ps
	bundle b . true
	create --bundle b "$ID"
	run -0 ctr ps -f json "$ID"
	equal "$(jq -c . <<<"$output")" "[$(pid_of "$ID")]"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	run -0 ctr ps "$ID"
	equal "$output" "$(ps -ef | head -n 1)"
	run -0 ctr ps -f json "$ID"
	equal "$output" '[]'
}

@test "ps of a paused container" {
	require_program ps
	two_processes
	ctr pause "$ID"
	run -0 ctr ps "$ID"
	equal "$(column 2)" "$PIDS"
}

@test "ps of a container without a cgroup is by its pid namespace" {
	bundle b . sh -c 'sleep 1001 & sleep 1002 & wait'
	create --cgroup-manager=disabled --bundle b "$ID"
	ctr start "$ID"
	three() { run -0 ctr ps -f json "$ID" && [[ $(jq length <<<"$output") == 3 ]]; }
	eventually three
	local pid
	for pid in $(jq .[] <<<"$output"); do
		equal "$(readlink "/proc/$pid/ns/pid")" "$(readlink "/proc/$(pid_of "$ID")/ns/pid")"
	done
	ctr delete --force "$ID"
	# with the host's, nothing tells them from others
	jq '.linux.namespaces |= map(select(.type != "pid"))' b/config.json >b/new.json
	mv b/new.json b/config.json
	create --cgroup-manager=disabled --bundle b "$ID"
	run -1 ctr ps "$ID"
	contains "$output" 'neither a cgroup nor a pid namespace'
	ctr delete --force "$ID"
	run -1 ctr ps "$ID"
	contains "$output" 'does not exist'
}

# Many are looked at by several threads and without opening their folders.
@test "list of many says of each what state says of it, in the order of their making" {
	local name i want
	bundle b . sh -c "$IDLE"
	bundle ended . true
	for name in created running paused; do create --bundle b "$ID-$name"; done
	create --bundle ended "$ID-stopped"
	for name in running paused stopped; do ctr start "$ID-$name"; done
	ctr pause "$ID-paused"
	eventually has_status "$ID-stopped" stopped
	ctr run -d --bundle b "$ID-at-once" >/dev/null
	# as many others as need more than one thread: folders that name the process of the last
	for i in {100..199}; do
		cp -r "$ROOT/$ID-at-once" "$ROOT/$ID-$i"
		jq -c --arg id "$ID-$i" --arg at "2999-01-01T00:00:00.000000$i"Z \
			'.id = $id | .created = $at' "$ROOT/$ID-at-once/state.json" >"$ROOT/$ID-$i/state.json"
	done
	mkdir "$ROOT/broken"
	echo '{' >"$ROOT/broken/state.json"
	run -0 --separate-stderr ctr list -f json
	contains "$stderr" 'state.json'
	equal "$(jq length <<<"$output")" 105
	equal "$(jq -r '[.[].created] == ([.[].created] | sort)' <<<"$output")" true
	for name in created running paused stopped at-once 100 163 199; do
		want=$(ctr state "$ID-$name" | jq -c 'del(.rootfs)')
		equal "$(jq -c --arg id "$ID-$name" '.[] | select(.id == $id) | del(.rootfs)' <<<"$output")" "$want"
	done
	equal "$(ctr state "$ID-stopped" | jq -r .status)" stopped
	equal "$(ctr state "$ID-created" | jq -r .status)" created
	run -0 --separate-stderr ctr list
	equal "${#lines[@]}" 106
	rm -r "$ROOT/broken" "$ROOT/$ID"-1[0-9][0-9]
	for name in created running paused stopped at-once; do ctr delete --force "$ID-$name"; done
}
