#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `ctr clone`, and `ctr start` of a container that has stopped.

load helpers

# ran SCRIPT [FILTER]: a stopped container $ID that has run SCRIPT; started again it runs /next.
ran() {
	spec "${2:-.}" sh -c "if [ -e /next ]; then . /next; else $1; fi"
	ctr run --name "$ID" spec.json
}

# next ID SCRIPT: what start of that container runs is SCRIPT.
next() {
	echo "$2" >"$DATA/containers/$1/upper/next"
}

@test "start runs a stopped container again on its own writable layer" {
	spec . sh -c 'echo again >>/runs; cat /runs; exit 3'
	run -3 ctr run --name "$ID" spec.json
	run -3 ctr start --attach "$ID"
	equal "$output" $'again\nagain'
	run -0 ctr start "$ID"
	equal "$output" "$ID"
	run -0 ctr wait "$ID"
	equal "$output" 3
	run -0 ctr logs "$ID"
	equal "$output" $'again\nagain\nagain'
	equal "$(ctr inspect "$ID" | jq '.[0].exitStatus')" 3
}

@test "a container that was started again can be entered, frozen, stopped and started once more" {
	background . "$IDLE"
	ctr stop "$ID"
	ctr start "$ID" >/dev/null
	equal "$(status_of "$ID")" running
	equal "$(ctr inspect "$ID" | jq '.[0].exitStatus')" null
	run -0 ctr exec "$ID" sh -c 'echo inside'
	equal "$output" inside
	run ! ctr start "$ID"
	contains "$output" 'cannot start a container that is running'
	ctr freeze "$ID"
	ctr thaw "$ID"
	ctr stop "$ID"
	ctr start "$ID" >/dev/null
	equal "$(status_of "$ID")" running
}

@test "a container whose monitor was killed can be started" {
	local monitor
	background . "$IDLE"
	monitor=$(jq .monitor.pid "$ROOT/$ID/state.json")
	kill -KILL "$monitor" "$(pid_of "$ID")"
	eventually is_gone "$monitor"
	eventually has_status "$ID" stopped
	ctr start "$ID" >/dev/null
	equal "$(status_of "$ID")" running
}

@test "start of a container whose program is gone fails and leaves it as it was" {
	ran 'echo x >/x; exit 4' || true
	jq '.process.args = ["/nowhere"]' "$DATA/containers/$ID/config.json" >changed
	cp changed "$DATA/containers/$ID/config.json"
	run -127 ctr start "$ID"
	contains "$output" /nowhere
	equal "$(status_of "$ID")" stopped
	equal "$(ctr inspect "$ID" | jq '.[0].exitStatus')" 4
	equal "$(<"$DATA/containers/$ID/upper/x")" x
	[[ ! -e $ROOT/$ID ]]
}

@test "a clone has the same files, and what either does later the other does not see" {
	ran 'echo both >/both; rm /etc/passwd; mkdir /etc/deep/new; echo x >>/work/file'
	run -0 ctr clone "$ID" "$ID-2"
	equal "$output" "$ID-2"
	next "$ID" 'echo first >/first; rm /both'
	next "$ID-2" 'cat /both /work/file; ls /etc/passwd 2>&1; ls -d /etc/deep/new; ls /first 2>&1; echo second >/second'
	ctr start -a "$ID"
	run -0 ctr start -a "$ID-2"
	equal "${lines[0]}" both
	equal "${lines[1]}" lower
	equal "${lines[2]}" x
	contains "$output" '/etc/passwd: No such file' /etc/deep/new '/first: No such file'
	next "$ID" 'ls /both /second'
	run ! ctr start -a "$ID"
	contains "$output" '/both: No such file' '/second: No such file'
}

@test "nothing is copied for a clone: the files are the same inodes" {
	local before
	ran 'echo x >/x; ln /x /hard'
	before=$(stat -c '%i %h' "$DATA/containers/$ID/upper/x")
	ctr clone "$ID" "$ID-2"
	equal "$(find "$DATA" -name x -exec stat -c '%i %h' {} +)" "$before"
	equal "$(find "$DATA/containers/$ID/upper" "$DATA/containers/$ID-2/upper" -mindepth 1)" ''
}

@test "a clone's ID is made up, taken from --name, or refused when it is taken" {
	ran true
	run -0 ctr clone "$ID"
	matches "$output" '^[0-9a-f]{12}$'
	ctr inspect "$output" | jq -e '.[0].status == "stopped"'
	run -0 ctr clone --name "$ID-2" "$ID"
	run ! ctr clone "$ID" "$ID-2"
	contains "$output" 'already exists'
	run ! ctr clone "$ID" ../x
	contains "$output" 'not a container ID'
	run ! ctr clone nobody "$ID-3"
	contains "$output" 'does not exist'
	run ! ctr clone --name a "$ID" b
}

@test "clones of clones, and each can be removed first" {
	ran 'echo 1 >/1'
	ctr clone "$ID" "$ID-2"
	next "$ID-2" 'echo 2 >/2'
	ctr start -a "$ID-2"
	ctr clone "$ID-2" "$ID-3"
	ctr rm "$ID"
	next "$ID-3" 'cat /1 /2'
	run -0 ctr start -a "$ID-3"
	equal "$output" $'1\n2'
	ctr rm "$ID-2"
	run -0 ctr start -a "$ID-3"
	equal "$output" $'1\n2'
	ctr prune
	run -0 ctr start -a "$ID-3"
	equal "$output" $'1\n2'
	ctr rm "$ID-3"
	[[ -z $(ls -A "$DATA/uppers") ]]
}

@test "diff of a clone is what both changed, and its image has it all" {
	ran 'echo 1 >/1; rm /etc/passwd; echo x >>/work/file; rm -r /etc/deep; mkdir /etc/deep; echo n >/etc/deep/n'
	ctr clone "$ID" "$ID-2"
	next "$ID-2" 'rm /1; echo 2 >/2; rm -r /etc/deep'
	ctr start -a "$ID-2"
	run -0 ctr diff "$ID-2"
	equal "$output" $'A /2\nC /etc\nD /etc/deep\nD /etc/passwd\nA /next\nC /work\nC /work/file'
	ctr commit "$ID-2" app:1
	equal "$(jq '.manifests | length' "$DATA/store/index.json")" 1
	run -0 ctr run --rm --name "$ID-4" app:1 sh -c 'cat /work/file /2; ls -d /1 /etc/passwd /etc/deep 2>&1; true'
	equal "${lines[0]}" lower
	equal "${lines[2]}" 2
	contains "$output" '/1: No such' '/etc/passwd: No such' '/etc/deep: No such'
	ctr run --rm --name "$ID-4" app:1 sh -c 'cat /work/file' | grep -x x
}

@test "a clone has a host name, a cgroup and a log of its own, and both run at once" {
	spec '.hostname = "'"$ID"'" | .linux.cgroupsPath = "/ctr-test-'"$ID"'/'"$ID"'"' sh -c "hostname; $IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	ctr stop "$ID"
	run -0 ctr clone --run "$ID" "$ID-2"
	ctr start "$ID" >/dev/null
	equal "$(status_of "$ID") $(status_of "$ID-2")" 'running running'
	run -0 ctr exec "$ID-2" hostname
	equal "$output" "$ID-2"
	equal "$(cgroup_of "$(pid_of "$ID-2")")" "$CGROUP2/ctr-test-$ID/$ID-2"
	equal "$(cgroup_of "$(pid_of "$ID")")" "$CGROUP2/ctr-test-$ID/$ID"
	eventually file_has "$DATA/containers/$ID-2/log" "$ID-2"
}

@test "a clone in a user namespace has its own owners" {
	ran 'echo x >/x; chown 1000:29 /x' '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	ctr clone "$ID" "$ID-2"
	next "$ID-2" 'stat -c %u:%g /x'
	chown --reference="$DATA/containers/$ID-2/upper" "$DATA/containers/$ID-2/upper/next"
	run -0 ctr start -a "$ID-2"
	equal "$output" 1000:29
}

@test "a container of an image can be cloned, and the clone keeps the image's layers" {
	ran 'echo image >/image'
	ctr commit "$ID" app:1
	ctr run --name "$ID-2" app:1 sh -c 'cat /image; echo 2 >>/image'
	ctr clone "$ID-2" "$ID-3"
	ctr rm "$ID-2"
	ctr rmi --force app:1
	ctr prune
	run -0 ctr start -a "$ID-3"
	equal "$output" $'image\n2'
	ctr commit "$ID-3" app:2
	run -0 ctr run --rm --name "$ID-2" app:2 cat /image
	equal "$output" $'image\n2\n2'
}

@test "a clone of a running container has its files of one instant, and runs beside it" {
	local thawed
	background . "mkdir /d; echo x >/d/x; ln /d/x /hard; rm /etc/passwd; i=0; while :; do i=\$((i+1)); echo \$i >/t; mv /t /a; echo \$i >/t; mv /t /c; done"
	eventually test -s "$DATA/containers/$ID/upper/c"
	run -0 ctr clone "$ID" "$ID-2"
	equal "$(status_of "$ID")" running
	thawed=$(cgroup_of "$(pid_of "$ID")")/cgroup.freeze
	equal "$(<"$thawed")" 0
	jq '.process.args = ["sh", "-c", "cat /a /c /d/x; stat -c %h /hard; ls /etc/passwd 2>&1"]' "$DATA/containers/$ID-2/config.json" >changed
	cp changed "$DATA/containers/$ID-2/config.json"
	run -1 ctr start -a "$ID-2"
	((lines[0] - lines[1] <= 1))
	equal "${lines[2]} ${lines[3]}" 'x 2'
	contains "$output" 'No such file'
	ctr rm -f "$ID"
	ctr prune
	run -1 ctr start -a "$ID-2"
	equal "${lines[2]}" x
}

@test "a container of a bundle and a layer at a place of its own are refused" {
	bundle b . sh -c "$IDLE"
	create --bundle b "$ID"
	run ! ctr clone "$ID" "$ID-2"
	contains "$output" bundle
	ctr delete -f "$ID"
	spec '.overlay = {upper: "'"$DIR"'/elsewhere"}' true
	ctr run --name "$ID" spec.json
	run ! ctr clone "$ID" "$ID-2"
	contains "$output" overlay.upper
	[[ ! -e $DATA/containers/$ID-2 ]]
}
