#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Power cuts. A workload runs on a disk that logs every write and flush in order (a loop device over
# tests/helpers/power_disk); afterwards the log is cut at every flush and at moments between, with some
# of the writes since the last flush lost, and what the disk would hold then is mounted: `ctr check
# --store` must find everything whole, and all must be there that a command had reported before.
#
# CTR_POWER_STRIDE (default 2; 16 in the slow guest): every so many flushes; CTR_POWER_SAMPLES (default 1):
# moments before each; CTR_POWER_SEED; CTR_POWER_FS: ext4 (default), xfs or btrfs. `make check-power`
# runs the long form.

load helpers
load tree_dump

SAMPLES=${CTR_POWER_SAMPLES:-1}
SEED=${CTR_POWER_SEED:-1}
STRIDE=${CTR_POWER_STRIDE:-${CTR_GUEST:+16}}
STRIDE=${STRIDE:-2}
FS=${CTR_POWER_FS:-ext4}

setup() {
	[[ -x $HELPERS/power_disk ]] || skip "tests/helpers/power_disk has not been built"
	command -v "mkfs.$FS" >/dev/null || skip "mkfs.$FS is missing"
	modprobe -a fuse loop 2>/dev/null || true
	[[ -e /dev/fuse ]] || skip "/dev/fuse is missing"
	setup_container
	# on a disk, fsync of the loop devices' files would be the slow part
	WORK=$(mktemp -d /dev/shm/ctr-power.XXXXXX)
	mkdir "$WORK/fuse" "$WORK/mnt"
	DEVICE=
}

teardown() {
	local status=0
	for id in $(containers); do
		ctr rm -f "$id" || status=1
	done
	recorded || status=1
	[[ -z ${CTR_POWER_KEEP-} ]] || cp "$WORK/log" "$CTR_POWER_KEEP"
	rm -rf "$WORK"
	DATA=$DIR/none
	teardown_container || status=1
	return $status
}

make_filesystem() {
	case $FS in
	ext4) mkfs.ext4 -q -O ^has_journal -F "$1" 2>/dev/null && mkfs.ext4 -q -F -J size=4 "$1" ;;
	xfs) mkfs.xfs -q -f "$1" ;;
	btrfs) mkfs.btrfs -q -f "$1" ;;
	esac
}

# record: mounts a disk that is logged, as the data root.
record() {
	local size=64
	[[ $FS == ext4 ]] || size=320
	"$HELPERS/power_disk" record "$WORK/fuse" "$size" "$WORK/log" 3>&- &
	RECORDER=$!
	eventually test -e "$WORK/fuse/disk"
	DEVICE=$(losetup -f --show "$WORK/fuse/disk")
	make_filesystem "$DEVICE"
	mount -t "$FS" "$DEVICE" "$WORK/mnt"
	DATA=$WORK/mnt/data
	mkdir "$DATA"
	sync
}

# The log is complete. A mount namespace that somebody else has made in the meantime may hold the file
# system for longer: then it loses its disk.
recorded() {
	[[ -n ${RECORDER-} ]] || return 0
	! mountpoint -q "$WORK/mnt" || umount "$WORK/mnt"
	[[ -z $DEVICE ]] || losetup -d "$DEVICE"
	umount -l "$WORK/fuse"
	kill "$RECORDER" 2>/dev/null || true
	wait "$RECORDER" 2>/dev/null || true
	RECORDER=
}

mark() {
	echo "$*" >"$WORK/fuse/mark"
}

digest_of() {
	jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json"
}

# What is reported is promised from then on: "image NAME DIGEST", "no NAME"; "either NAME" while it
# is being changed. "container ID" is there with what it has synced, "none ID" is gone or whole.
commit() { # ID NAME OPTION...
	mark "either $2"
	ctr commit "${@:3}" "$1" "$2" >/dev/null
	mark "image $2 $(digest_of "$2")"
}

remove_image() {
	mark "either $1"
	ctr rmi "$1" >/dev/null
	mark "no $1"
}

run_container() { # ID SPEC-OR-IMAGE WORD
	ctr run --name "$1" "$2" sh -c "mkdir -p /d; echo $3 >/d/$3; sync /d/$3"
	mark "container $1 $3"
}

remove_container() {
	mark "none $1"
	ctr rm "$1"
}

workload() {
	spec . true
	mark begin
	run_container one spec.json first
	commit one a:1
	run_container two a:1 second
	commit two b:1 --compression gzip
	commit two a:1
	ctr run -d --name background b:1 sh -c 'echo x >/d/x; sync; sleep 100' >/dev/null
	# shellcheck disable=SC2016
	ctr run --rm --name short b:1 sh -c 'i=0; while [ $i -lt 50 ]; do echo $i >/d/$i; i=$((i+1)); done'
	ctr rm -f background
	remove_image b:1
	ctr prune >/dev/null
	commit one c:1
	remove_container two
	remove_image a:1
	ctr prune >/dev/null
	# the same contents again: blobs and layers that were there
	run_container three spec.json first
	commit three a:1
	commit three d:1
	mark none-of-all
	ctr prune --all >/dev/null
	mark end
}

# replay: cuts the power at every point; POINTS and FAILED count, the reasons are in "failures". In a
# shell of its own, since bats looks at every command of this one, and in a mount namespace of its own:
# who makes another one meanwhile would hold our mounts.
replay() {
	POWER_CHECK=${POWER_CHECK-} unshare --mount bash "$SRCDIR/tests/integration/power_replay.bash" "$WORK" "$FS" "$SAMPLES" "$SEED" "$STRIDE" "${STOP-0}" >counts 3>&-
	read -r POINTS FAILED <counts
}

@test "a power cut at any moment leaves a store that is whole, with all that was reported" {
	record
	workload
	recorded
	replay
	echo "# $FS: $POINTS points, $FAILED failures" >&3
	((POINTS > 15))
	((FAILED == 0)) || fail "$(head -c 3000 failures)"
}

@test "a ctr that does not wait for the disk is caught by this test" {
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	mkdir libexec
	ln -s "$CTR_BUILDDIR"/tests/fault/ctr-{image,more} "$CTR_BUILDDIR/ctr-monitor" libexec
	record
	(
		export CTR=$CTR_BUILDDIR/tests/fault/ctr CTR_LIBEXEC=$DIR/libexec CTR_SKIP_SYNC=1
		spec . true
		ctr run --name one spec.json sh -c 'mkdir -p /d; echo first >/d/first'
		commit one a:1
		mark begin
		commit one b:1
	)
	recorded
	SAMPLES=12 STRIDE=1 STOP=1 replay
	echo "# without fsync: the first failure at point $POINTS" >&3
	((FAILED > 0))
}

# On the disk: a small tree as "the host", and a container that has changed it in many ways.
prepare_host() {
	HOST=$WORK/mnt/host
	mkdir -p "$HOST"/{bin,dev,proc} "$HOST"/etc/dir/deep
	cp "$ROOTFS/bin/busybox" "$HOST/bin"
	ln -s busybox "$HOST/bin/sh"
	for i in 1 2 3 4; do echo "old $i" >"$HOST/etc/$i"; done
	echo deep >"$HOST/etc/dir/deep/file"
	ln "$HOST/etc/1" "$HOST/etc/one"
	find "$HOST" -exec touch -h -d '2001-02-03 04:05:06.789' {} +
	nap
	spec ".root.path = \"$HOST\"" /bin/busybox sh -c 'cd /etc; echo new >>1; /bin/busybox rm 2; /bin/busybox rm -r dir
		echo file >dir; /bin/busybox mkdir -p /new/sub; echo x >/new/sub/x; /bin/busybox ln /new/sub/x y; /bin/busybox chmod 700 /etc'
	ctr run --name one spec.json
	dump "$HOST" '' >"$WORK/before"
	ctr commit --to-host one >/dev/null
	dump "$HOST" '' >"$WORK/after"
	ctr undo >/dev/null
	dump "$HOST" '' | diff "$WORK/before" -
	sync
}

commit_to_host() {
	mark begin
	mark before
	mark either
	ctr commit --to-host one >/dev/null
	mark after
}

@test "a power cut during a commit to the host or its undo leaves all or nothing" {
	record
	prepare_host
	commit_to_host
	mark either
	ctr undo >/dev/null
	mark before
	mark end
	recorded
	POWER_CHECK=$SRCDIR/tests/integration/power_to_host.bash STRIDE=1 replay
	echo "# $FS: $POINTS points, $FAILED failures" >&3
	((POINTS > 20))
	((FAILED == 0)) || fail "$(head -c 3000 failures)"
	equal "$(sort -u "$WORK/seen")" $'after\nbefore'
}

@test "a commit to the host that does not wait for the disk is caught by this test" {
	[[ -x $CTR_BUILDDIR/tests/fault/ctr ]] || skip "tests/fault/ctr has not been built"
	mkdir libexec
	ln -s "$CTR_BUILDDIR"/tests/fault/ctr-{image,more} "$CTR_BUILDDIR/ctr-monitor" libexec
	record
	prepare_host
	(
		export CTR=$CTR_BUILDDIR/tests/fault/ctr CTR_LIBEXEC=$DIR/libexec CTR_SKIP_SYNC=1
		commit_to_host
		sync
	)
	recorded
	POWER_CHECK=$SRCDIR/tests/integration/power_to_host.bash SAMPLES=12 STRIDE=1 STOP=1 replay
	echo "# without fsync: the first failure at point $POINTS" >&3
	((FAILED > 0))
}
