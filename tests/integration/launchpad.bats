#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A host with many mounts: containers are then cloned from a small namespace (fs/launchpad.h), which
# nothing but the time may tell. The mounts are made in a mount namespace of the test's own, where
# every ctr of the test runs.

load helpers

setup() {
	setup_container
	PAD=$ROOT/.@launchpad
	unshare --mount sleep 1000 3>&- &
	HOLDER=$!
	echo $HOLDER >"$CGROUP2/cgroup.procs" # it is no process that a test may leave
	eventually is_apart "$HOLDER" mnt
}

teardown() {
	local status=0
	teardown_container || status=1
	kill "$HOLDER"
	return $status
}

# Whether process PID has a namespace of this kind of its own by now.
is_apart() {
	[[ $(readlink "/proc/$1/ns/$2") != "$(readlink "/proc/self/ns/$2")" ]]
}

# there COMMAND...: in the test's mount namespace.
there() {
	nsenter --target "$HOLDER" --mount --wdns="$PWD" -- "$@" 3>&-
}

ctr() {
	there "$CTR" --root "$ROOT" --data-root "$DATA" "$@"
}

# Two thousand: each round doubles what is there.
make_many() {
	there mkdir -p many
	there mount -t tmpfs tmpfs many
	there mount --make-private many
	there sh -c 'cd many && for i in 1 2 3 4 5 6 7 8 9 10 11; do mkdir $i && mount --rbind . $i || exit; done'
	(($(there grep -c . /proc/self/mountinfo) > 2000))
}

pads() {
	there grep -c " $PAD/mnt " /proc/self/mountinfo || true
}

# What a container says of its mounts, without the numbers that no two starts share.
mounts_of_run() {
	ctr run --rm --name "$ID" spec.json |
		awk '{ number[$1] = NR; sub(/^[0-9]+ [0-9]+ [0-9]+:[0-9]+/, (number[$2] + 0)); print }' |
		sed 's/mnt:\[[0-9]*\]//; s/\(shared\|master\|propagate_from\):[0-9]*/\1/g; s/'"$ID"'//g'
}

DEV='{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}'
PTS='{destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"]},
	{destination: "/dev/mqueue", type: "mqueue", source: "mqueue"},
	{destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro", "nosuid"]},
	{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}'
BINDS='{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]},
	{destination: "/mnt/tree", type: "bind", source: "tree", options: ["rbind", "ro", "nosuid"]},
	{destination: "/mnt/shared", type: "bind", source: "tree", options: ["bind", "rshared"]},
	{destination: "/mnt/slave", type: "bind", source: "tree", options: ["rbind", "rslave"]},
	{destination: "/mnt/file", type: "bind", source: "tree/file", options: ["bind"]}'
USER_NAMESPACE='.linux.namespaces += [{type: "user"}] |
	.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
	.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
HIDDEN='.linux.maskedPaths = ["/proc/kcore", "/proc/acpi", "/sys/firmware"] | .linux.readonlyPaths = ["/proc/sys", "/proc/bus"]'

make_tree() {
	mkdir -p tree/below
	echo text >tree/file
	there mount -t tmpfs tmpfs tree/below
	there mount --make-rshared /
}

# The mounts of a start with and without many on the host.
same_mounts() {
	local before
	make_tree
	spec "$1" cat /proc/self/mountinfo
	before=$(mounts_of_run)
	contains "$before" ' /mnt/tree/below ' ' /dev/pts ' ' /sys '
	equal "$(pads)" 0
	make_many
	equal "$(mounts_of_run)" "$before"
	equal "$(pads)" 1
	equal "$(mounts_of_run)" "$before" # one that was there already
	equal "$(pads)" 1
}

@test "an ordinary host has no launchpad" {
	spec . true
	ctr run --rm --name "$ID" spec.json
	[[ ! -e $PAD ]]
}

@test "a container's mounts are the same on a host with many" {
	same_mounts ".mounts += [$DEV, $PTS, $BINDS] | .linux.rootfsPropagation = \"slave\" | $HIDDEN"
}

@test "a container's mounts are the same on a host with many, in a user namespace" {
	same_mounts ".mounts += [$DEV, $PTS, $BINDS] | $USER_NAMESPACE | $HIDDEN"
}

@test "a user namespace without namespaces of its own gets binds of the host's, as ever" {
	local shared='"network", "cgroup"'
	[[ ! -d /dev/mqueue ]] || shared+=', "ipc"'
	same_mounts ".mounts += [$DEV, $PTS, $BINDS] | $USER_NAMESPACE |
		.linux.namespaces |= map(select([.type] | inside([$shared]) | not))"
}

@test "mounts of later come and go through shared and slave binds, and through no other" {
	make_tree
	make_many
	spec ".mounts += [$DEV, $BINDS] | .process.capabilities[] += [\"CAP_SYS_ADMIN\"]" sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	equal "$(pads)" 1
	there mkdir tree/late
	there mount -t tmpfs late tree/late
	run -0 ctr exec "$ID" sh -c 'grep -o " /mnt[^ ]*late " /proc/self/mountinfo | sort'
	equal "$output" $' /mnt/shared/late \n /mnt/slave/late '
	run -0 ctr exec "$ID" sh -c 'umount /mnt/shared/late && mkdir /mnt/shared/own /mnt/slave/slaves && mount -t tmpfs own /mnt/shared/own && mount -t tmpfs slaves /mnt/slave/slaves'
	run -0 there grep -o " $DIR/tree/[a-z]* " /proc/self/mountinfo
	equal "$output" " $DIR/tree/below "$'\n'" $DIR/tree/own "
	ctr rm -f "$ID"
	there umount tree/own
}

# A pinned copy of the host's mounts would keep what is mounted busy until the next reboot.
@test "a file system that was mounted before is free when it is unmounted" {
	require_program mkfs.ext4
	truncate -s 4M disk
	mkfs.ext4 -q disk
	mkdir mnt
	there mount -o loop disk mnt 2>/dev/null || skip "no loop devices here"
	local device
	device=$(there findmnt -n -o SOURCE mnt)
	[[ -e /sys/fs/ext4/${device#/dev/} ]]
	make_many
	spec . true
	ctr run --rm --name "$ID" spec.json
	equal "$(pads)" 1
	there umount mnt
	eventually test ! -e "/sys/fs/ext4/${device#/dev/}"
}

@test "hooks see the root where the spec has it, and the host's mounts" {
	make_many
	cat >hook <<-'END'
		#!/bin/sh
		pid=$(jq .pid)
		nsenter --target "$pid" --mount sh -c "ls '$1' && grep -c . /proc/self/mountinfo" >>"$2"
	END
	chmod +x hook
	bundle b '.hooks.createRuntime = [{path: ($dir + "/hook"),
		args: ["hook", ($dir + "/b/rootfs"), ($dir + "/said")], env: [("PATH=" + env.PATH)]}]' true
	ctr run --bundle b "$ID"
	contains "$(<said)" busybox 2>/dev/null || contains "$(<said)" bin
	(($(tail -n 1 said) > 2000))
}

@test "ctr is again where it was: relative paths, and a root that is not the namespace's" {
	make_many
	spec "$HIDDEN" true
	run -0 ctr run --rm --pid-file pid --name "$ID" spec.json
	[[ -s pid ]]
	mkdir jail
	there mount --rbind / jail
	rm pid
	run -0 there chroot jail sh -c 'cd "$1" && shift && "$@"' sh "$DIR" \
		"$CTR" --root "$ROOT" --data-root "$DATA" run --rm --pid-file pid --name "$ID" spec.json
	[[ -s pid ]]
	equal "$(pads)" 1
}

@test "a detached container goes on without its launchpad: exec, prune, rm" {
	make_many
	spec . sh -c "$IDLE"
	ctr run -d --name "$ID" spec.json >/dev/null
	equal "$(pads)" 1
	run -0 ctr list -q
	equal "$output" "$ID"
	run -0 ctr prune
	equal "$(pads)" 0
	[[ ! -e $PAD ]]
	run -0 ctr exec "$ID" sh -c 'grep -c . /proc/self/mountinfo; pwd; ls /bin/busybox'
	((lines[0] < 20))
	run -0 ctr prune
	ctr rm -f "$ID"
}

@test "starts at the same time make one launchpad" {
	local i pids=()
	make_many
	spec . true
	for i in 1 2 3 4 5 6; do
		ctr run --rm --name "$ID-$i" spec.json &
		pids+=($!)
	done
	wait "${pids[@]}"
	equal "$(pads)" 1
	equal "$(there grep -c " $PAD " /proc/self/mountinfo)" 1
}

@test "where the making of a launchpad fails the container runs all the same, and nothing is left of it" {
	local step
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	CTR=$CTR_BUILDDIR/tests/fault/ctr
	make_many
	spec . echo ran
	for step in folder namespace pin; do
		CTR_FAIL_STEP="launchpad: $step" run -0 ctr run --rm --name "$ID" spec.json
		contains "$output" ran
		[[ ! -e $PAD ]] || fail "left of a failure at '$step': $(there grep "$PAD" /proc/self/mountinfo)"
	done
	equal "$(pads)" 0
}

@test "a kill while a launchpad is made leaves nothing that the next start does not go on from" {
	local step
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	CTR=$CTR_BUILDDIR/tests/fault/ctr
	make_many
	spec . echo ran
	for step in folder namespace pin; do
		CTR_KILL_STEP="launchpad: $step" run -137 ctr run --rm --name "$ID" spec.json
		ctr rm -f "$ID" || true
		run -0 ctr run --rm --name "$ID" spec.json
		equal "$output" ran
		equal "$(pads)" 1
		equal "$(there grep -c " $PAD " /proc/self/mountinfo)" 1
		run -0 ctr prune
		equal "$(there grep -c "$PAD" /proc/self/mountinfo || true)" 0
	done
}

@test "nothing is believed of a folder that others may write, and no namespace but one of mounts" {
	local other i
	make_many
	spec . echo ran
	mkdir -p "$ROOT"
	chmod 777 "$ROOT"
	run -0 ctr run --rm --name "$ID" spec.json
	[[ ! -e $PAD ]]
	chmod 700 "$ROOT"
	mkdir "$PAD"
	there mount -t tmpfs tmpfs "$PAD"
	there touch "$PAD/mnt"
	there mount --bind "/proc/$HOLDER/ns/net" "$PAD/mnt"
	run -0 ctr run --rm --name "$ID" spec.json
	equal "$output" ran
	there umount "$PAD/mnt"
	# since Linux 6.18 it depends on the processor whether the file can be mounted (launchpad_make.c)
	for i in {1..20}; do
		taskset -c $((i % $(nproc))) unshare --user --mount sleep 1000 3>&- &
		other=$!
		echo $other >"$CGROUP2/cgroup.procs"
		eventually is_apart $other user
		! there mount --bind "/proc/$other/ns/mnt" "$PAD/mnt" || break
		kill "$other"
	done
	run -0 ctr --debug run --rm --name "$ID" spec.json
	contains "$output" ran 'belongs to a user namespace'
	kill "$other"
}
