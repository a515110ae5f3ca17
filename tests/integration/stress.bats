#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A program that writes in every way (tests/stress/stress.c) while commits are taken: every image,
# unpacked by tar, must be of one instant. A few commits here, a hundred with `make stress`
# (STRESS_COMMITS).

load helpers

# the emulated guest is slow
COMMITS=${STRESS_COMMITS:-$([[ -n ${CTR_GUEST-} ]] && echo 1 || echo 4)}

setup() {
	setup_container
	[[ -x $CTR_BUILDDIR/tests/stress/stress ]] || skip "tests/stress has not been built"
	mkdir rootfs rootfs/bin rootfs/lib rootfs/proc
	cp "$CTR_BUILDDIR/tests/stress/stress" rootfs/bin/
	head -c 100000 /dev/zero >rootfs/lib/file
}

# writes NAME FILTER...: container NAME in which the program works.
writes() {
	local name=$1
	shift
	spec "(.root.path = \"$DIR/rootfs\") | ${1:-.}" /bin/stress write / /lib/file
	ctr run -d --name "$name" spec.json >/dev/null
	eventually test -e "$DATA/containers/$name/upper/ready"
}

# layers NAME: the files of an image's layers, the base first.
layers() {
	local digest
	digest=$(jq -r --arg name "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $name) | .digest' \
		"$DATA/store/index.json")
	for digest in $(jq -r '.layers[].digest' "$DATA/store/blobs/sha256/${digest#sha256:}"); do
		echo "$DATA/store/blobs/sha256/${digest#sha256:}"
	done
}

# unpack LAYER: over what is in "out", as the image specification says, by tar and rm.
unpack() {
	local path name
	while read -r path; do
		name=${path##*/}
		case $name in
		.wh..wh..opq) find "$DIR/out/${path%/*}" -mindepth 1 -delete 2>/dev/null || true ;;
		.wh.*) rm -rf "$DIR/out/${path%"$name"}${name#.wh.}" ;;
		esac
	done < <(tar -tf "$1")
	tar --xattrs --xattrs-include='user.*' --exclude='.wh.*' -C "$DIR/out" -xf "$1"
}

# check NAME: what tar makes of the image is of one instant.
check() {
	local layer
	rm -rf "$DIR/out"
	mkdir "$DIR/out"
	for layer in $(layers "$1"); do
		unpack "$layer"
	done
	"$CTR_BUILDDIR/tests/stress/stress" check "$DIR/out" "$DIR/out/lib/file"
}

# commits_of NAME: takes $COMMITS of them; the program must have gone on from each to the next.
commits_of() {
	local i round before=0 worst=0 time
	for ((i = 1; i <= COMMITS; i++)); do
		time=$(ctr commit --compression none --format json "$1" "s:$i" | jq .frozenMicroseconds)
		round=$(check "s:$i") || fail "commit $i of $COMMITS"
		((round > before)) || fail "commit $i is of round $round, the one before of $before"
		before=$round
		((time <= worst)) || worst=$time
		ctr rmi "s:$i" >/dev/null
		# until then the next one is of what has changed since
		((i % 10)) || ctr prune >/dev/null
	done
	equal "$(status_of "$1")" running
	echo "# $COMMITS commits, $before rounds, frozen for at most $((worst / 1000)) ms" >&3
}

@test "every image of a container that writes in all ways is of one instant" {
	writes "$ID"
	commits_of "$ID"
}

@test "the same on a tmpfs" {
	host_mount -t tmpfs -o size=512m tmpfs "$DIR/small"
	DATA=$DIR/small/data
	writes "$ID"
	commits_of "$ID"
	ctr rm -f "$ID"
}

@test "the same on a file system that shares blocks" {
	require_program mkfs.xfs
	truncate -s 1G disk
	mkfs.xfs -q -m reflink=1 disk
	host_mount -o loop disk "$DIR/point"
	DATA=$DIR/point/data
	writes "$ID"
	commits_of "$ID"
	ctr rm -f "$ID"
}

@test "the same of a group, each by itself" {
	local i
	writes "$ID-a"
	writes "$ID-b"
	for ((i = 1; i <= (COMMITS + 3) / 4; i++)); do
		ctr commit --compression none "$ID-a=a:1" "$ID-b=b:1" >/dev/null
		check a:1 >/dev/null
		check b:1 >/dev/null
	done
}
