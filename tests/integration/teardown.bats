#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The end of a container that stays: the exit is reported before its writable layer is on the disk,
# and who needs the layer waits for that. The disk is a loop device over a file system of the tests' own
# (tests/helpers/power_disk), which can be stopped.

load helpers

setup() {
	[[ -x $HELPERS/power_disk ]] || skip "tests/helpers/power_disk has not been built"
	modprobe -a fuse loop 2>/dev/null || true
	[[ -e /dev/fuse ]] || skip "/dev/fuse is missing"
	WORK=$(mktemp -d /dev/shm/ctr-teardown.XXXXXX)
	mkdir "$WORK/fuse" "$WORK/mnt"
	"$HELPERS/power_disk" record "$WORK/fuse" 64 "$WORK/log" 3>&- &
	RECORDER=$!
	eventually test -e "$WORK/fuse/disk"
	DEVICE=$(losetup -f --show "$WORK/fuse/disk")
	mkfs.ext4 -q -F "$DEVICE" 2>/dev/null
	mount "$DEVICE" "$WORK/mnt"
	setup_container # now: the recorder is none of its processes
}

teardown() {
	local status=0
	[[ -n ${WORK-} ]] || return 0
	kill -CONT "$RECORDER"
	remove_containers || status=1
	eventually umount "$WORK/mnt" || status=1
	losetup -d "$DEVICE"
	umount -l "$WORK/fuse"
	kill "$RECORDER" 2>/dev/null || true
	wait "$RECORDER" 2>/dev/null || true
	rm -rf "$WORK"
	teardown_container || status=1
	return $status
}

# Whether a process waits for the lock of the container's folder.
lock_is_waited_for() {
	local inode
	inode=$(stat -c %i "$DATA/containers/$ID")
	grep -q -- "-> FLOCK .*:$inode " /proc/locks
}

@test "run reports the exit while the disk is still to write the layer; a commit waits for that and has all" {
	local feed
	spec '.overlay = {upper: "'"$WORK"'/mnt/upper"}' \
		sh -c 'echo kept >/new; head -c 3000000 /dev/zero >/zeros; read line; exit 7'
	mkfifo go
	{ ctr run --name "$ID" spec.json <go 3>&- || echo "status $?"; } | cat >out 3>&- &
	exec {feed}>go
	file_size_is() { [[ -e $1 && $(stat -c %s "$1") == "$2" ]]; }
	eventually file_size_is "$WORK/mnt/upper/zeros" 3000000
	kill -STOP "$RECORDER"
	echo >&"$feed"
	exec {feed}>&-
	# the end of file of its standard output too
	wait $!
	equal "$(<out)" 'status 7'
	equal "$(status_of "$ID")" stopped
	equal "$(jq .exitCode "$DATA/containers/$ID/exit.json")" 7
	[[ ! -e $ROOT/$ID ]]
	run ! flock -n "$DATA/containers/$ID" true
	ctr commit "$ID" image >digest 3>&- &
	eventually lock_is_waited_for
	kill -CONT "$RECORDER"
	wait $!
	run -0 ctr run --rm image sh -c 'cat /new; wc -c </zeros'
	equal "$output" $'kept\n3000000'
	flock "$DATA/containers/$ID" true
	remove_containers
	umount "$WORK/mnt"
	mount "$DEVICE" "$WORK/mnt"
	CTR_PATIENCE=3 eventually only_us_in_test_cgroup
}

@test "a container that is started again right after its exit, many times, has all that it wrote" {
	spec '.overlay = {upper: "'"$WORK"'/mnt/upper"}' sh -c 'echo line >>/lines; head -c 100000 /dev/zero >>/more'
	ctr run --name "$ID" spec.json
	for _ in {1..9}; do
		ctr start -a "$ID"
	done
	equal "$(wc -l <"$WORK/mnt/upper/lines")" 10
	equal "$(stat -c %s "$WORK/mnt/upper/more")" 1000000
	ctr rm "$ID"
	nothing_created
}

@test "what is removed at its end waits for no disk, and leaves no process" {
	local feed
	DATA=$WORK/mnt/data
	spec . sh -c 'head -c 3000000 /dev/zero >/zeros; echo there; read line'
	mkfifo go
	ctr run --rm --name "$ID" spec.json <go >out 3>&- &
	exec {feed}>go
	eventually file_has out there
	kill -STOP "$RECORDER"
	echo >&"$feed"
	exec {feed}>&-
	wait $!
	CTR_PATIENCE=3 eventually only_us_in_test_cgroup
	kill -CONT "$RECORDER"
	nothing_created
}
