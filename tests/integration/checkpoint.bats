#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Checkpoint and restore, by criu. Where criu does not work on this kernel only the refusals are
# tested: tests/vm runs the rest in a guest.

load helpers

setup_file() {
	! criu check >/dev/null 2>&1 || export CRIU_WORKS=1
}

setup() {
	setup_container
	[[ $BATS_TEST_DESCRIPTION == "without criu:"* || -n ${CRIU_WORKS-} ]] ||
		skip "criu does not work here: $(criu check 2>&1 | head -n 1)"
}

# What engines have in every container.
USUAL='.mounts += [
	{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666", "mode=0620"]},
	{destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["mode=1777", "size=1m"]},
	{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]},
	{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}
] | .linux += {maskedPaths: ["/proc/kcore", "/proc/keys", "/sys/firmware"], readonlyPaths: ["/proc/sys", "/proc/bus"]}'

# Counts the lines that come on its standard input, in a variable: its memory.
COUNTER='n=0; while read -r line; do n=$((n + 1)); echo "$n $line"; done'

# pipes: three pipes for the standard streams, of which this shell keeps the other ends.
pipes() {
	mkfifo in out err
	# shellcheck disable=SC2034 # ERR is only held open
	exec {IN}<>in {OUT}<>out {ERR}<>err
}

# start_counter FILTER [SCRIPT]: the container $ID of bundle b, with those pipes.
start_counter() {
	bundle b "$1" sh -c "${2-$COUNTER}"
	pipes
	ctr run -d --bundle b "$ID" <in >out 2>err || fail "$(cat err)"
}

# ask WORD: sends a line to the counter and reads its answer.
ask() {
	local answer
	echo "$1" >&"$IN"
	read -rt "$CTR_PATIENCE" -u "$OUT" answer || fail "no answer to $1"
	echo "$answer"
}

# checkpoint ARGUMENT...: must succeed; with criu's own words if it does not.
checkpoint() {
	ctr checkpoint --image-path images "$@" || { grep Error images/dump.log; return 1; }
}

# restore ARGUMENT...: a detached restore on those pipes, which must succeed.
restore() {
	[[ -e in ]] || pipes
	ctr restore --image-path images --bundle b --detach "$@" <in >out 2>err ||
		{ grep Error images/restore.log; return 1; }
}

@test "without criu: the error names the package" {
	bundle b . sleep 100
	create --bundle b "$ID"
	ctr start "$ID"
	run -1 ctr --criu /nowhere/criu checkpoint "$ID"
	contains "$output" "--criu /nowhere/criu"
	local program
	program=$(command -v criu) || program=
	# shellcheck disable=SC2016 # the variables are the inner shell's
	[[ -z $program ]] || run -1 unshare -m sh -c 'mount --bind /dev/null "$0" && exec "$@"' \
		"$program" "$CTR" --root "$ROOT" checkpoint "$ID"
	[[ -n $program ]] || run -1 ctr checkpoint "$ID"
	contains "$output" "criu is not installed" "package 'criu'"
	equal "$(status_of "$ID")" running
}

@test "without criu: where it does not work its own reason is quoted and the container goes on" {
	[[ -z ${CRIU_WORKS-} ]] || skip "criu works here"
	require_program criu
	bundle b . sleep 100
	create --bundle b "$ID"
	ctr start "$ID"
	run -1 ctr checkpoint --image-path images "$ID"
	contains "$output" "criu: " "images/dump.log"
	contains "$(<images/dump.log)" Error
	equal "$(stat -c %a images)" 700
	equal "$(status_of "$ID")" running
}

@test "without criu: options that make no sense are refused before anything is done" {
	run -1 ctr checkpoint --image-path images --empty-ns user "$ID"
	contains "$output" "--empty-ns user"
	run -1 ctr checkpoint --image-path images --parent-path /elsewhere "$ID"
	contains "$output" relative
	run -1 ctr checkpoint --manage-cgroups-mode none "$ID"
	contains "$output" manage-cgroups-mode
	[[ ! -e images ]]
	run -1 ctr restore --lsm-mount-context
	contains "$output" "flag needs an argument" "requires an argument"
	run -0 ctr checkpoint --help
}

@test "without criu: a container that does not run has nothing to save" {
	run -1 ctr checkpoint --image-path images "$ID"
	contains "$output" "container does not exist"
	bundle b . true
	create --bundle b "$ID"
	run -1 ctr checkpoint --image-path images "$ID"
	contains "$output" "cannot checkpoint a container that is created"
	ctr start "$ID"
	eventually has_status "$ID" stopped
	run -1 ctr checkpoint --image-path images "$ID"
	contains "$output" "container not running"
	[[ ! -e images ]]
}

@test "without criu: a container of a spec, with its own writable layer, is refused" {
	background . "$IDLE"
	run -1 ctr checkpoint --image-path images "$ID"
	contains "$output" "only containers of bundles"
	[[ ! -e images ]]
	equal "$(status_of "$ID")" running
}

@test "without criu: a restore from a folder without a checkpoint leaves nothing" {
	bundle b . true
	run -1 ctr restore --image-path nowhere --bundle b "$ID"
	contains "$output" "--image-path nowhere"
	nothing_created
	require_program criu
	mkdir empty
	run -1 ctr restore --image-path empty --bundle b "$ID"
	contains "$output" descriptors.json
	nothing_created
	echo '["pipe:[1]", {"x": 1}]' >empty/descriptors.json
	ln -s "$DIR/victim" empty/restore.log
	ln -s "$DIR/victim" empty/stats-restore
	run -1 ctr restore --image-path empty --bundle b "$ID"
	[[ ! -e victim ]]
	nothing_created
	mkfifo fifo
	rm empty/descriptors.json
	ln fifo empty/descriptors.json
	run -1 ctr restore --image-path empty --bundle b "$ID"
	nothing_created
}

@test "without criu: an ID that is in use is not restored over" {
	bundle b . sleep 100
	create --bundle b "$ID"
	mkdir images
	echo '[]' >images/descriptors.json
	run -1 ctr restore --image-path images --bundle b "$ID"
	contains "$output" "already exists"
	equal "$(status_of "$ID")" created
}

@test "its memory, its pipes and what is mounted go on after a restore, under another ID as well" {
	mkdir bound
	echo outside >bound/file
	start_counter "$USUAL | .mounts += [{destination: \"/bound\", type: \"bind\", source: \"$DIR/bound\", options: [\"bind\"]}] |
		.linux.resources = {pids: {limit: 77}, memory: {limit: 104857600}}" \
		"echo inside >/dev/shm/kept; exec 7>/tmp/open; $COUNTER"
	equal "$(ask one)" "1 one"
	equal "$(ask two)" "2 two"
	checkpoint "$ID"
	run -1 ctr state "$ID"
	contains "$output" "does not exist"
	[[ -z $(cgroups_of "$ID") ]]

	restore --pid-file pid "$ID-b"
	equal "$(ask three)" "3 three"
	equal "$(status_of "$ID-b")" running
	equal "$(pid_of "$ID-b")" "$(<pid)"
	run -0 ctr exec "$ID-b" sh -c 'cat /bound/file /dev/shm/kept /proc/1/cgroup; hostname; readlink /proc/1/fd/7; cat /proc/self/mountinfo'
	contains "$output" outside inside "0::/" /tmp/open
	contains "$(mount_options /proc/sys)" ,ro,
	contains "$(mount_options /sys)" ,ro,
	run -1 ctr exec "$ID-b" sh -c 'echo 1 >/proc/sys/kernel/hostname'
	run -0 ctr exec "$ID-b" cat /proc/keys
	equal "$output" ""
	local cgroup
	cgroup=$(cgroup_of "$(<pid)")
	contains "$cgroup" "$ID-b"
	equal "$(<"$cgroup/pids.max")" 77
	equal "$(<"$cgroup/memory.max")" 104857600
	[[ ! -e $ROOT/$ID-b/criu ]]
	[[ -z $(mounts_below "$DIR") ]]

	ctr pause "$ID-b"
	equal "$(status_of "$ID-b")" paused
	ctr resume "$ID-b"
	ctr kill "$ID-b" KILL
	eventually has_status "$ID-b" stopped
	ctr delete "$ID-b"
	nothing_created
}

@test "with leave-running and pre-dump it runs on, and a later one needs only what has changed" {
	start_counter .
	equal "$(ask one)" "1 one"
	ctr checkpoint --image-path first --pre-dump "$ID"
	equal "$(status_of "$ID")" running
	equal "$(ask two)" "2 two"
	checkpoint --parent-path ../first --leave-running "$ID"
	equal "$(status_of "$ID")" running
	equal "$(ask three)" "3 three"
	[[ -e images/parent ]]
	ctr delete --force "$ID"
	restore "$ID"
	equal "$(ask four)" "3 four" # as it was at the checkpoint
	ctr delete --force "$ID"
	restore "$ID"
	equal "$(ask five)" "3 five"
}

@test "a paused container can be saved" {
	start_counter .
	equal "$(ask one)" "1 one"
	ctr pause "$ID"
	checkpoint --leave-running "$ID"
	equal "$(status_of "$ID")" paused
	ctr resume "$ID"
	equal "$(ask two)" "2 two"
	ctr pause "$ID"
	rm -r images
	checkpoint "$ID"
	restore "$ID"
	equal "$(ask three)" "3 three"
}

@test "in the foreground: signals, exit status and the end are those of run" {
	start_counter . 'trap "exit 7" USR1; while :; do sleep 0.1; done'
	checkpoint "$ID"
	"$CTR" --root "$ROOT" --data-root "$DATA" restore --image-path images --bundle b "$ID" <in >out 2>err 3>&- &
	local job=$!
	eventually has_status "$ID" running
	kill -USR1 $job
	local status=0
	wait $job || status=$?
	equal $status 7
	nothing_created
}

@test "a terminal comes back over the console socket, with what was on it" {
	bundle b "$USUAL | .process.terminal = true" sh -c 'n=0; while :; do n=$((n + 1)); echo "line $n"; sleep 0.1; done'
	receive console sock
	ctr run -d --bundle b --console-socket sock "$ID"
	eventually file_has heard "line 3"
	checkpoint "$ID"
	wait "$RECEIVER" || :
	lacks "$(<heard)" "line 1000"
	rm -f sock
	receive console sock
	restore --console-socket sock "$ID"
	eventually file_has heard "line 5"
	lacks "$(<heard)" $'line 1\r' $'line 1\n'
	contains "$(<heard)" "terminal yes"
}

@test "open TCP connections go on; without --tcp-established criu refuses, and the container runs on" {
	require_program nft
	start_counter "$USUAL" "nc -l -p 7000 -e cat & sleep 1; exec 8<>/dev/null; mkfifo /tmp/to; exec 9<>/tmp/to; nc 127.0.0.1 7000 <&9 & while read -r line; do echo \"\$line\" >&9; done"
	echo hello >&"$IN"
	local answer
	read -rt "$CTR_PATIENCE" -u "$OUT" answer
	equal "$answer" hello
	run -1 ctr checkpoint --image-path refused "$ID"
	contains "$output" "criu: " tcp-established refused/dump.log
	equal "$(status_of "$ID")" running
	echo still >&"$IN"
	read -rt "$CTR_PATIENCE" -u "$OUT" answer
	equal "$answer" still
	checkpoint --tcp-established "$ID"
	restore --tcp-established "$ID"
	echo again >&"$IN"
	read -rt "$CTR_PATIENCE" -u "$OUT" answer
	equal "$answer" again
	run -0 ctr exec "$ID" ip link show lo
	contains "$output" UP
}

@test "a joined network namespace is joined again" {
	ip netns add "$ID"
	start_counter ".linux.namespaces |= map(if .type == \"network\" then .path = \"/run/netns/$ID\" else . end)"
	checkpoint "$ID"
	restore "$ID"
	equal "$(ask one)" "1 one"
	equal "$(stat -Lc %i "/proc/$(pid_of "$ID")/ns/net")" "$(stat -Lc %i "/run/netns/$ID")"
	ctr delete --force "$ID"
	ip netns del "$ID"
}

@test "recursive and idmapped binds, and symbolic links on the way, are what they were" {
	mkdir -p bound/sub b/rootfs
	host_mount -t tmpfs tmpfs "$DIR/bound/sub"
	echo deep >bound/sub/file
	bundle b2 "$USUAL | .mounts += [
		{destination: \"/link/bound\", type: \"bind\", source: \"$DIR/bound\", options: [\"rbind\", \"ro\"]},
		{destination: \"/link/file\", type: \"bind\", source: \"$DIR/bound/sub/file\", options: [\"bind\"]}]" sh -c "$COUNTER"
	rm -rf b && mv b2 b
	mkdir b/rootfs/real
	ln -s /real b/rootfs/link
	pipes
	ctr run -d --bundle b "$ID" <in >out 2>err || fail "$(cat err)"
	checkpoint "$ID"
	restore "$ID"
	equal "$(ask one)" "1 one"
	run -0 ctr exec "$ID" cat /real/bound/sub/file /real/file
	equal "$output" $'deep\ndeep'
	run -1 ctr exec "$ID" touch /real/bound/new
}

@test "hooks of a restore: prestart and createRuntime see the new process, poststop its end" {
	start_counter .
	checkpoint "$ID"
	local hook
	for hook in prestart createRuntime poststop; do
		printf '#!/bin/sh\ncat >"%s/%s"\n' "$DIR" "$hook" >"$hook.sh"
	done
	chmod 755 ./*.sh
	jq --arg dir "$DIR" '.hooks = (["prestart", "createRuntime", "poststop"] | map({(.): [{path: "\($dir)/\(.).sh"}]}) | add)' \
		b/config.json >config && mv config b/config.json
	restore "$ID"
	equal "$(jq -r .id prestart)" "$ID"
	equal "$(jq -r .pid createRuntime)" "$(pid_of "$ID")"
	ctr delete --force "$ID"
	equal "$(jq -r .status poststop)" stopped
	jq '.hooks = {createRuntime: [{path: "/bin/false"}]}' b/config.json >config && mv config b/config.json
	run -1 ctr restore --image-path images --bundle b --detach "$ID"
	contains "$output" "error running createRuntime hook #0"
	nothing_created
}

@test "a failed restore leaves nothing: images that were cut off, a bind source that is gone" {
	mkdir bound
	start_counter "$USUAL | .mounts += [{destination: \"/bound\", type: \"bind\", source: \"$DIR/bound\", options: [\"bind\"]}]"
	checkpoint "$ID"
	mv bound gone
	run -1 ctr restore --image-path images --bundle b --detach "$ID"
	contains "$output" bound
	nothing_created
	mv gone bound
	cp -r images cut
	truncate -s 10 cut/pstree.img
	run -1 ctr restore --image-path cut --bundle b --detach "$ID"
	contains "$output" "criu: "
	nothing_created
	restore "$ID"
	equal "$(ask one)" "1 one"
}

@test "containerd's restore has a long option with a single dash" {
	start_counter .
	checkpoint --work-path work "$ID"
	[[ -e work/dump.log && ! -e images/dump.log ]]
	ctr restore --image-path images --work-path work --detach --pid-file pid -no-subreaper --bundle b "$ID" <in >out 2>err
	equal "$(ask one)" "1 one"
	[[ -e work/restore.log ]]
}

@test "in a scope of systemd it is restored into a new scope" {
	[[ -d /run/systemd/system ]] || skip "systemd is not pid 1 here"
	[[ -x $CTR_BUILDDIR/ctr-systemd ]] || skip "built without ctr-systemd"
	bundle b . sh -c "$COUNTER"
	pipes
	ctr --systemd-cgroup run -d --bundle b "$ID" <in >out 2>err
	contains "$(cgroup_of "$(pid_of "$ID")")" .scope
	equal "$(ask one)" "1 one"
	checkpoint "$ID"
	ctr --systemd-cgroup restore --image-path images --bundle b --detach "$ID" <in >out 2>err
	equal "$(ask two)" "2 two"
	contains "$(cgroup_of "$(pid_of "$ID")")" .scope
	ctr pause "$ID"
	ctr resume "$ID"
	ctr delete --force "$ID"
	nothing_created
}
