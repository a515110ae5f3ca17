#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Every step of every step table is made to fail, and to die, and then what is left is counted.
# The steps are those that CTR_TRACE=1 prints; the programs are those of tests/fault.

load helpers
load faults

setup() {
	setup_faults
	setup_container
	fault_programs
}

RICH='.hostname = "box" | .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"},
		{destination: "/dev", type: "tmpfs", source: "tmpfs"}, {destination: "/dev/pts", type: "devpts", source: "devpts"}] |
	.linux.maskedPaths = ["/proc/kcore"] | .linux.readonlyPaths = ["/proc/sys"] | .linux.sysctl = {"net.ipv4.ip_forward": "1"} |
	.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 100, soft: 100}] | .process.oomScoreAdj = 10 |
	.linux.resources.devices = [{allow: false, access: "rwm"}] |
	.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sync"], action: "SCMP_ACT_ERRNO"}]}'

USER_NAMESPACE='.linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
	.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'

@test "run: a failure at any step names it and leaves nothing" {
	spec "$RICH" true
	steps_of run --rm --name "$ID" spec.json
	every_step_fails run --rm --name "$ID" spec.json
}

@test "run: a kill at any step leaves nothing after the next rm" {
	spec "$RICH" true
	steps_of run --rm --name "$ID" spec.json
	every_step_dies run --name "$ID" spec.json
}

@test "run in a user namespace: a failure at any step names it and leaves nothing" {
	spec "$RICH | $USER_NAMESPACE" true
	steps_of run --rm --name "$ID" spec.json
	every_step_fails run --rm --name "$ID" spec.json
}

@test "run in a user namespace: a kill at any step leaves nothing after the next rm" {
	spec "$RICH | $USER_NAMESPACE" true
	steps_of run --rm --name "$ID" spec.json
	every_step_dies run --name "$ID" spec.json
}

@test "run -d: a failure at any step names it and leaves nothing" {
	spec "$RICH" sh -c "$IDLE"
	steps_of run --rm --name "$ID" spec.json true # in the foreground: init's own are seen too
	every_step_fails run -d --name "$ID" spec.json
}

@test "run -d: a kill at any step leaves nothing after the next rm" {
	spec "$RICH" sh -c "$IDLE"
	steps_of run --rm --name "$ID" spec.json true
	every_step_dies run -d --name "$ID" spec.json
}

@test "create: a failure at any step names it and leaves nothing" {
	bundle b "$RICH" sh -c "$IDLE"
	steps_of create --bundle b "$ID"
	clean trace
	every_step_fails create --bundle b "$ID"
}

@test "create: a kill at any step leaves nothing after the next delete" {
	bundle b "$RICH" sh -c "$IDLE"
	steps_of create --bundle b "$ID"
	clean trace
	every_step_dies create --bundle b "$ID"
}

@test "start: a failure or a kill at any step leaves nothing after the next delete" {
	local step kind
	bundle b "$RICH" sh -c "$IDLE"
	create --bundle b "$ID"
	steps_of start "$ID"
	clean trace
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			create --bundle b "$ID"
			at "$step" $kind start "$ID"
			clean "$kind at $step of start"
		done
	done
}

@test "start: the steps that init has left fail or die, and the next delete leaves nothing" {
	local step kind
	bundle b "$RICH" true
	steps_of run --bundle b "$ID"
	# what create has fails there already; init has the environment of create
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			at "$step" $kind create --bundle b "$ID"
			[[ $status -ne 0 ]] || at none $kind start "$ID"
			clean "$kind at $step of start"
		done
	done
}

@test "exec: a failure or a kill at any step leaves the container as it was, without a further process" {
	local step kind folder
	background "$RICH" "$IDLE"
	folder=$(cgroup_of "$(pid_of "$ID")")
	alone() { [[ $(<"$folder/cgroup.procs") == "$1" ]]; }
	steps_of exec "$ID" true
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			at "$step" $kind exec "$ID" sleep 0
			[[ $kind == KILL || $status -ne 0 ]] || fail "FAIL at '$step' makes nothing fail"
			eventually alone "$(pid_of "$ID")"
			run -0 ctr exec "$ID" echo alive
			equal "$output" alive
		done
	done
}

@test "exec -d: a kill at any step leaves the container usable" {
	local step
	background "$RICH" "$IDLE"
	steps_of exec -d "$ID" true
	for step in "${STEPS[@]}"; do
		at "$step" KILL exec -d "$ID" true
		run -0 ctr exec "$ID" echo alive
	done
}

# The store's files with their contents.
store_print() {
	(cd "$DATA/store" 2>/dev/null && find . -type f -exec sha256sum {} + | sort)
}

every_blob_is_whole() {
	local blob
	for blob in "$DATA"/store/blobs/sha256/*; do
		[[ ! -e $blob || $(basename "$blob") == "$(sha256sum <"$blob" | cut -d' ' -f1)" ]] ||
			fail "$1: $blob is not what it is called" || return
	done
}

@test "commit: a failure or a kill at any step leaves the old store or the new one, and the container thawed" {
	local step kind old names new folder
	background . "echo x >/x; $IDLE"
	eventually test -s "$DATA/containers/$ID/upper/x"
	folder=$(cgroup_of "$(pid_of "$ID")")
	ctr commit "$ID" app:1 >/dev/null
	steps_of commit "$ID" app:trace
	ctr rmi app:trace >/dev/null
	ctr prune >/dev/null
	old=$(jq -c '.manifests | map(.digest)' "$DATA/store/index.json")
	names=$(cd "$DATA" && find . | grep -v '^./containers' | sort)
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			at "$step" $kind commit "$ID" app:1
			[[ $kind == KILL || $status -ne 0 ]] || fail "FAIL at '$step' makes nothing fail"
			[[ $kind == KILL ]] || equal "$(<"$folder/cgroup.freeze")" 0
			every_blob_is_whole "$kind at $step"
			new=$(jq -c '.manifests | map(.digest)' "$DATA/store/index.json")
			equal "$(jq length <<<"$new")" 1
			# the next verb that meets the container makes it run again
			ctr exec "$ID" true || { ctr thaw "$ID" && ctr exec "$ID" true; }
			equal "$(<"$folder/cgroup.freeze")" 0
			ctr prune >/dev/null
			[[ $new != "$old" ]] || equal "$(cd "$DATA" && find . | grep -v '^./containers' | sort)" "$names"
			old=$new
			names=$(cd "$DATA" && find . | grep -v '^./containers' | sort)
		done
	done
	run -0 ctr run --rm --name "$ID-2" app:1 cat /x
	equal "$output" x
}

thawed() {
	[[ $(<"$(cgroup_of "$(pid_of "$1")")/cgroup.freeze") == 0 ]]
}

@test "commit of a group: a failure or a kill at any step leaves all of its images or none, and all thawed" {
	local step kind i all
	for i in 1 2; do
		SPEC=spec$i.json spec . sh -c "echo x >/x; $IDLE"
		ctr run -d --name "$ID-$i" "spec$i.json" >/dev/null
		eventually test -s "$DATA/containers/$ID-$i/upper/x"
	done
	steps_of commit "$ID-1=a:1" "$ID-2=b:1"
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			rm -rf "$DATA/store"
			at "$step" $kind commit "$ID-1=a:1" "$ID-2=b:1"
			every_blob_is_whole "$kind at $step"
			all=0
			[[ ! -e $DATA/store/index.json ]] || all=$(jq '.manifests | length' "$DATA/store/index.json")
			((all == 0 || all == 2)) || fail "$kind at $step: $all of 2 images"
			for i in 1 2; do
				# after a kill by the guard, which is faster than the next command or is waited for
				eventually thawed "$ID-$i"
				ctr exec "$ID-$i" true
			done
			ctr prune >/dev/null
			equal "$(find "$DATA" -name '.tmp*' | wc -l)" 0
		done
	done
}

@test "the first commit into an empty store, killed at any step" {
	local step
	spec . sh -c 'echo x >/x'
	ctr run --name "$ID" spec.json
	steps_of commit "$ID" app:1
	for step in "${STEPS[@]}"; do
		rm -rf "$DATA/store" "$DATA/layers"
		at "$step" KILL commit "$ID" app:1
		every_blob_is_whole "KILL at $step"
		run -0 ctr commit "$ID" app:1
		run -0 ctr run --rm --name "$ID-2" app:1 cat /x
	done
}

@test "run of an image: a kill at any step leaves nothing, and the image can be run" {
	local step
	spec . sh -c 'echo x >/x'
	ctr run --name "$ID-0" spec.json
	ctr commit "$ID-0" app:1 >/dev/null
	ctr rm "$ID-0"
	rm -rf "$DATA/layers"
	steps_of run --name "$ID" app:1 true
	clean trace
	for step in "${STEPS[@]}"; do
		rm -rf "$DATA/layers"
		at "$step" KILL run --name "$ID" app:1 true
		clean "KILL at $step"
		run -0 ctr run --rm --name "$ID" app:1 cat /x
	done
}

@test "freeze and thaw: a failure or a kill at any step leaves a container that thaw makes run" {
	local step kind
	background . "$IDLE"
	CTR_TRACE=1 run ctr freeze "$ID"
	[[ $output == *' ms  '* ]] || skip "freeze is one step of no table"
	ctr thaw "$ID"
	steps_of freeze "$ID"
	ctr thaw "$ID"
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			at "$step" $kind freeze "$ID"
			ctr thaw "$ID" || true
			run -0 ctr exec "$ID" true
		done
	done
}

# files_of ID: a digest of all that this stopped container has changed.
files_of() {
	SOURCE_DATE_EPOCH=1 ctr commit --full --format json "$1" look:1 | jq -r .digest
}

# three_states [COUNT]: stopped $ID, $FIRST at its first of COUNT snapshots and $NOW by now; with 32
# the next one has its layers merged. `again` makes that again.
three_states() {
	local i
	spec . true
	ctr run --name "$ID" spec.json
	echo 1 >"$DATA/containers/$ID/upper/1"
	ctr snapshot "$ID" >/dev/null
	FIRST=$(files_of "$ID")
	for ((i = 2; i <= ${1-2}; i++)); do
		echo $i >"$DATA/containers/$ID/upper/$i"
		rm -f "$DATA/containers/$ID/upper/1"
		ctr snapshot "$ID" >/dev/null
	done
	echo now >"$DATA/containers/$ID/upper/now"
	NOW=$(files_of "$ID")
	cp -a "$DATA" saved
}

again() {
	rm -rf "$DATA"
	cp -a saved "$DATA"
}

@test "snapshot: a failure or a kill at any step leaves the files as they are" {
	local step kind
	three_states 32
	steps_of snapshot "$ID"
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			again
			at "$step" $kind snapshot "$ID"
			equal "$(files_of "$ID")" "$NOW"
			ctr prune
			equal "$(files_of "$ID")" "$NOW"
			run -0 ctr snapshot "$ID"
			ctr rollback --discard "$ID" @1
			equal "$(files_of "$ID")" "$FIRST"
			ctr rollback --discard "$ID" "${output#"$ID"}"
			equal "$(files_of "$ID")" "$NOW"
		done
	done
}

@test "rollback: a failure or a kill at any step leaves the files as they are or as they were" {
	local step kind files
	three_states
	steps_of rollback "$ID" @1
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			again
			at "$step" $kind rollback "$ID" @1
			files=$(files_of "$ID")
			[[ $files == "$NOW" || $files == "$FIRST" ]] || fail "$kind at '$step': other files"
			ctr prune
			equal "$(files_of "$ID")" "$files"
			ctr rollback --discard "$ID" @1
			equal "$(files_of "$ID")" "$FIRST"
		done
	done
	ctr rm "$ID"
	ctr prune
	equal "$(find "$DATA/uppers" -mindepth 1)" ''
}

@test "clone: a failure or a kill at any step leaves the files as they are, and a clone or none" {
	local step kind
	three_states
	steps_of clone "$ID" "$ID-2"
	ctr rm "$ID-2"
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			again
			at "$step" $kind clone "$ID" "$ID-2"
			equal "$(files_of "$ID")" "$NOW"
			ctr prune
			[[ ! -e $DATA/containers/$ID-2 ]] || equal "$(files_of "$ID-2")" "$NOW"
			[[ ! -e $DATA/containers/$ID-2 ]] || ctr rm "$ID-2"
			ctr clone "$ID" "$ID-2"
			equal "$(files_of "$ID-2")" "$NOW"
			ctr rm "$ID-2"
		done
	done
}

@test "snapshot of a running container: a failure or a kill at any step leaves it running and nothing behind" {
	local step kind number
	background . "echo x >/x; $IDLE"
	eventually test -s "$DATA/containers/$ID/upper/x"
	steps_of snapshot "$ID"
	ctr rm "$ID@1"
	for step in "${STEPS[@]}"; do
		for kind in FAIL KILL; do
			at "$step" $kind snapshot "$ID"
			[[ $kind == KILL ]] || [[ $(ctr snapshots -q "$ID") || -z $(ls -A "$DATA/uppers") ]] || fail "FAIL at '$step' left a layer"
			ctr exec "$ID" true || { ctr thaw "$ID" && ctr exec "$ID" true; }
			ctr prune >/dev/null
			for number in $(ctr snapshots -q "$ID"); do
				ctr clone "$number" "$ID-2" >/dev/null
				contains "$(ctr diff "$ID-2")" 'A /x'
				ctr rm "$ID-2" "$number"
			done
			equal "$(find "$DATA/uppers" -mindepth 1)" ''
		done
	done
}
